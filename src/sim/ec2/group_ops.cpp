// Security groups and their rules.

#include <algorithm>
#include <map>
#include <tuple>

#include "base/text.hpp"
#include "sim/ec2/common.hpp"
#include "sim/ec2/service.hpp"

namespace postern::sim {
namespace group_ops {

using namespace aws::ec2;
using ec2::admit;
using ec2::arn_of;
using ec2::at;
using ec2::GroupRecord;
using ec2::invalid_value;
using ec2::only;
using ec2::refuse;

constexpr std::size_t kRulesMax = 60;
constexpr std::size_t kGroupsMax = 2'500;
constexpr std::size_t kNameMax = 255;
constexpr std::int32_t kPortMax = 65'535;

enum class Direction : std::uint8_t { ingress, egress };

constexpr ec2::FilterPath kFilters[] = {
    {"description", "Description"},
    {"egress.ip-permission.cidr", "IpPermissionsEgress.IpRanges.CidrIp"},
    {"egress.ip-permission.from-port", "IpPermissionsEgress.FromPort"},
    {"egress.ip-permission.group-id", "IpPermissionsEgress.UserIdGroupPairs.GroupId"},
    {"egress.ip-permission.prefix-list-id", "IpPermissionsEgress.PrefixListIds.PrefixListId"},
    {"egress.ip-permission.protocol", "IpPermissionsEgress.IpProtocol"},
    {"egress.ip-permission.to-port", "IpPermissionsEgress.ToPort"},
    {"group-id", "GroupId"},
    {"group-name", "GroupName"},
    {"ip-permission.cidr", "IpPermissions.IpRanges.CidrIp"},
    {"ip-permission.from-port", "IpPermissions.FromPort"},
    {"ip-permission.group-id", "IpPermissions.UserIdGroupPairs.GroupId"},
    {"ip-permission.prefix-list-id", "IpPermissions.PrefixListIds.PrefixListId"},
    {"ip-permission.protocol", "IpPermissions.IpProtocol"},
    {"ip-permission.to-port", "IpPermissions.ToPort"},
    {"owner-id", "OwnerId"},
    {"vpc-id", "VpcId"},
};
constexpr ec2::FilterPath kRuleFilters[] = {
    {"group-id", "GroupId"},
    {"security-group-rule-id", "SecurityGroupRuleId"},
};

/// The rules of one direction grouped as IpPermissions: by protocol and ports.
std::vector<IpPermission> permissions_of(const GroupRecord& group, Direction direction) {
  std::map<std::tuple<std::string, std::int32_t, std::int32_t>, IpPermission> by_ports;
  for (const SecurityGroupRule& rule : group.rules) {
    if (rule.is_egress.value_or(false) != (direction == Direction::egress)) continue;
    IpPermission& to = by_ports[{*rule.ip_protocol, *rule.from_port, *rule.to_port}];
    to.ip_protocol = rule.ip_protocol;
    if (*rule.ip_protocol != "-1") {
      to.from_port = rule.from_port;
      to.to_port = rule.to_port;
    }
    if (rule.cidr_ipv4) {
      IpRange& range = to.ip_ranges.emplace_back();
      range.cidr_ip = rule.cidr_ipv4;
      range.description = rule.description;
    } else if (rule.cidr_ipv6) {
      Ipv6Range& range = to.ipv6_ranges.emplace_back();
      range.cidr_ipv6 = rule.cidr_ipv6;
      range.description = rule.description;
    } else if (rule.prefix_list_id) {
      PrefixListId& list = to.prefix_list_ids.emplace_back();
      list.prefix_list_id = rule.prefix_list_id;
      list.description = rule.description;
    } else if (rule.referenced_group_info) {
      UserIdGroupPair& pair = to.user_id_group_pairs.emplace_back();
      pair.group_id = rule.referenced_group_info->group_id;
      pair.user_id = rule.referenced_group_info->user_id;
      pair.description = rule.description;
    }
  }
  std::vector<IpPermission> all;
  for (auto& [ports, permission] : by_ports) all.push_back(std::move(permission));
  return all;
}

SecurityGroup describe(const GroupRecord& group) {
  SecurityGroup shape = group.shape;
  shape.ip_permissions = permissions_of(group, Direction::ingress);
  shape.ip_permissions_egress = permissions_of(group, Direction::egress);
  return shape;
}

/// Protocol names for the numbers that have one; ports where they belong.
Result<SecurityGroupRule> ports_of(const IpPermission& permission) {
  SecurityGroupRule rule;
  std::string protocol = to_lower(permission.ip_protocol.value_or(""));
  if (protocol == "6") protocol = "tcp";
  if (protocol == "17") protocol = "udp";
  if (protocol == "1") protocol = "icmp";
  if (protocol == "58") protocol = "icmpv6";
  const bool number =
      !protocol.empty() && protocol.size() <= 3 && protocol.find_first_not_of("0123456789") == protocol.npos;
  const bool ported = protocol == "tcp" || protocol == "udp";
  const bool control = protocol == "icmp" || protocol == "icmpv6";
  if (protocol.empty()) return fail(ec2::missing_parameter("ipProtocol"));
  if (!ported && !control && protocol != "-1" && !number) {
    return fail(invalid_value("Invalid value '" + printable(protocol, 40) + "' for IP protocol. Unknown protocol."));
  }
  rule.ip_protocol = protocol;
  rule.from_port = -1;
  rule.to_port = -1;
  if (control) {
    rule.from_port = permission.from_port.value_or(-1);
    rule.to_port = permission.to_port.value_or(-1);
  }
  if (!ported) return rule;
  if (!permission.from_port || !permission.to_port) {
    return fail(invalid_value("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."));
  }
  const std::int32_t from = *permission.from_port;
  const std::int32_t to = *permission.to_port;
  if (from < 0 || to > kPortMax || from > to) {
    return fail(invalid_value("Invalid TCP/UDP port range (" + std::to_string(from) + ":" + std::to_string(to) + ")"));
  }
  rule.from_port = from;
  rule.to_port = to;
  return rule;
}

/// Every peer of every permission as a rule of its own, without id.
Result<std::vector<SecurityGroupRule>> rules_of(const ec2::Network& net, const GroupRecord& group,
                                                const std::vector<IpPermission>& permissions, Direction direction) {
  std::vector<SecurityGroupRule> rules;
  for (const IpPermission& permission : permissions) {
    TRY(SecurityGroupRule plain, ports_of(permission));
    plain.group_id = group.shape.group_id;
    plain.group_owner_id = group.shape.owner_id;
    plain.is_egress = direction == Direction::egress;
    const std::size_t before = rules.size();
    for (const IpRange& range : permission.ip_ranges) {
      const auto block = ec2::parse_cidr(range.cidr_ip.value_or(""));
      if (!block)
        return fail(invalid_value("CIDR block " + printable(range.cidr_ip.value_or(""), 60) + " is malformed"));
      SecurityGroupRule& rule = rules.emplace_back(plain);
      rule.cidr_ipv4 = block->text();
      rule.description = range.description;
    }
    for (const Ipv6Range& range : permission.ipv6_ranges) {
      if (range.cidr_ipv6.value_or("").find(':') == std::string::npos) {
        return fail(invalid_value("CIDR block " + printable(range.cidr_ipv6.value_or(""), 60) + " is malformed"));
      }
      SecurityGroupRule& rule = rules.emplace_back(plain);
      rule.cidr_ipv6 = range.cidr_ipv6;
      rule.description = range.description;
    }
    for (const PrefixListId& list : permission.prefix_list_ids) {
      const std::string id = list.prefix_list_id.value_or("");
      const bool known = std::any_of(net.prefix_lists.begin(), net.prefix_lists.end(),
                                     [&](const ec2::PrefixList& one) { return one.id == id; });
      if (!known) {
        return fail(
            refuse("InvalidPrefixListId.NotFound", "The prefix list ID '" + printable(id, 60) + "' does not exist"));
      }
      SecurityGroupRule& rule = rules.emplace_back(plain);
      rule.prefix_list_id = id;
      rule.description = list.description;
    }
    for (const UserIdGroupPair& pair : permission.user_id_group_pairs) {
      TRY(const GroupRecord* peer, at(net.groups, ec2::kGroupId, pair.group_id.value_or("")));
      if (peer->shape.vpc_id != group.shape.vpc_id) {
        return fail(
            refuse("InvalidGroup.NotFound", "You have specified two resources that belong to different networks."));
      }
      SecurityGroupRule& rule = rules.emplace_back(plain);
      ReferencedSecurityGroup& referred = rule.referenced_group_info.emplace();
      referred.group_id = pair.group_id;
      referred.user_id = group.shape.owner_id;
      rule.description = pair.description;
    }
    if (rules.size() == before) {
      return fail(ec2::missing_parameter("ipRanges"));
    }
  }
  if (rules.empty()) return fail(ec2::missing_parameter("ipPermissions"));
  return rules;
}

/// The same traffic, whatever the ids and descriptions.
bool same_rule(const SecurityGroupRule& a, const SecurityGroupRule& b) {
  const auto peer = [](const SecurityGroupRule& rule) {
    return rule.referenced_group_info ? rule.referenced_group_info->group_id : std::optional<std::string>();
  };
  return a.is_egress == b.is_egress && a.ip_protocol == b.ip_protocol && a.from_port == b.from_port &&
         a.to_port == b.to_port && a.cidr_ipv4 == b.cidr_ipv4 && a.cidr_ipv6 == b.cidr_ipv6 &&
         a.prefix_list_id == b.prefix_list_id && peer(a) == peer(b);
}

std::string text_of(const SecurityGroupRule& rule) {
  std::string peer = rule.cidr_ipv4.value_or(rule.cidr_ipv6.value_or(rule.prefix_list_id.value_or("")));
  if (rule.referenced_group_info) peer = rule.referenced_group_info->group_id.value_or("");
  const std::string protocol = *rule.ip_protocol == "-1" ? "ALL" : to_upper(*rule.ip_protocol);
  std::string text = "peer: " + peer + ", " + protocol;
  if (*rule.from_port >= 0) {
    text += ", from port: " + std::to_string(*rule.from_port) + ", to port: " + std::to_string(*rule.to_port);
  }
  return text + ", ALLOW";
}

/// All of them are new, or none is added.
Result<void> check_new(const GroupRecord& group, const std::vector<SecurityGroupRule>& rules, Direction direction) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto same = [&](const SecurityGroupRule& one) { return same_rule(one, rules[i]); };
    const bool twice = std::any_of(rules.begin(), rules.begin() + static_cast<long>(i), same);
    if (!twice && std::none_of(group.rules.begin(), group.rules.end(), same)) continue;
    return fail(refuse(twice ? "InvalidParameterValue" : "InvalidPermission.Duplicate",
                       "the specified rule \"" + text_of(rules[i]) + "\" already exists"));
  }
  const auto count =
      static_cast<std::size_t>(std::count_if(group.rules.begin(), group.rules.end(), [&](const SecurityGroupRule& one) {
        return one.is_egress.value_or(false) == (direction == Direction::egress);
      }));
  if (count + rules.size() <= kRulesMax) return {};
  return fail(
      refuse("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached."));
}

