#include "recovery/node_rights.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.hpp"
#include "iam/evaluate.hpp"

namespace postern::recovery {
namespace node_rights {

// AWSElasticDisasterRecoveryEc2InstancePolicy version 5, less drs:CreateSourceNetwork, which only the replication of
// networks needs.
constexpr std::string_view kInstall[] = {"drs:GetAgentInstallationAssetsForDrs", "drs:SendClientLogsForDrs",
                                         "drs:SendClientMetricsForDrs", "drs:CreateSourceServerForDrs"};
constexpr std::string_view kTag = "drs:TagResource";
constexpr std::string_view kReplicate[] = {"drs:SendAgentMetricsForDrs",
                                           "drs:SendAgentLogsForDrs",
                                           "drs:UpdateAgentSourcePropertiesForDrs",
                                           "drs:UpdateAgentReplicationInfoForDrs",
                                           "drs:UpdateAgentConversionInfoForDrs",
                                           "drs:GetAgentCommandForDrs",
                                           "drs:GetAgentConfirmedResumeInfoForDrs",
                                           "drs:GetAgentRuntimeConfigurationForDrs",
                                           "drs:UpdateAgentBacklogForDrs",
                                           "drs:GetAgentReplicationInfoForDrs"};
// What an agent cannot be online without; the rest of AmazonSSMManagedInstanceCore is for inventory and patching.
constexpr std::string_view kManaged[] = {"ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel",
                                         "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
                                         "ssmmessages:OpenDataChannel"};

constexpr std::string_view kNodePolicy = R"({"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Action":["drs:GetAgentInstallationAssetsForDrs","drs:SendClientLogsForDrs",
"drs:SendClientMetricsForDrs","drs:CreateSourceServerForDrs","drs:CreateSourceNetwork"],"Resource":"*"},
{"Effect":"Allow","Action":"drs:TagResource","Resource":"arn:PARTITION:drs:*:*:source-server/*",
"Condition":{"StringEquals":{"drs:CreateAction":"CreateSourceServerForDrs"}}},
{"Effect":"Allow","Action":"drs:TagResource","Resource":"arn:PARTITION:drs:*:*:source-network/*",
"Condition":{"StringEquals":{"drs:CreateAction":"CreateSourceNetwork"}}},
{"Effect":"Allow","Action":["drs:SendAgentMetricsForDrs","drs:SendAgentLogsForDrs",
"drs:UpdateAgentSourcePropertiesForDrs","drs:UpdateAgentReplicationInfoForDrs","drs:UpdateAgentConversionInfoForDrs",
"drs:GetAgentCommandForDrs","drs:GetAgentConfirmedResumeInfoForDrs","drs:GetAgentRuntimeConfigurationForDrs",
"drs:UpdateAgentBacklogForDrs","drs:GetAgentReplicationInfoForDrs"],
"Resource":"arn:PARTITION:drs:*:*:source-server/*"},
{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],
"Resource":"arn:PARTITION:iam::*:role/service-role/DRSCrossAccountAgentAuthorizedRole_*",
"Condition":{"ForAnyValue:StringEquals":{"sts:TransitiveTagKeys":"SourceInstanceARN"},
"StringLike":{"aws:RequestTag/SourceInstanceARN":"${ec2:SourceInstanceARN}"}}}]})";

constexpr std::string_view kCorePolicy = R"({"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Action":["ssm:DescribeAssociation","ssm:GetDeployablePatchSnapshotForInstance","ssm:GetDocument",
"ssm:DescribeDocument","ssm:GetManifest","ssm:GetParameter","ssm:GetParameters","ssm:ListAssociations",
"ssm:ListInstanceAssociations","ssm:PutInventory","ssm:PutComplianceItems","ssm:PutConfigurePackageResult",
"ssm:UpdateAssociationStatus","ssm:UpdateInstanceAssociationStatus","ssm:UpdateInstanceInformation"],"Resource":"*"},
{"Effect":"Allow","Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel",
"ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Resource":"*"},
{"Effect":"Allow","Action":["ec2messages:AcknowledgeMessage","ec2messages:DeleteMessage","ec2messages:FailMessage",
"ec2messages:GetEndpoint","ec2messages:GetMessages","ec2messages:SendReply"],"Resource":"*"}]})";

