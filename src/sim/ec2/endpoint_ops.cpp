// VPC endpoints, and the services that they lead to.

#include <algorithm>

#include "base/text.hpp"
#include "sim/ec2/common.hpp"
#include "sim/ec2/service.hpp"

namespace postern::sim {
namespace endpoint_ops {

using namespace aws::ec2;
using ec2::admit;
using ec2::arn_of;
using ec2::at;
using ec2::invalid_value;
using ec2::only;
using ec2::refuse;

constexpr std::size_t kEndpointsMax = 50;
constexpr std::size_t kPolicyMax = 20'480;
constexpr std::string_view kDefaultPolicy =
    R"({"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]})";

enum class Kind : std::uint8_t { interface, gateway, both };
struct KnownService {
  std::string_view name;
  Kind kind;
};
constexpr KnownService kServices[] = {
    {"cloudformation", Kind::interface}, {"cloudtrail", Kind::interface}, {"drs", Kind::interface},
    {"dynamodb", Kind::gateway},         {"ec2", Kind::interface},        {"ec2messages", Kind::interface},
    {"events", Kind::interface},         {"kms", Kind::interface},        {"lambda", Kind::interface},
    {"logs", Kind::interface},           {"monitoring", Kind::interface}, {"s3", Kind::both},
    {"secretsmanager", Kind::interface}, {"sns", Kind::interface},        {"ssm", Kind::interface},
    {"ssmmessages", Kind::interface},    {"states", Kind::interface},     {"sts", Kind::interface},
};

constexpr ec2::FilterPath kFilters[] = {
    {"service-name", "ServiceName"},
    {"vpc-endpoint-id", "VpcEndpointId"},
    {"vpc-endpoint-state", "State"},
    {"vpc-endpoint-type", "VpcEndpointType"},
    {"vpc-id", "VpcId"},
};
constexpr ec2::FilterPath kServiceFilters[] = {
    {"owner", "Owner"},
    {"service-name", "ServiceName"},
    {"service-type", "ServiceType.ServiceType"},
};

/// "com.amazonaws.us-east-1.ssm".
std::string full_name(std::string_view region, const KnownService& service) {
  return "com.amazonaws." + std::string(region) + "." + std::string(service.name);
}

const KnownService* find_service(std::string_view region, std::string_view name) {
  for (const KnownService& service : kServices) {
    if (full_name(region, service) == name) return &service;
  }
  return nullptr;
}

std::string private_name(std::string_view region, std::string_view service_name) {
  const std::size_t dot = service_name.rfind('.');
  return std::string(service_name.substr(dot + 1)) + "." + std::string(region) + ".amazonaws.com";
}

Error unknown_endpoint(const std::string& id) {
  return refuse("InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '" + printable(id, 60) + "' does not exist");
}

Result<void> check_policy(const std::string& policy) {
  if (policy.size() > kPolicyMax) {
    return fail(refuse("InvalidPolicyDocument", "The policy document exceeds the maximum length"));
  }
  const std::string_view text = trim(policy);
  if (!text.starts_with('{') || !text.ends_with('}')) {
    return fail(refuse("InvalidPolicyDocument", "The policy document is not valid JSON"));
  }
  return {};
}

/// Adds an interface of the endpoint in a subnet of its VPC, in a zone where it has none yet.
Result<void> add_to_subnet(ec2::Network& net, VpcEndpoint& endpoint, const std::string& subnet_id,
                           std::string interface_id) {
  TRY(const Subnet* subnet, at(net.subnets, ec2::kSubnetId, subnet_id));
  if (subnet->vpc_id != endpoint.vpc_id) {
    return fail(invalid_value("Subnet " + subnet_id + " does not belong to VPC " + endpoint.vpc_id.value_or("")));
  }
  for (const std::string& other : endpoint.subnet_ids) {
    if (other == subnet_id || net.subnets.at(other).availability_zone == subnet->availability_zone) {
      return fail(refuse("DuplicateSubnetsInSameZone",
                         "Found another VPC endpoint subnet in the availability zone of " + subnet_id));
    }
  }
  std::vector<std::string> groups;
  for (const SecurityGroupIdentifier& group : endpoint.groups) groups.push_back(*group.group_id);
  ec2::add_interface(net, interface_id, subnet_id, "vpc_endpoint",
                     "VPC Endpoint Interface " + *endpoint.vpc_endpoint_id, groups);
  endpoint.subnet_ids.push_back(subnet_id);
  endpoint.network_interface_ids.push_back(std::move(interface_id));
  return {};
}

