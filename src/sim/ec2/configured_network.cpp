// A network from a description.

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "sim/ec2/configured_network.hpp"

namespace postern::sim::ec2 {
namespace configured_network {

using Direction = GroupRuleConfig::Direction;

constexpr int kPrefixMin = 16;
constexpr int kPrefixMax = 28;

Error wrong(std::string message) {
  return Error(ErrorKind::usage, std::move(message));
}

Result<Cidr> block_of(const std::string& text, const std::string& whose) {
  const auto block = parse_cidr(text);
  if (block && block->prefix >= kPrefixMin && block->prefix <= kPrefixMax) return *block;
  return fail(wrong("the block '" + printable(text, 40) + "' of " + whose + " is not one of /16 to /28"));
}

std::string protocol_number(const std::string& protocol) {
  if (protocol == "tcp") return "6";
  return protocol == "udp" ? "17" : "-1";
}

class Builder {
 public:
  Builder(std::uint64_t seed, const SiteName& site, WallTime made)
      : seed_(seed), made_(made), network_(std::make_unique<Network>()) {
    network_->site = site;
    network_->prefix_lists = aws_prefix_lists(site.region);
  }

  Result<void> add(const VpcConfig& config) {
    TRY(const Cidr block, block_of(config.cidr, "VPC " + config.name));
    if (config.name.empty()) return fail(wrong("a VPC needs a name"));
    vpc_ = id("vpc", config.name);
    if (network_->vpcs.contains(vpc_)) return fail(wrong("VPC " + config.name + " is there twice"));
    VpcRecord& record = add_vpc(*network_, vpc_, block, id("rtb", config.name), id("acl", config.name),
                                id("sg", "default/" + config.name));
    record.dns_support = config.dns_support == Switch::on;
    record.dns_hostnames = config.dns_hostnames == Switch::on;
    record.shape.tags.push_back(make_tag("Name", config.name));
    TRY_VOID(subnets(config, block));
    TRY_VOID(groups(config));
    for (const AclEntryConfig& entry : config.acl) acl_entry(entry, config.name);
    for (const EndpointConfig& endpoint : config.endpoints) TRY_VOID(add_endpoint(endpoint));
    return {};
  }

  std::unique_ptr<Network> take() { return std::move(network_); }

 private:
  std::string id(std::string_view prefix, std::string_view name) const {
    return configured_id(seed_, network_->site, prefix, name);
  }

  Result<void> subnets(const VpcConfig& config, const Cidr& whole) {
    std::string public_subnet;
    bool needs_gateway = false;
    bool needs_nat = false;
    for (const SubnetConfig& subnet : config.subnets) {
      TRY(const Cidr block, block_of(subnet.cidr, "subnet " + subnet.name));
      const std::string subnet_id = id("subnet", subnet.name);
      if (subnet.name.empty() || network_->subnets.contains(subnet_id)) {
        return fail(wrong("subnet '" + subnet.name + "' is nameless or there twice"));
      }
      if (!whole.contains(block) || subnet.zone < 'a' || subnet.zone > 'c') {
        return fail(wrong("subnet " + subnet.name + " is outside of its VPC's block or of the zones a to c"));
      }
      aws::ec2::Subnet& made = add_subnet(*network_, subnet_id, vpc_, block, network_->site.region + subnet.zone);
      made.tags.push_back(make_tag("Name", subnet.name));
      needs_gateway = needs_gateway || subnet.exit != SubnetExit::none;
      needs_nat = needs_nat || subnet.exit == SubnetExit::nat_gateway;
      if (subnet.exit == SubnetExit::internet_gateway && public_subnet.empty()) public_subnet = subnet_id;
    }
    if (needs_nat && public_subnet.empty()) {
      return fail(wrong("the NAT gateway of VPC " + config.name + " needs a subnet with an internet gateway"));
    }
    if (needs_gateway) internet_gateway(config.name);
    if (needs_nat) nat_gateway(config.name, public_subnet);
    for (const SubnetConfig& subnet : config.subnets) {
      if (subnet.exit == SubnetExit::none) continue;
      const bool direct = subnet.exit == SubnetExit::internet_gateway;
      table(subnet.name, direct ? id("igw", config.name) : "", direct ? "" : id("nat", config.name));
      if (direct) network_->subnets.at(id("subnet", subnet.name)).map_public_ip_on_launch = true;
    }
    return {};
  }