constexpr std::size_t kNotesMax = 6;
constexpr std::size_t kNameMax = 128;

std::string shown_name(const RolePolicy& policy) {
  return (policy.arn.empty() ? "inline policy " : "policy ") + printable(policy.name, kNameMax);
}

std::string arn_of(const NodeRole& role, const NodeNeeds& needs) {
  if (!role.arn.empty()) return role.arn;
  return "arn:" + std::string(to_string(needs.partition)) + ":iam::" + needs.account + ":role/" + role.name;
}

/// A role's policies, parsed.
class Judge {
 public:
  Judge(const NodeRole& role, const NodeNeeds& needs)
      : needs_(needs),
        partition_(to_string(needs.partition)),
        principal_(
            iam::Principal::role_session(arn_of(role, needs), "i-0123456789abcdef0", iam::Principal::Details())) {
    const std::string instance =
        "arn:" + partition_ + ":ec2:" + needs.region + ":" + needs.account + ":instance/i-0123456789abcdef0";
    context_.set("aws:RequestedRegion", needs.region);
    context_.set("aws:SecureTransport", "true");
    context_.set("ec2:SourceInstanceARN", instance);
    for (const RolePolicy& policy : role.policies) {
      if (std::optional<iam::AttachedPolicy> read = parse(policy, iam::DocumentKind::identity)) {
        identity_.push_back(std::move(*read));
      }
    }
    if (role.boundary) {
      boundary_ = parse(*role.boundary, iam::DocumentKind::boundary);
      if (!boundary_) {
        note("the permissions boundary " + printable(role.boundary->name, kNameMax) + " could not be judged");
      }
    }
  }

  /// As if this were attached too.
  void add(const RolePolicy& policy) {
    if (std::optional<iam::AttachedPolicy> read = parse(policy, iam::DocumentKind::identity)) {
      identity_.push_back(std::move(*read));
    }
  }

  std::vector<std::string> missing_drs() {
    std::vector<std::string> out;
    const std::string server =
        "arn:" + partition_ + ":drs:" + needs_.region + ":" + needs_.account + ":source-server/s-00000000000000000";
    for (const std::string_view action : kInstall) ask(action, "", context_, out);
    iam::RequestContext tagging = context_;
    tagging.set("drs:CreateAction", "CreateSourceServerForDrs");
    ask(kTag, server, tagging, out);
    for (const std::string_view action : kReplicate) ask(action, server, context_, out);
    if (!needs_.staging_account.empty()) {
      iam::RequestContext session = context_;
      session.set_list("sts:TransitiveTagKeys", {"SourceInstanceARN"});
      session.set("aws:RequestTag/SourceInstanceARN", context_.find("ec2:sourceinstancearn")->front());
      ask("sts:AssumeRole",
          "arn:" + partition_ + ":iam::" + needs_.account + ":role/service-role/" +
              authorized_agent_role(needs_.staging_account),
          session, out);
    }
    return out;
  }

  std::vector<std::string> missing_ssm() {
    std::vector<std::string> out;
    for (const std::string_view action : kManaged) ask(action, "", context_, out);
    return out;
  }

  std::vector<std::string> take_notes() { return std::move(notes_); }
  std::vector<std::string> take_unread() { return std::move(unread_); }

 private:
  std::optional<iam::AttachedPolicy> parse(const RolePolicy& policy, iam::DocumentKind kind) {
    if (policy.document.empty()) {
      unread_.push_back(shown_name(policy) + ": " + policy.unread);
      return std::nullopt;
    }
    iam::ParseOptions options;
    // Quotas were kept when IAM took it, and AWS's own are larger than anybody's.
    options.author = iam::Author::aws;
    Result<iam::DocumentPtr> document = iam::parse_document(kind, policy.document, options);
    if (!document) {
      unread_.push_back(shown_name(policy) + ": " + printable(document.error().message()));
      return std::nullopt;
    }
    return iam::AttachedPolicy(policy.name, policy.arn, std::move(*document));
  }

  void note(std::string text) {
    const bool known = std::find(notes_.begin(), notes_.end(), text) != notes_.end();
    if (!known && notes_.size() < kNotesMax) notes_.push_back(std::move(text));
  }

