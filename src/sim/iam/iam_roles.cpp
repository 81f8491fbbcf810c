#include <algorithm>

#include "base/text.hpp"
#include "sim/iam/iam_service.hpp"
#include "sim/iam/iam_shared.hpp"

namespace postern::sim {
namespace iam_roles {

using namespace iam_call;

Result<void> set_trust(const Call& call, Role& role, const std::string& text) {
  auto done = call.directory.set_trust(role, text, UnknownPrincipals::refused);
  if (!done) return fail(policy_error(done.error()));
  return {};
}

Result<std::shared_ptr<Role>> create(const Call& call, const aws::iam::CreateRoleRequest& request) {
  TRY_VOID(check_name("roleName", *request.role_name));
  auto role = std::make_shared<Role>();
  TRY(role->path, check_path(request.path));
  TRY_VOID(add_tags(role->tags, request.tags));
  role->name = *request.role_name;
  role->account_id = call.account.id;
  role->arn = "arn:aws:iam::" + call.account.id + ":role" + role->path + role->name;
  Access access;
  access.on(role->arn).tagging(role->tags);
  if (request.permissions_boundary) access.with("iam:PermissionsBoundary", *request.permissions_boundary);
  TRY_VOID(authorize_as(call, access));
  if (role->path.starts_with("/aws-service-role/")) {
    return fail(validation_error("The specified value for path is reserved for service-linked roles."));
  }
  const auto same = [&](const auto& other) { return equals_ignore_case(other.first, role->name); };
  if (std::any_of(call.account.roles.begin(), call.account.roles.end(), same)) {
    return fail(already_exists("Role with name " + role->name + " already exists."));
  }
  if (call.account.roles.size() >= kRolesMax)
    return fail(limit_exceeded("Cannot exceed quota for RolesPerAccount: 1000"));
  role->created = call.now;
  role->description = request.description.value_or("");
  role->max_session = std::chrono::seconds(request.max_session_duration.value_or(3600));
  TRY_VOID(set_trust(call, *role, *request.assume_role_policy_document));
  if (request.permissions_boundary) {
    TRY_VOID(attachable(call, *request.permissions_boundary));
    role->boundary = *request.permissions_boundary;
  }
  role->id = call.directory.new_id("AROA", role->arn);
  call.account.roles.emplace(role->name, role);
  call.directory.changed();
  return role;
}

Result<void> check_deletable(const Call& call, const Role& role) {
  for (const auto& [name, profile] : call.account.profiles) {
    if (profile->role == role.name) {
      return fail(delete_conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
  }
  if (!role.attached.empty()) return fail(delete_conflict("Cannot delete entity, must detach all policies first."));
  if (!role.inline_policies.empty()) return fail(delete_conflict("Cannot delete entity, must delete policies first."));
  return {};
}

}  // namespace iam_roles

IamService::Answer<aws::iam::CreateRoleResponse> IamService::create_role(Info info,
                                                                         aws::iam::CreateRoleRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<Role> role, iam_roles::create(call, request));
  aws::iam::CreateRoleResponse response;
  response.role = to_role(call, *role, Shown::full);
  response.role->role_last_used.reset();
  co_return response;
}

IamService::Answer<aws::iam::GetRoleResponse> IamService::get_role(Info info, aws::iam::GetRoleRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name));
  aws::iam::GetRoleResponse response;
  response.role = to_role(call, *role, Shown::full);
  co_return response;
}

IamService::Answer<aws::iam::ListRolesResponse> IamService::list_roles(Info info, aws::iam::ListRolesRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.on(arn_of(call, "role", ""));
  CO_TRY_VOID(authorize_as(call, access));
  std::vector<aws::iam::Role> all;
  for (const auto& [name, role] : call.account.roles) {
    if (has_prefix(role->path, request.path_prefix)) all.push_back(to_role(call, *role, Shown::listed));
  }
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].role_name; };
  aws::iam::ListRolesResponse response;
  CO_TRY_VOID(fill_page(call, request, request.path_prefix.value_or(""), all, response.roles, response, key));
  co_return response;
}

IamService::Answer<aws::iam::DeleteRoleResponse> IamService::delete_role(Info info,
                                                                         aws::iam::DeleteRoleRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name));
  CO_TRY_VOID(iam_roles::check_deletable(call, *role));
  call.directory.forget(role->arn);
  call.account.roles.erase(role->name);
  co_return aws::iam::DeleteRoleResponse();
}

IamService::Answer<aws::iam::UpdateRoleResponse> IamService::update_role(Info info,
                                                                         aws::iam::UpdateRoleRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name));
  // What the request leaves out goes back to its default.
  role->description = request.description.value_or("");
  role->max_session = std::chrono::seconds(request.max_session_duration.value_or(3600));
  call.directory.changed();
  co_return aws::iam::UpdateRoleResponse();
}

IamService::Answer<aws::iam::UpdateAssumeRolePolicyResponse> IamService::update_assume_role_policy(
    Info info, aws::iam::UpdateAssumeRolePolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name));
  CO_TRY_VOID(iam_roles::set_trust(call, *role, *request.policy_document));
  call.directory.changed();
  co_return aws::iam::UpdateAssumeRolePolicyResponse();
}

