#include "sim/ec2/network.hpp"

#include <algorithm>
#include <set>

#include "base/check.hpp"

namespace postern::sim::ec2 {
namespace network {

/// AWS keeps the first four addresses and the last one of a subnet.
constexpr std::int32_t kReserved = 5;

aws::ec2::NetworkAclEntry acl_entry(std::int32_t number, bool egress, std::string_view action) {
  aws::ec2::NetworkAclEntry entry;
  entry.cidr_block = "0.0.0.0/0";
  entry.egress = egress;
  entry.protocol = "-1";
  entry.rule_action.emplace(action);
  entry.rule_number = number;
  return entry;
}

constexpr std::int32_t kAclDefault = 32'767;  // the "*" entry at the end of every ACL

Address next_address(const Network& network, const std::string& subnet_id) {
  const Cidr block = parse_cidr(*network.subnets.at(subnet_id).cidr_block).value_or(Cidr());
  std::set<Address> used;
  for (const auto& [id, interface] : network.interfaces) {
    if (interface.subnet_id == subnet_id) used.insert(parse_address(*interface.private_ip_address).value_or(0));
  }
  Address address = block.base + static_cast<Address>(block.size()) - 2;
  while (used.contains(address)) --address;
  return address;
}

std::string mac_of(Address address) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string mac = "0a:58";
  for (int shift = 24; shift >= 0; shift -= 8) {
    const Address octet = (address >> static_cast<unsigned>(shift)) & 255U;
    mac += {':', kHex[octet >> 4U], kHex[octet & 15U]};
  }
  return mac;
}

}  // namespace network

aws::ec2::Tag make_tag(std::string_view key, std::string_view value) {
  aws::ec2::Tag tag;
  tag.key = key;
  tag.value = value;
  return tag;
}

std::string zone_id(std::string_view zone) {
  // us-east-1a -> use1-az1: the letters that begin the parts, as AWS abbreviates its Regions.
  std::string id;
  std::string_view region = zone.substr(0, zone.size() - 1);
  std::size_t dash = region.find('-');
  id += region.substr(0, dash);
  region.remove_prefix(dash + 1);
  dash = region.find('-');
  const std::string_view where = region.substr(0, dash);
  for (const std::string_view word : {"north", "south", "east", "west", "central"}) {
    if (where.find(word) != std::string_view::npos) id += word[0];
  }
  id += region.substr(dash + 1);
  return id + "-az" + std::to_string(zone.back() - 'a' + 1);
}

std::vector<PrefixList> aws_prefix_lists(std::string_view region) {
  const auto make = [&](std::string_view service, std::vector<std::string> cidrs) {
    PrefixList list;
    list.name = "com.amazonaws." + std::string(region) + "." + std::string(service);
    list.id = "pl-" + derived_hex(1, "prefix-list/" + list.name, 8);
    list.cidrs = std::move(cidrs);
    return list;
  };
  std::vector<PrefixList> lists;
  lists.push_back(make("s3", {"52.216.0.0/15", "3.5.0.0/19"}));
  lists.push_back(make("dynamodb", {"52.94.0.0/22"}));
  return lists;
}

const aws::ec2::RouteTable* route_table_of(const Network& network, const aws::ec2::Subnet& subnet) {
  const aws::ec2::RouteTable* main = nullptr;
  for (const auto& [id, table] : network.route_tables) {
    if (table.vpc_id != subnet.vpc_id) continue;
    for (const aws::ec2::RouteTableAssociation& association : table.associations) {
      if (association.subnet_id == subnet.subnet_id) return &table;
      if (association.main.value_or(false)) main = &table;
    }
  }
  return main;
}

const aws::ec2::NetworkAcl* acl_of(const Network& network, std::string_view subnet_id) {
  for (const auto& [id, acl] : network.acls) {
    for (const aws::ec2::NetworkAclAssociation& association : acl.associations) {
      if (association.subnet_id == subnet_id) return &acl;
    }
  }
  return nullptr;
}