  void ask(std::string_view action, const std::string& resource, const iam::RequestContext& context,
           std::vector<std::string>& missing) {
    iam::Request request;
    request.principal = &principal_;
    request.action = action;
    request.context = &context;
    iam::Resource one(resource);
    one.account = needs_.account;  // only this side is judged: what another account's role trusts is its own affair
    if (!resource.empty()) request.resources = std::span(&one, 1);
    iam::PolicySet policies;
    policies.identity = identity_;
    policies.boundary = boundary_ ? &*boundary_ : nullptr;
    iam::EvaluateOptions options;
    options.detail = iam::Detail::full;
    const iam::Evaluation judged = iam::evaluate(request, policies, options);
    if (judged.allowed()) return;
    missing.emplace_back(action);
    explain(action, judged);
  }

  void explain(std::string_view action, const iam::Evaluation& judged) {
    const std::string service(action.substr(0, action.find(':')));
    if (judged.decision == iam::Decision::explicit_deny) {
      note(service + " actions are denied by " + judged.decided_by().to_text());
      return;
    }
    if (judged.layer == iam::Layer::boundary) {
      note("the permissions boundary " + printable(boundary_->name, kNameMax) + " does not allow " + service +
           " actions");
    }
    for (const iam::NearMiss& near : judged.near_misses) {
      const bool grant = near.statement && near.statement.statement().effect == iam::Effect::allow;
      if (!grant || near.part != iam::NearMiss::Part::condition || near.layer != iam::Layer::identity) continue;
      note(near.statement.to_text() + " allows " + std::string(action) + " under a condition on " +
           printable(near.key, kNameMax) + " that cannot be judged from here");
    }
  }

  const NodeNeeds& needs_;
  std::string partition_;
  iam::Principal principal_;
  iam::RequestContext context_;
  iam::PolicyList identity_;
  std::optional<iam::AttachedPolicy> boundary_;
  std::vector<std::string> notes_;
  std::vector<std::string> unread_;
};

}  // namespace node_rights

std::string authorized_agent_role(std::string_view staging_account) {
  return "DRSCrossAccountAgentAuthorizedRole_" + std::string(staging_account);
}

std::string agent_role(std::string_view account) {
  return "DRSCrossAccountAgentRole_" + std::string(account);
}

bool NodeRole::has_attached(std::string_view policy_arn) const {
  return std::any_of(policies.begin(), policies.end(), [&](const RolePolicy& each) { return each.arn == policy_arn; });
}

std::string profile_name_of(std::string_view arn) {
  const std::size_t slash = arn.rfind('/');
  return std::string(slash == std::string_view::npos ? arn : arn.substr(slash + 1));
}

std::string node_policy_arn(fleet::Partition partition) {
  return "arn:" + std::string(to_string(partition)) + ":iam::aws:policy/service-role/" + std::string(kNodePolicyName);
}

std::string known_policy_document(std::string_view arn) {
  const std::optional<iam::Arn> fields = iam::split_arn(arn);
  if (!fields || fields->service() != "iam" || fields->account() != "aws") return {};
  if (fields->resource() == "policy/AmazonSSMManagedInstanceCore") return std::string(node_rights::kCorePolicy);
  if (fields->resource() != "policy/service-role/" + std::string(kNodePolicyName)) return {};
  std::string text;
  constexpr std::string_view kMark = "PARTITION";
  std::string_view rest = node_rights::kNodePolicy;
  for (std::size_t at = rest.find(kMark); at != std::string_view::npos; at = rest.find(kMark)) {
    text.append(rest.substr(0, at)).append(fields->partition());
    rest.remove_prefix(at + kMark.size());
  }
  return text.append(rest);
}

NodeRights judge_role(const NodeRole& role, const NodeNeeds& needs) {
  NodeRights out;
  node_rights::Judge judge(role, needs);
  out.missing_drs = judge.missing_drs();
  out.missing_ssm = judge.missing_ssm();
  out.notes = judge.take_notes();
  out.unread = judge.take_unread();
  if (out.missing_drs.empty()) return out;
  node_rights::Judge mended(role, needs);
  RolePolicy policy;
  policy.name = kNodePolicyName;
  policy.arn = node_policy_arn(needs.partition);
  policy.document = known_policy_document(policy.arn);
  mended.add(policy);
  out.mendable = !role.has_attached(policy.arn) && mended.missing_drs().empty();
  return out;
}

}  // namespace postern::recovery
