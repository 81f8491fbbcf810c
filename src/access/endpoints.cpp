#include "access/endpoints.hpp"

#include <algorithm>

#include "access/endpoint_cost.hpp"
#include "access/endpoint_policies.hpp"
#include "access/role_pieces.hpp"
#include "base/text.hpp"

namespace postern::access {
namespace endpoints {

using cfn::Value;

constexpr std::string_view kUseNames[] = {"ssm", "sessions", "drs"};
constexpr std::string_view kGroup = "EndpointGroup";

constexpr EndpointService kServices[] = {
    {"ssm", "Ssm", "Registration, inventory, documents and parameters"},
    {"ssmmessages", "SsmMessages", "Commands and sessions"},
    {"ec2messages", "Ec2Messages",
     "Commands of agents older than 3.3.40.0: newer ones get them over ssmmessages. Regions that opened since 2024 do "
     "not have it"},
    {"logs", "Logs", "Session logs and the output of commands in CloudWatch Logs"},
    {"kms", "Kms", "Keys of encrypted sessions and logs"},
    {"drs", "Drs", "Installation and control of replication. The data itself goes to TCP 1500, through no endpoint"},
    {"ec2", "Ec2", "Replication servers call it; so do snapshots with VSS"},
    {"sts", "Sts", "For what assumes roles on the nodes: scripts, replication into another account"},
    {"monitoring", "Monitoring", "Metrics of the CloudWatch agent"},
    {"secretsmanager", "SecretsManager", "Secrets that scripts on the nodes read"},
    {"s3", "S3Interface",
     "S3 for those who come from another VPC or Region, by its own name (--s3-endpoint): the gateway serves its own "
     "VPC "
     "alone",
     false},
};

struct UseRow {
  EndpointUse use;
  std::string_view service;
};
constexpr UseRow kUses[] = {
    {EndpointUse::ssm, "ssm"},      {EndpointUse::ssm, "ssmmessages"}, {EndpointUse::sessions, "logs"},
    {EndpointUse::sessions, "kms"}, {EndpointUse::drs, "drs"},         {EndpointUse::drs, "ec2"},
};

bool has(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

bool wants(const EndpointOrder& order, EndpointUse use) {
  return std::ranges::find(order.uses, use) != order.uses.end();
}

cfn::Resource made(std::string_view id, std::string_view type, std::string comment) {
  cfn::Resource out;
  out.id = id;
  out.type = type;
  out.comment = std::move(comment);
  return out;
}

cfn::Parameter list(std::string name, std::string description, std::string pattern, std::string constraint,
                    const std::vector<std::string>& known) {
  cfn::Parameter out = parameter(std::move(name), std::move(description), std::move(pattern), std::move(constraint));
  out.type = cfn::ParameterType::text_list;
  if (!known.empty()) out.default_value = join(known, ",");
  return out;
}

void add_parameters(const EndpointOrder& order, cfn::Template& out) {
  cfn::Parameter vpc =
      parameter("VpcId", "The VPC of the nodes. Private DNS wants its enableDnsSupport and enableDnsHostnames on.",
                "^vpc-[0-9a-f]{8,17}$", "the id of a VPC, vpc-...");
  if (!order.vpc.empty()) vpc.default_value = order.vpc;
  out.parameters.push_back(std::move(vpc));
  if (!interface_services(order).empty()) {
    out.parameters.push_back(list("SubnetIds",
                                  "Where the endpoints have their addresses: one subnet in each zone that has nodes, "
                                  "never two of one zone.",
                                  "^subnet-[0-9a-f]{8,17}$", "ids of subnets, subnet-...", order.subnets));
    if (order.cidrs.empty()) {
      out.parameters.push_back(parameter(
          "NodesCidr", "Who may come in: the block of the nodes' subnets, or of the VPC.",
          R"(^(\d{1,3}\.){3}\d{1,3}/(1[6-9]|2\d|3[0-2])$)", "a block such as 10.0.0.0/16, no larger than a VPC's"));
    }
  }
  if (has_s3_gateway(order)) {
    out.parameters.push_back(list("RouteTableIds",
                                  "The tables of the nodes' subnets: S3 is reached by a route in each of them.",
                                  "^rtb-[0-9a-f]{8,17}$", "ids of route tables, rtb-...", order.route_tables));
  }
  cfn::Parameter organization = parameter(
      "OrganizationId", "Identities of this organisation come through the endpoints; empty: those of this account.",
      "^(o-[a-z0-9]{10,32})?$", "the id of an organisation, o-..., or nothing");
  organization.default_value = order.organization;
  out.parameters.push_back(std::move(organization));
  out.conditions.emplace_back(std::string(kHasOrganization),
                              cfn::negation(cfn::equals(cfn::ref("OrganizationId"), "")));
  out.conditions.emplace_back(std::string(kHasAccountOnly), cfn::equals(cfn::ref("OrganizationId"), ""));
}

Value https_from(Value cidr) {
  Value rule = Value::map();
  rule.set("IpProtocol", "tcp").set("FromPort", Value::integer(443)).set("ToPort", Value::integer(443));
  rule.set("CidrIp", std::move(cidr)).set("Description", "HTTPS from the nodes");
  return rule;
}

void add_group(const EndpointOrder& order, cfn::Template& out) {
  cfn::Resource group =
      made(kGroup, "AWS::EC2::SecurityGroup", "Nodes speak to the endpoints; the endpoints answer and never begin.");
  group.properties.set("GroupDescription", "HTTPS from nodes to VPC endpoints");
  group.properties.set("VpcId", cfn::ref("VpcId"));
  Value in = Value::list();
  for (const std::string& cidr : order.cidrs) in.add(https_from(cidr));
  if (order.cidrs.empty()) in.add(https_from(cfn::ref("NodesCidr")));
  group.properties.set("SecurityGroupIngress", std::move(in));
  Value nothing = Value::map();
  nothing.set("IpProtocol", "-1").set("CidrIp", "127.0.0.1/32").set("Description", "nothing");
  group.properties.set("SecurityGroupEgress", Value::list({std::move(nothing)}),
                       "Without a rule CloudFormation lets everything out.");
  out.resources.push_back(std::move(group));
}

cfn::Resource endpoint(std::string_view id, std::string_view service, std::string_view type, std::string comment) {
  cfn::Resource out = made(id, "AWS::EC2::VPCEndpoint", std::move(comment));
  out.properties.set("VpcId", cfn::ref("VpcId"));
  out.properties.set("ServiceName", cfn::sub("com.amazonaws.${AWS::Region}." + std::string(service)));
  out.properties.set("VpcEndpointType", type);
  return out;
}

void add_interface(const EndpointService& service, cfn::Template& out) {
  cfn::Resource made = endpoint(service.id, service.name, "Interface", std::string(service.why) + ".");
  made.properties.set("SubnetIds", cfn::ref("SubnetIds"));
  made.properties.set("SecurityGroupIds", Value::list({cfn::ref(kGroup)}));
  made.properties.set("PrivateDnsEnabled", Value::boolean(service.private_dns));
  made.properties.set("PolicyDocument", own_identities_policy());
  out.resources.push_back(std::move(made));
}

void add_gateway(const EndpointOrder& order, cfn::Template& out) {
  cfn::Resource made =
      endpoint("S3", "s3", "Gateway", "S3 by a route: the agent's updates, patches and packages. It costs nothing.");
  made.properties.set("RouteTableIds", cfn::ref("RouteTableIds"));
  made.properties.set("PolicyDocument", s3_policy(wants(order, EndpointUse::drs), order.copies));
  out.resources.push_back(std::move(made));
}

std::string head_of(const EndpointOrder& order) {
  std::string text =
      "The way to AWS for nodes in a VPC without any other: deploy it once in each VPC. Nodes' own security groups "
      "must\n"
      "let TCP 443 out to EndpointGroup and, for S3, to AWS's prefix list.";
  if (wants(order, EndpointUse::drs)) {
    text +=
        "\n\nReplicated data goes past all endpoints: the security group of the staging subnet must let TCP 1500 in "
        "from the\nsources' networks, and a route must lead there. Sources in other VPCs or Regions use this VPC's "
        "endpoints by name.";
  }
  const std::size_t interfaces = interface_services(order).size();
  if (interfaces > 0) text += "\n\n" + endpoint_price(interfaces);
  return text;
}

}  // namespace endpoints

std::string_view to_string(EndpointUse use) noexcept {
  return endpoints::kUseNames[static_cast<std::size_t>(use)];
}

std::optional<EndpointUse> parse_endpoint_use(std::string_view text) noexcept {
  for (std::size_t i = 0; i < std::size(endpoints::kUseNames); ++i) {
    if (endpoints::kUseNames[i] == text) return static_cast<EndpointUse>(i);
  }
  return std::nullopt;
}

std::span<const EndpointService> known_endpoint_services() noexcept {
  return endpoints::kServices;
}

const EndpointService* find_endpoint_service(std::string_view name) noexcept {
  const auto found = std::ranges::find(endpoints::kServices, name, &EndpointService::name);
  return found == std::end(endpoints::kServices) ? nullptr : &*found;
}

std::vector<std::string> interface_services(const EndpointOrder& order) {
  std::vector<std::string> out;
  for (const EndpointService& service : endpoints::kServices) {
    const bool used = std::ranges::any_of(endpoints::kUses, [&](const endpoints::UseRow& row) {
      return row.service == service.name && endpoints::wants(order, row.use);
    });
    const bool asked = used || endpoints::has(order.services, service.name);
    // "s3" among what the VPC has is its gateway.
    const bool there = service.name != "s3" && endpoints::has(order.without, service.name);
    if (asked && !there) out.emplace_back(service.name);
  }
  return out;
}

bool has_s3_gateway(const EndpointOrder& order) {
  const bool used = endpoints::wants(order, EndpointUse::ssm) || endpoints::wants(order, EndpointUse::drs);
  return used && !endpoints::has(order.without, "s3");
}

Result<cfn::Template> endpoint_template(const EndpointOrder& order) {
  using namespace endpoints;
  for (const std::string& name : order.services) {
    if (find_endpoint_service(name) != nullptr) continue;
    std::string known;
    for (const EndpointService& each : kServices) known += (known.empty() ? "" : ", ") + std::string(each.name);
    return fail(ErrorKind::usage, "--services " + printable(name, 60) + ": not one of " + known);
  }
  const std::vector<std::string> interfaces = interface_services(order);
  if (interfaces.empty() && !has_s3_gateway(order)) {
    return fail(ErrorKind::usage, "the VPC has every endpoint that was asked for");
  }
  cfn::Template out;
  out.comment = head_of(order);
  out.description = "VPC endpoints for managed nodes";
  add_parameters(order, out);
  if (!interfaces.empty()) add_group(order, out);
  for (const std::string& name : interfaces) add_interface(*find_endpoint_service(name), out);
  if (has_s3_gateway(order)) add_gateway(order, out);
  if (!interfaces.empty()) {
    out.outputs.push_back(output("EndpointGroupId", "What nodes must reach on TCP 443", cfn::ref(kGroup)));
  }
  if (has_s3_gateway(order)) out.outputs.push_back(output("S3EndpointId", "The gateway to S3", cfn::ref("S3")));
  return out;
}

}  // namespace postern::access