const GroupRecord* default_group_of(const Network& network, std::string_view vpc_id) {
  for (const auto& [id, group] : network.groups) {
    if (group.shape.vpc_id == vpc_id && group.shape.group_name == "default") return &group;
  }
  return nullptr;
}

VpcRecord& add_vpc(Network& network, std::string vpc_id, const Cidr& block, std::string_view route_table_id,
                   std::string_view acl_id, std::string_view group_id) {
  VpcRecord& record = network.vpcs[vpc_id];
  aws::ec2::Vpc& vpc = record.shape;
  vpc.vpc_id = vpc_id;
  vpc.cidr_block = block.text();
  vpc.dhcp_options_id = "dopt-0" + derived_hex(1, "dhcp/" + network.site.account_id + network.site.region, 16);
  vpc.state.emplace("available");
  vpc.owner_id = network.site.account_id;
  vpc.instance_tenancy.emplace("default");
  vpc.is_default = false;
  aws::ec2::VpcCidrBlockAssociation& own = vpc.cidr_block_association_set.emplace_back();
  own.association_id = "vpc-cidr-assoc-0" + derived_hex(1, vpc_id, 16);
  own.cidr_block = block.text();
  own.cidr_block_state.emplace().state.emplace("associated");

  aws::ec2::RouteTable& table = network.route_tables[std::string(route_table_id)];
  table.route_table_id = route_table_id;
  table.vpc_id = vpc_id;
  table.owner_id = network.site.account_id;
  aws::ec2::Route& local = table.routes.emplace_back();
  local.destination_cidr_block = block.text();
  local.gateway_id = "local";
  local.origin.emplace("CreateRouteTable");
  local.state.emplace("active");
  aws::ec2::RouteTableAssociation& main = table.associations.emplace_back();
  main.main = true;
  main.route_table_association_id = "rtbassoc-0" + derived_hex(1, "main/" + vpc_id, 16);
  main.route_table_id = route_table_id;
  main.association_state.emplace().state.emplace("associated");

  aws::ec2::NetworkAcl& acl = network.acls[std::string(acl_id)];
  acl.network_acl_id = acl_id;
  acl.vpc_id = vpc_id;
  acl.owner_id = network.site.account_id;
  acl.is_default = true;
  for (const bool egress : {true, false}) {
    acl.entries.push_back(network::acl_entry(100, egress, "allow"));
    acl.entries.push_back(network::acl_entry(network::kAclDefault, egress, "deny"));
  }

  GroupRecord& group = network.groups[std::string(group_id)];
  group.shape.group_id = group_id;
  group.shape.group_name = "default";
  group.shape.description = "default VPC security group";
  group.shape.owner_id = network.site.account_id;
  group.shape.vpc_id = vpc_id;
  RuleSpec inward;
  inward.group = group_id;
  add_rule(group, inward, "sgr-0" + derived_hex(1, "in/" + std::string(group_id), 16));
  RuleSpec outward;
  outward.egress = true;
  outward.cidr = "0.0.0.0/0";
  add_rule(group, outward, "sgr-0" + derived_hex(1, "out/" + std::string(group_id), 16));
  return record;
}

