#include "adapters/network_records.hpp"

namespace postern::adapters::network_records {
namespace {

constexpr std::string_view kStackTag = "aws:cloudformation:stack-name";

/// Every peer of a permission as a rule of its own.
void add_rules(const aws::ec2::IpPermission& wire, bool egress, std::vector<access::RuleFacts>& out) {
  access::RuleFacts plain;
  plain.egress = egress;
  plain.protocol = wire.ip_protocol.value_or("-1");
  if (plain.protocol == "6") plain.protocol = "tcp";
  plain.from = wire.from_port.value_or(-1);
  plain.to = wire.to_port.value_or(-1);
  for (const aws::ec2::IpRange& range : wire.ip_ranges) {
    out.push_back(plain);
    out.back().cidr = range.cidr_ip.value_or("");
  }
  for (const aws::ec2::UserIdGroupPair& pair : wire.user_id_group_pairs) {
    out.push_back(plain);
    out.back().group = pair.group_id.value_or("");
  }
  for (const aws::ec2::PrefixListId& list : wire.prefix_list_ids) {
    out.push_back(plain);
    out.back().prefix_list = list.prefix_list_id.value_or("");
  }
}

/// What the route leads to, whichever member has it.
std::string target_of(const aws::ec2::Route& route) {
  for (const auto* each :
       {&route.gateway_id, &route.nat_gateway_id, &route.transit_gateway_id, &route.vpc_peering_connection_id,
        &route.network_interface_id, &route.instance_id, &route.local_gateway_id, &route.carrier_gateway_id}) {
    if (*each && !(*each)->empty()) return **each;
  }
  return {};
}

}  // namespace

std::string tag_of(const std::vector<aws::ec2::Tag>& tags, std::string_view key) {
  for (const aws::ec2::Tag& tag : tags) {
    if (tag.key == key) return tag.value.value_or("");
  }
  return {};
}

access::NodeFacts node_of(const aws::ec2::Instance& wire) {
  access::NodeFacts out;
  out.id = wire.instance_id.value_or("");
  out.name = tag_of(wire.tags, "Name");
  out.subnet = wire.subnet_id.value_or("");
  out.address = wire.private_ip_address.value_or("");
  out.public_address = wire.public_ip_address.has_value() && !wire.public_ip_address->empty();
  out.running = wire.state && wire.state->name && wire.state->name->text() == "running";
  for (const aws::ec2::GroupIdentifier& group : wire.security_groups) out.groups.push_back(group.group_id.value_or(""));
  if (wire.iam_instance_profile) out.profile = wire.iam_instance_profile->arn.value_or("");
  return out;
}

access::EndpointFacts endpoint_of(const aws::ec2::VpcEndpoint& wire, const std::string& region) {
  access::EndpointFacts out;
  out.id = wire.vpc_endpoint_id.value_or("");
  out.service = wire.service_name.value_or("");
  const std::string prefix = "com.amazonaws." + region + ".";
  if (const std::size_t at = out.service.find(prefix); at != std::string::npos) {
    out.service = out.service.substr(at + prefix.size());
  }
  out.gateway = wire.vpc_endpoint_type && wire.vpc_endpoint_type->text() == "Gateway";
  out.state = wire.state ? wire.state->text() : std::string();
  // The API has written it both ways.
  if (!out.state.empty() && out.state.front() == 'A') out.state.front() = 'a';
  out.private_dns = wire.private_dns_enabled.value_or(false);
  out.subnets = wire.subnet_ids;
  for (const aws::ec2::SecurityGroupIdentifier& group : wire.groups) out.groups.push_back(group.group_id.value_or(""));
  out.route_tables = wire.route_table_ids;
  out.policy = wire.policy_document.value_or("");
  out.stack = tag_of(wire.tags, kStackTag);
  return out;
}

std::vector<access::RouteFacts> routes_of(const aws::ec2::RouteTable& wire) {
  std::vector<access::RouteFacts> out;
  for (const aws::ec2::Route& route : wire.routes) {
    if (route.state && route.state->text() == "blackhole") continue;
    out.emplace_back(route.destination_cidr_block.value_or(route.destination_prefix_list_id.value_or("")),
                     target_of(route));
  }
  return out;
}

std::vector<access::RuleFacts> rules_of(const aws::ec2::SecurityGroup& wire) {
  std::vector<access::RuleFacts> out;
  for (const aws::ec2::IpPermission& each : wire.ip_permissions) add_rules(each, false, out);
  for (const aws::ec2::IpPermission& each : wire.ip_permissions_egress) add_rules(each, true, out);
  return out;
}

}  // namespace postern::adapters::network_records
