// Internet gateways, NAT gateways and elastic addresses: what a posture check has to find.

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "sim/ec2/common.hpp"
#include "sim/ec2/service.hpp"

namespace postern::sim {
namespace gateway_ops {

using namespace aws::ec2;
using ec2::admit;
using ec2::arn_of;
using ec2::at;
using ec2::only;
using ec2::refuse;

constexpr std::size_t kGatewaysMax = 5;
constexpr std::size_t kAddressesMax = 5;
constexpr std::size_t kNatMax = 15;

constexpr ec2::FilterPath kGatewayFilters[] = {
    {"attachment.state", "Attachments.State"},
    {"attachment.vpc-id", "Attachments.VpcId"},
    {"internet-gateway-id", "InternetGatewayId"},
    {"owner-id", "OwnerId"},
};
constexpr ec2::FilterPath kNatFilters[] = {
    {"nat-gateway-id", "NatGatewayId"},
    {"state", "State"},
    {"subnet-id", "SubnetId"},
    {"vpc-id", "VpcId"},
};
constexpr ec2::FilterPath kAddressFilters[] = {
    {"allocation-id", "AllocationId"},
    {"association-id", "AssociationId"},
    {"domain", "Domain"},
    {"instance-id", "InstanceId"},
    {"network-border-group", "NetworkBorderGroup"},
    {"network-interface-id", "NetworkInterfaceId"},
    {"private-ip-address", "PrivateIpAddress"},
    {"public-ip", "PublicIp"},
};

/// Routes through something that is gone lead nowhere.
template <class Leads>
void blacken(ec2::Network& net, Leads leads) {
  for (auto& [id, table] : net.route_tables) {
    for (Route& route : table.routes) {
      if (leads(route)) route.state.emplace("blackhole");
    }
  }
}

}  // namespace gateway_ops

Result<aws::ec2::CreateInternetGatewayResponse> Ec2Service::create_internet_gateway(
    const Info& info, const aws::ec2::CreateInternetGatewayRequest& request) {
  using namespace gateway_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "internet-gateway/*")));
  TRY(std::vector<Tag> tags, ec2::tags_for(request.tag_specifications, "internet-gateway"));
  ec2::Network& net = network(info);
  if (net.internet_gateways.size() >= kGatewaysMax) {
    return fail(refuse("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached."));
  }
  const std::string id = new_id(info, "igw");
  InternetGateway& made = net.internet_gateways[id];
  made.internet_gateway_id = id;
  made.owner_id = info.caller.account_id;
  made.tags = std::move(tags);
  CreateInternetGatewayResponse response;
  response.internet_gateway = made;
  return response;
}

Result<aws::ec2::DeleteInternetGatewayResponse> Ec2Service::delete_internet_gateway(
    const Info& info, const aws::ec2::DeleteInternetGatewayRequest& request) {
  using namespace gateway_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "internet-gateway/" + *request.internet_gateway_id)));
  ec2::Network& net = network(info);
  TRY(const InternetGateway* gateway, at(net.internet_gateways, ec2::kGatewayId, *request.internet_gateway_id));
  if (!gateway->attachments.empty()) {
    return fail(ec2::dependency("The internetGateway '" + *request.internet_gateway_id +
                                "' has dependencies and cannot be deleted."));
  }
  net.internet_gateways.erase(*request.internet_gateway_id);
  return DeleteInternetGatewayResponse();
}

Result<aws::ec2::AttachInternetGatewayResponse> Ec2Service::attach_internet_gateway(
    const Info& info, const aws::ec2::AttachInternetGatewayRequest& request) {
  using namespace gateway_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "internet-gateway/" + *request.internet_gateway_id)));
  ec2::Network& net = network(info);
  TRY(InternetGateway * gateway, at(net.internet_gateways, ec2::kGatewayId, *request.internet_gateway_id));
  TRY_VOID(at(net.vpcs, ec2::kVpcId, *request.vpc_id));
  if (!gateway->attachments.empty()) {
    return fail(refuse("Resource.AlreadyAssociated", "resource " + *request.internet_gateway_id +
                                                         " is already attached to network " +
                                                         gateway->attachments.front().vpc_id.value_or("")));
  }
  for (const auto& [id, other] : net.internet_gateways) {
    if (other.attachments.empty() || other.attachments.front().vpc_id != *request.vpc_id) continue;
    return fail(
        refuse("InvalidParameterValue", "Network " + *request.vpc_id + " already has an internet gateway attached"));
  }
  InternetGatewayAttachment& made = gateway->attachments.emplace_back();
  made.state.emplace("available");
  made.vpc_id = *request.vpc_id;
  return AttachInternetGatewayResponse();
}

