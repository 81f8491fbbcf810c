#include "sim/ec2/reachability.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::sim::ec2 {
namespace reachability {

constexpr std::int32_t kHttps = 443;
constexpr int kHopsMax = 4;

/// Ports that the client's system chooses from (Linux: net.ipv4.ip_local_port_range; Windows since 2008).
struct PortSpan {
  PortSpan(std::int32_t first, std::int32_t last) : from(first), to(last) {}
  std::int32_t from;
  std::int32_t to;
};

PortSpan ephemeral(Platform platform) {
  return platform == Platform::windows ? PortSpan(49'152, 65'535) : PortSpan(32'768, 60'999);
}

enum class Way : std::uint8_t { in, out };

/// Whether an ACL's entries, taken in their order, let every port of the span pass.
bool acl_allows(const aws::ec2::NetworkAcl& acl, Way way, Address peer, PortSpan ports, std::size_t first = 0) {
  for (std::size_t i = first; i < acl.entries.size(); ++i) {
    const aws::ec2::NetworkAclEntry& entry = acl.entries[i];
    if (*entry.egress != (way == Way::out)) continue;
    if (!parse_cidr(entry.cidr_block.value_or("")).value_or(Cidr(0, 32)).contains(peer)) continue;
    const std::string& protocol = *entry.protocol;
    if (protocol != "-1" && protocol != "6") continue;
    PortSpan covered = ports;
    if (protocol == "6") {
      covered.from = std::max(ports.from, entry.port_range->from.value_or(0));
      covered.to = std::min(ports.to, entry.port_range->to.value_or(65'535));
      if (covered.from > covered.to) continue;
    }
    if (entry.rule_action->text() != "allow") return false;
    // What the entry leaves open on either side is up to the entries behind it.
    const bool below =
        ports.from == covered.from || acl_allows(acl, way, peer, PortSpan(ports.from, covered.from - 1), i + 1);
    const bool above = ports.to == covered.to || acl_allows(acl, way, peer, PortSpan(covered.to + 1, ports.to), i + 1);
    return below && above;
  }
  return false;
}

std::string span_text(PortSpan ports) {
  return ports.from == ports.to ? "port " + std::to_string(ports.from)
                                : "ports " + std::to_string(ports.from) + "-" + std::to_string(ports.to);
}

/// One crossing of a subnet's edge.
PathReach cross(const Network& network, std::string_view subnet_id, Way way, Address peer, PortSpan ports) {
  const aws::ec2::NetworkAcl* acl = acl_of(network, subnet_id);
  if (acl == nullptr || acl_allows(*acl, way, peer, ports)) return {};
  return {BrokenLink::acl, "network ACL " + acl->network_acl_id.value_or("") + " of subnet " + std::string(subnet_id) +
                               " does not let TCP " + span_text(ports) + (way == Way::out ? " out to " : " in from ") +
                               to_text(peer)};
}

bool rule_covers_https(const aws::ec2::SecurityGroupRule& rule) {
  const std::string& protocol = *rule.ip_protocol;
  if (protocol == "-1") return true;
  return protocol == "tcp" && *rule.from_port <= kHttps && kHttps <= *rule.to_port;
}

/// Whether one of the groups has a rule for HTTPS with this peer, who carries `peer_groups`.
bool groups_allow(const Network& network, const std::vector<std::string>& groups, Way way, Address peer,
                  const std::vector<std::string>& peer_groups) {
  const auto allows = [&](const aws::ec2::SecurityGroupRule& rule) {
    if (*rule.is_egress != (way == Way::out) || !rule_covers_https(rule)) return false;
    if (rule.cidr_ipv4) return parse_cidr(*rule.cidr_ipv4).value_or(Cidr(0, 32)).contains(peer);
    if (rule.referenced_group_info) {
      return std::find(peer_groups.begin(), peer_groups.end(), rule.referenced_group_info->group_id.value_or("")) !=
             peer_groups.end();
    }
    if (!rule.prefix_list_id) return false;
    return std::any_of(network.prefix_lists.begin(), network.prefix_lists.end(), [&](const PrefixList& list) {
      return list.id == *rule.prefix_list_id &&
             std::any_of(list.cidrs.begin(), list.cidrs.end(), [&](const std::string& cidr) {
               return parse_cidr(cidr).value_or(Cidr(0, 32)).contains(peer);
             });
    });
  };
  return std::any_of(groups.begin(), groups.end(), [&](const std::string& id) {
    const auto found = network.groups.find(id);
    return found != network.groups.end() && std::any_of(found->second.rules.begin(), found->second.rules.end(), allows);
  });
}

/// The longest match; a route of its own stands before one of a prefix list.
const aws::ec2::Route* route_to(const Network& network, const aws::ec2::RouteTable& table, Address address) {
  const aws::ec2::Route* best = nullptr;
  int best_rank = -1;
  const auto offer = [&](const aws::ec2::Route& route, const std::string& cidr, int bonus) {
    const auto block = parse_cidr(cidr);
    if (!block || !block->contains(address)) return;
    const int rank = block->prefix * 2 + bonus;
    if (rank > best_rank) {
      best = &route;
      best_rank = rank;
    }
  };
  for (const aws::ec2::Route& route : table.routes) {
    if (route.destination_cidr_block) offer(route, *route.destination_cidr_block, 1);
    if (!route.destination_prefix_list_id) continue;
    for (const PrefixList& list : network.prefix_lists) {
      if (list.id != *route.destination_prefix_list_id) continue;
      for (const std::string& cidr : list.cidrs) offer(route, cidr, 0);
    }
  }
  return best;
}

/// An address of the service outside of every VPC. S3's is in its prefix list; the others' stands for all they have.
Address public_service_address(const Network& network, std::string_view service) {
  for (const PrefixList& list : network.prefix_lists) {
    if (list.name.ends_with("." + std::string(service)))
      return parse_cidr(list.cidrs.front()).value_or(Cidr()).base + 1;
  }
  return parse_address("52.46.128.1").value_or(0);
}

class Walk {
 public:
  Walk(const Network& network, const NodeView& node, std::string_view service)
      : network_(network), node_(node), service_(service) {}

  PathReach run() {
    const auto subnet = network_.subnets.find(node_.subnet_id);
    if (subnet == network_.subnets.end()) {
      return {BrokenLink::unknown_subnet, "subnet " + node_.subnet_id + " does not exist"};
    }
    subnet_ = &subnet->second;
    const auto vpc = network_.vpcs.find(*subnet_->vpc_id);
    if (vpc == network_.vpcs.end()) {
      return {BrokenLink::unknown_subnet, "VPC " + *subnet_->vpc_id + " does not exist"};
    }
    if (!vpc->second.dns_support) {
      return {BrokenLink::name, "VPC " + *subnet_->vpc_id + " has enableDnsSupport off: nothing resolves " + host()};
    }
    // Without enableDnsHostnames the private zone of an endpoint is not seen: the name has its public addresses.
    const aws::ec2::VpcEndpoint* endpoint = vpc->second.dns_hostnames ? private_endpoint() : nullptr;
    return endpoint != nullptr ? to_endpoint(*endpoint) : to_public(vpc->second);
  }

 private:
  std::string host() const { return std::string(service_) + "." + network_.site.region + ".amazonaws.com"; }

  const aws::ec2::VpcEndpoint* private_endpoint() const {
    const std::string name = "com.amazonaws." + network_.site.region + "." + std::string(service_);
    for (const auto& [id, endpoint] : network_.endpoints) {
      if (endpoint.vpc_id == subnet_->vpc_id && endpoint.service_name == name &&
          endpoint.vpc_endpoint_type->text() == "Interface" && endpoint.private_dns_enabled.value_or(false)) {
        return &endpoint;
      }
    }
    return nullptr;
  }

  /// One interface in reach is enough: clients try all addresses of a name.
  PathReach to_endpoint(const aws::ec2::VpcEndpoint& endpoint) const {
    const std::string& id = *endpoint.vpc_endpoint_id;
    if (endpoint.state->text() != "available") {
      return {BrokenLink::endpoint, "endpoint " + id + " for " + host() + " is " + endpoint.state->text()};
    }
    PathReach first(BrokenLink::endpoint, "endpoint " + id + " for " + host() + " has no interface in any subnet");
    bool tried = false;
    for (const std::string& interface_id : endpoint.network_interface_ids) {
      const auto found = network_.interfaces.find(interface_id);
      if (found == network_.interfaces.end()) continue;
      PathReach reach = to_interface(endpoint, found->second);
      if (reach.ok()) return reach;
      if (!tried) first = std::move(reach);
      tried = true;
    }
    return first;
  }

  PathReach to_interface(const aws::ec2::VpcEndpoint& endpoint, const aws::ec2::NetworkInterface& interface) const {
    const Address address = parse_address(*interface.private_ip_address).value_or(0);
    std::vector<std::string> endpoint_groups;
    for (const aws::ec2::GroupIdentifier& group : interface.groups) endpoint_groups.push_back(*group.group_id);
    if (!groups_allow(network_, node_.groups, Way::out, address, endpoint_groups)) return group_refuses(address);
    const std::string& there = *interface.subnet_id;
    if (there != node_.subnet_id) {
      const PathReach acls = both_ways(there, address);
      if (!acls.ok()) return acls;
    }
    if (groups_allow(network_, endpoint_groups, Way::in, node_.address, node_.groups)) return {};
    return {BrokenLink::endpoint_group, "security groups " + join(endpoint_groups, ", ") + " of endpoint " +
                                            *endpoint.vpc_endpoint_id + " do not let TCP port 443 in from " +
                                            to_text(node_.address)};
  }

  PathReach group_refuses(Address address) const {
    return {BrokenLink::instance_group, "security groups " + join(node_.groups, ", ") +
                                            " of the instance do not let TCP port 443 out to " + to_text(address) +
                                            " (" + host() + ")"};
  }

  /// Out of the node's subnet and into another one, and back again.
  PathReach both_ways(std::string_view there, Address address) const {
    const PortSpan https(kHttps, kHttps);
    const PortSpan reply = ephemeral(node_.platform);
    PathReach reach = cross(network_, node_.subnet_id, Way::out, address, https);
    if (reach.ok()) reach = cross(network_, there, Way::in, node_.address, https);
    if (reach.ok()) reach = cross(network_, there, Way::out, node_.address, reply);
    if (reach.ok()) reach = cross(network_, node_.subnet_id, Way::in, address, reply);
    return reach;
  }

  PathReach to_public(const VpcRecord& vpc) const {
    const Address address = public_service_address(network_, service_);
    const aws::ec2::RouteTable* table = route_table_of(network_, *subnet_);
    const aws::ec2::Route* route = table == nullptr ? nullptr : route_to(network_, *table, address);
    const std::string where = host() + no_endpoint(vpc);
    if (route == nullptr) {
      return {BrokenLink::route, "no route of " +
                                     (table == nullptr ? "subnet " + node_.subnet_id : *table->route_table_id) +
                                     " leads to " + where};
    }
    if (route->state->text() != "active") {
      return {BrokenLink::route, "the route of " + *table->route_table_id + " to " + where + " is a black hole"};
    }
    if (!groups_allow(network_, node_.groups, Way::out, address, {})) return group_refuses(address);
    const PortSpan https(kHttps, kHttps);
    PathReach reach = cross(network_, node_.subnet_id, Way::out, address, https);
    if (reach.ok()) reach = cross(network_, node_.subnet_id, Way::in, address, ephemeral(node_.platform));
    if (!reach.ok()) return reach;
    if (route->nat_gateway_id) return through_nat(*route->nat_gateway_id, address, 0);
    const std::string gateway = route->gateway_id.value_or("");
    if (gateway.starts_with("vpce-")) return {};
    if (!gateway.starts_with("igw-")) {
      return {BrokenLink::route, "the route of " + *table->route_table_id + " to " + where + " does not leave the VPC"};
    }
    if (node_.public_address != 0) return {};
    return {BrokenLink::public_address, "the way to " + where + " leads through internet gateway " + gateway +
                                            ", and the instance has no public address"};
  }

  /// Why the public address and not an endpoint's, for the reader.
  std::string no_endpoint(const VpcRecord& vpc) const {
    if (!vpc.dns_hostnames) {
      return " at its public address (enableDnsHostnames of " + *vpc.shape.vpc_id + " is off)";
    }
    return " at its public address (no endpoint with private DNS in " + *vpc.shape.vpc_id + ")";
  }

  PathReach through_nat(const std::string& nat_id, Address address, int hops) const {
    const auto nat = network_.nat_gateways.find(nat_id);
    if (nat == network_.nat_gateways.end() || nat->second.state->text() != "available" || hops >= kHopsMax) {
      return {BrokenLink::route, "NAT gateway " + nat_id + " is not available"};
    }
    const aws::ec2::NatGateway& gateway = nat->second;
    const auto subnet = network_.subnets.find(gateway.subnet_id.value_or(""));
    if (subnet == network_.subnets.end()) return {BrokenLink::route, "NAT gateway " + nat_id + " has no subnet"};
    const PortSpan https(kHttps, kHttps);
    const PortSpan reply = ephemeral(node_.platform);
    const std::string& there = *gateway.subnet_id;
    if (there != node_.subnet_id) {
      PathReach reach = cross(network_, there, Way::in, node_.address, https);
      if (reach.ok()) reach = cross(network_, there, Way::out, node_.address, reply);
      if (!reach.ok()) return reach;
    }
    PathReach reach = cross(network_, there, Way::out, address, https);
    if (reach.ok()) reach = cross(network_, there, Way::in, address, PortSpan(1'024, 65'535));
    if (!reach.ok()) return reach;
    const aws::ec2::RouteTable* table = route_table_of(network_, subnet->second);
    const aws::ec2::Route* route = table == nullptr ? nullptr : route_to(network_, *table, address);
    if (route == nullptr || route->state->text() != "active") {
      return {BrokenLink::route, "no route of NAT gateway " + nat_id + "'s subnet " + there + " leads to the internet"};
    }
    if (route->nat_gateway_id && *route->nat_gateway_id != nat_id) {
      return through_nat(*route->nat_gateway_id, address, hops + 1);
    }
    if (!route->gateway_id.value_or("").starts_with("igw-")) {
      return {BrokenLink::route, "no internet gateway behind NAT gateway " + nat_id};
    }
    if (gateway.connectivity_type && gateway.connectivity_type->text() == "private") {
      return {BrokenLink::public_address, "NAT gateway " + nat_id + " is private and has no public address"};
    }
    return {};
  }

  const Network& network_;
  const NodeView& node_;
  std::string_view service_;
  const aws::ec2::Subnet* subnet_ = nullptr;
};

PathReach permission_reach(const Fleet& fleet, const Instance& instance, std::string_view action) {
  if (fleet.iam() == nullptr) return {};
  std::string why = fleet.iam()->why_denied(instance, action);
  return why.empty() ? PathReach() : PathReach(BrokenLink::not_permitted, std::move(why));
}

/// Over the control channel; agents that cannot open one poll ec2messages.
PathReach message_reach(const Fleet& fleet, const Instance& instance, const Network* network) {
  const NodeView node(instance);
  PathReach channel = network == nullptr ? PathReach() : service_reach(*network, node, "ssmmessages");
  for (const std::string_view action : {"ssmmessages:CreateControlChannel", "ssmmessages:OpenControlChannel"}) {
    if (channel.ok()) channel = permission_reach(fleet, instance, action);
  }
  if (channel.ok()) return channel;
  PathReach polling = network == nullptr ? PathReach() : service_reach(*network, node, "ec2messages");
  if (polling.ok()) polling = permission_reach(fleet, instance, "ec2messages:GetMessages");
  return polling.ok() ? polling : channel;
}

/// What has to hold before any packet: the instance runs and its agent has credentials that may register it.
PathReach identity_reach(const Fleet& fleet, const Instance& instance) {
  if (instance.state != InstanceState::running) {
    return {BrokenLink::not_running, "the instance is " + std::string(state_name(instance.state))};
  }
  if (instance.traits->instance_profile.empty()) {
    return {BrokenLink::no_credentials, "the instance has no instance profile"};
  }
  if (instance.traits->metadata.endpoint == MetadataOptions::Endpoint::disabled) {
    return {BrokenLink::no_credentials, "the instance's metadata service is off: the agent gets no credentials"};
  }
  return permission_reach(fleet, instance, "ssm:UpdateInstanceInformation");
}

}  // namespace reachability

NodeView::NodeView(const Instance& instance)
    : subnet_id(instance.placement->subnet_id),
      groups(instance.placement->security_groups),
      address(instance.private_address),
      public_address(instance.public_address),
      platform(instance.traits->platform) {}

PathReach service_reach(const Network& network, const NodeView& node, std::string_view service) {
  return reachability::Walk(network, node, service).run();
}

AgentReach agent_reach(const Fleet& fleet, const Instance& instance) {
  AgentReach reach;
  reach.registration = reachability::identity_reach(fleet, instance);
  if (reach.registration.ok()) {
    const Site* site = fleet.find_site(instance.account_id(), instance.region());
    const Network* network = site == nullptr ? nullptr : site->network.get();
    if (network != nullptr) reach.registration = service_reach(*network, NodeView(instance), "ssm");
    if (reach.registration.ok()) reach.messages = reachability::message_reach(fleet, instance, network);
  }
  if (!reach.registration.ok()) reach.messages = reach.registration;
  return reach;
}

Presence presence_of(const Fleet& fleet, const Instance& instance, WallTime now) {
  if (!instance.is_managed() || instance.state == InstanceState::terminated) return Presence::absent;
  const bool known = instance.registered != WallTime::max();
  if (known && instance.registered > now) return Presence::absent;
  if (instance.traits->agent.profile == AgentProfile::connection_lost) return Presence::connection_lost;
  if (agent_reach(fleet, instance).registration.ok()) return Presence::online;
  return known ? Presence::connection_lost : Presence::absent;
}

}  // namespace postern::sim::ec2