// ---- inline policies ----

IamService::Answer<aws::iam::PutRolePolicyResponse> IamService::put_role_policy(
    Info info, aws::iam::PutRolePolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name));
  CO_TRY_VOID(put_inline(call, *role, *request.policy_name, *request.policy_document, iam::kRoleInlinePoliciesSizeMax));
  co_return aws::iam::PutRolePolicyResponse();
}

IamService::Answer<aws::iam::GetRolePolicyResponse> IamService::get_role_policy(
    Info info, aws::iam::GetRolePolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name));
  const auto found = role->inline_policies.find(*request.policy_name);
  if (found == role->inline_policies.end()) {
    co_return fail(no_such_entity("The role policy with name " + *request.policy_name + " cannot be found."));
  }
  aws::iam::GetRolePolicyResponse response;
  response.role_name = role->name;
  response.policy_name = found->first;
  response.policy_document = encoded(found->second->text);
  co_return response;
}

IamService::Answer<aws::iam::ListRolePoliciesResponse> IamService::list_role_policies(
    Info info, aws::iam::ListRolePoliciesRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name));
  std::vector<std::string> all;
  for (const auto& [name, policy] : role->inline_policies) all.push_back(name);
  const auto key = [&](std::size_t i) -> std::string_view { return all[i]; };
  aws::iam::ListRolePoliciesResponse response;
  CO_TRY_VOID(fill_page(call, request, role->arn, all, response.policy_names, response, key));
  co_return response;
}

IamService::Answer<aws::iam::DeleteRolePolicyResponse> IamService::delete_role_policy(
    Info info, aws::iam::DeleteRolePolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name));
  CO_TRY_VOID(delete_inline(call, *role, *request.policy_name, "role"));
  co_return aws::iam::DeleteRolePolicyResponse();
}

// ---- attached policies and boundary ----

IamService::Answer<aws::iam::AttachRolePolicyResponse> IamService::attach_role_policy(
    Info info, aws::iam::AttachRolePolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.with("iam:PolicyARN", *request.policy_arn);
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name, access));
  CO_TRY_VOID(attach(call, *role, *request.policy_arn, "PoliciesPerRole"));
  co_return aws::iam::AttachRolePolicyResponse();
}

IamService::Answer<aws::iam::DetachRolePolicyResponse> IamService::detach_role_policy(
    Info info, aws::iam::DetachRolePolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.with("iam:PolicyARN", *request.policy_arn);
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name, access));
  CO_TRY_VOID(detach(call, *role, *request.policy_arn));
  co_return aws::iam::DetachRolePolicyResponse();
}

IamService::Answer<aws::iam::ListAttachedRolePoliciesResponse> IamService::list_attached_role_policies(
    Info info, aws::iam::ListAttachedRolePoliciesRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name));
  std::vector<aws::iam::AttachedPolicy> all = attached_policies(call, *role, request.path_prefix);
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].policy_arn; };
  aws::iam::ListAttachedRolePoliciesResponse response;
  CO_TRY_VOID(fill_page(call, request, role->arn, all, response.attached_policies, response, key));
  co_return response;
}

IamService::Answer<aws::iam::PutRolePermissionsBoundaryResponse> IamService::put_role_permissions_boundary(
    Info info, aws::iam::PutRolePermissionsBoundaryRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.with("iam:PermissionsBoundary", *request.permissions_boundary);
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name, access));
  CO_TRY_VOID(set_boundary(call, *role, *request.permissions_boundary));
  co_return aws::iam::PutRolePermissionsBoundaryResponse();
}

IamService::Answer<aws::iam::DeleteRolePermissionsBoundaryResponse> IamService::delete_role_permissions_boundary(
    Info info, aws::iam::DeleteRolePermissionsBoundaryRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name));
  if (role->boundary.empty()) {
    co_return fail(no_such_entity("Role " + role->name + " does not have a permissions boundary."));
  }
  role->boundary.clear();
  call.directory.changed();
  co_return aws::iam::DeleteRolePermissionsBoundaryResponse();
}

// ---- tags ----

IamService::Answer<aws::iam::TagRoleResponse> IamService::tag_role(Info info, aws::iam::TagRoleRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const Tags tags, check_tags(request.tags));
  Access access;
  access.tagging(tags);
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name, access));
  CO_TRY_VOID(add_tags(role->tags, request.tags));
  call.directory.changed();
  co_return aws::iam::TagRoleResponse();
}

IamService::Answer<aws::iam::UntagRoleResponse> IamService::untag_role(Info info, aws::iam::UntagRoleRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.untagging(request.tag_keys);
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name, access));
  for (const std::string& key : request.tag_keys) role->tags.erase(key);
  call.directory.changed();
  co_return aws::iam::UntagRoleResponse();
}

IamService::Answer<aws::iam::ListRoleTagsResponse> IamService::list_role_tags(Info info,
                                                                              aws::iam::ListRoleTagsRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name));
  std::vector<aws::iam::Tag> all = to_tags(role->tags);
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].key; };
  aws::iam::ListRoleTagsResponse response;
  CO_TRY_VOID(fill_page(call, request, role->arn, all, response.tags, response, key));
  co_return response;
}

}  // namespace postern::sim