void remove_interface(ec2::Network& net, VpcEndpoint& endpoint, const std::string& interface_id) {
  const auto found = net.interfaces.find(interface_id);
  if (found != net.interfaces.end()) {
    const std::string subnet = found->second.subnet_id.value_or("");
    std::erase(endpoint.subnet_ids, subnet);
    if (auto record = net.subnets.find(subnet); record != net.subnets.end()) {
      ++*record->second.available_ip_address_count;
    }
    net.interfaces.erase(found);
  }
  std::erase(endpoint.network_interface_ids, interface_id);
}

const ec2::PrefixList* prefix_list_of(const ec2::Network& net, std::string_view service_name) {
  for (const ec2::PrefixList& list : net.prefix_lists) {
    if (list.name == service_name) return &list;
  }
  return nullptr;
}

Result<void> add_to_table(ec2::Network& net, VpcEndpoint& endpoint, const std::string& table_id) {
  TRY(RouteTable * table, at(net.route_tables, ec2::kRouteTableId, table_id));
  if (table->vpc_id != endpoint.vpc_id) {
    return fail(invalid_value("Route table " + table_id + " does not belong to VPC " + endpoint.vpc_id.value_or("")));
  }
  const ec2::PrefixList* list = prefix_list_of(net, *endpoint.service_name);
  for (const Route& route : table->routes) {
    if (list == nullptr || route.destination_prefix_list_id != list->id) continue;
    return fail(refuse("RouteAlreadyExists",
                       "route table " + table_id + " already has a route with destination-prefix-list-id " + list->id));
  }
  endpoint.route_table_ids.push_back(table_id);
  Route& route = table->routes.emplace_back();
  if (list != nullptr) route.destination_prefix_list_id = list->id;
  route.gateway_id = endpoint.vpc_endpoint_id;
  route.origin.emplace("CreateRoute");
  route.state.emplace("active");
  return {};
}

void remove_from_tables(ec2::Network& net, const std::string& endpoint_id, std::string_view table_id) {
  for (auto& [id, table] : net.route_tables) {
    if (!table_id.empty() && id != table_id) continue;
    std::erase_if(table.routes, [&](const Route& route) { return route.gateway_id == endpoint_id; });
  }
}

Result<void> set_groups(ec2::Network& net, VpcEndpoint& endpoint, const std::vector<std::string>& ids) {
  endpoint.groups.clear();
  for (const std::string& id : ids) {
    TRY(const ec2::GroupRecord* group, at(net.groups, ec2::kGroupId, id));
    if (group->shape.vpc_id != endpoint.vpc_id) {
      return fail(invalid_value("Security group " + id + " does not belong to VPC " + endpoint.vpc_id.value_or("")));
    }
    SecurityGroupIdentifier& made = endpoint.groups.emplace_back();
    made.group_id = id;
    made.group_name = group->shape.group_name;
  }
  for (const std::string& interface_id : endpoint.network_interface_ids) {
    auto& groups = net.interfaces.at(interface_id).groups;
    groups.clear();
    for (const SecurityGroupIdentifier& group : endpoint.groups) {
      GroupIdentifier& made = groups.emplace_back();
      made.group_id = group.group_id;
      made.group_name = group.group_name;
    }
  }
  return {};
}

/// Private DNS: the VPC's attributes must be on, and no other endpoint may answer to the name.
Result<void> check_private_dns(const ec2::Network& net, const VpcEndpoint& endpoint) {
  const ec2::VpcRecord& vpc = net.vpcs.at(*endpoint.vpc_id);
  if (!vpc.dns_support || !vpc.dns_hostnames) {
    return fail(refuse("InvalidParameter",
                       "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set "
                       "to true for " +
                           *endpoint.vpc_id));
  }
  for (const auto& [id, other] : net.endpoints) {
    const bool same = id != endpoint.vpc_endpoint_id && other.vpc_id == endpoint.vpc_id &&
                      other.service_name == endpoint.service_name && other.private_dns_enabled.value_or(false);
    if (!same) continue;
    const std::size_t dot = endpoint.service_name->rfind('.');
    return fail(refuse("InvalidParameter",
                       "private-dns-enabled cannot be set because there is already a conflicting "
                       "DNS domain for " +
                           endpoint.service_name->substr(dot + 1) + " in the VPC " + *endpoint.vpc_id));
  }
  return {};
}

