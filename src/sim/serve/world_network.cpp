// Networks of a world file: what stands in the place of an account's default VPC in one Region.

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "sim/ec2/address.hpp"
#include "sim/serve/world_parts.hpp"

namespace postern::sim::world_parts {
namespace world_network {

using yaml::MapReader;
using yaml::Node;
using yaml::Problems;
using Direction = GroupRuleConfig::Direction;

constexpr std::size_t kNameMax = 255;
constexpr std::int32_t kPortMax = 65'535;
constexpr std::uint64_t kAclNumberMax = 32'766;

/// "443", or "1024-65535".
bool read_ports(std::string_view text, std::int32_t& from, std::int32_t& to) {
  const auto number = [](std::string_view digits, std::int32_t& into) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
    return error == std::errc() && end == digits.data() + digits.size() && into >= 0 && into <= kPortMax;
  };
  const std::size_t dash = text.find('-');
  if (!number(text.substr(0, dash), from)) return false;
  if (dash == std::string_view::npos) {
    to = from;
    return true;
  }
  return number(text.substr(dash + 1), to) && from <= to;
}

/// Direction, protocol and ports, which rules and entries of ACLs have in common.
template <class Config>
void read_traffic(const MapReader& map, Config& config) {
  config.direction = read_word(map, "direction", {"ingress", "egress"}, static_cast<std::size_t>(config.direction)) == 0
                         ? Direction::ingress
                         : Direction::egress;
  constexpr std::string_view kProtocols[] = {"tcp", "udp", "-1"};
  const std::size_t protocol = read_word(map, "protocol", {"tcp", "udp", "-1"}, 0);
  config.protocol = kProtocols[protocol];
  const Node* ports = map.get("ports");
  if (ports == nullptr) return;
  if (!ports->is_scalar() || !read_ports(ports->text, config.from_port, config.to_port)) {
    map.problems().add(*ports, "ports must be one such as 443, or a range such as 1024-65535");
  }
}

void check_block(const MapReader& map, std::string_view key, const std::string& text) {
  if (ec2::parse_cidr(text)) return;
  const Node* node = map.get(key);
  if (node != nullptr) map.problems().add(*node, std::string(key) + " must be a block such as 10.0.0.0/16");
}

SubnetConfig read_subnet(const Node& node, Problems& problems) {
  const MapReader map(node, "subnets[]", {"name", "cidr", "zone", "exit"}, problems);
  SubnetConfig subnet;
  if (!node.is_map()) return subnet;
  subnet.name = map.text("name", kNameMax);
  subnet.cidr = map.text("cidr", 32);
  if (subnet.name.empty() || subnet.cidr.empty()) problems.add(node, "a subnet needs a name and a cidr");
  check_block(map, "cidr", subnet.cidr);
  subnet.zone = static_cast<char>('a' + read_word(map, "zone", {"a", "b", "c"}, 0));
  constexpr SubnetExit kExits[] = {SubnetExit::none, SubnetExit::internet_gateway, SubnetExit::nat_gateway};
  subnet.exit = kExits[read_word(map, "exit", {"none", "internet_gateway", "nat_gateway"}, 0)];
  return subnet;
}

GroupConfig read_group(const Node& node, Problems& problems) {
  const MapReader map(node, "groups[]", {"name", "rules"}, problems);
  GroupConfig group;
  if (!node.is_map()) return group;
  group.name = map.text("name", kNameMax);
  if (group.name.empty()) problems.add(node, "a security group needs a name");
  each(map, "rules", [&](const Node& item) {
    const MapReader rule(item, "rules[]", {"direction", "protocol", "ports", "peer"}, problems);
    GroupRuleConfig& made = group.rules.emplace_back();
    if (!item.is_map()) return;
    read_traffic(rule, made);
    made.peer = rule.text("peer", kNameMax);
    if (made.peer.empty()) problems.add(item, "a rule needs a peer: a block, a group's name, or pl:s3");
  });
  return group;
}

EndpointConfig read_endpoint(const Node& node, Problems& problems) {
  const MapReader map(node, "endpoints[]", {"service", "type", "subnets", "groups", "private_dns"}, problems);
  EndpointConfig endpoint;
  if (!node.is_map()) return endpoint;
  endpoint.service = map.text("service", 64);
  if (endpoint.service.empty()) problems.add(node, "an endpoint needs a service, such as ssm");
  const bool interface = read_word(map, "type", {"interface", "gateway"}, 0) == 0;
  endpoint.type = interface ? EndpointConfig::Type::interface : EndpointConfig::Type::gateway;
  endpoint.subnets = texts(map, "subnets");
  endpoint.groups = texts(map, "groups");
  endpoint.private_dns = read_switch(map, "private_dns", endpoint.private_dns);
  if (endpoint.type == EndpointConfig::Type::gateway && endpoint.service != "s3") {
    problems.add(node, "a gateway endpoint is of s3");
  }
  return endpoint;
}

AclEntryConfig read_acl_entry(const Node& node, Problems& problems) {
  const MapReader map(node, "acl[]", {"number", "direction", "action", "protocol", "ports", "cidr"}, problems);
  AclEntryConfig entry;
  if (!node.is_map()) return entry;
  const std::uint64_t number = whole_number(map, "number", static_cast<std::uint64_t>(entry.number));
  if (number < 1 || number > kAclNumberMax) problems.add(node, "number must be 1 to 32766");
  entry.number = static_cast<std::int32_t>(std::min<std::uint64_t>(number, kAclNumberMax));
  entry.action = read_word(map, "action", {"allow", "deny"}, 1) == 0 ? AclEntryConfig::Action::allow
                                                                     : AclEntryConfig::Action::deny;
  read_traffic(map, entry);
  if (map.get("cidr") != nullptr) entry.cidr = map.text("cidr", 32);
  check_block(map, "cidr", entry.cidr);
  return entry;
}

VpcConfig read_vpc(const Node& node, Problems& problems) {
  const MapReader map(node, "vpcs[]",
                      {"name", "cidr", "dns_support", "dns_hostnames", "subnets", "groups", "endpoints", "acl"},
                      problems);
  VpcConfig vpc;
  if (!node.is_map()) return vpc;
  vpc.name = map.text("name", kNameMax);
  vpc.cidr = map.text("cidr", 32);
  if (vpc.name.empty() || vpc.cidr.empty()) problems.add(node, "a VPC needs a name and a cidr");
  check_block(map, "cidr", vpc.cidr);
  vpc.dns_support = read_switch(map, "dns_support", vpc.dns_support);
  vpc.dns_hostnames = read_switch(map, "dns_hostnames", vpc.dns_hostnames);
  each(map, "subnets", [&](const Node& item) { vpc.subnets.push_back(read_subnet(item, problems)); });
  each(map, "groups", [&](const Node& item) { vpc.groups.push_back(read_group(item, problems)); });
  each(map, "endpoints", [&](const Node& item) { vpc.endpoints.push_back(read_endpoint(item, problems)); });
  each(map, "acl", [&](const Node& item) { vpc.acl.push_back(read_acl_entry(item, problems)); });
  return vpc;
}

}  // namespace world_network

NetworkConfig read_network(const yaml::Node& node, yaml::Problems& problems) {
  const yaml::MapReader map(node, "networks[]", {"region", "vpcs"}, problems);
  NetworkConfig network;
  if (!node.is_map()) return network;
  network.region = map.text("region", 32);
  each(map, "vpcs", [&](const yaml::Node& item) { network.vpcs.push_back(world_network::read_vpc(item, problems)); });
  if (network.region.empty() || network.vpcs.empty()) problems.add(node, "a network needs a region and vpcs");
  return network;
}

}  // namespace postern::sim::world_parts
