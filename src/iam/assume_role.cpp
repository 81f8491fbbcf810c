#include "iam/assume_role.hpp"

#include "base/check.hpp"

namespace postern::iam {

RequestContext assume_role_context(const AssumeRoleRequest& request) {
  RequestContext context = request.context != nullptr ? *request.context : RequestContext();
  if (request.external_id) context.set("sts:ExternalId", *request.external_id);
  if (!request.session_name.empty()) context.set("sts:RoleSessionName", request.session_name);
  const std::string& inherited = request.caller->details().source_identity;
  if (const std::string& identity = request.source_identity.empty() ? inherited : request.source_identity;
      !identity.empty())
    context.set("sts:SourceIdentity", identity);
  std::vector<std::string> tag_keys;
  const auto add_tag = [&](const std::string& key, const std::string& value) {
    context.set("aws:RequestTag/" + key, value);
    tag_keys.push_back(key);
  };
  for (const auto& [key, value] : request.tags) add_tag(key, value);
  for (const auto& [key, value] : request.caller->details().transitive_tags) add_tag(key, value);
  if (!tag_keys.empty()) context.set_list("aws:TagKeys", std::move(tag_keys));
  if (!request.transitive_tag_keys.empty()) context.set_list("sts:TransitiveTagKeys", request.transitive_tag_keys);
  return context;
}

Evaluation evaluate_assume_role(const AssumeRoleRequest& request, const PolicySet& caller_policies,
                                const EvaluateOptions& options) {
  CHECK(request.caller != nullptr && request.trust != nullptr);
  const Principal::Details& caller = request.caller->details();
  const RequestContext context = assume_role_context(request);
  Resource role(request.role_arn);
  role.policy = request.trust;
  role.policy_use = Resource::PolicyUse::required;
  role.context = request.role_context;
  role.organization = request.role_organization;
  if (request.caller->kind() == PrincipalKind::root_user) {
    Evaluation refused;
    refused.action = request.action;
    refused.layer = Layer::resource;
    refused.denial_text = "Roles may not be assumed by root accounts.";
    if (options.detail == Detail::full) refused.explanation = "denied: the root user of an account assumes no roles\n";
    return refused;
  }
  std::vector<std::string_view> actions{request.action};
  if (!request.tags.empty() || !caller.transitive_tags.empty()) actions.push_back("sts:TagSession");
  if (!request.source_identity.empty() || !caller.source_identity.empty()) actions.push_back("sts:SetSourceIdentity");
  Evaluation answer;
  for (const std::string_view action : actions) {
    Request one;
    one.principal = request.caller;
    one.action = action;
    one.context = &context;
    one.resources = std::span(&role, 1);
    Evaluation evaluation = evaluate(one, caller_policies, options);
    const bool allowed = evaluation.allowed();
    if (!allowed || action == actions.front()) answer = std::move(evaluation);
    if (!allowed) break;
  }
  return answer;
}

}  // namespace postern::iam
