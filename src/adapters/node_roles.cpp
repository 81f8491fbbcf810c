#include "adapters/node_roles.hpp"

#include "aws/core/pager.hpp"
#include "aws/ec2/ops.hpp"
#include "aws/iam/ops.hpp"
#include "recovery/node_rights.hpp"

namespace postern::adapters {
namespace node_roles {

namespace iam = aws::iam;
namespace ec2 = aws::ec2;

constexpr std::size_t kFilterValuesMax = 200;
constexpr std::int32_t kInstancesPage = 1'000;
constexpr std::size_t kNoteMax = 300;

bool is_absent(const Error& error) {
  return error.aws() != nullptr && error.aws()->code == "NoSuchEntity";
}

recovery::InstanceProfile profile_of(const iam::InstanceProfile& wire) {
  recovery::InstanceProfile out;
  out.name = wire.instance_profile_name.value_or("");
  out.arn = wire.arn.value_or("");
  if (!wire.roles.empty()) {
    out.role = wire.roles.front().role_name.value_or("");
    out.role_arn = wire.roles.front().arn.value_or("");
  }
  return out;
}

/// Cancelled ends the whole; everything else is only about this policy.
Result<void> take_document(Result<std::string> document, recovery::RolePolicy& policy) {
  if (document) {
    policy.document = std::move(*document);
    return {};
  }
  if (document.error().kind() == ErrorKind::cancelled) return fail(std::move(document).error());
  policy.unread = document.error().message().substr(0, kNoteMax);
  return {};
}

}  // namespace node_roles

rt::Task<Result<std::optional<recovery::InstanceProfile>>> AwsNodeRoles::profile(rt::CallContext ctx,
                                                                                 fleet::ScopePtr scope,
                                                                                 std::string name) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::iam::GetInstanceProfileRequest request;
  request.instance_profile_name = std::move(name);
  auto got =
      co_await aws::call<aws::iam::GetInstanceProfile>(ctx, session_.invoker(), std::move(call), std::move(request));
  if (!got && node_roles::is_absent(got.error())) co_return std::optional<recovery::InstanceProfile>();
  if (!got) co_return fail(std::move(got).error());
  if (!got->instance_profile) co_return fail(ErrorKind::malformed, "GetInstanceProfile's answer holds no profile");
  co_return node_roles::profile_of(*got->instance_profile);
}

/// Absent: it has none, or we may not ask.
rt::Task<Result<std::optional<std::string>>> AwsNodeRoles::boundary_of(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                       std::string role) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::iam::GetRoleRequest request;
  request.role_name = std::move(role);
  auto got = co_await aws::call<aws::iam::GetRole>(ctx, session_.invoker(), std::move(call), std::move(request));
  if (!got && got.error().kind() == ErrorKind::denied) co_return std::optional<std::string>();
  if (!got) co_return fail(std::move(got).error());
  if (!got->role || !got->role->permissions_boundary) co_return std::optional<std::string>();
  co_return got->role->permissions_boundary->permissions_boundary_arn;
}

rt::Task<Result<void>> AwsNodeRoles::read_document(rt::CallContext ctx, fleet::ScopePtr scope,
                                                   recovery::RolePolicy& policy) {
  policy.document = recovery::known_policy_document(policy.arn);
  if (!policy.document.empty()) co_return Result<void>();
  if (const auto known = documents_.find(policy.arn); known != documents_.end()) {
    policy.document = known->second;
    co_return Result<void>();
  }
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  Result<std::string> document = co_await policies_.managed_document(ctx, std::move(call), policy.arn);
  CO_TRY_VOID(node_roles::take_document(std::move(document), policy));
  if (!policy.document.empty()) documents_[policy.arn] = policy.document;
  co_return Result<void>();
}

