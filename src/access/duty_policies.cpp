#include "access/duty_policies.hpp"

#include "access/install_document.hpp"
#include "access/statements.hpp"
#include "cfn/value.hpp"

namespace postern::access {
namespace {

/// What the session commands use, and the account's own preferences.
constexpr std::string_view kSessionDocuments[] = {"SSM-SessionManagerRunShell",
                                                  "AWS-StartInteractiveCommand",
                                                  "AWS-StartNonInteractiveCommand",
                                                  "AWS-StartPortForwardingSession",
                                                  "AWS-StartPortForwardingSessionToRemoteHost",
                                                  "AWS-StartSSHSession"};

using cfn::Value;

constexpr std::string_view kDutyNames[] = {"observe", "operate", "rollout", "recover", "cleanup"};

/// AWS's own documents have no account in their ARN. A pattern that may mean both gives both; a shared document comes
/// as an ARN.
void add_document(std::vector<Value>& arns, const std::string& name) {
  if (name.starts_with("arn:")) {
    arns.emplace_back(name);
    return;
  }
  const std::string resource = "document/" + name;
  const bool either = name.starts_with('*') || name.starts_with('?');
  const bool of_aws = name.starts_with("AWS");
  if (either || of_aws) arns.push_back(cfn::sub("arn:${AWS::Partition}:ssm:*::" + resource));
  if (either || !of_aws) arns.push_back(own_arn("ssm", resource));
}

/// Attaching AWS's policy for nodes, and no other, to the role of a node; and whom that reaches.
void add_node_preparation(Value& out) {
  const Value roles = cfn::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*");
  out.add(allow("ReadNodePolicies",
                {"iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:ListInstanceProfilesForRole"},
                {roles, cfn::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/*"),
                 cfn::sub("arn:${AWS::Partition}:iam::aws:policy/*")}),
          "Managed policies of nodes' roles, their boundaries, and who else has the role.");
  out.add(allow("AttachNodePolicy", {"iam:AttachRolePolicy"}, {roles},
                condition("ArnEquals", {{"iam:PolicyARN", cfn::sub("arn:${AWS::Partition}:iam::aws:policy/service-role/"
                                                                   "AWSElasticDisasterRecoveryEc2InstancePolicy")}})),
          "`dr prepare` and `dr rollout --prepare`: this one policy may be attached to a role, no other.");
}

Value install_statements(const DutyLimits& limits) {
  Value out = Value::list();
  out.add(discovery());
  out.add(send_documents({std::string(kInstallDocument), std::string(kOwnInstallDocument)}),
          "AWS's installer, ours for another account or some disks (`deploy documents`), and nothing else.");
  out.add(send_nodes(limits.rollout_tag), "Whoever may set this tag decides where it is installed: protect the tag.");
  out.add(command_follow_up());
  out.add(node_role_reads(), "Whether a node's role lets its agent register, before anything is installed.");
  add_node_preparation(out);
  out.add(replication_reads(), "A command that ended well is no protection yet: the source server is.");
  return out;
}

}  // namespace

std::string_view to_string(Duty duty) noexcept {
  return kDutyNames[static_cast<std::size_t>(duty)];
}

std::optional<Duty> parse_duty(std::string_view text) noexcept {
  for (const Duty duty : kEveryDuty) {
    if (to_string(duty) == text) return duty;
  }
  return std::nullopt;
}

Value discovery() {
  return allow("Discover", {"ec2:DescribeInstances", "ec2:DescribeRegions", "ssm:DescribeInstanceInformation"}, {"*"});
}

Value replication_reads() {
  return allow(
      "WatchReplication",
      {"drs:DescribeJobLogItems", "drs:DescribeJobs", "drs:DescribeLaunchConfigurationTemplates",
       "drs:DescribeRecoveryInstances", "drs:DescribeRecoverySnapshots",
       "drs:DescribeReplicationConfigurationTemplates", "drs:DescribeSourceServers", "drs:GetLaunchConfiguration",
       "drs:GetReplicationConfiguration", "drs:ListTagsForResource", "ec2:DescribeLaunchTemplateVersions"},
      {"*"});
}

Value send_documents(const std::vector<std::string>& documents) {
  std::vector<Value> arns;
  for (const std::string& name : documents) add_document(arns, name);
  return allow("SendDocuments", {"ssm:SendCommand"}, std::move(arns));
}

Value send_nodes(const TagRule& tag) {
  return allow("SendToTaggedNodes", {"ssm:SendCommand"},
               {own_arn("ec2", "instance/*"), own_arn("ssm", "managed-instance/*")},
               condition("StringEquals", {{"ssm:resourceTag/" + tag.key, tag.value}}));
}

Value command_follow_up() {
  return allow("FollowCommands",
               {"ssm:CancelCommand", "ssm:DescribeDocument", "ssm:GetCommandInvocation", "ssm:GetDocument",
                "ssm:ListCommandInvocations", "ssm:ListCommands"},
               {"*"});
}

Value session_nodes(const TagRule& tag) {
  return allow("SessionsOnTaggedNodes", {"ssm:StartSession"},
               {own_arn("ec2", "instance/*"), own_arn("ssm", "managed-instance/*")},
               condition("StringEquals", {{"ssm:resourceTag/" + tag.key, tag.value}}));
}

Value session_documents() {
  std::vector<Value> arns;
  for (const std::string_view name : kSessionDocuments) add_document(arns, std::string(name));
  return allow("SessionDocuments", {"ssm:StartSession"}, std::move(arns));
}

Value own_sessions() {
  return allow("OwnSessions", {"ssm:ResumeSession", "ssm:TerminateSession"}, {own_arn("ssm", "session/*")},
               condition("StringLike", {{"ssm:resourceTag/aws:ssmmessages:session-id", std::string("${aws:userid}")}}));
}

Value session_connections() {
  return allow("SessionConnections", {"ssm:GetConnectionStatus"}, {"*"});
}

Value session_keys() {
  return allow("SessionKeys", {"kms:GenerateDataKey"}, {own_arn("kms", "key/*")},
               condition("StringLike", {{"kms:EncryptionContext:aws:ssm:TargetId", std::string("*")}}));
}

Value node_role_reads() {
  return allow("ReadNodeRoles",
               {"iam:GetInstanceProfile", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"},
               {cfn::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:instance-profile/*"),
                cfn::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*")});
}

Value look_at_networks() {
  return allow("LookAtNetworks",
               {"ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
                "ec2:DescribeVpcAttribute", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs"},
               {"*"});
}

Value duty_statements(Duty duty, const DutyLimits& limits) {
  if (duty == Duty::rollout) return install_statements(limits);
  Value out = Value::list();
  out.add(discovery());
  switch (duty) {
    case Duty::operate:
      out.add(send_documents(limits.documents), "A command needs a document that may be sent ...");
      out.add(send_nodes(limits.operate_tag), "... and a node that may be reached.");
      out.add(command_follow_up(),
              "These have no resources to limit them to: what commands print is readable to this role.");
      out.add(session_nodes(limits.operate_tag), "Sessions: on the same nodes, ...");
      out.add(session_documents(), "... by these documents, ...");
      out.add(own_sessions(), "... to be ended and taken up again by whoever began them, ...");
      out.add(session_connections(), "... told from nodes that restart, ...");
      out.add(session_keys(), "... and encrypted where the account's preferences name a key.");
      break;
    case Duty::recover:
      add_recovery(out);
      out.add(allow("ChangeReplication", {"drs:UpdateReplicationConfiguration"}, {own_arn("drs", "source-server/*")}),
              "`dr config apply`; the other half of it is UpdateLaunchConfiguration above.");
      break;
    case Duty::cleanup:
      add_cleanup(out);
      break;
    case Duty::observe:
      out.add(replication_reads());
      out.add(look_at_networks(), "`check endpoints`: what lies between nodes and Systems Manager, ...");
      out.add(
          allow("ReadSessionPreferences", {"ssm:GetDocument"}, {own_arn("ssm", "document/SSM-SessionManagerRunShell")}),
          "... where sessions are logged, ...");
      out.add(node_role_reads(), "... and whether nodes may write there.");
      out.add(allow("LookUpCalls", {"cloudtrail:LookupEvents"}, {"*"}), "Who assumed a role here, and what a run did.");
      break;
    case Duty::rollout:
      break;
  }
  return out;
}

}  // namespace postern::access
