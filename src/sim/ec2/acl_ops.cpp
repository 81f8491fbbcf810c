// Network ACLs.

#include <algorithm>

#include "base/text.hpp"
#include "sim/ec2/common.hpp"
#include "sim/ec2/service.hpp"

namespace postern::sim {
namespace acl_ops {

using namespace aws::ec2;
using ec2::admit;
using ec2::arn_of;
using ec2::at;
using ec2::invalid_value;
using ec2::only;
using ec2::refuse;

constexpr std::size_t kAclsMax = 200;
constexpr std::size_t kEntriesMax = 20;
constexpr std::int32_t kRuleMax = 32'766;

constexpr ec2::FilterPath kFilters[] = {
    {"association.association-id", "Associations.NetworkAclAssociationId"},
    {"association.network-acl-id", "Associations.NetworkAclId"},
    {"association.subnet-id", "Associations.SubnetId"},
    {"default", "IsDefault"},
    {"entry.cidr", "Entries.CidrBlock"},
    {"entry.protocol", "Entries.Protocol"},
    {"entry.rule-action", "Entries.RuleAction"},
    {"entry.rule-number", "Entries.RuleNumber"},
    {"network-acl-id", "NetworkAclId"},
    {"owner-id", "OwnerId"},
    {"vpc-id", "VpcId"},
};

/// Create and Replace take the same members.
template <class Request>
Result<NetworkAclEntry> entry_of(const Request& request) {
  if (*request.rule_number < 1 || *request.rule_number > kRuleMax) {
    return fail(invalid_value("Value (" + std::to_string(*request.rule_number) +
                              ") for parameter ruleNumber is invalid. Must be between 1 and 32766."));
  }
  const auto block = ec2::parse_cidr(request.cidr_block.value_or(""));
  if (!block) {
    return fail(invalid_value("Value (" + printable(request.cidr_block.value_or(""), 60) +
                              ") for parameter cidrBlock is invalid. This is not a valid CIDR block."));
  }
  std::string protocol = to_lower(*request.protocol);
  if (protocol == "tcp") protocol = "6";
  if (protocol == "udp") protocol = "17";
  if (protocol == "icmp") protocol = "1";
  if (protocol == "all") protocol = "-1";
  const bool number =
      protocol.size() <= 3 && !protocol.empty() && protocol.find_first_not_of("0123456789") == protocol.npos;
  if (protocol != "-1" && !number) {
    return fail(invalid_value("Invalid value '" + printable(protocol, 40) + "' for IP protocol. Unknown protocol."));
  }
  const bool ported = protocol == "6" || protocol == "17";
  if (ported && (!request.port_range || !request.port_range->from || !request.port_range->to)) {
    return fail(ec2::missing_parameter("portRange"));
  }
  if (ported && (*request.port_range->from < 0 || *request.port_range->to > 65'535 ||
                 *request.port_range->from > *request.port_range->to)) {
    return fail(invalid_value("The port range is invalid"));
  }
  NetworkAclEntry entry;
  entry.cidr_block = block->text();
  entry.egress = *request.egress;
  entry.protocol = protocol;
  entry.rule_action = request.rule_action;
  entry.rule_number = *request.rule_number;
  if (ported) entry.port_range = request.port_range;
  if (protocol == "1") entry.icmp_type_code = request.icmp_type_code;
  return entry;
}

std::vector<NetworkAclEntry>::iterator find_entry(NetworkAcl& acl, std::int32_t number,
                                                  const std::optional<bool>& egress) {
  return std::find_if(acl.entries.begin(), acl.entries.end(), [&](const NetworkAclEntry& entry) {
    return entry.rule_number == number && entry.egress == egress;
  });
}

/// By direction and number: the order in which AWS lists and applies them.
void insert_entry(NetworkAcl& acl, NetworkAclEntry entry) {
  const auto before = [](const NetworkAclEntry& a, const NetworkAclEntry& b) {
    if (a.egress != b.egress) return *a.egress;
    return *a.rule_number < *b.rule_number;
  };
  acl.entries.insert(std::upper_bound(acl.entries.begin(), acl.entries.end(), entry, before), std::move(entry));
}

Error unknown_entry(const NetworkAcl& acl, std::int32_t number) {
  return refuse("InvalidNetworkAclEntry.NotFound", "The network acl entry identified by " + std::to_string(number) +
                                                       " does not exist in " + acl.network_acl_id.value_or(""));
}

}  // namespace acl_ops

Result<aws::ec2::CreateNetworkAclResponse> Ec2Service::create_network_acl(
    const Info& info, const aws::ec2::CreateNetworkAclRequest& request) {
  using namespace acl_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "network-acl/*")));
  TRY(std::vector<Tag> tags, ec2::tags_for(request.tag_specifications, "network-acl"));
  ec2::Network& net = network(info);
  TRY_VOID(at(net.vpcs, ec2::kVpcId, *request.vpc_id));
  if (net.acls.size() >= kAclsMax) {
    return fail(refuse("NetworkAclLimitExceeded", "The maximum number of network ACLs has been reached."));
  }
  const std::string id = new_id(info, "acl");
  NetworkAcl& made = net.acls[id];
  made.network_acl_id = id;
  made.vpc_id = *request.vpc_id;
  made.owner_id = info.caller.account_id;
  made.is_default = false;
  made.tags = std::move(tags);
  for (const bool egress : {true, false}) {
    NetworkAclEntry entry;
    entry.cidr_block = "0.0.0.0/0";
    entry.egress = egress;
    entry.protocol = "-1";
    entry.rule_action.emplace("deny");
    entry.rule_number = kRuleMax + 1;
    made.entries.push_back(std::move(entry));
  }
  CreateNetworkAclResponse response;
  response.network_acl = made;
  return response;
}

