// The one role that earlier scripts deploy, with its names kept and its rights narrowed.

#include "access/role_pieces.hpp"
#include "access/statements.hpp"

namespace postern::access {
namespace {

using cfn::Value;

constexpr std::string_view kBriefRole = "DRSOrchestrationRole";

void add_parameters(cfn::Template& out, const RoleOrder& order) {
  cfn::Parameter account = parameter("OrchestrationAccountId", "AWS Account ID of the central orchestration account",
                                     "^[0-9]{12}$", "12 digits");
  if (!order.hub_account.empty()) account.default_value = order.hub_account;
  out.parameters.push_back(std::move(account));
  cfn::Parameter role_name =
      parameter("OrchestrationRoleName", "The one role of that account that may come in. It must exist first.",
                R"(^[\w+=,.@/-]{1,512}$)", "the name of a role, with its path");
  role_name.default_value = order.hub_role;
  out.parameters.push_back(std::move(role_name));
  add_trust_parameters(out, order);
  cfn::Parameter recovery;
  recovery.name = "EnableRecovery";
  recovery.description = "Whether the role may also start recoveries and terminate recovery instances";
  recovery.default_value = "false";
  recovery.allowed_values = {"true", "false"};
  recovery.constraint = "true or false";
  out.parameters.push_back(std::move(recovery));
  out.conditions.emplace_back("HasRecovery", cfn::equals(cfn::ref("EnableRecovery"), "true"));
}

Value rollout_policy(const RoleOrder& order) {
  Value statements = Value::list();
  statements.add(discovery(), "EC2 Discovery");
  statements.add(send_documents({std::string(kInstallDocument)}),
                 "SSM Command Execution: this document, on nodes with this tag");
  statements.add(send_nodes(order.limits.rollout_tag));
  statements.add(command_follow_up());
  statements.add(node_role_reads());
  statements.add(replication_reads(), "DRS Monitoring");
  return statements;
}

/// Discovery and monitoring are in the role's own policy.
Value recovery_policy() {
  Value all = Value::list();
  add_recovery(all);
  Value cleanup = Value::list();
  add_cleanup(cleanup);
  Value out = Value::list();
  const auto take = [&out](const Value& statements, std::string_view twice) {
    for (const cfn::Entry& each : statements.entries()) {
      const std::string& sid = each.value.find("Sid")->text();
      if (sid != "WatchReplication" && sid != twice) out.add(each.value, each.comment);
    }
  };
  take(all, {});
  take(cleanup, "TagJobs");
  return out;
}

}  // namespace

Result<cfn::Template> brief_template(const RoleOrder& order) {
  cfn::Template out;
  out.comment =
      "The role that `aws cloudformation deploy --capabilities CAPABILITY_NAMED_IAM --parameter-overrides\n"
      "OrchestrationAccountId=... ExternalId=...` makes in a target account. Deploy it in one Region: IAM is global.";
  out.description = "Cross-account role for DRS agent deployment and orchestration";
  add_parameters(out, order);
  Value principal = Value::map();
  principal.set("AWS", cfn::sub("arn:${AWS::Partition}:iam::${OrchestrationAccountId}:role/${OrchestrationRoleName}"));
  const std::string id(kBriefRole);
  cfn::Resource one = role(id, kBriefRole, "Allows central account to deploy and manage DRS agents",
                           trust(std::move(principal), "sts:AssumeRole", trust_condition(order)));
  one.properties.set("Policies", Value::list({inline_policy("DRSOrchestrationPolicy", rollout_policy(order))}));
  out.resources.push_back(std::move(one));

  cfn::Resource recovery;
  recovery.id = "DRSRecoveryPolicy";
  recovery.type = "AWS::IAM::Policy";
  recovery.comment = "DRS Operations (optional - for full orchestration)";
  recovery.condition = "HasRecovery";
  recovery.properties.set("PolicyName", "DRSRecoveryPolicy");
  recovery.properties.set("Roles", Value::list({cfn::ref(id)}));
  recovery.properties.set("PolicyDocument", document(recovery_policy()));
  out.resources.push_back(std::move(recovery));

  cfn::Output arn = output("RoleArn", "ARN of the DRS Orchestration Role", cfn::get_att(id, "Arn"));
  arn.export_name = Value("DRSOrchestrationRoleArn");
  out.outputs.push_back(std::move(arn));
  TRY_VOID(check_policies(out));
  return out;
}

}  // namespace postern::access