Result<aws::ec2::DetachInternetGatewayResponse> Ec2Service::detach_internet_gateway(
    const Info& info, const aws::ec2::DetachInternetGatewayRequest& request) {
  using namespace gateway_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "internet-gateway/" + *request.internet_gateway_id)));
  ec2::Network& net = network(info);
  TRY(InternetGateway * gateway, at(net.internet_gateways, ec2::kGatewayId, *request.internet_gateway_id));
  TRY_VOID(at(net.vpcs, ec2::kVpcId, *request.vpc_id));
  if (gateway->attachments.empty() || gateway->attachments.front().vpc_id != *request.vpc_id) {
    return fail(refuse("Gateway.NotAttached",
                       "resource " + *request.internet_gateway_id + " is not attached to network " + *request.vpc_id));
  }
  const auto& instances = site(info).instances;
  const bool mapped = std::any_of(instances.begin(), instances.end(),
                                  [&](const Instance& one) {
                                    return one.public_address != 0 && one.placement->vpc_id == *request.vpc_id &&
                                           one.state != InstanceState::terminated;
                                  }) ||
                      std::any_of(net.nat_gateways.begin(), net.nat_gateways.end(),
                                  [&](const auto& entry) { return entry.second.vpc_id == *request.vpc_id; });
  if (mapped) {
    return fail(ec2::dependency("Network " + *request.vpc_id +
                                " has some mapped public address(es). Please unmap those public address(es) before "
                                "detaching the gateway."));
  }
  gateway->attachments.clear();
  blacken(net, [&](const Route& route) { return route.gateway_id == *request.internet_gateway_id; });
  return DetachInternetGatewayResponse();
}

Result<aws::ec2::DescribeInternetGatewaysResponse> Ec2Service::describe_internet_gateways(
    const Info& info, const aws::ec2::DescribeInternetGatewaysRequest& request) {
  using namespace gateway_ops;
  TRY_VOID(admit(info, request.dry_run));
  std::vector<InternetGateway> all;
  for (const auto& [id, gateway] : network(info).internet_gateways) all.push_back(gateway);
  DescribeInternetGatewaysResponse response;
  TRY(response.next_token,
      ec2::list_page(ec2::question_of(info, request, &ec2::kGatewayId, &request.internet_gateway_ids),
                     ec2::ShapeList{"InternetGatewayId", kGatewayFilters}, std::move(all), response.internet_gateways));
  return response;
}

Result<aws::ec2::CreateNatGatewayResponse> Ec2Service::create_nat_gateway(
    const Info& info, const aws::ec2::CreateNatGatewayRequest& request) {
  using namespace gateway_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "natgateway/*")));
  TRY_VOID(only(info, &request,
                {"AllocationId", "ClientToken", "ConnectivityType", "DryRun", "SubnetId", "TagSpecifications"}));
  TRY(std::vector<Tag> tags, ec2::tags_for(request.tag_specifications, "natgateway"));
  ec2::Network& net = network(info);
  TRY(const Subnet* subnet, at(net.subnets, ec2::kSubnetId, *request.subnet_id));
  const bool is_private = request.connectivity_type && request.connectivity_type->text() == "private";
  if (!is_private && !request.allocation_id) return fail(ec2::missing_parameter("AllocationId"));
  Address* address = nullptr;
  if (request.allocation_id) {
    TRY(address, at(net.addresses, ec2::kAddressId, *request.allocation_id));
    if (address->association_id) {
      return fail(refuse("Resource.AlreadyAssociated",
                         "Elastic IP address [" + *request.allocation_id + "] is already associated"));
    }
  }
  if (net.nat_gateways.size() >= kNatMax) {
    return fail(refuse("NatGatewayLimitExceeded", "The maximum number of NAT gateways has been reached."));
  }
  const std::string id = new_id(info, "nat");
  const NetworkInterface& interface = ec2::add_interface(net, new_id(info, "eni"), *request.subnet_id, "nat_gateway",
                                                         "Interface for NAT Gateway " + id, std::vector<std::string>());
  NatGateway& made = net.nat_gateways[id];
  made.nat_gateway_id = id;
  made.subnet_id = *request.subnet_id;
  made.vpc_id = subnet->vpc_id;
  made.state.emplace("available");
  made.create_time = std::chrono::floor<std::chrono::milliseconds>(now(info));
  made.connectivity_type.emplace(is_private ? "private" : "public");
  made.tags = std::move(tags);
  NatGatewayAddress& own = made.nat_gateway_addresses.emplace_back();
  own.network_interface_id = interface.network_interface_id;
  own.private_ip = interface.private_ip_address;
  if (address != nullptr) {
    own.allocation_id = *request.allocation_id;
    own.public_ip = address->public_ip;
    address->association_id = new_id(info, "eipassoc");
    address->network_interface_id = interface.network_interface_id;
    address->private_ip_address = interface.private_ip_address;
    address->network_interface_owner_id = info.caller.account_id;
  }
  CreateNatGatewayResponse response;
  response.client_token = request.client_token;
  response.nat_gateway = made;
  response.nat_gateway->state.emplace("pending");
  return response;
}