aws::ec2::Subnet& add_subnet(Network& network, std::string subnet_id, const std::string& vpc_id, const Cidr& block,
                             std::string_view zone) {
  aws::ec2::Subnet& subnet = network.subnets[subnet_id];
  subnet.subnet_id = subnet_id;
  subnet.vpc_id = vpc_id;
  subnet.cidr_block = block.text();
  subnet.availability_zone = zone;
  subnet.availability_zone_id = zone_id(zone);
  subnet.available_ip_address_count = static_cast<std::int32_t>(block.size()) - network::kReserved;
  subnet.default_for_az = false;
  subnet.map_public_ip_on_launch = false;
  subnet.map_customer_owned_ip_on_launch = false;
  subnet.assign_ipv6_address_on_creation = false;
  subnet.enable_dns64 = false;
  subnet.ipv6_native = false;
  subnet.state.emplace("available");
  subnet.owner_id = network.site.account_id;
  subnet.subnet_arn = "arn:aws:ec2:" + network.site.region + ":" + network.site.account_id + ":subnet/" + subnet_id;
  for (auto& [id, acl] : network.acls) {
    if (acl.vpc_id != vpc_id || !acl.is_default.value_or(false)) continue;
    aws::ec2::NetworkAclAssociation& association = acl.associations.emplace_back();
    association.network_acl_association_id = "aclassoc-0" + derived_hex(1, "acl/" + subnet_id, 16);
    association.network_acl_id = id;
    association.subnet_id = subnet_id;
  }
  return subnet;
}

aws::ec2::NetworkInterface& add_interface(Network& network, std::string id, const std::string& subnet_id,
                                          std::string_view type, std::string_view description,
                                          const std::vector<std::string>& groups) {
  const Address address = network::next_address(network, subnet_id);
  aws::ec2::Subnet& subnet = network.subnets.at(subnet_id);
  --*subnet.available_ip_address_count;
  aws::ec2::NetworkInterface& made = network.interfaces[id];
  made.network_interface_id = id;
  made.subnet_id = subnet_id;
  made.vpc_id = subnet.vpc_id;
  made.availability_zone = subnet.availability_zone;
  made.description = description;
  made.interface_type.emplace(type);
  made.mac_address = network::mac_of(address);
  made.owner_id = network.site.account_id;
  made.private_ip_address = to_text(address);
  aws::ec2::NetworkInterfacePrivateIpAddress& own = made.private_ip_addresses.emplace_back();
  own.primary = true;
  own.private_ip_address = made.private_ip_address;
  made.requester_managed = true;
  made.source_dest_check = type != "nat_gateway";
  made.status.emplace("in-use");
  for (const std::string& group : groups) {
    aws::ec2::GroupIdentifier& identifier = made.groups.emplace_back();
    identifier.group_id = group;
    if (const auto found = network.groups.find(group); found != network.groups.end()) {
      identifier.group_name = found->second.shape.group_name;
    }
  }
  return made;
}

aws::ec2::SecurityGroupRule& add_rule(GroupRecord& group, const RuleSpec& spec, std::string id) {
  aws::ec2::SecurityGroupRule& rule = group.rules.emplace_back();
  rule.security_group_rule_id = std::move(id);
  rule.group_id = group.shape.group_id;
  rule.group_owner_id = group.shape.owner_id;
  rule.is_egress = spec.egress;
  rule.ip_protocol = spec.protocol;
  rule.from_port = spec.from;
  rule.to_port = spec.to;
  if (!spec.cidr.empty()) rule.cidr_ipv4 = spec.cidr;
  if (!spec.prefix_list.empty()) rule.prefix_list_id = spec.prefix_list;
  if (!spec.group.empty()) {
    aws::ec2::ReferencedSecurityGroup& peer = rule.referenced_group_info.emplace();
    peer.group_id = spec.group;
    peer.user_id = group.shape.owner_id;
    peer.vpc_id = group.shape.vpc_id;
  }
  return rule;
}

std::string next_id(Fleet& fleet, Site& site, std::string_view prefix) {
  const std::string label = "made/" + site.name.account_id + "/" + site.name.region + "/" + std::string(prefix) + "/" +
                            std::to_string(++site.made);
  return std::string(prefix) + "-0" + derived_hex(fleet.seed(), label, 16);
}

Network& network_of(Fleet& fleet, Site& site, WallTime made) {
  if (!site.network) site.network = make_default_network(fleet.seed(), site.name, made);
  return *site.network;
}

}  // namespace postern::sim::ec2