/// The old way: one rule in the request's own members.
template <class Request>
std::vector<IpPermission> permissions_in(const Request& request) {
  std::vector<IpPermission> all = request.ip_permissions;
  if (!request.cidr_ip && !request.ip_protocol) return all;
  IpPermission& one = all.emplace_back();
  one.ip_protocol = request.ip_protocol;
  one.from_port = request.from_port;
  one.to_port = request.to_port;
  if (request.cidr_ip) one.ip_ranges.emplace_back().cidr_ip = request.cidr_ip;
  return all;
}

Result<GroupRecord*> group_of(ec2::Network& net, const std::optional<std::string>& id) {
  if (!id) return fail(ec2::missing_parameter("groupId"));
  return at(net.groups, ec2::kGroupId, *id);
}

/// Removes rules by id and by value. Not one of them may be missing.
Result<void> revoke(const ec2::Network& net, GroupRecord& group, const std::vector<std::string>& ids,
                    const std::vector<IpPermission>& permissions, Direction direction) {
  if (ids.empty() && permissions.empty()) return fail(ec2::missing_parameter("ipPermissions or securityGroupRuleIds"));
  const bool egress = direction == Direction::egress;
  const auto of_id = [&](const SecurityGroupRule& rule) {
    return rule.is_egress.value_or(false) == egress &&
           std::find(ids.begin(), ids.end(), *rule.security_group_rule_id) != ids.end();
  };
  for (const std::string& id : ids) {
    TRY_VOID(ec2::check_id(ec2::kRuleId, id));
    const bool known = std::any_of(group.rules.begin(), group.rules.end(), [&](const SecurityGroupRule& rule) {
      return rule.security_group_rule_id == id && rule.is_egress.value_or(false) == egress;
    });
    if (!known) {
      return fail(
          refuse("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '" + id + "' does not exist"));
    }
  }
  std::vector<SecurityGroupRule> named;
  if (!permissions.empty()) {
    TRY(named, rules_of(net, group, permissions, direction));
  }
  for (const SecurityGroupRule& rule : named) {
    const bool known = std::any_of(group.rules.begin(), group.rules.end(),
                                   [&](const SecurityGroupRule& one) { return same_rule(one, rule); });
    if (!known) {
      return fail(refuse("InvalidPermission.NotFound", "The specified rule does not exist in this security group."));
    }
  }
  std::erase_if(group.rules, [&](const SecurityGroupRule& rule) {
    return of_id(rule) ||
           std::any_of(named.begin(), named.end(), [&](const SecurityGroupRule& one) { return same_rule(one, rule); });
  });
  return {};
}

}  // namespace group_ops