Result<aws::ec2::DeleteNatGatewayResponse> Ec2Service::delete_nat_gateway(
    const Info& info, const aws::ec2::DeleteNatGatewayRequest& request) {
  using namespace gateway_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "natgateway/" + *request.nat_gateway_id)));
  ec2::Network& net = network(info);
  const auto found = net.nat_gateways.find(*request.nat_gateway_id);
  if (found == net.nat_gateways.end()) {
    return fail(
        refuse("NatGatewayNotFound", "NatGateway " + printable(*request.nat_gateway_id, 60) + " was not found"));
  }
  const NatGatewayAddress& own = found->second.nat_gateway_addresses.front();
  for (auto& [id, address] : net.addresses) {
    if (address.allocation_id != own.allocation_id) continue;
    address.association_id.reset();
    address.network_interface_id.reset();
    address.network_interface_owner_id.reset();
    address.private_ip_address.reset();
  }
  if (auto subnet = net.subnets.find(*found->second.subnet_id); subnet != net.subnets.end()) {
    ++*subnet->second.available_ip_address_count;
  }
  net.interfaces.erase(*own.network_interface_id);
  net.nat_gateways.erase(found);
  blacken(net, [&](const Route& route) { return route.nat_gateway_id == *request.nat_gateway_id; });
  DeleteNatGatewayResponse response;
  response.nat_gateway_id = *request.nat_gateway_id;
  return response;
}

Result<aws::ec2::DescribeNatGatewaysResponse> Ec2Service::describe_nat_gateways(
    const Info& info, const aws::ec2::DescribeNatGatewaysRequest& request) {
  using namespace gateway_ops;
  TRY_VOID(admit(info, request.dry_run));
  std::vector<NatGateway> all;
  for (const auto& [id, gateway] : network(info).nat_gateways) all.push_back(gateway);
  ec2::ListQuestion question(info, request.filter);
  question.ids = &request.nat_gateway_ids;
  question.kind = &ec2::kNatId;
  question.page_size = request.max_results;
  if (request.next_token) question.next_token = *request.next_token;
  DescribeNatGatewaysResponse response;
  TRY(response.next_token,
      ec2::list_page(question, ec2::ShapeList{"NatGatewayId", kNatFilters}, std::move(all), response.nat_gateways));
  return response;
}

Result<aws::ec2::AllocateAddressResponse> Ec2Service::allocate_address(
    const Info& info, const aws::ec2::AllocateAddressRequest& request) {
  using namespace gateway_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "elastic-ip/*")));
  TRY_VOID(only(info, &request, {"Domain", "DryRun", "TagSpecifications"}));
  TRY(std::vector<Tag> tags, ec2::tags_for(request.tag_specifications, "elastic-ip"));
  ec2::Network& net = network(info);
  if (net.addresses.size() >= kAddressesMax) {
    return fail(refuse("AddressLimitExceeded", "The maximum number of addresses has been reached."));
  }
  const std::string id = new_id(info, "eipalloc");
  Address& made = net.addresses[id];
  made.allocation_id = id;
  // TEST-NET-3 of RFC 5737: an address that nobody has.
  std::set<std::string> used;
  for (const auto& [other, address] : net.addresses) used.insert(address.public_ip.value_or(""));
  std::size_t last = 1;
  while (used.contains("203.0.113." + std::to_string(last))) ++last;
  made.public_ip = "203.0.113." + std::to_string(last);
  made.domain.emplace("vpc");
  made.public_ipv4_pool = "amazon";
  made.network_border_group = info.region;
  made.tags = std::move(tags);
  AllocateAddressResponse response;
  response.allocation_id = id;
  response.public_ip = made.public_ip;
  response.domain.emplace("vpc");
  response.public_ipv4_pool = "amazon";
  response.network_border_group = info.region;
  return response;
}

Result<aws::ec2::ReleaseAddressResponse> Ec2Service::release_address(const Info& info,
                                                                     const aws::ec2::ReleaseAddressRequest& request) {
  using namespace gateway_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "elastic-ip/" + request.allocation_id.value_or("*"))));
  TRY_VOID(only(info, &request, {"AllocationId", "DryRun"}));
  if (!request.allocation_id) return fail(ec2::missing_parameter("AllocationId"));
  ec2::Network& net = network(info);
  TRY(const Address* address, at(net.addresses, ec2::kAddressId, *request.allocation_id));
  if (address->association_id) {
    return fail(
        refuse("InvalidIPAddress.InUse", "The address with allocation id " + *request.allocation_id + " is in use."));
  }
  net.addresses.erase(*request.allocation_id);
  return ReleaseAddressResponse();
}

Result<aws::ec2::DescribeAddressesResponse> Ec2Service::describe_addresses(
    const Info& info, const aws::ec2::DescribeAddressesRequest& request) {
  using namespace gateway_ops;
  TRY_VOID(admit(info, request.dry_run));
  TRY_VOID(only(info, &request, {"AllocationIds", "DryRun", "Filters"}));
  std::vector<Address> all;
  for (const auto& [id, address] : network(info).addresses) all.push_back(address);
  DescribeAddressesResponse response;
  TRY_VOID(ec2::list_page(ec2::question_of(info, request, &ec2::kAddressId, &request.allocation_ids),
                          ec2::ShapeList{"AllocationId", kAddressFilters}, std::move(all), response.addresses));
  return response;
}

}  // namespace postern::sim