rt::Task<Result<recovery::NodeRole>> AwsNodeRoles::role(rt::CallContext ctx, fleet::ScopePtr scope, std::string name,
                                                        std::string arn) {
  recovery::NodeRole out;
  out.name = name;
  out.arn = std::move(arn);
  CO_TRY(const aws::CallScope call, session_.call_scope(*scope));
  CO_TRY(const std::vector<RolePolicies::Attached> managed, co_await policies_.attached(ctx, call, name));
  for (const RolePolicies::Attached& each : managed) {
    recovery::RolePolicy& policy = out.policies.emplace_back();
    policy.name = each.name;
    policy.arn = each.arn;
    CO_TRY_VOID(co_await read_document(ctx, scope, policy));
  }
  CO_TRY(const std::vector<std::string> own, co_await policies_.inline_names(ctx, call, name));
  for (const std::string& each : own) {
    recovery::RolePolicy& policy = out.policies.emplace_back();
    policy.name = each;
    Result<std::string> document = co_await policies_.inline_document(ctx, call, name, each);
    CO_TRY_VOID(node_roles::take_document(std::move(document), policy));
  }
  CO_TRY(std::optional<std::string> boundary, co_await boundary_of(ctx, scope, name));
  if (boundary) {
    out.boundary.emplace();
    out.boundary->arn = std::move(*boundary);
    out.boundary->name = recovery::profile_name_of(out.boundary->arn);
    CO_TRY_VOID(co_await read_document(ctx, scope, *out.boundary));
  }
  co_return out;
}

rt::Task<Result<std::vector<std::string>>> AwsNodeRoles::attached(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                  std::string role) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  CO_TRY(const std::vector<RolePolicies::Attached> policies,
         co_await policies_.attached(ctx, std::move(call), std::move(role)));
  std::vector<std::string> out;
  for (const RolePolicies::Attached& each : policies) out.push_back(each.arn);
  co_return out;
}

rt::Task<Result<std::vector<recovery::InstanceProfile>>> AwsNodeRoles::profiles_of(rt::CallContext ctx,
                                                                                   fleet::ScopePtr scope,
                                                                                   std::string role) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::iam::ListInstanceProfilesForRoleRequest request;
  request.role_name = std::move(role);
  aws::Pager<aws::iam::ListInstanceProfilesForRole> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  std::vector<recovery::InstanceProfile> out;
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return out;
    for (const aws::iam::InstanceProfile& each : page->instance_profiles) out.push_back(node_roles::profile_of(each));
  }
}

rt::Task<Result<std::map<std::string, std::size_t>>> AwsNodeRoles::count_instances(
    rt::CallContext ctx, fleet::ScopePtr scope, std::vector<std::string> profile_arns) {
  std::map<std::string, std::size_t> out;
  if (profile_arns.empty()) co_return out;
  if (profile_arns.size() > node_roles::kFilterValuesMax) {
    co_return fail(ErrorKind::unsupported,
                   "the role is in more than " + std::to_string(node_roles::kFilterValuesMax) + " instance profiles");
  }
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::ec2::DescribeInstancesRequest request;
  request.max_results = node_roles::kInstancesPage;
  request.filters.resize(2);
  request.filters[0].name = "iam-instance-profile.arn";
  request.filters[0].values = std::move(profile_arns);
  request.filters[1].name = "instance-state-name";
  request.filters[1].values = {"pending", "running", "stopping", "stopped"};
  aws::Pager<aws::ec2::DescribeInstances> pager(ctx, session_.invoker(), std::move(call), std::move(request));
  for (;;) {
    CO_TRY(const auto page, co_await pager.next());
    if (!page) co_return out;
    for (const aws::ec2::Reservation& reservation : page->reservations) {
      for (const aws::ec2::Instance& instance : reservation.instances) {
        if (instance.iam_instance_profile) ++out[instance.iam_instance_profile->arn.value_or("")];
      }
    }
  }
}

rt::Task<Result<void>> AwsNodeRoles::attach(rt::CallContext ctx, fleet::ScopePtr scope, std::string role,
                                            std::string policy_arn) {
  CO_TRY(aws::CallScope call, session_.call_scope(*scope));
  aws::iam::AttachRolePolicyRequest request;
  request.role_name = std::move(role);
  request.policy_arn = std::move(policy_arn);
  auto done =
      co_await aws::call<aws::iam::AttachRolePolicy>(ctx, session_.invoker(), std::move(call), std::move(request));
  if (!done) co_return fail(std::move(done).error());
  co_return Result<void>();
}

}  // namespace postern::adapters