  void internet_gateway(const std::string& name) {
    const std::string gateway_id = id("igw", name);
    aws::ec2::InternetGateway& made = network_->internet_gateways[gateway_id];
    made.internet_gateway_id = gateway_id;
    made.owner_id = network_->site.account_id;
    aws::ec2::InternetGatewayAttachment& attachment = made.attachments.emplace_back();
    attachment.state.emplace("available");
    attachment.vpc_id = vpc_;
  }

  void nat_gateway(const std::string& name, const std::string& subnet_id) {
    const std::string nat_id = id("nat", name);
    const aws::ec2::NetworkInterface& interface =
        add_interface(*network_, id("eni", "nat/" + name), subnet_id, "nat_gateway",
                      "Interface for NAT Gateway " + nat_id, std::vector<std::string>());
    aws::ec2::NatGateway& made = network_->nat_gateways[nat_id];
    made.nat_gateway_id = nat_id;
    made.subnet_id = subnet_id;
    made.vpc_id = vpc_;
    made.state.emplace("available");
    made.create_time = made_;
    made.connectivity_type.emplace("public");
    aws::ec2::NatGatewayAddress& own = made.nat_gateway_addresses.emplace_back();
    own.network_interface_id = interface.network_interface_id;
    own.private_ip = interface.private_ip_address;
    own.public_ip = "203.0.113.250";
  }

  /// A table of the subnet's own, which leads out.
  void table(const std::string& subnet, const std::string& gateway, const std::string& nat) {
    const std::string table_id = id("rtb", "subnet/" + subnet);
    aws::ec2::RouteTable& made = network_->route_tables[table_id];
    made.route_table_id = table_id;
    made.vpc_id = vpc_;
    made.owner_id = network_->site.account_id;
    aws::ec2::Route& local = made.routes.emplace_back();
    local.destination_cidr_block = network_->vpcs.at(vpc_).shape.cidr_block;
    local.gateway_id = "local";
    local.origin.emplace("CreateRouteTable");
    local.state.emplace("active");
    aws::ec2::Route& out = made.routes.emplace_back();
    out.destination_cidr_block = "0.0.0.0/0";
    if (!gateway.empty()) out.gateway_id = gateway;
    if (!nat.empty()) out.nat_gateway_id = nat;
    out.origin.emplace("CreateRoute");
    out.state.emplace("active");
    aws::ec2::RouteTableAssociation& association = made.associations.emplace_back();
    association.main = false;
    association.route_table_association_id = id("rtbassoc", subnet);
    association.route_table_id = table_id;
    association.subnet_id = id("subnet", subnet);
    association.association_state.emplace().state.emplace("associated");
  }

  Result<void> groups(const VpcConfig& config) {
    for (const GroupConfig& group : config.groups) {
      const std::string group_id = id("sg", group.name);
      if (group.name.empty() || network_->groups.contains(group_id)) {
        return fail(wrong("security group '" + group.name + "' is nameless or there twice"));
      }
      aws::ec2::SecurityGroup& made = network_->groups[group_id].shape;
      made.group_id = group_id;
      made.group_name = group.name;
      made.description = group.name;
      made.owner_id = network_->site.account_id;
      made.vpc_id = vpc_;
    }
    for (const GroupConfig& group : config.groups) {
      GroupRecord& record = network_->groups.at(id("sg", group.name));
      for (const GroupRuleConfig& rule : group.rules) {
        TRY(const RuleSpec spec, rule_of(rule, group.name));
        add_rule(record, spec, id("sgr", group.name + "/" + std::to_string(record.rules.size())));
      }
    }
    return {};
  }

  Result<RuleSpec> rule_of(const GroupRuleConfig& rule, const std::string& group) const {
    RuleSpec spec;
    spec.egress = rule.direction == Direction::egress;
    spec.protocol = rule.protocol;
    spec.from = rule.protocol == "-1" ? -1 : rule.from_port;
    spec.to = rule.protocol == "-1" ? -1 : rule.to_port;
    if (rule.peer == "pl:s3") {
      spec.prefix_list = network_->prefix_lists.front().id;
    } else if (const auto block = parse_cidr(rule.peer)) {
      spec.cidr = block->text();
    } else if (network_->groups.contains(id("sg", rule.peer))) {
      spec.group = id("sg", rule.peer);
    } else {
      return fail(wrong("the peer '" + printable(rule.peer, 60) + "' of security group " + group +
                        " is neither a block nor a group of the VPC"));
    }
    return spec;
  }

