#include "access/permissions.hpp"

#include <algorithm>

#include "access/alarms.hpp"
#include "access/install_document.hpp"
#include "access/role_pieces.hpp"
#include "access/statements.hpp"
#include "base/text.hpp"
#include "cfn/resolve.hpp"
#include "iam/document.hpp"

namespace postern::access {
namespace permissions_detail {

using cfn::Value;

/// Statements that some of the commands use.
struct Catalog {
  Catalog(std::vector<const CommandNeeds*> c, std::string m, Value s)
      : commands(std::move(c)), mark(std::move(m)), statements(std::move(s)) {}
  std::vector<const CommandNeeds*> commands;
  std::string mark;  ///< of a Sid that another catalog has with other resources
  Value statements;
};

bool holds(When when, const PermissionOrder& order) {
  switch (when) {
    case When::always:
      return true;
    case When::all_regions:
      return order.all_regions;
    case When::documents:
      return order.documents;
    case When::output_s3:
      return !order.output_s3.empty();
    case When::output_logs:
      return !order.output_logs.empty();
    case When::topics:
      return !order.topics.empty();
    case When::event_buses:
      return !order.event_buses.empty();
    case When::anchors:
      return !order.anchors.empty();
    case When::copies:
      return !order.copies.empty();
    case When::stack_set:
      return order.stack_set;
  }
  return false;
}

bool names(const Use& use, std::string_view action) {
  const std::vector<std::string_view> all = split(use.actions, ' ');
  return use.actions.empty() || std::ranges::find(all, action) != all.end();
}

// ---- target ----

/// A pattern, so that StringLike compares it.
bool is_pattern(const std::string& text) {
  return text.find_first_of("*?") != std::string::npos;
}

/// The statement about nodes, limited as the order says.
Value nodes_of(const PermissionOrder& order) {
  if (order.nodes.empty()) return send_nodes(order.roles.limits.operate_tag);
  std::vector<Value> arns;
  for (const std::string& id : order.nodes.ids) {
    arns.push_back(id.starts_with("mi-") ? own_arn("ssm", "managed-instance/" + id) : own_arn("ec2", "instance/" + id));
  }
  if (arns.empty()) arns = {own_arn("ec2", "instance/*"), own_arn("ssm", "managed-instance/*")};
  Value same = Value::map();
  Value like = Value::map();
  for (const auto& [key, values] : order.nodes.tags) {
    const bool pattern = std::ranges::any_of(values, is_pattern);
    (pattern ? like : same)
        .set("ssm:resourceTag/" + key, values.size() == 1 ? Value(values.front()) : Value::texts(values));
  }
  Value statement = allow("SendToTaggedNodes", {"ssm:SendCommand"}, std::move(arns));
  Value limits = Value::map();
  if (!same.entries().empty()) limits.set("StringEquals", std::move(same));
  if (!like.entries().empty()) limits.set("StringLike", std::move(like));
  if (!limits.entries().empty()) statement.set("Condition", std::move(limits));
  return statement;
}

Value duty_catalog(Duty duty, const PermissionOrder& order) {
  Value out = Value::list();
  const Value all = duty_statements(duty, order.roles.limits);
  for (const cfn::Entry& each : all.entries()) {
    const bool nodes = duty == Duty::operate && each.value.find("Sid")->text() == "SendToTaggedNodes";
    out.add(nodes ? nodes_of(order) : each.value);
  }
  if (!order.output_s3.empty()) {
    out.add(allow(
        "ReadOutputBucket", {"s3:GetObject"},
        {cfn::sub("arn:${AWS::Partition}:s3:::" + order.output_s3 + (order.output_s3.ends_with('/') ? "*" : "/*"))}));
  }
  if (!order.output_logs.empty()) {
    out.add(allow("ReadOutputLogs", {"logs:GetLogEvents"},
                  {own_arn("logs", "log-group:" + order.output_logs + ":log-stream:*")}));
  }
  return out;
}

// ---- a deployment ----

Value iam_arn(const std::string& resource) {
  return cfn::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:" + resource);
}

/// The ARNs of a template's resources of one type, by the property that names them.
std::vector<Value> named_arns(const cfn::Template& source, std::string_view type, const std::string& kind,
                              std::string_view name_property) {
  std::vector<Value> arns;
  for (const cfn::Resource& each : source.resources) {
    if (each.type != type) continue;
    const Value* name = each.properties.find(name_property);
    const Value* path = each.properties.find("Path");
    arns.push_back(iam_arn(kind + (path != nullptr ? path->text() : "/") + name->text()));
  }
  return arns;
}

bool has_type(const cfn::Template& source, std::string_view type) {
  return std::ranges::find(source.resources, type, &cfn::Resource::type) != source.resources.end();
}

Result<cfn::Template> part_template(const PermissionOrder& order) {
  if (order.part == "hub") return hub_template(order.roles);
  if (order.part == "node") return node_template(order.roles);
  return target_template(order.roles);
}

Value change_stacks(const PermissionOrder& order) {
  return allow("ChangeStacks",
               {"cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet", "cloudformation:DeleteStack",
                "cloudformation:DescribeChangeSet", "cloudformation:DescribeStackEvents",
                "cloudformation:DescribeStacks", "cloudformation:ExecuteChangeSet"},
               {own_arn("cloudformation", "stack/" + order.stack + "/*")});
}

/// What its handlers of topics, alarms and rules call.
void add_alarm_statements(Value& out) {
  const std::string names = std::string(kAlarmPrefix) + "*";
  out.add(allow("MakeTopics",
                {"sns:CreateTopic", "sns:DeleteTopic", "sns:GetTopicAttributes", "sns:ListTagsForResource",
                 "sns:SetTopicAttributes", "sns:TagResource"},
                {own_arn("sns", names)}));
  out.add(allow(
      "MakeAlarms",
      {"cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"},
      {own_arn("cloudwatch", "alarm:" + names)}));
  out.add(allow("MakeRules",
                {"events:DeleteRule", "events:DescribeRule", "events:ListTargetsByRule", "events:PutRule",
                 "events:PutTargets", "events:RemoveTargets", "events:TagResource"},
                {own_arn("events", "rule/" + names)}));
}

/// What its handlers of endpoints and security groups call.
void add_endpoint_statements(Value& out) {
  out.add(allow("FindNodes", {"ec2:DescribeInstances"}, {Value("*")}));
  out.add(look_at_networks());
  std::vector<Value> arns;
  for (const char* kind :
       {"route-table/*", "security-group-rule/*", "security-group/*", "subnet/*", "vpc-endpoint/*", "vpc/*"}) {
    arns.push_back(own_arn("ec2", kind));
  }
  out.add(allow(
      "MakeEndpoints",
      {"ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateSecurityGroup",
       "ec2:CreateTags", "ec2:CreateVpcEndpoint", "ec2:DeleteSecurityGroup", "ec2:DeleteTags", "ec2:DeleteVpcEndpoints",
       "ec2:ModifyVpcEndpoint", "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"},
      std::move(arns)));
  // EC2 binds the private zone of an endpoint to the VPC with the caller's permissions.
  out.add(allow("MakePrivateNames", {"route53:AssociateVPCWithHostedZone"}, {Value("*")}));
}

/// What CloudFormation's handlers of IAM's resource types call, as their schemas list it.
Result<Value> deploy_catalog(const PermissionOrder& order) {
  Value out = Value::list();
  out.add(change_stacks(order));
  out.add(allow("ReadRoles",
                {"iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy",
                 "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"},
                {iam_arn("policy/*"), iam_arn("role/*"), cfn::sub("arn:${AWS::Partition}:iam::aws:policy/*")}));
  out.add(allow("SetUpSites",
                {"drs:CreateLaunchConfigurationTemplate", "drs:CreateReplicationConfigurationTemplate",
                 "drs:DescribeLaunchConfigurationTemplates", "drs:DescribeReplicationConfigurationTemplates",
                 "drs:InitializeService", "drs:TagResource", "drs:UpdateLaunchConfigurationTemplate",
                 "drs:UpdateReplicationConfigurationTemplate", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
                 "iam:AddRoleToInstanceProfile", "iam:AttachRolePolicy", "iam:CreateInstanceProfile", "iam:CreateRole",
                 "iam:CreateServiceLinkedRole", "iam:GetRole"},
                {Value("*")}));
  if (order.part == "alarms") {
    add_alarm_statements(out);
    return out;
  }
  if (order.part == "documents") {
    out.add(
        allow("MakeDocuments",
              {"ssm:AddTagsToResource", "ssm:CreateDocument", "ssm:DeleteDocument", "ssm:DescribeDocument",
               "ssm:GetDocument", "ssm:ListTagsForResource", "ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion"},
              {own_arn("ssm", "document/" + std::string(kOwnInstallDocument))}));
    return out;
  }
  if (order.part == "endpoints") {
    add_endpoint_statements(out);
    return out;
  }
  TRY(const cfn::Template source, part_template(order));
  if (has_type(source, "AWS::IAM::Role")) {
    const std::vector<Value> roles = named_arns(source, "AWS::IAM::Role", "role", "RoleName");
    out.add(allow("MakeRoles",
                  {"iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy",
                   "iam:DetachRolePolicy", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies",
                   "iam:ListRolePolicies", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole",
                   "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"},
                  roles));
    if (has_type(source, "AWS::IAM::InstanceProfile")) {
      out.add(allow("MakeProfiles",
                    {"iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile",
                     "iam:GetInstanceProfile", "iam:RemoveRoleFromInstanceProfile"},
                    named_arns(source, "AWS::IAM::InstanceProfile", "instance-profile", "InstanceProfileName")));
      out.add(allow("PassRoles", {"iam:PassRole"}, roles));
    }
  }
  if (has_type(source, "AWS::IAM::ManagedPolicy")) {
    // CloudFormation makes up their names, from the stack's.
    out.add(allow("MakePolicies",
                  {"iam:AttachRolePolicy", "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy",
                   "iam:DeletePolicyVersion", "iam:DetachRolePolicy", "iam:GetPolicy", "iam:ListPolicyVersions"},
                  {iam_arn("policy/" + order.stack + "-*")}));
  }
  if (has_type(source, "AWS::SSO::PermissionSet")) {
    out.add(allow("MakePermissionSets",
                  {"sso:CreatePermissionSet", "sso:DeletePermissionSet", "sso:DescribePermissionSet",
                   "sso:GetInlinePolicyForPermissionSet", "sso:ListTagsForResource",
                   "sso:PutInlinePolicyToPermissionSet", "sso:TagResource", "sso:UpdatePermissionSet"},
                  {Value("*")}));
  }
  return out;
}

// ---- hub ----

std::vector<Value> arns_of(const std::vector<std::string>& texts) {
  std::vector<Value> arns;
  for (const std::string& each : texts) arns.emplace_back(each);
  return arns;
}

/// The roles that are known, else every account's of those names.
std::vector<Value> target_roles(const PermissionOrder& order) {
  if (!order.roles.target_roles.empty()) return arns_of(order.roles.target_roles);
  std::vector<std::string> names;
  for (const Duty duty : order.roles.duties) {
    const std::string& name = order.roles.name_of(duty);
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  std::vector<Value> arns;
  for (const std::string& name : names) arns.push_back(cfn::sub("arn:${AWS::Partition}:iam::*:role/" + name));
  return arns;
}

Value hub_catalog(const PermissionOrder& order) {
  Value out = Value::list();
  std::vector<Value> roles = target_roles(order);
  if (!roles.empty()) out.add(allow("AssumeTargetRoles", order.roles.assume_actions(), std::move(roles)));
  if (!order.deploy_roles.empty()) {
    out.add(allow("AssumeDeployRoles", {"sts:AssumeRole"}, arns_of(order.deploy_roles)));
  }
  out.add(
      allow("HoldRuns", {"ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter"},
            {cfn::sub("arn:${AWS::Partition}:ssm:" + order.hub_region + ":${AWS::AccountId}:parameter/postern/hold")}));
  add_signal_statements(out, order.topics, order.event_buses, order.anchors);
  add_copy_statement(out, order.copies);
  out.add(allow(
      "ChangeStackSets",
      {"cloudformation:CreateStackInstances", "cloudformation:CreateStackSet", "cloudformation:DeleteStackInstances",
       "cloudformation:DeleteStackSet", "cloudformation:DescribeStackSet", "cloudformation:DescribeStackSetOperation",
       "cloudformation:ListStackInstances", "cloudformation:TagResource", "cloudformation:UpdateStackSet"},
      {own_arn("cloudformation", "stackset/" + order.stack + ":*"),
       own_arn("cloudformation", "stackset-target/" + order.stack + ":*"),
       cfn::sub("arn:${AWS::Partition}:cloudformation:*::type/resource/*")}));
  out.add(allow("ListOrganization",
                {"organizations:ListAccounts", "organizations:ListAccountsForParent",
                 "organizations:ListOrganizationalUnitsForParent", "organizations:ListRoots"},
                {Value("*")}));
  out.add(allow("ReadOrganization",
                {"organizations:DescribeOrganization", "organizations:DescribePolicy", "organizations:ListParents",
                 "organizations:ListPoliciesForTarget", "organizations:ListRoots"},
                {Value("*")}));
  return out;
}

// ---- from the table to a policy ----

std::vector<std::string> actions_of(const Value& statement) {
  std::vector<std::string> out;
  const Value& action = *statement.find("Action");
  if (action.kind() == Value::Kind::text) out.push_back(action.text());
  for (const cfn::Entry& each : action.entries()) out.push_back(each.value.text());
  return out;
}

/// Which commands use the action of the statement, and for what; empty: none.
std::string why_of(const Catalog& catalog, const PermissionOrder& order, std::string_view sid,
                   std::string_view action) {
  std::string out;
  for (const CommandNeeds* needs : catalog.commands) {
    for (const Use& use : needs->uses) {
      const bool this_one = use.sid == sid || use.sid == kWholeDuty;
      if (use.holder != order.holder || !this_one || !holds(use.when, order) || !names(use, action)) continue;
      out += (out.empty() ? "" : "; ") + std::string(needs->command) + ": " + std::string(use.why);
      break;
    }
  }
  return out;
}

Json one_or_list(const std::vector<std::pair<std::string, std::string>>& why) {
  if (why.size() == 1) return Json(why.front().first);
  Json list = Json::array();
  for (const auto& [action, reason] : why) list.push_back(action);
  return list;
}

Result<Json> resolved(const PermissionOrder& order, const Value& statement) {
  cfn::Inputs inputs;
  inputs.account = order.account;
  inputs.partition = order.roles.partition;
  TRY(const std::string text, cfn::resolve_json(cfn::Template(), statement, inputs));
  return Json::parse(text);
}

bool same_but_actions(Json a, Json b) {
  for (Json* each : {&a, &b}) {
    each->erase("Action");
    each->erase("Sid");
  }
  return a == b;
}

/// Adds the statement, or its actions to the same statement of another duty.
void add(std::vector<Permission>& out, Permission one, const std::string& mark) {
  for (Permission& other : out) {
    if (other.sid != one.sid) continue;
    if (!same_but_actions(other.statement, one.statement)) {
      one.sid += mark;
      break;
    }
    for (auto& [action, why] : one.why) {
      const auto has = std::ranges::find(other.why, action, &std::pair<std::string, std::string>::first);
      if (has == other.why.end()) {
        other.why.emplace_back(action, why);
      } else {
        has->second += "; " + why;
      }
    }
    std::ranges::sort(other.why);
    other.statement.set("Action", one_or_list(other.why));
    return;
  }
  one.statement.set("Sid", one.sid).set("Action", one_or_list(one.why));
  out.push_back(std::move(one));
}

std::string mark_of(Duty duty) {
  std::string mark(to_string(duty));
  mark.front() = static_cast<char>(mark.front() - 'a' + 'A');
  return mark;
}

bool goes_in_to_deploy(const CommandNeeds& needs) {
  return !needs.duty && std::ranges::any_of(needs.uses, [](const Use& use) { return use.holder == Holder::target; });
}

Result<std::vector<const CommandNeeds*>> needs_of(const std::vector<std::string>& commands) {
  std::vector<const CommandNeeds*> all;
  for (const std::string& command : commands) {
    const CommandNeeds* needs = find_needs(command);
    if (needs == nullptr) return fail(ErrorKind::usage, "there is no command '" + printable(command, 60) + "'");
    if (std::ranges::find(all, needs) == all.end()) all.push_back(needs);
  }
  return all;
}

Result<std::vector<Catalog>> target_catalogs(const std::vector<const CommandNeeds*>& all,
                                             const PermissionOrder& order) {
  std::vector<Catalog> catalogs;
  std::vector<const CommandNeeds*> deploying;
  std::ranges::copy_if(all, std::back_inserter(deploying),
                       [](const CommandNeeds* needs) { return goes_in_to_deploy(*needs); });
  for (const Duty duty : kEveryDuty) {
    std::vector<const CommandNeeds*> of_duty;
    std::ranges::copy_if(all, std::back_inserter(of_duty),
                         [duty](const CommandNeeds* needs) { return needs->duty == duty; });
    if (!of_duty.empty()) catalogs.emplace_back(std::move(of_duty), mark_of(duty), duty_catalog(duty, order));
  }
  if (deploying.empty()) return catalogs;
  if (!catalogs.empty()) {
    return fail(ErrorKind::usage, "'" + std::string(deploying.front()->command) +
                                      "' goes into accounts by the role of "
                                      "--via and '" +
                                      std::string(catalogs.front().commands.front()->command) +
                                      "' by a duty's: ask for them one after the other");
  }
  TRY(Value statements, deploy_catalog(order));
  catalogs.emplace_back(std::move(deploying), "", std::move(statements));
  return catalogs;
}

Result<iam::DocumentPtr> parsed_policy(const std::vector<Permission>& all) {
  iam::ParseOptions options;
  options.size_max = iam::kDocumentBytesMax;
  return iam::parse_document(iam::DocumentKind::identity, policy_document(all).dump(), options);
}

}  // namespace permissions_detail

Result<std::vector<Permission>> permissions(const PermissionOrder& order) {
  using namespace permissions_detail;
  TRY(const std::vector<const CommandNeeds*> all, needs_of(order.commands));
  std::vector<Catalog> catalogs;
  if (order.holder == Holder::hub) {
    catalogs.emplace_back(all, "", hub_catalog(order));
  } else {
    TRY(catalogs, target_catalogs(all, order));
  }
  std::vector<Permission> out;
  for (const Catalog& catalog : catalogs) {
    for (const cfn::Entry& each : catalog.statements.entries()) {
      Permission one;
      one.sid = each.value.find("Sid")->text();
      for (const std::string& action : actions_of(each.value)) {
        std::string why = why_of(catalog, order, one.sid, action);
        if (!why.empty()) one.why.emplace_back(action, std::move(why));
      }
      if (one.why.empty()) continue;
      TRY(one.statement, resolved(order, each.value));
      add(out, std::move(one), catalog.mark);
    }
  }
  if (out.empty()) return out;
  const auto parsed = parsed_policy(out);
  if (!parsed) return fail(Error(ErrorKind::usage, "IAM would refuse this policy").caused_by(parsed.error()));
  return out;
}

Json policy_document(const std::vector<Permission>& permissions) {
  Json statements = Json::array();
  for (const Permission& each : permissions) statements.push_back(each.statement);
  return Json::object().set("Version", "2012-10-17").set("Statement", std::move(statements));
}

std::string size_note(const std::vector<Permission>& permissions) {
  const auto parsed = permissions_detail::parsed_policy(permissions);
  if (!parsed || (*parsed)->size() <= iam::kManagedPolicySizeMax) return {};
  return "the policy has " + std::to_string((*parsed)->size()) + " characters: a managed policy holds " +
         std::to_string(iam::kManagedPolicySizeMax) + ", the inline policies of a role " +
         std::to_string(iam::kRoleInlinePoliciesSizeMax);
}

}  // namespace postern::access
