// Roles in a target account.

#include <algorithm>
#include <map>

#include "access/role_pieces.hpp"
#include "access/statements.hpp"

namespace postern::access {
namespace {

using cfn::Value;

std::string_view purpose(Duty duty) {
  switch (duty) {
    case Duty::observe:
      return "look at instances, agents and replication";
    case Duty::operate:
      return "run commands on tagged nodes";
    case Duty::rollout:
      return "install the replication agent on tagged nodes";
    case Duty::recover:
      return "start drills and recoveries";
    case Duty::cleanup:
      return "terminate recovery instances";
  }
  return {};
}

/// The roles to make: duties that share a name share a role.
std::vector<std::pair<std::string, std::vector<Duty>>> by_name(const RoleOrder& order) {
  std::vector<std::pair<std::string, std::vector<Duty>>> roles;
  for (const Duty duty : kEveryDuty) {
    if (std::ranges::find(order.duties, duty) == order.duties.end()) continue;
    const std::string& name = order.name_of(duty);
    auto found = std::ranges::find(roles, name, &std::pair<std::string, std::vector<Duty>>::first);
    if (found == roles.end()) found = roles.insert(roles.end(), {name, {}});
    found->second.push_back(duty);
  }
  return roles;
}

/// People's sessions come from a role whose name ends in letters that nobody knows beforehand, and which is made anew
/// when the permission set is: the account is trusted, and the condition names the permission set.
Value people_trust(const RoleOrder& order) {
  Value principal = Value::map();
  principal.set("AWS", cfn::sub("arn:${AWS::Partition}:iam::${HubAccountId}:root"));
  Value condition = trust_condition(order);
  Value who = Value::map();
  who.set("aws:PrincipalArn",
          cfn::sub("arn:${AWS::Partition}:iam::${HubAccountId}:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_" +
                   order.hub_role + "_*"));
  condition.set("ArnLike", std::move(who));
  return trust(std::move(principal), order.assume_actions(), std::move(condition));
}

Value hub_trust(const RoleOrder& order) {
  if (order.mode == DeployMode::permission_set) return people_trust(order);
  Value principal = Value::map();
  principal.set("AWS", cfn::ref("HubRoleArn"));
  return trust(std::move(principal), order.assume_actions(), trust_condition(order));
}

cfn::Parameter hub_parameter(const RoleOrder& order) {
  if (order.mode == DeployMode::permission_set) {
    cfn::Parameter out =
        parameter("HubAccountId", "The account that the permission set is assigned to", "^[0-9]{12}$", "12 digits");
    if (!order.hub_account.empty()) out.default_value = order.hub_account;
    return out;
  }
  cfn::Parameter out = parameter("HubRoleArn", "The one role that may assume the roles here. It must exist first.",
                                 std::string(kRoleArnPattern), "the ARN of a role");
  if (!order.hub_account.empty()) {
    const auto [path, name] = path_and_name(order.hub_role);
    out.default_value = "arn:" + order.partition + ":iam::" + order.hub_account + ":role" + path + name;
  }
  return out;
}

std::string describe(const std::vector<Duty>& duties) {
  std::string text;
  for (const Duty duty : duties) {
    text += text.empty() ? "Lets the hub " : duty == duties.back() ? " and " : ", ";
    text += purpose(duty);
  }
  return text;
}

bool same(const Value& a, const Value& b) {
  if (a.kind() != b.kind() || a.text() != b.text() || a.number() != b.number()) return false;
  if (a.entries().size() != b.entries().size()) return false;
  for (std::size_t i = 0; i < a.entries().size(); ++i) {
    if (a.entries()[i].key != b.entries()[i].key || !same(a.entries()[i].value, b.entries()[i].value)) return false;
  }
  return true;
}

/// A role that serves several duties has what they share once: IAM takes 10,240 characters of inline policies.
Value policies_of(const std::vector<Duty>& duties, const DutyLimits& limits) {
  Value policies = Value::list();
  std::vector<Value> had;
  for (const Duty duty : duties) {
    const Value all = duty_statements(duty, limits);
    Value rest = Value::list();
    for (const cfn::Entry& each : all.entries()) {
      const bool known = std::ranges::any_of(had, [&](const Value& one) { return same(one, each.value); });
      if (known) continue;
      had.push_back(each.value);
      rest.add(each.value, each.comment);
    }
    if (!rest.entries().empty()) policies.add(inline_policy(to_string(duty), std::move(rest)));
  }
  return policies;
}

}  // namespace

Result<cfn::Template> target_template(const RoleOrder& order) {
  cfn::Template out;
  out.comment =
      "Roles that the hub assumes in a target account, one per duty. IAM is global: deploy this once per account, in "
      "one\n"
      "Region, after the hub's own role exists.";
  out.description = "Roles of postern in a target account";
  out.parameters.push_back(hub_parameter(order));
  add_trust_parameters(out, order);
  for (const auto& [name, duties] : by_name(order)) {
    std::string id = logical_id(name);
    while (out.find_resource(id) != nullptr) id += "Too";
    cfn::Resource one = role(id, name, describe(duties), hub_trust(order));
    one.properties.set("Policies", policies_of(duties, order.limits));
    out.resources.push_back(std::move(one));
    out.outputs.push_back(output(id + "Arn", describe(duties), cfn::get_att(id, "Arn")));
  }
  TRY_VOID(check_policies(out));
  return out;
}

Result<cfn::Template> node_template(const RoleOrder&) {
  cfn::Template out;
  out.comment =
      "What an instance needs to be a managed node: a role that EC2 alone may use, and the instance profile that holds "
      "it.\n"
      "No other account is ever trusted here: who assumes a node's role can pass for the node.";
  out.description = "Role and instance profile of managed nodes";
  cfn::Parameter recovery;
  recovery.name = "ReplicationAgent";
  recovery.description = "Whether the AWS Replication Agent may be installed and run";
  recovery.default_value = "enabled";
  recovery.allowed_values = {"enabled", "disabled"};
  recovery.constraint = "enabled or disabled";
  out.parameters.push_back(std::move(recovery));
  cfn::Parameter logs =
      parameter("OutputLogGroup", "A log group that nodes write what commands print to; empty for none",
                R"(^[\w./#-]{0,512}$)", "the name of a log group");
  logs.default_value = "";
  out.parameters.push_back(std::move(logs));
  out.conditions.emplace_back("HasReplicationAgent", cfn::equals(cfn::ref("ReplicationAgent"), "enabled"));
  out.conditions.emplace_back("HasOutputLogGroup", cfn::negation(cfn::equals(cfn::ref("OutputLogGroup"), "")));

  cfn::Resource node = role("NodeRole", kNodeRole, "Managed node: Systems Manager, without SSH",
                            service_trust("ec2.amazonaws.com", Value::map()));
  Value attached = Value::list();
  attached.add(aws_policy("AmazonSSMManagedInstanceCore"));
  attached.add(cfn::when("HasReplicationAgent", aws_policy("service-role/AWSElasticDisasterRecoveryEc2InstancePolicy"),
                         cfn::no_value()));
  node.properties.set("ManagedPolicyArns", std::move(attached));
  out.resources.push_back(std::move(node));

  cfn::Resource writes;
  writes.id = "NodeOutput";
  writes.type = "AWS::IAM::Policy";
  writes.condition = "HasOutputLogGroup";
  Value statements = Value::list();
  statements.add(allow("WriteOutput", {"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
                       {own_arn("logs", "log-group:${OutputLogGroup}:*")}));
  statements.add(allow("FindLogGroups", {"logs:DescribeLogGroups"}, {"*"}));
  writes.properties.set("PolicyName", "command-output");
  writes.properties.set("Roles", Value::list({cfn::ref("NodeRole")}));
  writes.properties.set("PolicyDocument", document(std::move(statements)));
  out.resources.push_back(std::move(writes));

  cfn::Resource profile;
  profile.id = "NodeProfile";
  profile.type = "AWS::IAM::InstanceProfile";
  profile.properties.set("InstanceProfileName", kNodeRole);
  profile.properties.set("Roles", Value::list({cfn::ref("NodeRole")}));
  out.resources.push_back(std::move(profile));
  out.outputs.push_back(output("NodeProfileName", "Give this to instances", cfn::ref("NodeProfile")));
  out.outputs.push_back(output("NodeRoleArn", "What the profile holds", cfn::get_att("NodeRole", "Arn")));
  TRY_VOID(check_policies(out));
  return out;
}

}  // namespace postern::access
