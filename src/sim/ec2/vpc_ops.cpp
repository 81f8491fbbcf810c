// VPCs and subnets.

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "sim/ec2/common.hpp"
#include "sim/ec2/service.hpp"

namespace postern::sim {
namespace vpc_ops {

using namespace aws::ec2;
using ec2::admit;
using ec2::at;
using ec2::invalid_value;
using ec2::only;
using ec2::refuse;

constexpr std::size_t kVpcsMax = 5;
constexpr std::size_t kSubnetsMax = 200;
constexpr int kPrefixMin = 16;
constexpr int kPrefixMax = 28;
constexpr std::string_view kZones = "abc";

constexpr ec2::FilterPath kVpcFilters[] = {
    {"cidr", "CidrBlock"},
    {"cidr-block-association.cidr-block", "CidrBlockAssociationSet.CidrBlock"},
    {"dhcp-options-id", "DhcpOptionsId"},
    {"is-default", "IsDefault"},
    {"isDefault", "IsDefault"},
    {"owner-id", "OwnerId"},
    {"state", "State"},
    {"vpc-id", "VpcId"},
};

constexpr ec2::FilterPath kSubnetFilters[] = {
    {"availability-zone", "AvailabilityZone"},
    {"availabilityZone", "AvailabilityZone"},
    {"availability-zone-id", "AvailabilityZoneId"},
    {"available-ip-address-count", "AvailableIpAddressCount"},
    {"cidr", "CidrBlock"},
    {"cidr-block", "CidrBlock"},
    {"default-for-az", "DefaultForAz"},
    {"map-public-ip-on-launch", "MapPublicIpOnLaunch"},
    {"owner-id", "OwnerId"},
    {"state", "State"},
    {"subnet-arn", "SubnetArn"},
    {"subnet-id", "SubnetId"},
    {"vpc-id", "VpcId"},
};

Result<ec2::Cidr> block_of(const std::optional<std::string>& text) {
  if (!text) return fail(ec2::missing_parameter("cidrBlock"));
  const auto block = ec2::parse_cidr(*text);
  if (block) return *block;
  return fail(invalid_value("Value (" + printable(*text, 60) +
                            ") for parameter cidrBlock is invalid. This is not a valid CIDR block."));
}

/// What still lies in a VPC; empty: it can go.
bool has_dependencies(const ec2::Network& net, const std::string& vpc_id) {
  const auto inside = [&](const auto& records) {
    return std::any_of(records.begin(), records.end(),
                       [&](const auto& entry) { return entry.second.vpc_id == vpc_id; });
  };
  if (inside(net.subnets) || inside(net.endpoints) || inside(net.nat_gateways)) return true;
  for (const auto& [id, gateway] : net.internet_gateways) {
    for (const InternetGatewayAttachment& attachment : gateway.attachments) {
      if (attachment.vpc_id == vpc_id) return true;
    }
  }
  for (const auto& [id, table] : net.route_tables) {
    const bool main = std::any_of(table.associations.begin(), table.associations.end(),
                                  [](const RouteTableAssociation& one) { return one.main.value_or(false); });
    if (table.vpc_id == vpc_id && !main) return true;
  }
  for (const auto& [id, acl] : net.acls) {
    if (acl.vpc_id == vpc_id && !acl.is_default.value_or(false)) return true;
  }
  return std::any_of(net.groups.begin(), net.groups.end(), [&](const auto& entry) {
    return entry.second.shape.vpc_id == vpc_id && entry.second.shape.group_name != "default";
  });
}

Result<std::string> zone_of(const std::string& region, const CreateSubnetRequest& request) {
  std::string all;
  for (const char letter : kZones) {
    const std::string zone = region + letter;
    if (request.availability_zone == zone || request.availability_zone_id == ec2::zone_id(zone)) return zone;
    all += (all.empty() ? "" : ", ") + zone;
  }
  if (!request.availability_zone && !request.availability_zone_id) return region + "a";
  const std::string given = request.availability_zone.value_or(request.availability_zone_id.value_or(""));
  return fail(invalid_value("Value (" + printable(given, 40) +
                            ") for parameter availabilityZone is invalid. Subnets can currently only be created in "
                            "the following availability zones: " +
                            all + "."));
}

}  // namespace vpc_ops

Result<aws::ec2::CreateVpcResponse> Ec2Service::create_vpc(const Info& info,
                                                           const aws::ec2::CreateVpcRequest& request) {
  using namespace vpc_ops;
  TRY_VOID(admit(info, request.dry_run, ec2::arn_of(info, "vpc/*")));
  TRY_VOID(only(info, &request, {"CidrBlock", "DryRun", "InstanceTenancy", "TagSpecifications"}));
  TRY(const ec2::Cidr block, block_of(request.cidr_block));
  TRY(std::vector<Tag> tags, ec2::tags_for(request.tag_specifications, "vpc"));
  if (block.prefix < kPrefixMin || block.prefix > kPrefixMax) {
    return fail(refuse("InvalidVpc.Range", "The CIDR '" + *request.cidr_block + "' is invalid."));
  }
  ec2::Network& net = network(info);
  if (net.vpcs.size() >= kVpcsMax) {
    return fail(refuse("VpcLimitExceeded", "The maximum number of VPCs has been reached."));
  }
  ec2::VpcRecord& made =
      ec2::add_vpc(net, new_id(info, "vpc"), block, new_id(info, "rtb"), new_id(info, "acl"), new_id(info, "sg"));
  made.shape.tags = std::move(tags);
  if (request.instance_tenancy) made.shape.instance_tenancy = request.instance_tenancy;
  CreateVpcResponse response;
  response.vpc = made.shape;
  response.vpc->state.emplace("pending");
  return response;
}

Result<aws::ec2::DeleteVpcResponse> Ec2Service::delete_vpc(const Info& info,
                                                           const aws::ec2::DeleteVpcRequest& request) {
  using namespace vpc_ops;
  TRY_VOID(admit(info, request.dry_run, ec2::arn_of(info, "vpc/" + *request.vpc_id)));
  ec2::Network& net = network(info);
  TRY_VOID(at(net.vpcs, ec2::kVpcId, *request.vpc_id));
  if (has_dependencies(net, *request.vpc_id)) {
    return fail(ec2::dependency("The vpc '" + *request.vpc_id + "' has dependencies and cannot be deleted."));
  }
  const auto inside = [&](const auto& entry) { return entry.second.vpc_id == *request.vpc_id; };
  std::erase_if(net.route_tables, inside);
  std::erase_if(net.acls, inside);
  std::erase_if(net.groups, [&](const auto& entry) { return entry.second.shape.vpc_id == *request.vpc_id; });
  net.vpcs.erase(*request.vpc_id);
  return DeleteVpcResponse();
}

Result<aws::ec2::DescribeVpcsResponse> Ec2Service::describe_vpcs(const Info& info,
                                                                 const aws::ec2::DescribeVpcsRequest& request) {
  using namespace vpc_ops;
  TRY_VOID(admit(info, request.dry_run));
  std::vector<Vpc> all;
  for (const auto& [id, record] : network(info).vpcs) all.push_back(record.shape);
  DescribeVpcsResponse response;
  TRY(response.next_token, ec2::list_page(ec2::question_of(info, request, &ec2::kVpcId, &request.vpc_ids),
                                          ec2::ShapeList{"VpcId", kVpcFilters}, std::move(all), response.vpcs));
  return response;
}

Result<aws::ec2::DescribeVpcAttributeResponse> Ec2Service::describe_vpc_attribute(
    const Info& info, const aws::ec2::DescribeVpcAttributeRequest& request) {
  using namespace vpc_ops;
  TRY_VOID(admit(info, request.dry_run));
  TRY(const ec2::VpcRecord* vpc, at(network(info).vpcs, ec2::kVpcId, *request.vpc_id));
  DescribeVpcAttributeResponse response;
  response.vpc_id = *request.vpc_id;
  const std::string& name = request.attribute->text();
  if (name == "enableDnsSupport") {
    response.enable_dns_support.emplace().value = vpc->dns_support;
  } else if (name == "enableDnsHostnames") {
    response.enable_dns_hostnames.emplace().value = vpc->dns_hostnames;
  } else {
    response.enable_network_address_usage_metrics.emplace().value = false;
  }
  return response;
}

Result<aws::ec2::ModifyVpcAttributeResponse> Ec2Service::modify_vpc_attribute(
    const Info& info, const aws::ec2::ModifyVpcAttributeRequest& request) {
  using namespace vpc_ops;
  TRY_VOID(admit(info, std::nullopt, ec2::arn_of(info, "vpc/" + *request.vpc_id)));
  TRY_VOID(only(info, &request, {"VpcId", "EnableDnsSupport", "EnableDnsHostnames"}));
  TRY(ec2::VpcRecord * vpc, at(network(info).vpcs, ec2::kVpcId, *request.vpc_id));
  if (request.enable_dns_support && request.enable_dns_hostnames) {
    return fail(
        ec2::invalid_combination("Fields for multiple attribute types specified: enableDnsHostnames, "
                                 "enableDnsSupport"));
  }
  if (!request.enable_dns_support && !request.enable_dns_hostnames) {
    return fail(ec2::missing_parameter("attribute"));
  }
  if (request.enable_dns_support) vpc->dns_support = request.enable_dns_support->value.value_or(false);
  if (request.enable_dns_hostnames) {
    const bool wanted = request.enable_dns_hostnames->value.value_or(false);
    if (wanted && !vpc->dns_support) {
      return fail(ec2::invalid_combination("DNS hostnames cannot be enabled when DNS support is disabled."));
    }
    vpc->dns_hostnames = wanted;
  }
  return ModifyVpcAttributeResponse();
}

Result<aws::ec2::CreateSubnetResponse> Ec2Service::create_subnet(const Info& info,
                                                                 const aws::ec2::CreateSubnetRequest& request) {
  using namespace vpc_ops;
  TRY_VOID(admit(info, request.dry_run, ec2::arn_of(info, "subnet/*")));
  TRY_VOID(only(info, &request,
                {"AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "DryRun", "TagSpecifications", "VpcId"}));
  TRY(const ec2::Cidr block, block_of(request.cidr_block));
  TRY(std::vector<Tag> tags, ec2::tags_for(request.tag_specifications, "subnet"));
  ec2::Network& net = network(info);
  TRY(const ec2::VpcRecord* vpc, at(net.vpcs, ec2::kVpcId, *request.vpc_id));
  TRY(const std::string zone, zone_of(info.region, request));
  const ec2::Cidr whole = ec2::parse_cidr(*vpc->shape.cidr_block).value_or(ec2::Cidr());
  if (block.prefix < kPrefixMin || block.prefix > kPrefixMax || !whole.contains(block)) {
    return fail(refuse("InvalidSubnet.Range", "The CIDR '" + *request.cidr_block + "' is invalid."));
  }
  std::size_t count = 0;
  for (const auto& [id, subnet] : net.subnets) {
    if (subnet.vpc_id != *request.vpc_id) continue;
    ++count;
    if (ec2::parse_cidr(*subnet.cidr_block).value_or(ec2::Cidr()).overlaps(block)) {
      return fail(
          refuse("InvalidSubnet.Conflict", "The CIDR '" + *request.cidr_block + "' conflicts with another subnet"));
    }
  }
  if (count >= kSubnetsMax) {
    return fail(refuse("SubnetLimitExceeded", "The maximum number of subnets has been reached."));
  }
  Subnet& made = ec2::add_subnet(net, new_id(info, "subnet"), *request.vpc_id, block, zone);
  made.tags = std::move(tags);
  CreateSubnetResponse response;
  response.subnet = made;
  return response;
}

Result<aws::ec2::DeleteSubnetResponse> Ec2Service::delete_subnet(const Info& info,
                                                                 const aws::ec2::DeleteSubnetRequest& request) {
  using namespace vpc_ops;
  TRY_VOID(admit(info, request.dry_run, ec2::arn_of(info, "subnet/" + *request.subnet_id)));
  ec2::Network& net = network(info);
  TRY_VOID(at(net.subnets, ec2::kSubnetId, *request.subnet_id));
  if (subnet_in_use(info, *request.subnet_id)) {
    return fail(ec2::dependency("The subnet '" + *request.subnet_id + "' has dependencies and cannot be deleted."));
  }
  for (auto& [id, table] : net.route_tables) {
    std::erase_if(table.associations, [&](const auto& one) { return one.subnet_id == *request.subnet_id; });
  }
  for (auto& [id, acl] : net.acls) {
    std::erase_if(acl.associations, [&](const auto& one) { return one.subnet_id == *request.subnet_id; });
  }
  net.subnets.erase(*request.subnet_id);
  return DeleteSubnetResponse();
}

Result<aws::ec2::DescribeSubnetsResponse> Ec2Service::describe_subnets(
    const Info& info, const aws::ec2::DescribeSubnetsRequest& request) {
  using namespace vpc_ops;
  TRY_VOID(admit(info, request.dry_run));
  std::map<std::string_view, std::int32_t> used;
  for (const Instance& instance : site(info).instances) {
    if (instance.state != InstanceState::terminated) ++used[instance.placement->subnet_id];
  }
  std::vector<Subnet> all;
  for (const auto& [id, subnet] : network(info).subnets) {
    all.push_back(subnet);
    if (const auto found = used.find(id); found != used.end()) *all.back().available_ip_address_count -= found->second;
  }
  DescribeSubnetsResponse response;
  TRY(response.next_token,
      ec2::list_page(ec2::question_of(info, request, &ec2::kSubnetId, &request.subnet_ids),
                     ec2::ShapeList{"SubnetId", kSubnetFilters}, std::move(all), response.subnets));
  return response;
}

Result<aws::ec2::ModifySubnetAttributeResponse> Ec2Service::modify_subnet_attribute(
    const Info& info, const aws::ec2::ModifySubnetAttributeRequest& request) {
  using namespace vpc_ops;
  TRY_VOID(admit(info, std::nullopt, ec2::arn_of(info, "subnet/" + *request.subnet_id)));
  TRY_VOID(only(info, &request, {"SubnetId", "MapPublicIpOnLaunch"}));
  TRY(Subnet * subnet, at(network(info).subnets, ec2::kSubnetId, *request.subnet_id));
  if (!request.map_public_ip_on_launch) return fail(ec2::missing_parameter("attribute"));
  subnet->map_public_ip_on_launch = request.map_public_ip_on_launch->value.value_or(false);
  return ModifySubnetAttributeResponse();
}

}  // namespace postern::sim