Result<aws::ec2::DeleteNetworkAclResponse> Ec2Service::delete_network_acl(
    const Info& info, const aws::ec2::DeleteNetworkAclRequest& request) {
  using namespace acl_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "network-acl/" + *request.network_acl_id)));
  ec2::Network& net = network(info);
  TRY(const NetworkAcl* acl, at(net.acls, ec2::kAclId, *request.network_acl_id));
  if (acl->is_default.value_or(false)) {
    return fail(invalid_value("cannot delete default network ACL " + *request.network_acl_id));
  }
  if (!acl->associations.empty()) {
    return fail(
        ec2::dependency("The networkAcl '" + *request.network_acl_id + "' has dependencies and cannot be deleted."));
  }
  net.acls.erase(*request.network_acl_id);
  return DeleteNetworkAclResponse();
}

Result<aws::ec2::DescribeNetworkAclsResponse> Ec2Service::describe_network_acls(
    const Info& info, const aws::ec2::DescribeNetworkAclsRequest& request) {
  using namespace acl_ops;
  TRY_VOID(admit(info, request.dry_run));
  std::vector<NetworkAcl> all;
  for (const auto& [id, acl] : network(info).acls) all.push_back(acl);
  DescribeNetworkAclsResponse response;
  TRY(response.next_token,
      ec2::list_page(ec2::question_of(info, request, &ec2::kAclId, &request.network_acl_ids),
                     ec2::ShapeList{"NetworkAclId", kFilters}, std::move(all), response.network_acls));
  return response;
}

