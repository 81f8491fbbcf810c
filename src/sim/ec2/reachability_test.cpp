#include "sim/ec2/reachability.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "sim/ec2/configured_network.hpp"

namespace postern::sim::ec2 {
namespace reachability_test {

constexpr std::uint64_t kSeed = 1;

SiteName here() {
  SiteName site;
  site.account_id = "444455556666";
  site.region = "us-east-1";
  return site;
}

NodeView default_view(std::uint64_t index = 0, std::string_view id = "i-00000000000000001") {
  const DefaultNode node = default_node(kSeed, here(), id, index);
  NodeView view;
  view.subnet_id = node.placement.subnet_id;
  view.groups = node.placement.security_groups;
  view.address = node.address;
  return view;
}

aws::ec2::RouteTable& main_table(Network& network) {
  return network.route_tables.begin()->second;
}

aws::ec2::VpcEndpoint& endpoint(Network& network, std::string_view service) {
  for (auto& [id, one] : network.endpoints) {
    if (one.service_name->ends_with("." + std::string(service))) return one;
  }
  return network.endpoints.begin()->second;
}

GroupRecord& group(Network& network, std::string_view name) {
  for (auto& [id, one] : network.groups) {
    if (one.shape.group_name == name) return one;
  }
  return network.groups.begin()->second;
}

void add_route(Network& network, std::string_view gateway) {
  aws::ec2::Route& route = main_table(network).routes.emplace_back();
  route.destination_cidr_block = "0.0.0.0/0";
  if (gateway.starts_with("nat-")) {
    route.nat_gateway_id = gateway;
  } else {
    route.gateway_id = gateway;
  }
  route.state.emplace("active");
}

void let_all_out(Network& network) {
  RuleSpec all;
  all.egress = true;
  all.cidr = "0.0.0.0/0";
  add_rule(group(network, "nodes"), all, "sgr-00000000");
}

aws::ec2::NetworkAclEntry deny(bool egress, std::int32_t from, std::int32_t to) {
  aws::ec2::NetworkAclEntry entry;
  entry.cidr_block = "0.0.0.0/0";
  entry.egress = egress;
  entry.protocol = "6";
  entry.port_range.emplace().from = from;
  entry.port_range->to = to;
  entry.rule_action.emplace("deny");
  entry.rule_number = 50;
  return entry;
}

void deny_first(Network& network, aws::ec2::NetworkAclEntry entry) {
  auto& entries = network.acls.begin()->second.entries;
  entries.insert(entries.begin(), std::move(entry));
}

/// Only the endpoint's interface in another subnet than the node's is left, so that packets cross both edges.
void leave_other_subnet(Network& network, const NodeView& node) {
  aws::ec2::VpcEndpoint& ssm = endpoint(network, "ssm");
  std::erase_if(ssm.network_interface_ids,
                [&](const std::string& id) { return network.interfaces.at(id).subnet_id == node.subnet_id; });
}

TEST(Reachability, DefaultNetworkReachesSsmFromEveryZone) {
  const auto network = make_default_network(kSeed, here(), WallTime());
  std::set<std::string> subnets;
  for (int i = 0; i < 40; ++i) {
    const NodeView node = default_view(static_cast<std::uint64_t>(i) * 251, "i-" + std::to_string(i));
    subnets.insert(node.subnet_id);
    for (const char* service : {"ssm", "ssmmessages", "ec2messages", "s3"}) {
      const PathReach reach = service_reach(*network, node, service);
      EXPECT_TRUE(reach.ok()) << service << ": " << reach.why;
    }
    EXPECT_EQ(service_reach(*network, node, "kms").broken, BrokenLink::route);
  }
  EXPECT_EQ(subnets.size(), 3U);
}

TEST(Reachability, NamesTheFirstBrokenLink) {
  const struct {
    const char* what;
    std::function<void(Network&, NodeView&)> change;
    BrokenLink broken;
  } cases[] = {
      {"no resolver", [](Network& n, NodeView&) { n.vpcs.begin()->second.dns_support = false; }, BrokenLink::name},
      {"no private names", [](Network& n, NodeView&) { n.vpcs.begin()->second.dns_hostnames = false; },
       BrokenLink::route},
      {"private DNS off", [](Network& n, NodeView&) { endpoint(n, "ssm").private_dns_enabled = false; },
       BrokenLink::route},
      {"endpoint pending", [](Network& n, NodeView&) { endpoint(n, "ssm").state.emplace("pending"); },
       BrokenLink::endpoint},
      {"no interface", [](Network& n, NodeView&) { endpoint(n, "ssm").network_interface_ids.clear(); },
       BrokenLink::endpoint},
      {"nothing out", [](Network& n, NodeView&) { group(n, "nodes").rules.clear(); }, BrokenLink::instance_group},
      {"nothing in", [](Network& n, NodeView&) { group(n, "endpoints").rules.clear(); }, BrokenLink::endpoint_group},
      {"other group", [](Network&, NodeView& v) { v.groups = {"sg-00000000"}; }, BrokenLink::instance_group},
      {"no subnet", [](Network&, NodeView& v) { v.subnet_id = "subnet-00000000"; }, BrokenLink::unknown_subnet},
      {"ACL out",
       [](Network& n, NodeView& v) {
         leave_other_subnet(n, v);
         deny_first(n, deny(true, 443, 443));
       },
       BrokenLink::acl},
      {"ACL replies, one port of the range",
       [](Network& n, NodeView& v) {
         leave_other_subnet(n, v);
         deny_first(n, deny(false, 40'000, 40'000));
       },
       BrokenLink::acl},
      {"ACL in the same subnet does not count", [](Network& n, NodeView&) { deny_first(n, deny(true, 443, 443)); },
       BrokenLink::none},
      {"ACL of other ports",
       [](Network& n, NodeView& v) {
         leave_other_subnet(n, v);
         deny_first(n, deny(false, 1'024, 32'767));
       },
       BrokenLink::none},
  };
  for (const auto& one : cases) {
    const auto network = make_default_network(kSeed, here(), WallTime());
    NodeView node = default_view();
    one.change(*network, node);
    const PathReach reach = service_reach(*network, node, "ssm");
    EXPECT_EQ(reach.broken, one.broken) << one.what << ": " << reach.why;
    EXPECT_EQ(reach.why.empty(), reach.ok()) << one.what;
  }
}

TEST(Reachability, GoesThroughAGatewayWithAPublicAddressOnly) {
  const auto network = make_default_network(kSeed, here(), WallTime());
  endpoint(*network, "ssm").private_dns_enabled = false;
  let_all_out(*network);
  add_route(*network, "igw-00000000");
  NodeView node = default_view();
  EXPECT_EQ(service_reach(*network, node, "ssm").broken, BrokenLink::public_address);
  node.public_address = *parse_address("198.18.0.1");
  EXPECT_TRUE(service_reach(*network, node, "ssm").ok());
  main_table(*network).routes.back().state.emplace("blackhole");
  EXPECT_EQ(service_reach(*network, node, "ssm").broken, BrokenLink::route);
}

TEST(Reachability, GoesThroughANatGatewayThatHasAWayOut) {
  const auto network = make_default_network(kSeed, here(), WallTime());
  endpoint(*network, "ssm").private_dns_enabled = false;
  let_all_out(*network);
  const NodeView node = default_view();
  add_route(*network, "nat-00000000");
  EXPECT_EQ(service_reach(*network, node, "ssm").broken, BrokenLink::route);
  // A public subnet with a table of its own, which leads to the internet.
  const std::string vpc = network->vpcs.begin()->first;
  const Cidr whole = *parse_cidr(*network->vpcs.begin()->second.shape.cidr_block);
  add_subnet(*network, "subnet-0000aaaa", vpc, Cidr(whole.base | 0xFF00, 24), "us-east-1a");
  const aws::ec2::RouteTable model = main_table(*network);
  aws::ec2::RouteTable& table = network->route_tables["rtb-0000aaaa"];
  table = model;
  table.route_table_id = "rtb-0000aaaa";
  table.associations.clear();
  table.associations.emplace_back().subnet_id = "subnet-0000aaaa";
  table.routes.back().nat_gateway_id.reset();
  table.routes.back().gateway_id = "igw-00000000";
  aws::ec2::NatGateway& nat = network->nat_gateways["nat-00000000"];
  nat.subnet_id = "subnet-0000aaaa";
  nat.state.emplace("available");
  const PathReach reach = service_reach(*network, node, "ssm");
  EXPECT_TRUE(reach.ok()) << reach.why;
  nat.connectivity_type.emplace("private");
  EXPECT_EQ(service_reach(*network, node, "ssm").broken, BrokenLink::public_address);
}

AccountConfig account_with(InstanceConfig node) {
  AccountConfig account;
  account.id = here().account_id;
  account.instances.push_back(std::move(node));
  return account;
}

class DenyAll final : public IamView {
 public:
  explicit DenyAll(std::string prefix = std::string()) : prefix_(std::move(prefix)) {}
  bool has_instance_profile(std::string_view, std::string_view) const override { return true; }
  std::string why_denied(const Instance&, std::string_view action) const override {
    return action.starts_with(prefix_) ? "role X may not " + std::string(action) : std::string();
  }

