#pragma once

/// What the EC2 operations share: kinds of ids, permission and dry runs, tags.

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/core/server.hpp"
#include "aws/ec2/types.hpp"
#include "sim/ec2/listing.hpp"

namespace postern::sim {
class Access;
}

namespace postern::sim::ec2 {

using Info = aws::server::CallInfo;

inline constexpr IdKind kInstanceId{"i", "instance", "InvalidInstanceID.Malformed", "InvalidInstanceID.NotFound"};
inline constexpr IdKind kVpcId{"vpc", "vpc", "InvalidVpcID.Malformed", "InvalidVpcID.NotFound"};
inline constexpr IdKind kSubnetId{"subnet", "subnet", "InvalidSubnetID.Malformed", "InvalidSubnetID.NotFound"};
inline constexpr IdKind kRouteTableId{"rtb", "routeTable", "InvalidRouteTableId.Malformed",
                                      "InvalidRouteTableID.NotFound"};
inline constexpr IdKind kGatewayId{"igw", "internetGateway", "InvalidInternetGatewayId.Malformed",
                                   "InvalidInternetGatewayID.NotFound"};
inline constexpr IdKind kNatId{"nat", "NatGateway", "InvalidNatGatewayID.Malformed", "NatGatewayNotFound"};
inline constexpr IdKind kEndpointId{"vpce", "VpcEndpoint", "InvalidVpcEndpointId.Malformed",
                                    "InvalidVpcEndpointId.NotFound"};
inline constexpr IdKind kGroupId{"sg", "security group", "InvalidGroupId.Malformed", "InvalidGroup.NotFound"};
inline constexpr IdKind kRuleId{"sgr", "security group rule", "InvalidSecurityGroupRuleId.Malformed",
                                "InvalidSecurityGroupRuleId.NotFound"};
inline constexpr IdKind kAclId{"acl", "networkAcl", "InvalidNetworkAclId.Malformed", "InvalidNetworkAclID.NotFound"};
inline constexpr IdKind kInterfaceId{"eni", "networkInterface", "InvalidNetworkInterfaceId.Malformed",
                                     "InvalidNetworkInterfaceID.NotFound"};
inline constexpr IdKind kAddressId{"eipalloc", "allocation", "InvalidAllocationID.Malformed",
                                   "InvalidAllocationID.NotFound"};
inline constexpr IdKind kTemplateId{"lt", "launch template", "InvalidLaunchTemplateId.Malformed",
                                    "InvalidLaunchTemplateId.NotFound"};
inline constexpr IdKind kImageId{"ami", "image", "InvalidAMIID.Malformed", "InvalidAMIID.NotFound"};
inline constexpr IdKind kVolumeId{"vol", "volume", "InvalidParameterValue", "InvalidVolume.NotFound"};
inline constexpr IdKind kPrefixListId{"pl", "prefix list", "InvalidPrefixListId.Malformed",
                                      "InvalidPrefixListID.NotFound"};
inline constexpr IdKind kKeyPairId{"key", "key pair", "InvalidParameterValue", "InvalidKeyPair.NotFound"};

/// The record with an id. Fails with the kind's errors.
template <class Records>
auto at(Records& records, const IdKind& kind, const std::string& id) -> Result<decltype(&records.begin()->second)> {
  TRY_VOID(check_id(kind, id));
  const auto found = records.find(id);
  if (found != records.end()) return &found->second;
  std::vector<std::string> ids;
  ids.push_back(id);
  return fail(missing_id(kind, ids));
}

/// An error of EC2 with status 400.
Error refuse(std::string code, std::string message);
/// InvalidParameterValue, InvalidParameterCombination, MissingParameter, DependencyViolation.
Error invalid_value(std::string message);
Error invalid_combination(std::string message);
Error missing_parameter(std::string_view name);
Error dependency(std::string message);

/// "arn:aws:ec2:REGION:ACCOUNT:vpc/vpc-0..."; `rest` is "vpc/vpc-0...".
std::string arn_of(const Info& info, std::string_view rest);

/// May the caller do it, and does he only ask? UnauthorizedOperation or DryRunOperation.
Result<void> admit(const Info& info, const std::optional<bool>& dry_run, std::string_view resource = "*");
Result<void> admit(const Info& info, const std::optional<bool>& dry_run, const Access& access);

/// Fails with UnsupportedOperation, which names it, when the request sets a member that this simulator does not offer.
Result<void> only(const Info& info, const void* request, std::initializer_list<std::string_view> offered);

/// The tags that are given for what is created. InvalidParameterValue for another type of resource or tags that AWS
/// refuses; `others` may be named as well and are ignored.
Result<std::vector<aws::ec2::Tag>> tags_for(const std::vector<aws::ec2::TagSpecification>& specifications,
                                            std::string_view type, std::initializer_list<std::string_view> others = {});
/// Keys of 1 to 128 and values of up to 256 characters, no key twice or beginning with "aws:", at most 50.
Result<void> check_tags(const std::vector<aws::ec2::Tag>& tags);

/// Copies what two structures have in common by name, at every level: a launch template's data as it came to how it is
/// shown.
void copy_members(aws::Erased to, aws::ConstErased from);

}  // namespace postern::sim::ec2
