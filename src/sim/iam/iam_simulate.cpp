#include <algorithm>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "iam/arn.hpp"
#include "sim/iam/iam_service.hpp"
#include "sim/iam/iam_shared.hpp"

namespace postern::sim {
namespace iam_simulate {

using namespace iam_call;
using Decision = aws::iam::PolicyEvaluationDecisionType;

/// What a simulation is about: whose policies, and who is taken to ask.
struct Case {
  Case() = default;
  iam::PolicyList identity;
  std::optional<iam::AttachedPolicy> boundary;
  std::optional<iam::AttachedPolicy> resource_policy;
  std::shared_ptr<const iam::OrganizationPath> organization;
  std::optional<iam::Principal> principal;
  iam::RequestContext context;
  std::string resource_owner;
};

Decision::Value decision_of(const iam::Evaluation& evaluation) {
  switch (evaluation.decision) {
    case iam::Decision::allow:
      return Decision::allowed;
    case iam::Decision::explicit_deny:
      return Decision::explicit_deny;
    default:
      return Decision::implicit_deny;
  }
}

bool is_action(std::string_view action) {
  const std::size_t colon = action.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < action.size() &&
         action.find_first_of("*?") == std::string_view::npos;
}

Result<void> add_documents(const Call& call, const std::vector<std::string>& texts, std::string_view label,
                           iam::PolicyList& out) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto parsed = call.directory.document(iam::DocumentKind::identity, texts[i]);
    if (!parsed) return fail(invalid_input(parsed.error().message()));
    out.emplace_back(std::string(label) + "." + std::to_string(i + 1), (*parsed)->document);
  }
  return {};
}

template <class Request>
Result<void> add_request(const Call& call, const Request& request, Case& what) {
  TRY_VOID(add_documents(call, request.policy_input_list, "PolicyInputList", what.identity));
  if (!request.permissions_boundary_policy_input_list.empty()) {
    iam::PolicyList boundary;
    TRY_VOID(add_documents(call, request.permissions_boundary_policy_input_list, "PermissionsBoundaryPolicyInputList",
                           boundary));
    if (boundary.size() > 1) return fail(invalid_input("Only one permissions boundary policy can be specified."));
    what.boundary = std::move(boundary.front());
  }
  if (request.resource_policy) {
    auto parsed = call.directory.document(iam::DocumentKind::resource, *request.resource_policy);
    if (!parsed) return fail(invalid_input(parsed.error().message()));
    what.resource_policy.emplace("ResourcePolicy", (*parsed)->document);
  }
  if (request.resource_handling_option) {
    return fail(invalid_input("ResourceHandlingOption is not offered by this simulator"));
  }
  for (const aws::iam::ContextEntry& entry : request.context_entries) {
    if (!entry.context_key_name) return fail(invalid_input("A context entry needs a key."));
    what.context.set_list(*entry.context_key_name, entry.context_key_values);
  }
  for (const std::string& action : request.action_names) {
    if (!is_action(action)) return fail(invalid_input("Invalid Entity Arn or action: " + printable(action, 128)));
  }
  what.resource_owner = request.resource_owner.value_or("");
  return {};
}

/// The keys that statements about the action ask for and the simulation does not give.
std::vector<std::string> missing_keys(const Case& what, const std::string& action) {
  const std::string folded = to_lower(action);
  std::set<std::string> missing;
  const auto look = [&](const iam::AttachedPolicy& policy) {
    for (const iam::Statement& statement : policy.document->statements()) {
      if (!statement.covers_action(folded)) continue;
      for (const iam::Condition& condition : statement.conditions) {
        const std::string& key = condition.folded_key();
        if (what.context.find(key) != nullptr || what.principal->context().find(key) != nullptr) continue;
        missing.insert(condition.key());
      }
    }
  };
  for (const iam::AttachedPolicy& policy : what.identity) look(policy);
  if (what.boundary) look(*what.boundary);
  return {missing.begin(), missing.end()};
}

aws::iam::EvaluationResult result_of(const Case& what, const std::string& action, const std::string& arn) {
  iam::Resource resource(arn);
  resource.account = what.resource_owner;
  if (const auto owner = iam::split_arn(what.resource_owner)) resource.account = std::string(owner->account());
  if (what.resource_policy) resource.policy = &*what.resource_policy;
  iam::PolicySet policies;
  policies.identity = what.identity;
  policies.boundary = what.boundary ? &*what.boundary : nullptr;
  policies.organization = what.organization.get();
  iam::Request request;
  request.principal = &*what.principal;
  request.action = action;
  request.context = &what.context;
  request.resources = std::span(&resource, 1);
  const iam::Evaluation evaluation = iam::evaluate(request, policies);

  aws::iam::EvaluationResult out;
  out.eval_action_name = action;
  out.eval_resource_name = arn;
  out.eval_decision = decision_of(evaluation);
  if (const iam::StatementRef by = evaluation.decided_by()) {
    aws::iam::Statement& statement = out.matched_statements.emplace_back();
    statement.source_policy_id = by.policy->name;
    const bool input = by.policy->name.find("PolicyInputList.") != std::string::npos;
    statement.source_policy_type = aws::Open<aws::iam::PolicySourceType>(
        std::string_view(input || by.policy->arn.empty() ? "IAM Policy" : "IAM Managed Policy"));
  }
  out.missing_context_values = missing_keys(what, action);
  if (what.organization != nullptr) {
    const auto outcome = evaluation.layer_result(iam::Layer::scp).outcome;
    using Outcome = iam::LayerResult::Outcome;
    out.organizations_decision_detail.emplace().allowed_by_organizations =
        outcome != Outcome::explicit_deny && outcome != Outcome::implicit_deny;
  }
  if (what.boundary) {
    const auto outcome = evaluation.layer_result(iam::Layer::boundary).outcome;
    out.permissions_boundary_decision_detail.emplace().allowed_by_permissions_boundary =
        outcome == iam::LayerResult::Outcome::allow;
  }
  return out;
}

