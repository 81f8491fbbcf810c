#include "sim/serve/world_lines.hpp"

namespace postern::sim::world_lines {
namespace world_network_lines {

std::string ports(std::int32_t from, std::int32_t to) {
  return yaml_text(from == to ? std::to_string(from) : std::to_string(from) + "-" + std::to_string(to));
}

/// Rules of groups and entries of ACLs.
template <class Config>
void add_traffic(FlowMap& map, const Config& config) {
  const Config usual;
  if (config.direction == GroupRuleConfig::Direction::egress) map.add("direction", "egress");
  map.text("protocol", config.protocol, usual.protocol);
  if (config.from_port != usual.from_port || config.to_port != usual.to_port) {
    map.add("ports", ports(config.from_port, config.to_port));
  }
}

std::string subnet_line(const SubnetConfig& subnet) {
  FlowMap map;
  map.text("name", subnet.name);
  map.text("cidr", subnet.cidr);
  if (subnet.zone != 'a') map.add("zone", std::string(1, subnet.zone));
  if (subnet.exit == SubnetExit::internet_gateway) map.add("exit", "internet_gateway");
  if (subnet.exit == SubnetExit::nat_gateway) map.add("exit", "nat_gateway");
  return map.done();
}

std::string rule_line(const GroupRuleConfig& rule) {
  FlowMap map;
  add_traffic(map, rule);
  map.text("peer", rule.peer);
  return map.done();
}

std::string group_line(const GroupConfig& group) {
  FlowMap map;
  map.text("name", group.name);
  map.lines("rules", group.rules, &rule_line);
  return map.done();
}

std::string endpoint_line(const EndpointConfig& endpoint) {
  FlowMap map;
  map.text("service", endpoint.service);
  if (endpoint.type == EndpointConfig::Type::gateway) map.add("type", "gateway");
  map.texts("subnets", endpoint.subnets);
  map.texts("groups", endpoint.groups);
  map.on_off("private_dns", endpoint.private_dns, Switch::on);
  return map.done();
}

std::string acl_line(const AclEntryConfig& entry) {
  FlowMap map;
  map.add("number", std::to_string(entry.number));
  if (entry.action == AclEntryConfig::Action::allow) map.add("action", "allow");
  add_traffic(map, entry);
  map.text("cidr", entry.cidr, AclEntryConfig().cidr);
  return map.done();
}

std::string vpc_line(const VpcConfig& vpc) {
  FlowMap map;
  map.text("name", vpc.name);
  map.text("cidr", vpc.cidr);
  map.on_off("dns_support", vpc.dns_support, Switch::on);
  map.on_off("dns_hostnames", vpc.dns_hostnames, Switch::on);
  map.lines("subnets", vpc.subnets, &subnet_line);
  map.lines("groups", vpc.groups, &group_line);
  map.lines("endpoints", vpc.endpoints, &endpoint_line);
  map.lines("acl", vpc.acl, &acl_line);
  return map.done();
}

}  // namespace world_network_lines

std::string network_line(const NetworkConfig& network) {
  FlowMap map;
  map.text("region", network.region);
  map.lines("vpcs", network.vpcs, &world_network_lines::vpc_line);
  return map.done();
}

}  // namespace postern::sim::world_lines