Result<aws::ec2::CreateNetworkAclEntryResponse> Ec2Service::create_network_acl_entry(
    const Info& info, const aws::ec2::CreateNetworkAclEntryRequest& request) {
  using namespace acl_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "network-acl/" + *request.network_acl_id)));
  TRY_VOID(only(info, &request,
                {"CidrBlock", "DryRun", "Egress", "IcmpTypeCode", "NetworkAclId", "PortRange", "Protocol", "RuleAction",
                 "RuleNumber"}));
  TRY(NetworkAcl * acl, at(network(info).acls, ec2::kAclId, *request.network_acl_id));
  TRY(NetworkAclEntry entry, entry_of(request));
  if (find_entry(*acl, *entry.rule_number, entry.egress) != acl->entries.end()) {
    return fail(refuse("NetworkAclEntryAlreadyExists", "The network acl entry identified by " +
                                                           std::to_string(*entry.rule_number) + " already exists."));
  }
  const auto count = std::count_if(acl->entries.begin(), acl->entries.end(),
                                   [&](const NetworkAclEntry& one) { return one.egress == entry.egress; });
  if (static_cast<std::size_t>(count) > kEntriesMax) {
    return fail(refuse("NetworkAclEntryLimitExceeded", "The maximum number of network acl entries has been reached."));
  }
  insert_entry(*acl, std::move(entry));
  return CreateNetworkAclEntryResponse();
}

Result<aws::ec2::ReplaceNetworkAclEntryResponse> Ec2Service::replace_network_acl_entry(
    const Info& info, const aws::ec2::ReplaceNetworkAclEntryRequest& request) {
  using namespace acl_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "network-acl/" + *request.network_acl_id)));
  TRY_VOID(only(info, &request,
                {"CidrBlock", "DryRun", "Egress", "IcmpTypeCode", "NetworkAclId", "PortRange", "Protocol", "RuleAction",
                 "RuleNumber"}));
  TRY(NetworkAcl * acl, at(network(info).acls, ec2::kAclId, *request.network_acl_id));
  TRY(NetworkAclEntry entry, entry_of(request));
  const auto found = find_entry(*acl, *entry.rule_number, entry.egress);
  if (found == acl->entries.end()) return fail(unknown_entry(*acl, *entry.rule_number));
  *found = std::move(entry);
  return ReplaceNetworkAclEntryResponse();
}

Result<aws::ec2::DeleteNetworkAclEntryResponse> Ec2Service::delete_network_acl_entry(
    const Info& info, const aws::ec2::DeleteNetworkAclEntryRequest& request) {
  using namespace acl_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "network-acl/" + *request.network_acl_id)));
  TRY(NetworkAcl * acl, at(network(info).acls, ec2::kAclId, *request.network_acl_id));
  const auto found = find_entry(*acl, *request.rule_number, request.egress);
  if (found == acl->entries.end()) return fail(unknown_entry(*acl, *request.rule_number));
  if (*request.rule_number > kRuleMax) return fail(invalid_value("cannot delete the default rule of a network ACL"));
  acl->entries.erase(found);
  return DeleteNetworkAclEntryResponse();
}

Result<aws::ec2::ReplaceNetworkAclAssociationResponse> Ec2Service::replace_network_acl_association(
    const Info& info, const aws::ec2::ReplaceNetworkAclAssociationRequest& request) {
  using namespace acl_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "network-acl/" + *request.network_acl_id)));
  ec2::Network& net = network(info);
  TRY(NetworkAcl * to, at(net.acls, ec2::kAclId, *request.network_acl_id));
  for (auto& [id, acl] : net.acls) {
    const auto found = std::find_if(acl.associations.begin(), acl.associations.end(), [&](const auto& one) {
      return one.network_acl_association_id == *request.association_id;
    });
    if (found == acl.associations.end()) continue;
    if (acl.vpc_id != to->vpc_id) {
      return fail(invalid_value("Network ACL " + *request.network_acl_id + " and association " +
                                *request.association_id + " belong to different networks"));
    }
    NetworkAclAssociation moved = *found;
    acl.associations.erase(found);
    moved.network_acl_association_id = new_id(info, "aclassoc");
    moved.network_acl_id = *request.network_acl_id;
    ReplaceNetworkAclAssociationResponse response;
    response.new_association_id = moved.network_acl_association_id;
    to->associations.push_back(std::move(moved));
    return response;
  }
  return fail(refuse("InvalidAssociationID.NotFound",
                     "The association ID '" + printable(*request.association_id, 60) + "' does not exist"));
}

}  // namespace postern::sim