void set_dns_entries(const ec2::Network& net, VpcEndpoint& endpoint) {
  endpoint.dns_entries.clear();
  const std::size_t dot = endpoint.service_name->rfind('.');
  const std::string service = endpoint.service_name->substr(dot + 1);
  DnsEntry& own = endpoint.dns_entries.emplace_back();
  own.dns_name = *endpoint.vpc_endpoint_id + "-" + derived_hex(1, *endpoint.vpc_endpoint_id, 8) + "." + service + "." +
                 net.site.region + ".vpce.amazonaws.com";
  own.hosted_zone_id = "Z7HUB22UULQXV";
  if (!endpoint.private_dns_enabled.value_or(false)) return;
  endpoint.dns_entries.emplace_back().dns_name = private_name(net.site.region, *endpoint.service_name);
}

Result<void> check_create(const ec2::Network& net, const std::string& region, const CreateVpcEndpointRequest& request) {
  const KnownService* service = find_service(region, *request.service_name);
  if (service == nullptr) {
    return fail(refuse("InvalidServiceName",
                       "The Vpc Endpoint Service '" + printable(*request.service_name, 100) + "' does not exist"));
  }
  const std::string type = request.vpc_endpoint_type ? request.vpc_endpoint_type->text() : "Gateway";
  const bool fits =
      type == "Interface" ? service->kind != Kind::gateway : type == "Gateway" && service->kind != Kind::interface;
  if (!fits) {
    return fail(refuse("InvalidParameter", "Endpoint type (" + type + ") does not match available service types ([" +
                                               (service->kind == Kind::gateway ? "Gateway" : "Interface") + "])."));
  }
  if (type == "Gateway" && (!request.subnet_ids.empty() || !request.security_group_ids.empty())) {
    return fail(refuse("InvalidParameter", "Subnets and security groups are for interface endpoints only."));
  }
  if (type == "Interface" && !request.route_table_ids.empty()) {
    return fail(refuse("InvalidParameter", "Route tables are for gateway endpoints only."));
  }
  if (net.endpoints.size() >= kEndpointsMax) {
    return fail(refuse("VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached."));
  }
  return request.policy_document ? check_policy(*request.policy_document) : Result<void>();
}

}  // namespace endpoint_ops

Result<aws::ec2::CreateVpcEndpointResponse> Ec2Service::create_vpc_endpoint(
    const Info& info, const aws::ec2::CreateVpcEndpointRequest& request) {
  using namespace endpoint_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "vpc-endpoint/*")));
  TRY_VOID(only(info, &request,
                {"ClientToken", "DryRun", "PolicyDocument", "PrivateDnsEnabled", "RouteTableIds", "SecurityGroupIds",
                 "ServiceName", "SubnetIds", "TagSpecifications", "VpcEndpointType", "VpcId"}));
  TRY(std::vector<Tag> tags, ec2::tags_for(request.tag_specifications, "vpc-endpoint"));
  ec2::Network& net = network(info);
  TRY_VOID(at(net.vpcs, ec2::kVpcId, *request.vpc_id));
  TRY_VOID(check_create(net, info.region, request));
  CreateVpcEndpointResponse response;
  response.client_token = request.client_token;
  const std::string token = "CreateVpcEndpoint/" + request.client_token.value_or("");
  if (request.client_token) {
    const auto used = catalog(info).tokens.find(token);
    if (used != catalog(info).tokens.end() && net.endpoints.contains(used->second.ids.front())) {
      response.vpc_endpoint = net.endpoints.at(used->second.ids.front());
      return response;
    }
  }
  const bool is_interface = request.vpc_endpoint_type && request.vpc_endpoint_type->text() == "Interface";
  VpcEndpoint made;
  made.vpc_endpoint_id = new_id(info, "vpce");
  made.vpc_endpoint_type.emplace(is_interface ? "Interface" : "Gateway");
  made.vpc_id = *request.vpc_id;
  made.service_name = *request.service_name;
  made.state.emplace("available");
  made.policy_document = request.policy_document.value_or(std::string(kDefaultPolicy));
  made.requester_managed = false;
  made.private_dns_enabled = is_interface && request.private_dns_enabled.value_or(true);
  made.creation_timestamp = std::chrono::floor<std::chrono::milliseconds>(now(info));
  made.owner_id = info.caller.account_id;
  made.tags = std::move(tags);
  if (is_interface) {
    made.ip_address_type.emplace("ipv4");
    std::vector<std::string> groups = request.security_group_ids;
    if (groups.empty()) groups.push_back(*ec2::default_group_of(net, *request.vpc_id)->shape.group_id);
    TRY_VOID(set_groups(net, made, groups));
    if (*made.private_dns_enabled) TRY_VOID(check_private_dns(net, made));
    // All subnets are looked at before the first interface is made.
    for (const std::string& subnet : request.subnet_ids) TRY_VOID(at(net.subnets, ec2::kSubnetId, subnet));
    for (const std::string& subnet : request.subnet_ids) {
      const auto added = add_to_subnet(net, made, subnet, new_id(info, "eni"));
      if (added) continue;
      while (!made.network_interface_ids.empty())
        remove_interface(net, made, std::string(made.network_interface_ids.back()));
      return fail(added.error());
    }
    set_dns_entries(net, made);
  } else {
    for (const std::string& table : request.route_table_ids) {
      const auto added = add_to_table(net, made, table);
      if (added) continue;
      remove_from_tables(net, *made.vpc_endpoint_id, {});
      return fail(added.error());
    }
  }
  if (request.client_token) catalog(info).tokens[token].ids.push_back(*made.vpc_endpoint_id);
  response.vpc_endpoint = made;
  response.vpc_endpoint->state.emplace(is_interface ? "pending" : "available");
  net.endpoints[*made.vpc_endpoint_id] = std::move(made);
  return response;
}