Result<aws::ec2::CreateSecurityGroupResponse> Ec2Service::create_security_group(
    const Info& info, const aws::ec2::CreateSecurityGroupRequest& request) {
  using namespace group_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "security-group/*")));
  TRY(std::vector<Tag> tags, ec2::tags_for(request.tag_specifications, "security-group"));
  if (!request.vpc_id) return fail(refuse("VPCIdNotSpecified", "No default VPC for this user"));
  const std::string& name = *request.group_name;
  if (name.size() > kNameMax || request.description->size() > kNameMax || name.starts_with("sg-") ||
      name == "default") {
    return fail(invalid_value("Invalid value '" + printable(name, 60) + "' for groupName or groupDescription."));
  }
  ec2::Network& net = network(info);
  TRY_VOID(at(net.vpcs, ec2::kVpcId, *request.vpc_id));
  for (const auto& [id, group] : net.groups) {
    if (group.shape.vpc_id != *request.vpc_id || group.shape.group_name != name) continue;
    return fail(refuse("InvalidGroup.Duplicate",
                       "The security group '" + name + "' already exists for VPC '" + *request.vpc_id + "'"));
  }
  if (net.groups.size() >= kGroupsMax) {
    return fail(refuse("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached."));
  }
  const std::string id = new_id(info, "sg");
  GroupRecord& made = net.groups[id];
  made.shape.group_id = id;
  made.shape.group_name = name;
  made.shape.description = *request.description;
  made.shape.owner_id = info.caller.account_id;
  made.shape.vpc_id = *request.vpc_id;
  made.shape.tags = tags;
  ec2::RuleSpec outward;
  outward.egress = true;
  outward.cidr = "0.0.0.0/0";
  ec2::add_rule(made, outward, new_id(info, "sgr"));
  CreateSecurityGroupResponse response;
  response.group_id = id;
  response.tags = std::move(tags);
  return response;
}