  void acl_entry(const AclEntryConfig& config, const std::string& vpc) {
    aws::ec2::NetworkAclEntry entry;
    entry.cidr_block = config.cidr;
    entry.egress = config.direction == Direction::egress;
    entry.protocol = protocol_number(config.protocol);
    entry.rule_number = config.number;
    entry.rule_action.emplace(config.action == AclEntryConfig::Action::allow ? "allow" : "deny");
    if (*entry.protocol != "-1") {
      entry.port_range.emplace().from = config.from_port;
      entry.port_range->to = config.to_port;
    }
    auto& entries = network_->acls.at(id("acl", vpc)).entries;
    const auto behind = [&](const aws::ec2::NetworkAclEntry& one) {
      return one.egress == entry.egress && *one.rule_number > *entry.rule_number;
    };
    entries.insert(std::find_if(entries.begin(), entries.end(), behind), std::move(entry));
  }

  Result<void> add_endpoint(const EndpointConfig& config) {
    const std::string endpoint_id = id("vpce", config.service + "/" + vpc_);
    aws::ec2::VpcEndpoint& made = network_->endpoints[endpoint_id];
    const bool is_interface = config.type == EndpointConfig::Type::interface;
    made.vpc_endpoint_id = endpoint_id;
    made.vpc_endpoint_type.emplace(is_interface ? "Interface" : "Gateway");
    made.vpc_id = vpc_;
    made.service_name = "com.amazonaws." + network_->site.region + "." + config.service;
    made.state.emplace("available");
    made.private_dns_enabled = is_interface && config.private_dns == Switch::on;
    made.creation_timestamp = made_;
    made.owner_id = network_->site.account_id;
    if (!is_interface) {
      for (auto& [table_id, route_table] : network_->route_tables) {
        if (route_table.vpc_id != vpc_) continue;
        aws::ec2::Route& route = route_table.routes.emplace_back();
        route.destination_prefix_list_id = network_->prefix_lists.front().id;
        route.gateway_id = endpoint_id;
        route.origin.emplace("CreateRoute");
        route.state.emplace("active");
        made.route_table_ids.push_back(table_id);
      }
      return {};
    }
    std::vector<std::string> groups;
    for (const std::string& name : config.groups) {
      groups.push_back(id("sg", name));
      if (!network_->groups.contains(groups.back())) {
        return fail(wrong("security group " + name + " is not described"));
      }
      aws::ec2::SecurityGroupIdentifier& identifier = made.groups.emplace_back();
      identifier.group_id = groups.back();
      identifier.group_name = name;
    }
    for (const std::string& name : config.subnets) {
      const std::string subnet_id = id("subnet", name);
      if (!network_->subnets.contains(subnet_id)) return fail(wrong("subnet " + name + " is not described"));
      const std::string interface_id = id("eni", config.service + "/" + name);
      add_interface(*network_, interface_id, subnet_id, "vpc_endpoint", "VPC Endpoint Interface " + endpoint_id,
                    groups);
      made.subnet_ids.push_back(subnet_id);
      made.network_interface_ids.push_back(interface_id);
    }
    return {};
  }

  std::uint64_t seed_;
  WallTime made_;
  std::unique_ptr<Network> network_;
  std::string vpc_;
};

}  // namespace configured_network

std::string configured_id(std::uint64_t seed, const SiteName& site, std::string_view prefix, std::string_view name) {
  return default_id(seed, site, prefix, "config/" + std::string(prefix) + "/" + std::string(name));
}

Result<std::unique_ptr<Network>> make_configured_network(std::uint64_t seed, const SiteName& site,
                                                         const NetworkConfig& config, WallTime made) {
  if (config.vpcs.empty()) return fail(configured_network::wrong("the network of " + site.account_id + " has no VPC"));
  configured_network::Builder builder(seed, site, made);
  for (const VpcConfig& vpc : config.vpcs) TRY_VOID(builder.add(vpc));
  return builder.take();
}

}  // namespace postern::sim::ec2