 private:
  std::string prefix_;
};

TEST(AgentReach, NeedsARunningInstanceWithCredentialsAndPermission) {
  InstanceConfig config;
  config.region = here().region;
  config.agent = live_agent();
  Fleet fleet(kSeed);
  Instance& node = **fleet.add(account_with(config), 0, "i-00000000000000001", WallTime());
  EXPECT_TRUE(agent_reach(fleet, node).messages.ok());
  EXPECT_EQ(presence_of(fleet, node, WallTime() + std::chrono::hours(1)), Presence::online);
  EXPECT_EQ(fleet.find_site(here().account_id, here().region)->network, nullptr) << "asking makes no network";

  node.state = InstanceState::stopped;
  EXPECT_EQ(agent_reach(fleet, node).registration.broken, BrokenLink::not_running);
  EXPECT_EQ(presence_of(fleet, node, WallTime() + std::chrono::hours(1)), Presence::connection_lost);
  node.state = InstanceState::running;
  const DenyAll iam;
  fleet.set_iam(&iam);
  EXPECT_EQ(agent_reach(fleet, node).registration.broken, BrokenLink::not_permitted);
  EXPECT_EQ(agent_reach(fleet, node).registration.why, "role X may not ssm:UpdateInstanceInformation");
  const DenyAll channels("ssmmessages:");
  fleet.set_iam(&channels);
  EXPECT_TRUE(agent_reach(fleet, node).messages.ok()) << "it polls";
  const DenyAll messages("e");
  fleet.set_iam(&messages);
  EXPECT_TRUE(agent_reach(fleet, node).messages.ok()) << "its channel is open";
  fleet.set_iam(nullptr);
  InstanceTraits traits = *node.traits;
  traits.instance_profile.clear();
  node.traits = fleet.share(traits);
  EXPECT_EQ(agent_reach(fleet, node).registration.broken, BrokenLink::no_credentials);
}

TEST(AgentReach, TakesEitherMessageService) {
  InstanceConfig config;
  config.region = here().region;
  config.agent = live_agent();
  Fleet fleet(kSeed);
  const Instance& node = **fleet.add(account_with(config), 0, "i-00000000000000001", WallTime());
  Network& network = network_of(fleet, fleet.site(here().account_id, here().region), WallTime());
  EXPECT_TRUE(agent_reach(fleet, node).messages.ok());
  endpoint(network, "ssmmessages").state.emplace("deleting");
  EXPECT_TRUE(agent_reach(fleet, node).messages.ok());
  endpoint(network, "ec2messages").state.emplace("deleting");
  EXPECT_EQ(agent_reach(fleet, node).messages.broken, BrokenLink::endpoint);
  EXPECT_TRUE(agent_reach(fleet, node).registration.ok());
}

/// The VPC of someone who does it the usual way: public and private subnets, a NAT gateway, no endpoints.
NetworkConfig usual_network() {
  VpcConfig vpc;
  vpc.name = "usual";
  vpc.cidr = "10.50.0.0/16";
  const std::pair<const char*, SubnetExit> subnets[] = {
      {"public", SubnetExit::internet_gateway}, {"private", SubnetExit::nat_gateway}, {"isolated", SubnetExit::none}};
  for (const auto& [name, exit] : subnets) {
    SubnetConfig& subnet = vpc.subnets.emplace_back();
    subnet.name = name;
    subnet.cidr = "10.50." + std::to_string(vpc.subnets.size()) + ".0/24";
    subnet.exit = exit;
  }
  NetworkConfig network;
  network.region = here().region;
  network.vpcs.push_back(std::move(vpc));
  return network;
}

TEST(ConfiguredNetwork, PutsNodesWhereItSays) {
  Fleet fleet(kSeed);
  ASSERT_TRUE(fleet.describe_network(here().account_id, usual_network(), WallTime()));
  const std::pair<const char*, BrokenLink> cases[] = {
      {"public", BrokenLink::public_address}, {"private", BrokenLink::none}, {"isolated", BrokenLink::route}};
  int index = 0;
  for (const auto& [subnet, broken] : cases) {
    InstanceConfig config;
    config.region = here().region;
    config.agent = live_agent();
    config.subnet = subnet;
    const auto node = fleet.add(account_with(config), 0, "i-0000000" + std::to_string(index++), WallTime());
    ASSERT_TRUE(node) << node.error().to_text();
    EXPECT_EQ(agent_reach(fleet, **node).registration.broken, broken) << agent_reach(fleet, **node).registration.why;
    config.public_address = Switch::on;
    const auto open = fleet.add(account_with(config), 0, "i-0000001" + std::to_string(index++), WallTime());
    ASSERT_TRUE(open);
    if (broken == BrokenLink::public_address) EXPECT_TRUE(agent_reach(fleet, **open).registration.ok());
  }
}

TEST(ConfiguredNetwork, NamesWhatIsMissing) {
  const auto says = [](auto change) {
    NetworkConfig config = usual_network();
    change(config.vpcs[0]);
    const auto made = make_configured_network(kSeed, here(), config, WallTime());
    return made ? std::string("accepted") : made.error().message();
  };
  EXPECT_EQ(says([](VpcConfig&) {}), "accepted");
  EXPECT_NE(says([](VpcConfig& vpc) { vpc.cidr = "10.0.0.0/8"; }).find("VPC usual"), std::string::npos);
  EXPECT_NE(says([](VpcConfig& vpc) { vpc.subnets[1].name = "public"; }).find("twice"), std::string::npos);
  EXPECT_NE(says([](VpcConfig& vpc) { vpc.subnets[0].exit = SubnetExit::none; }).find("NAT gateway"),
            std::string::npos);
  EXPECT_NE(says([](VpcConfig& vpc) {
              vpc.groups.emplace_back().name = "web";
              vpc.groups[0].rules.emplace_back().peer = "nobody";
            }).find("nobody"),
            std::string::npos);
  Fleet fleet(kSeed);
  InstanceConfig config;
  config.region = here().region;
  config.subnet = "public";
  EXPECT_FALSE(fleet.add(account_with(config), 0, "i-00000001", WallTime()));
  ASSERT_TRUE(fleet.describe_network(here().account_id, usual_network(), WallTime()));
  EXPECT_FALSE(fleet.describe_network(here().account_id, usual_network(), WallTime()));
  config.subnet = "nowhere";
  EXPECT_FALSE(fleet.add(account_with(config), 0, "i-00000001", WallTime()));
  config.subnet = "public";
  config.private_ip = "10.99.0.1";
  EXPECT_FALSE(fleet.add(account_with(config), 0, "i-00000001", WallTime()));
}

}  // namespace reachability_test
}  // namespace postern::sim::ec2