Result<aws::ec2::DeleteSecurityGroupResponse> Ec2Service::delete_security_group(
    const Info& info, const aws::ec2::DeleteSecurityGroupRequest& request) {
  using namespace group_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "security-group/" + request.group_id.value_or("*"))));
  TRY_VOID(only(info, &request, {"DryRun", "GroupId"}));
  ec2::Network& net = network(info);
  TRY(const GroupRecord* group, group_of(net, request.group_id));
  if (group->shape.group_name == "default") {
    return fail(refuse("CannotDelete", "the specified group: \"" + *request.group_id +
                                           "\" name: \"default\" cannot be "
                                           "deleted by a user"));
  }
  if (group_in_use(info, *request.group_id)) {
    return fail(ec2::dependency("resource " + *request.group_id + " has a dependent object"));
  }
  net.groups.erase(*request.group_id);
  return DeleteSecurityGroupResponse();
}

Result<aws::ec2::DescribeSecurityGroupsResponse> Ec2Service::describe_security_groups(
    const Info& info, const aws::ec2::DescribeSecurityGroupsRequest& request) {
  using namespace group_ops;
  TRY_VOID(admit(info, request.dry_run));
  TRY_VOID(only(info, &request, {"DryRun", "Filters", "GroupIds", "MaxResults", "NextToken"}));
  std::vector<SecurityGroup> all;
  for (const auto& [id, group] : network(info).groups) all.push_back(describe(group));
  DescribeSecurityGroupsResponse response;
  TRY(response.next_token,
      ec2::list_page(ec2::question_of(info, request, &ec2::kGroupId, &request.group_ids),
                     ec2::ShapeList{"GroupId", kFilters}, std::move(all), response.security_groups));
  return response;
}

