// The identity in the hub account, by where postern runs.

#include <array>

#include "access/role_pieces.hpp"
#include "access/statements.hpp"
#include "iam/document.hpp"

namespace postern::access {
namespace {

using cfn::Value;

constexpr std::array<std::string_view, 5> kModeNames = {"ec2", "lambda", "state-machine", "permission-set", "oidc"};

/// So much of a role's inline policies goes to the list of roles; a longer one goes to managed policies.
constexpr std::size_t kInlineRoom = 8'000;
/// What a managed policy holds, less what stands around its list.
constexpr std::size_t kManagedRoom = iam::kManagedPolicySizeMax - 200;

/// With its quotes and comma.
std::size_t size_in_list(const std::string& arn) {
  return arn.size() + 3;
}

/// The roles in lists that each fit into a managed policy.
std::vector<std::vector<std::string>> managed_lists(const std::vector<std::string>& arns) {
  std::vector<std::vector<std::string>> lists;
  std::size_t room = 0;
  for (const std::string& arn : arns) {
    if (room < size_in_list(arn)) {
      lists.emplace_back();
      room = kManagedRoom;
    }
    room -= size_in_list(arn);
    lists.back().push_back(arn);
  }
  return lists;
}

Value assume(const RoleOrder& order, Value roles) {
  Value statement = Value::map();
  statement.set("Sid", "AssumeTargetRoles");
  statement.set("Effect", "Allow");
  const std::vector<std::string> actions = order.assume_actions();
  if (actions.size() == 1) {
    statement.set("Action", actions.front());
  } else {
    statement.set("Action", Value::texts(actions));
  }
  statement.set("Resource", std::move(roles));
  return Value::list({std::move(statement)});
}

/// Exactly the roles that are known, else those of a parameter.
Value assume_statements(const RoleOrder& order) {
  return assume(order, order.target_roles.empty() ? cfn::ref("TargetRoleArns") : Value::texts(order.target_roles));
}

/// One policy after another, attached to the hub's role.
void add_managed_policies(cfn::Template& out, const RoleOrder& order) {
  int number = 0;
  for (const std::vector<std::string>& list : managed_lists(order.target_roles)) {
    cfn::Resource policy;
    policy.id = "AssumeTargetRoles" + std::to_string(++number);
    policy.type = "AWS::IAM::ManagedPolicy";
    policy.properties.set("Description", "Target roles of postern, part " + std::to_string(number));
    policy.properties.set("Roles", Value::list({cfn::ref("HubRole")}));
    policy.properties.set("PolicyDocument", document(assume(order, Value::texts(list))));
    out.resources.push_back(std::move(policy));
  }
}

Value hold_statements() {
  return Value::list({allow("HoldRuns", {"ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter"},
                            {own_arn("ssm", "parameter/postern/hold")})});
}

/// The fleet file's topics, event buses and anchors; an empty list without any.
Value signal_statements(const RoleOrder& order) {
  Value out = Value::list();
  add_signal_statements(out, order.topics, order.event_buses, order.anchors);
  return out;
}

/// The fleet file's places for copies; an empty list without any.
Value copy_statements(const RoleOrder& order) {
  Value out = Value::list();
  add_copy_statement(out, order.copies);
  return out;
}

/// Only on behalf of this account's own resources.
Value own_account() {
  return condition("StringEquals", {{"aws:SourceAccount", cfn::ref(cfn::kAccountId)}});
}

Value build_server_trust(const RoleOrder& order) {
  Value principal = Value::map();
  principal.set("Federated",
                cfn::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/" + order.oidc_provider));
  Value claims = condition("StringEquals", {{order.oidc_provider + ":aud", "sts.amazonaws.com"},
                                            {order.oidc_provider + ":sub", cfn::ref("OidcSubject")}});
  return trust(std::move(principal), "sts:AssumeRoleWithWebIdentity", std::move(claims));
}

Value mode_trust(const RoleOrder& order) {
  switch (order.mode) {
    case DeployMode::lambda:
      return service_trust("lambda.amazonaws.com", Value::map());
    case DeployMode::state_machine:
      return service_trust("states.amazonaws.com", own_account());
    case DeployMode::oidc:
      return build_server_trust(order);
    case DeployMode::ec2:
    case DeployMode::permission_set:
      break;
  }
  return service_trust("ec2.amazonaws.com", Value::map());
}

void add_permission_set(cfn::Template& out, const RoleOrder& order) {
  cfn::Parameter instance =
      parameter("IdentityCenterArn", "The instance of IAM Identity Center",
                "^arn:[a-z-]+:sso:::instance/(sso)?ins-[a-zA-Z0-9.-]{16}$", "arn:aws:sso:::instance/ssoins-...");
  out.parameters.push_back(std::move(instance));
  cfn::Resource set;
  set.id = "HubPermissionSet";
  set.type = "AWS::SSO::PermissionSet";
  set.properties.set("Name", order.hub_role);
  set.properties.set("InstanceArn", cfn::ref("IdentityCenterArn"));
  set.properties.set("Description", "People who work with postern");
  set.properties.set("SessionDuration", "PT1H");
  Value statements = assume_statements(order);
  for (const Value& more : {hold_statements(), signal_statements(order), copy_statements(order)}) {
    for (const cfn::Entry& each : more.entries()) statements.add(each.value);
  }
  set.properties.set("InlinePolicy", document(std::move(statements)));
  out.resources.push_back(std::move(set));
  out.outputs.push_back(output("HubPermissionSetArn", "Assign it to people in the hub account",
                               cfn::get_att("HubPermissionSet", "PermissionSetArn")));
}

void add_role(cfn::Template& out, const RoleOrder& order) {
  cfn::Resource hub =
      role("HubRole", order.hub_role, "Assumes the target roles of postern and no others", mode_trust(order));
  if (order.mode == DeployMode::lambda) {
    hub.properties.set("ManagedPolicyArns", Value::list({aws_policy("service-role/AWSLambdaBasicExecutionRole")}));
  }
  std::size_t size = 0;
  for (const std::string& arn : order.target_roles) size += size_in_list(arn);
  // Their ARNs have the same room.
  for (const std::string& place : order.copies) size += size_in_list("arn:PARTITION:s3:::/*" + place);
  Value policies = Value::list();
  if (size <= kInlineRoom) policies.add(inline_policy("assume-target-roles", assume_statements(order)));
  policies.add(inline_policy("hold", hold_statements()), "The flag by which `postern hold` stops every run.");
  Value signals = signal_statements(order);
  if (!signals.entries().empty()) {
    policies.add(inline_policy("signals", std::move(signals)),
                 "The fleet file's topics, event buses and anchors: who is told how a run ended.");
  }
  Value copies = copy_statements(order);
  if (!copies.entries().empty()) {
    policies.add(inline_policy("copies", std::move(copies)),
                 "What `postern cp` sends large files through. Nodes get at it by requests that this role has signed.");
  }
  hub.properties.set("Policies", std::move(policies));
  out.resources.push_back(std::move(hub));
  if (size > kInlineRoom) add_managed_policies(out, order);
  out.outputs.push_back(output("HubRoleArn", "The parameter HubRoleArn of the target accounts' template",
                               cfn::get_att("HubRole", "Arn")));
  if (order.mode != DeployMode::ec2) return;
  cfn::Resource profile;
  profile.id = "HubProfile";
  profile.type = "AWS::IAM::InstanceProfile";
  profile.properties.set("InstanceProfileName", path_and_name(order.hub_role).second);
  profile.properties.set("Roles", Value::list({cfn::ref("HubRole")}));
  out.resources.push_back(std::move(profile));
  out.outputs.push_back(output("HubProfileName", "Give this to the orchestration host", cfn::ref("HubProfile")));
}

}  // namespace

std::string_view to_string(DeployMode mode) noexcept {
  return kModeNames[static_cast<std::size_t>(mode)];
}

std::optional<DeployMode> parse_deploy_mode(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kModeNames.size(); ++i) {
    if (kModeNames[i] == text) return static_cast<DeployMode>(i);
  }
  return std::nullopt;
}

Result<cfn::Template> hub_template(const RoleOrder& order) {
  cfn::Template out;
  out.comment =
      "The identity in the hub account that assumes the roles of target accounts. Deploy this first: a target role "
      "cannot\n"
      "trust what does not exist, and one that was deleted and made again is somebody else.";
  out.description = "Identity of postern in the hub account (" + std::string(to_string(order.mode)) + ")";
  if (order.target_roles.empty()) {
    cfn::Parameter roles =
        parameter("TargetRoleArns", "The roles to assume, by ARN", std::string(kRoleArnPattern), "ARNs of roles");
    roles.type = cfn::ParameterType::text_list;
    out.parameters.push_back(std::move(roles));
  }
  if (order.mode == DeployMode::oidc) {
    out.parameters.push_back(
        parameter("OidcSubject", "Whose tokens are taken: the sub claim, such as repo:OWNER/NAME:environment:prod",
                  "^[^*?]{3,}$", "one subject, without wildcards"));
  }
  if (order.mode == DeployMode::permission_set) {
    add_permission_set(out, order);
  } else {
    add_role(out, order);
  }
  TRY_VOID(check_policies(out));
  return out;
}

}  // namespace postern::access
