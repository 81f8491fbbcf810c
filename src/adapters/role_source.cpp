#include "adapters/role_source.hpp"

#include <algorithm>

#include "aws/core/pager.hpp"
#include "aws/iam/ops.hpp"
#include "aws/organizations/ops.hpp"
#include "base/text.hpp"

namespace postern::adapters {
namespace role_source {

namespace iam = aws::iam;
namespace organizations = aws::organizations;

constexpr std::size_t kLevelsMax = 8;  // a root, five units and an account: AWS allows no more

std::string name_in(const std::string& arn) {
  return arn.substr(arn.rfind('/') + 1);
}

bool says_no_organization(const Error& error) {
  return error.aws() != nullptr && error.aws()->code == "AWSOrganizationsNotInUseException";
}

}  // namespace role_source

rt::Task<Result<access::RoleFacts>> AwsRoles::read(rt::CallContext ctx, fleet::ScopePtr scope, std::string role) {
  using namespace role_source;
  CO_TRY(const aws::CallScope call, session_.call_scope(*scope));
  iam::GetRoleRequest request;
  request.role_name = role;
  aws::CallScope copy = call;
  CO_TRY(const iam::GetRoleResponse response,
         co_await aws::call<iam::GetRole>(ctx, session_.invoker(), std::move(copy), std::move(request)));
  if (!response.role) co_return fail(ErrorKind::malformed, "IAM's answer about " + role + " has no role");
  access::RoleFacts facts;
  facts.arn = response.role->arn.value_or("");
  facts.id = response.role->role_id.value_or("");
  facts.max_session_seconds = response.role->max_session_duration.value_or(0);
  for (const iam::Tag& tag : response.role->tags) facts.tags.emplace_back(tag.key.value_or(""), tag.value.value_or(""));
  facts.trust.name = role;
  CO_TRY(facts.trust.text, policy_text(response.role->assume_role_policy_document, role));
  CO_TRY_VOID(co_await read_inline(ctx, call, role, facts));
  CO_TRY_VOID(co_await read_attached(ctx, call, role, facts));
  if (response.role->permissions_boundary && response.role->permissions_boundary->permissions_boundary_arn) {
    const std::string arn = *response.role->permissions_boundary->permissions_boundary_arn;
    CO_TRY(facts.boundary, co_await read_managed(ctx, call, arn));
  }
  co_return facts;
}

rt::Task<Result<void>> AwsRoles::read_inline(rt::CallContext ctx, aws::CallScope scope, std::string role,
                                             access::RoleFacts& out) {
  CO_TRY(const std::vector<std::string> names, co_await policies_.inline_names(ctx, scope, role));
  for (const std::string& name : names) {
    CO_TRY(std::string text, co_await policies_.inline_document(ctx, scope, role, name));
    out.policies.emplace_back(name, "", std::move(text));
  }
  co_return Result<void>();
}

rt::Task<Result<void>> AwsRoles::read_attached(rt::CallContext ctx, aws::CallScope scope, std::string role,
                                               access::RoleFacts& out) {
  CO_TRY(const std::vector<RolePolicies::Attached> attached, co_await policies_.attached(ctx, scope, role));
  for (const RolePolicies::Attached& each : attached) {
    CO_TRY(access::ReadPolicy policy, co_await read_managed(ctx, scope, each.arn));
    out.policies.push_back(std::move(policy));
  }
  co_return Result<void>();
}

rt::Task<Result<access::ReadPolicy>> AwsRoles::read_managed(rt::CallContext ctx, aws::CallScope scope,
                                                            std::string arn) {
  CO_TRY(std::string text, co_await policies_.managed_document(ctx, std::move(scope), arn));
  co_return access::ReadPolicy(role_source::name_in(arn), arn, std::move(text));
}

rt::Task<Result<void>> AwsRoles::read_organization(rt::CallContext ctx, std::string region, std::string account,
                                                   access::RoleFacts& role) {
  using namespace role_source;
  aws::CallScope scope;
  scope.region = std::move(region);
  scope.credentials = session_.hub();
  role.organization = access::OrganizationState::unread;
  organizations::DescribeOrganizationRequest request;
  aws::CallScope copy = scope;
  const auto described = co_await aws::call<organizations::DescribeOrganization>(ctx, session_.invoker(),
                                                                                 std::move(copy), std::move(request));
  if (!described) {
    if (described.error().kind() == ErrorKind::cancelled) co_return fail(described.error());
    if (says_no_organization(described.error())) {
      role.organization = access::OrganizationState::none;
    } else {
      role.organization_problem = printable(described.error().message(), 300);
    }
    co_return Result<void>();
  }
  std::string management;
  if (described->organization) {
    role.organization_id = described->organization->id.value_or("");
    management = described->organization->master_account_id.value_or("");
  }
  if (account == management) {
    role.organization = access::OrganizationState::management;
    co_return Result<void>();
  }
  const Result<bool> enabled = co_await policies_enabled(ctx, scope);
  if (enabled && !*enabled) {
    role.organization = access::OrganizationState::none;
    co_return Result<void>();
  }
  if (!enabled) {
    if (enabled.error().kind() == ErrorKind::cancelled) co_return fail(enabled.error());
    role.organization_problem = printable(enabled.error().message(), 300);
    co_return Result<void>();
  }
  const Result<void> levels = co_await read_levels(ctx, std::move(scope), std::move(account), role);
  if (levels) {
    role.organization = access::OrganizationState::member;
    co_return Result<void>();
  }
  if (levels.error().kind() == ErrorKind::cancelled) co_return levels;
  role.levels.clear();
  role.organization_problem = printable(levels.error().message(), 300);
  co_return Result<void>();
}

/// Where service control policies are not enabled, none is attached and none asked.
rt::Task<Result<bool>> AwsRoles::policies_enabled(rt::CallContext ctx, aws::CallScope scope) {
  using namespace role_source;
  organizations::ListRootsRequest request;
  aws::Pager<organizations::ListRoots> pager(ctx, session_.invoker(), std::move(scope), std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return false;
    for (const organizations::Root& root : page->roots) {
      for (const organizations::PolicyTypeSummary& each : root.policy_types) {
        const bool scp = each.type && each.type->text() == "SERVICE_CONTROL_POLICY";
        if (scp && each.status && each.status->text() == "ENABLED") co_return true;
      }
    }
  }
}

/// From the account up to the root.
rt::Task<Result<void>> AwsRoles::read_levels(rt::CallContext ctx, aws::CallScope scope, std::string account,
                                             access::RoleFacts& role) {
  using namespace role_source;
  std::string target = std::move(account);
  while (role.levels.size() < kLevelsMax) {
    CO_TRY(access::ReadLevel level, co_await read_level(ctx, scope, target));
    role.levels.push_back(std::move(level));
    if (target.starts_with("r-")) {
      std::reverse(role.levels.begin(), role.levels.end());
      co_return Result<void>();
    }
    organizations::ListParentsRequest request;
    request.child_id = target;
    aws::CallScope copy = scope;
    CO_TRY(
        const organizations::ListParentsResponse parents,
        co_await aws::call<organizations::ListParents>(ctx, session_.invoker(), std::move(copy), std::move(request)));
    if (parents.parents.empty()) break;
    target = parents.parents.front().id.value_or("");
  }
  co_return fail(ErrorKind::malformed, "Organizations gives " + printable(target, 60) + " no way up to a root");
}

rt::Task<Result<access::ReadLevel>> AwsRoles::read_level(rt::CallContext ctx, aws::CallScope scope,
                                                         std::string target) {
  using namespace role_source;
  access::ReadLevel level;
  level.name = target;
  organizations::ListPoliciesForTargetRequest request;
  request.target_id = std::move(target);
  request.filter.emplace("SERVICE_CONTROL_POLICY");
  aws::CallScope listing = scope;
  aws::Pager<organizations::ListPoliciesForTarget> pager(ctx, session_.invoker(), std::move(listing),
                                                         std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return level;
    for (const organizations::PolicySummary& each : page->policies) {
      organizations::DescribePolicyRequest one;
      one.policy_id = each.id.value_or("");
      aws::CallScope copy = scope;
      CO_TRY(
          const organizations::DescribePolicyResponse got,
          co_await aws::call<organizations::DescribePolicy>(ctx, session_.invoker(), std::move(copy), std::move(one)));
      if (!got.policy || !got.policy->content) {
        co_return fail(ErrorKind::malformed,
                       "Organizations' answer about " + each.name.value_or("a policy") + " has no content");
      }
      level.policies.emplace_back(each.name.value_or(""), each.arn.value_or(""), *got.policy->content);
    }
  }
}

}  // namespace postern::adapters