Result<aws::ec2::ModifyVpcEndpointResponse> Ec2Service::modify_vpc_endpoint(
    const Info& info, const aws::ec2::ModifyVpcEndpointRequest& request) {
  using namespace endpoint_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "vpc-endpoint/" + *request.vpc_endpoint_id)));
  TRY_VOID(
      only(info, &request,
           {"AddRouteTableIds", "AddSecurityGroupIds", "AddSubnetIds", "DryRun", "PolicyDocument", "PrivateDnsEnabled",
            "RemoveRouteTableIds", "RemoveSecurityGroupIds", "RemoveSubnetIds", "ResetPolicy", "VpcEndpointId"}));
  ec2::Network& net = network(info);
  const auto found = net.endpoints.find(*request.vpc_endpoint_id);
  if (found == net.endpoints.end()) return fail(unknown_endpoint(*request.vpc_endpoint_id));
  VpcEndpoint& endpoint = found->second;
  if (request.policy_document) TRY_VOID(check_policy(*request.policy_document));
  if (request.private_dns_enabled.value_or(false)) TRY_VOID(check_private_dns(net, endpoint));
  if (!request.add_security_group_ids.empty() || !request.remove_security_group_ids.empty()) {
    std::vector<std::string> groups;
    for (const SecurityGroupIdentifier& group : endpoint.groups) groups.push_back(*group.group_id);
    for (const std::string& id : request.remove_security_group_ids) std::erase(groups, id);
    groups.insert(groups.end(), request.add_security_group_ids.begin(), request.add_security_group_ids.end());
    for (const std::string& id : groups) TRY_VOID(at(net.groups, ec2::kGroupId, id));
    TRY_VOID(set_groups(net, endpoint, groups));
  }
  for (const std::string& subnet : request.add_subnet_ids) {
    TRY_VOID(add_to_subnet(net, endpoint, subnet, new_id(info, "eni")));
  }
  for (const std::string& subnet : request.remove_subnet_ids) {
    const std::vector<std::string> interfaces = endpoint.network_interface_ids;
    for (const std::string& id : interfaces) {
      if (net.interfaces.at(id).subnet_id == subnet) remove_interface(net, endpoint, id);
    }
  }
  for (const std::string& table : request.remove_route_table_ids) {
    std::erase(endpoint.route_table_ids, table);
    remove_from_tables(net, *endpoint.vpc_endpoint_id, table);
  }
  for (const std::string& table : request.add_route_table_ids) TRY_VOID(add_to_table(net, endpoint, table));
  if (request.policy_document) endpoint.policy_document = *request.policy_document;
  if (request.reset_policy.value_or(false)) endpoint.policy_document = std::string(kDefaultPolicy);
  if (request.private_dns_enabled) {
    endpoint.private_dns_enabled = *request.private_dns_enabled;
    set_dns_entries(net, endpoint);
  }
  ModifyVpcEndpointResponse response;
  response.return_ = true;
  return response;
}