Result<aws::ec2::DescribeSecurityGroupRulesResponse> Ec2Service::describe_security_group_rules(
    const Info& info, const aws::ec2::DescribeSecurityGroupRulesRequest& request) {
  using namespace group_ops;
  TRY_VOID(admit(info, request.dry_run));
  std::vector<SecurityGroupRule> all;
  for (const auto& [id, group] : network(info).groups) all.insert(all.end(), group.rules.begin(), group.rules.end());
  DescribeSecurityGroupRulesResponse response;
  TRY(response.next_token,
      ec2::list_page(ec2::question_of(info, request, &ec2::kRuleId, &request.security_group_rule_ids),
                     ec2::ShapeList{"SecurityGroupRuleId", kRuleFilters}, std::move(all),
                     response.security_group_rules));
  return response;
}

Result<aws::ec2::AuthorizeSecurityGroupIngressResponse> Ec2Service::authorize_security_group_ingress(
    const Info& info, const aws::ec2::AuthorizeSecurityGroupIngressRequest& request) {
  using namespace group_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "security-group/" + request.group_id.value_or("*"))));
  TRY_VOID(
      only(info, &request,
           {"CidrIp", "DryRun", "FromPort", "GroupId", "IpPermissions", "IpProtocol", "TagSpecifications", "ToPort"}));
  TRY(const std::vector<Tag> tags, ec2::tags_for(request.tag_specifications, "security-group-rule"));
  ec2::Network& net = network(info);
  TRY(GroupRecord * group, group_of(net, request.group_id));
  TRY(std::vector<SecurityGroupRule> rules, rules_of(net, *group, permissions_in(request), Direction::ingress));
  TRY_VOID(check_new(*group, rules, Direction::ingress));
  AuthorizeSecurityGroupIngressResponse response;
  response.return_ = true;
  for (SecurityGroupRule& rule : rules) {
    rule.security_group_rule_id = new_id(info, "sgr");
    rule.tags = tags;
    response.security_group_rules.push_back(rule);
    group->rules.push_back(std::move(rule));
  }
  return response;
}

Result<aws::ec2::AuthorizeSecurityGroupEgressResponse> Ec2Service::authorize_security_group_egress(
    const Info& info, const aws::ec2::AuthorizeSecurityGroupEgressRequest& request) {
  using namespace group_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "security-group/" + *request.group_id)));
  TRY_VOID(only(info, &request, {"DryRun", "GroupId", "IpPermissions", "TagSpecifications"}));
  TRY(const std::vector<Tag> tags, ec2::tags_for(request.tag_specifications, "security-group-rule"));
  ec2::Network& net = network(info);
  TRY(GroupRecord * group, group_of(net, request.group_id));
  TRY(std::vector<SecurityGroupRule> rules, rules_of(net, *group, request.ip_permissions, Direction::egress));
  TRY_VOID(check_new(*group, rules, Direction::egress));
  AuthorizeSecurityGroupEgressResponse response;
  response.return_ = true;
  for (SecurityGroupRule& rule : rules) {
    rule.security_group_rule_id = new_id(info, "sgr");
    rule.tags = tags;
    response.security_group_rules.push_back(rule);
    group->rules.push_back(std::move(rule));
  }
  return response;
}

Result<aws::ec2::RevokeSecurityGroupIngressResponse> Ec2Service::revoke_security_group_ingress(
    const Info& info, const aws::ec2::RevokeSecurityGroupIngressRequest& request) {
  using namespace group_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "security-group/" + request.group_id.value_or("*"))));
  TRY_VOID(only(
      info, &request,
      {"CidrIp", "DryRun", "FromPort", "GroupId", "IpPermissions", "IpProtocol", "SecurityGroupRuleIds", "ToPort"}));
  ec2::Network& net = network(info);
  TRY(GroupRecord * group, group_of(net, request.group_id));
  TRY_VOID(revoke(net, *group, request.security_group_rule_ids, permissions_in(request), Direction::ingress));
  RevokeSecurityGroupIngressResponse response;
  response.return_ = true;
  return response;
}

Result<aws::ec2::RevokeSecurityGroupEgressResponse> Ec2Service::revoke_security_group_egress(
    const Info& info, const aws::ec2::RevokeSecurityGroupEgressRequest& request) {
  using namespace group_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "security-group/" + *request.group_id)));
  TRY_VOID(only(info, &request, {"DryRun", "GroupId", "IpPermissions", "SecurityGroupRuleIds"}));
  ec2::Network& net = network(info);
  TRY(GroupRecord * group, group_of(net, request.group_id));
  TRY_VOID(revoke(net, *group, request.security_group_rule_ids, request.ip_permissions, Direction::egress));
  RevokeSecurityGroupEgressResponse response;
  response.return_ = true;
  return response;
}

}  // namespace postern::sim