template <class Request>
Result<aws::iam::SimulatePolicyResponse> run(const Call& call, const Request& request, const Case& what) {
  std::vector<std::string> arns = request.resource_arns;
  if (arns.empty()) arns.emplace_back("*");
  std::vector<std::pair<std::string, std::string>> all;
  std::string question;
  std::vector<std::string> keys;
  for (const std::string& action : request.action_names) {
    for (const std::string& arn : arns) {
      all.emplace_back(action, arn);
      keys.push_back(std::to_string(keys.size()));
      question += action + " " + arn + "\n";
    }
  }
  std::vector<std::pair<std::string, std::string>> shown;
  const auto key = [&](std::size_t i) -> std::string_view { return keys[i]; };
  aws::iam::SimulatePolicyResponse response;
  TRY_VOID(fill_page(call, request, question, all, shown, response, key));
  for (const auto& [action, arn] : shown) response.evaluation_results.push_back(result_of(what, action, arn));
  return response;
}

/// A user or a role of the account, by ARN.
std::shared_ptr<const Entity> source_of(const Call& call, const std::string& arn) {
  std::shared_ptr<const Entity> found = call.directory.find_role(arn);
  if (found == nullptr) found = call.directory.find_user(arn);
  return found != nullptr && found->account_id == call.account.id ? found : nullptr;
}

iam::Principal principal_of(const Call& call, const Entity& entity) {
  iam::Principal::Details details;
  details.unique_id = entity.id;
  details.tags.assign(entity.tags.begin(), entity.tags.end());
  details.org_id = call.directory.organization_of(entity.account_id);
  if (entity.id.starts_with("AIDA")) return iam::Principal::user(entity.arn, std::move(details));
  return iam::Principal::role_session(entity.arn, "simulation", std::move(details));
}

Result<void> set_caller(const Call& call, const std::optional<std::string>& caller_arn, Case& what) {
  if (!caller_arn) return {};
  const std::optional<iam::Arn> arn = iam::split_arn(*caller_arn);
  if (!arn || !arn->resource().starts_with("user/")) {
    return fail(invalid_input("Invalid caller ARN: " + printable(*caller_arn, 200)));
  }
  const std::shared_ptr<const Entity> known = source_of(call, *caller_arn);
  what.principal =
      known != nullptr ? principal_of(call, *known) : iam::Principal::user(*caller_arn, iam::Principal::Details());
  return {};
}

Result<aws::iam::SimulatePolicyResponse> custom(const Call& call,
                                                const aws::iam::SimulateCustomPolicyRequest& request) {
  Access access;
  access.on("*");
  TRY_VOID(authorize_as(call, access));
  Case what;
  TRY_VOID(add_request(call, request, what));
  what.principal = iam::Principal::user(arn_of(call, "user", "simulation"), iam::Principal::Details());
  TRY_VOID(set_caller(call, request.caller_arn, what));
  return run(call, request, what);
}

Result<aws::iam::SimulatePolicyResponse> principal(const Call& call,
                                                   const aws::iam::SimulatePrincipalPolicyRequest& request) {
  const std::string& arn = *request.policy_source_arn;
  Access access;
  access.on(arn);
  TRY_VOID(authorize_as(call, access));
  const std::shared_ptr<const Entity> entity = source_of(call, arn);
  if (entity == nullptr) {
    const std::optional<iam::Arn> parts = iam::split_arn(arn);
    if (!parts || parts->service() != "iam") return fail(invalid_input("Invalid Entity Arn: " + printable(arn, 200)));
    return fail(no_such_entity("Entity " + printable(arn, 200) + " cannot be found."));
  }
  Case what;
  const EffectivePolicies& effective = call.directory.effective(*entity);
  what.identity = effective.identity;
  what.boundary = effective.boundary;
  TRY_VOID(add_request(call, request, what));
  if (call.directory.organization() != nullptr) {
    what.organization = call.directory.organization()->path_of(entity->account_id);
  }
  what.principal = principal_of(call, *entity);
  TRY_VOID(set_caller(call, request.caller_arn, what));
  return run(call, request, what);
}

}  // namespace iam_simulate

IamService::Answer<aws::iam::SimulatePolicyResponse> IamService::simulate_custom_policy(
    Info info, aws::iam::SimulateCustomPolicyRequest request) {
  CO_TRY(const iam_call::Call call, iam_call::begin(info, cloud_));
  co_return iam_simulate::custom(call, request);
}

IamService::Answer<aws::iam::SimulatePolicyResponse> IamService::simulate_principal_policy(
    Info info, aws::iam::SimulatePrincipalPolicyRequest request) {
  CO_TRY(const iam_call::Call call, iam_call::begin(info, cloud_));
  co_return iam_simulate::principal(call, request);
}

}  // namespace postern::sim