Result<aws::ec2::DeleteVpcEndpointsResponse> Ec2Service::delete_vpc_endpoints(
    const Info& info, const aws::ec2::DeleteVpcEndpointsRequest& request) {
  using namespace endpoint_ops;
  for (const std::string& id : request.vpc_endpoint_ids) {
    TRY_VOID(admit(info, request.dry_run, arn_of(info, "vpc-endpoint/" + id)));
  }
  ec2::Network& net = network(info);
  DeleteVpcEndpointsResponse response;
  for (const std::string& id : request.vpc_endpoint_ids) {
    const auto found = net.endpoints.find(id);
    if (found == net.endpoints.end()) {
      UnsuccessfulItem& item = response.unsuccessful.emplace_back();
      item.resource_id = id;
      UnsuccessfulItemError& error = item.error.emplace();
      error.code = "InvalidVpcEndpointId.NotFound";
      error.message = "The Vpc Endpoint Id '" + printable(id, 60) + "' does not exist";
      continue;
    }
    while (!found->second.network_interface_ids.empty()) {
      remove_interface(net, found->second, std::string(found->second.network_interface_ids.back()));
    }
    remove_from_tables(net, id, {});
    net.endpoints.erase(found);
  }
  return response;
}

Result<aws::ec2::DescribeVpcEndpointsResponse> Ec2Service::describe_vpc_endpoints(
    const Info& info, const aws::ec2::DescribeVpcEndpointsRequest& request) {
  using namespace endpoint_ops;
  TRY_VOID(admit(info, request.dry_run));
  std::vector<VpcEndpoint> all;
  for (const auto& [id, endpoint] : network(info).endpoints) all.push_back(endpoint);
  DescribeVpcEndpointsResponse response;
  TRY(response.next_token,
      ec2::list_page(ec2::question_of(info, request, &ec2::kEndpointId, &request.vpc_endpoint_ids),
                     ec2::ShapeList{"VpcEndpointId", kFilters}, std::move(all), response.vpc_endpoints));
  return response;
}

Result<aws::ec2::DescribeVpcEndpointServicesResponse> Ec2Service::describe_vpc_endpoint_services(
    const Info& info, const aws::ec2::DescribeVpcEndpointServicesRequest& request) {
  using namespace endpoint_ops;
  TRY_VOID(admit(info, request.dry_run));
  for (const std::string& name : request.service_names) {
    if (find_service(info.region, name) != nullptr) continue;
    return fail(refuse("InvalidServiceName", "The Vpc Endpoint Service '" + printable(name, 100) + "' does not exist"));
  }
  std::vector<ServiceDetail> all;
  for (const KnownService& service : kServices) {
    const std::string name = full_name(info.region, service);
    const auto& asked = request.service_names;
    if (!asked.empty() && std::find(asked.begin(), asked.end(), name) == asked.end()) continue;
    for (const std::string_view type : {"Gateway", "Interface"}) {
      if (service.kind == (type == "Gateway" ? Kind::interface : Kind::gateway)) continue;
      ServiceDetail& detail = all.emplace_back();
      detail.service_name = name;
      detail.service_id = "vpce-svc-0" + derived_hex(1, name + std::string(type), 16);
      detail.service_type.emplace_back().service_type.emplace(type);
      detail.owner = "amazon";
      detail.acceptance_required = false;
      detail.manages_vpc_endpoints = false;
      detail.vpc_endpoint_policy_supported = true;
      for (const char letter : {'a', 'b', 'c'}) detail.availability_zones.push_back(info.region + letter);
      detail.base_endpoint_dns_names.push_back(private_name(info.region, name));
      if (type == "Interface") detail.private_dns_name = private_name(info.region, name);
    }
  }
  DescribeVpcEndpointServicesResponse response;
  TRY(response.next_token, ec2::list_page(ec2::question_of(info, request), ec2::ShapeList{"ServiceId", kServiceFilters},
                                          std::move(all), response.service_details));
  for (const ServiceDetail& detail : response.service_details) {
    auto& names = response.service_names;
    if (std::find(names.begin(), names.end(), *detail.service_name) == names.end())
      names.push_back(*detail.service_name);
  }
  return response;
}

}  // namespace postern::sim
