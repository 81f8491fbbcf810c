#include "access/guardrails.hpp"

#include "access/role_pieces.hpp"
#include "access/statements.hpp"
#include "base/text.hpp"
#include "cfn/resolve.hpp"
#include "iam/document.hpp"

namespace postern::access {
namespace guardrails {

using cfn::Value;

constexpr std::string_view kGuardNames[] = {"guarded", "open", "unknown"};
constexpr std::string_view kAllowAll =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";

/// Tags that come with RunInstances are ec2:CreateTags too.
Value statements_of(const GuardOrder& order) {
  Value arns = Value::list();
  for (const std::string& role : order.roles) {
    std::string name = role;
    while (name.starts_with('/')) name.erase(0, 1);
    arns.add(cfn::sub("arn:${AWS::Partition}:iam::*:role/" + name));
  }
  Value keys = condition("ForAnyValue:StringEquals", {{"aws:TagKeys", Value::texts(order.tags)}});
  keys.set("ArnNotLike", Value::map().set("aws:PrincipalArn", std::move(arns)));
  Value deny = Value::map();
  deny.set("Sid", "GuardTags").set("Effect", "Deny");
  deny.set("Action",
           Value::texts({"ec2:CreateTags", "ec2:DeleteTags", "ssm:AddTagsToResource", "ssm:RemoveTagsFromResource"}));
  Value resources = Value::list();
  resources.add(any_arn("ec2", "instance/*"));
  resources.add(any_arn("ssm", "managed-instance/*"));
  deny.set("Resource", std::move(resources)).set("Condition", std::move(keys));
  return Value::list({std::move(deny)});
}

Result<void> check_size(const cfn::Template& source, const Value& content) {
  TRY(const std::string text, cfn::resolve_json(source, content, cfn::Inputs()));
  iam::ParseOptions options;
  options.size_max = iam::kDocumentBytesMax;
  TRY(const iam::DocumentPtr parsed, iam::parse_document(iam::DocumentKind::scp, text, options));
  if (parsed->size() <= iam::kOrganizationPolicySizeMax) return {};
  return fail(ErrorKind::usage, "a service control policy holds " + std::to_string(iam::kOrganizationPolicySizeMax) +
                                    " characters, and this one has " + std::to_string(parsed->size()) +
                                    ": name fewer tags or roles");
}

}  // namespace guardrails

Result<cfn::Template> guard_template(const GuardOrder& order) {
  using namespace guardrails;
  if (order.tags.empty()) return fail(ErrorKind::usage, "no tag to guard");
  if (order.roles.empty()) return fail(ErrorKind::usage, "nobody would be left who may set the tags: name a role");
  cfn::Template out;
  out.comment =
      "Whoever may tag an instance decides where the replication agent is installed, with an administrator's rights.\n"
      "Deploy this in the organisation's management account. The management account itself is bound by no such policy.";
  out.description = "Tags that choose nodes are set by few";
  cfn::Parameter targets =
      parameter("TargetIds", "What it is attached to: the root, units or accounts of the organisation.",
                "^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|[0-9]{12})$",
                "ids of a root (r-...), of units (ou-...) or of accounts");
  targets.type = cfn::ParameterType::text_list;
  out.parameters.push_back(std::move(targets));
  cfn::Resource policy;
  policy.id = "TagGuard";
  policy.type = "AWS::Organizations::Policy";
  policy.properties.set("Name", "postern-tag-guard").set("Type", "SERVICE_CONTROL_POLICY");
  policy.properties.set("Description", "Tags that choose nodes are set by few");
  policy.properties.set("Content", document(statements_of(order)),
                        "What sets tags besides - pipelines, recoveries that copy them - needs a place in the list.");
  policy.properties.set("TargetIds", cfn::ref("TargetIds"));
  TRY_VOID(check_size(out, *policy.properties.find("Content")));
  out.resources.push_back(std::move(policy));
  out.outputs.push_back(output("PolicyId", "The policy", cfn::ref("TagGuard")));
  return out;
}

std::string_view to_string(TagGuard guard) noexcept {
  return guardrails::kGuardNames[static_cast<std::size_t>(guard)];
}

TagGuard judge_tag(const RoleFacts& organization, const std::string& account, const std::string& tag) {
  if (organization.organization == OrganizationState::unread) return TagGuard::unknown;
  RoleFacts anybody = organization;
  anybody.arn = "arn:aws:iam::" + account + ":role/anybody";
  anybody.policies.emplace_back("all", "", std::string(guardrails::kAllowAll));
  WhyQuestion question;
  question.action = "ec2:CreateTags";
  question.resources = {"arn:aws:ec2:us-east-1:" + account + ":instance/i-0123456789abcdef0"};
  question.context = {{"aws:TagKeys", {tag}}, {"aws:RequestTag/" + tag, {"true"}}};
  const Result<Explanation> out = explain(anybody, question);
  if (!out) return TagGuard::unknown;
  return out->allowed ? TagGuard::open : TagGuard::guarded;
}

}  // namespace postern::access
