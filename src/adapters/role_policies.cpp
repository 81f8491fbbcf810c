#include "adapters/role_policies.hpp"

#include "aws/core/pager.hpp"
#include "aws/iam/ops.hpp"
#include "base/encoding.hpp"

namespace postern::adapters {

Result<std::string> policy_text(const std::optional<std::string>& document, const std::string& what) {
  std::optional<std::string> text = percent_decode(document.value_or(""));
  if (!text || text->empty()) return fail(ErrorKind::malformed, "IAM's answer about " + what + " has no document");
  return std::move(*text);
}

rt::Task<Result<std::vector<RolePolicies::Attached>>> RolePolicies::attached(rt::CallContext ctx, aws::CallScope scope,
                                                                             std::string role) {
  aws::iam::ListAttachedRolePoliciesRequest request;
  request.role_name = std::move(role);
  aws::Pager<aws::iam::ListAttachedRolePolicies> pager(ctx, session_.invoker(), std::move(scope), std::move(request));
  std::vector<Attached> out;
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return out;
    for (const aws::iam::AttachedPolicy& each : page->attached_policies) {
      out.emplace_back(each.policy_name.value_or(""), each.policy_arn.value_or(""));
    }
  }
}

rt::Task<Result<std::vector<std::string>>> RolePolicies::inline_names(rt::CallContext ctx, aws::CallScope scope,
                                                                      std::string role) {
  aws::iam::ListRolePoliciesRequest request;
  request.role_name = std::move(role);
  aws::Pager<aws::iam::ListRolePolicies> pager(ctx, session_.invoker(), std::move(scope), std::move(request));
  std::vector<std::string> out;
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return out;
    out.insert(out.end(), page->policy_names.begin(), page->policy_names.end());
  }
}

rt::Task<Result<std::string>> RolePolicies::inline_document(rt::CallContext ctx, aws::CallScope scope, std::string role,
                                                            std::string name) {
  aws::iam::GetRolePolicyRequest request;
  request.role_name = std::move(role);
  request.policy_name = name;
  CO_TRY(const aws::iam::GetRolePolicyResponse got,
         co_await aws::call<aws::iam::GetRolePolicy>(ctx, session_.invoker(), std::move(scope), std::move(request)));
  co_return policy_text(got.policy_document, name);
}

rt::Task<Result<std::string>> RolePolicies::managed_document(rt::CallContext ctx, aws::CallScope scope,
                                                             std::string arn) {
  aws::iam::GetPolicyRequest request;
  request.policy_arn = arn;
  aws::CallScope copy = scope;
  CO_TRY(const aws::iam::GetPolicyResponse policy,
         co_await aws::call<aws::iam::GetPolicy>(ctx, session_.invoker(), std::move(copy), std::move(request)));
  aws::iam::GetPolicyVersionRequest version;
  version.policy_arn = arn;
  version.version_id = policy.policy ? policy.policy->default_version_id.value_or("") : std::string();
  CO_TRY(const aws::iam::GetPolicyVersionResponse got,
         co_await aws::call<aws::iam::GetPolicyVersion>(ctx, session_.invoker(), std::move(scope), std::move(version)));
  std::optional<std::string> document;
  if (got.policy_version) document = got.policy_version->document;
  co_return policy_text(document, arn);
}

}  // namespace postern::adapters
