#include <algorithm>

#include "base/text.hpp"
#include "sim/iam/iam_service.hpp"
#include "sim/iam/iam_shared.hpp"

namespace postern::sim {
namespace iam_users {

using namespace iam_call;

Result<std::shared_ptr<User>> create(const Call& call, const aws::iam::CreateUserRequest& request) {
  TRY_VOID(check_name("userName", *request.user_name));
  auto user = std::make_shared<User>();
  TRY(user->path, check_path(request.path));
  TRY_VOID(add_tags(user->tags, request.tags));
  user->name = *request.user_name;
  user->account_id = call.account.id;
  user->arn = "arn:aws:iam::" + call.account.id + ":user" + user->path + user->name;
  Access access;
  access.on(user->arn).tagging(user->tags);
  if (request.permissions_boundary) access.with("iam:PermissionsBoundary", *request.permissions_boundary);
  TRY_VOID(authorize_as(call, access));
  const auto same = [&](const auto& other) { return equals_ignore_case(other.first, user->name); };
  if (std::any_of(call.account.users.begin(), call.account.users.end(), same)) {
    return fail(already_exists("User with name " + user->name + " already exists."));
  }
  if (call.account.users.size() >= kUsersMax)
    return fail(limit_exceeded("Cannot exceed quota for UsersPerAccount: 5000"));
  if (request.permissions_boundary) {
    TRY_VOID(attachable(call, *request.permissions_boundary));
    user->boundary = *request.permissions_boundary;
  }
  user->created = call.now;
  user->id = call.directory.new_id("AIDA", user->arn);
  call.account.users.emplace(user->name, user);
  call.directory.changed();
  return user;
}

aws::iam::StatusType::Value status_of(const AccessKey& key) {
  return key.status == KeyStatus::active ? aws::iam::StatusType::active : aws::iam::StatusType::inactive;
}

Result<AccessKey*> key_of(const Call& call, const User& user, const std::string& id) {
  const bool own = std::find(user.access_keys.begin(), user.access_keys.end(), id) != user.access_keys.end();
  AccessKey* key = own ? call.directory.keys().find(id) : nullptr;
  if (key == nullptr) {
    return fail(no_such_entity("The Access Key with id " + printable(id, 128) + " cannot be found."));
  }
  return key;
}

}  // namespace iam_users

IamService::Answer<aws::iam::CreateUserResponse> IamService::create_user(Info info,
                                                                         aws::iam::CreateUserRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, iam_users::create(call, request));
  aws::iam::CreateUserResponse response;
  response.user = to_user(*user, Shown::full);
  co_return response;
}

IamService::Answer<aws::iam::GetUserResponse> IamService::get_user(Info info, aws::iam::GetUserRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  aws::iam::GetUserResponse response;
  response.user = to_user(*user, Shown::full);
  co_return response;
}

IamService::Answer<aws::iam::ListUsersResponse> IamService::list_users(Info info, aws::iam::ListUsersRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.on(arn_of(call, "user", ""));
  CO_TRY_VOID(authorize_as(call, access));
  std::vector<aws::iam::User> all;
  for (const auto& [name, user] : call.account.users) {
    if (has_prefix(user->path, request.path_prefix)) all.push_back(to_user(*user, Shown::listed));
  }
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].user_name; };
  aws::iam::ListUsersResponse response;
  CO_TRY_VOID(fill_page(call, request, request.path_prefix.value_or(""), all, response.users, response, key));
  co_return response;
}

IamService::Answer<aws::iam::DeleteUserResponse> IamService::delete_user(Info info,
                                                                         aws::iam::DeleteUserRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  if (!user->access_keys.empty()) {
    co_return fail(delete_conflict("Cannot delete entity, must delete access keys first."));
  }
  const auto own = [&](const auto& entry) { return entry.second->user == user->name; };
  const auto& devices = call.account.mfa_devices;
  if (std::any_of(devices.begin(), devices.end(), own)) {
    co_return fail(delete_conflict("Cannot delete entity, must delete MFA device first."));
  }
  if (!user->attached.empty()) co_return fail(delete_conflict("Cannot delete entity, must detach all policies first."));
  if (!user->inline_policies.empty()) {
    co_return fail(delete_conflict("Cannot delete entity, must delete policies first."));
  }
  call.directory.forget(user->arn);
  call.account.users.erase(user->name);
  co_return aws::iam::DeleteUserResponse();
}

// ---- access keys ----

IamService::Answer<aws::iam::CreateAccessKeyResponse> IamService::create_access_key(
    Info info, aws::iam::CreateAccessKeyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  if (user->access_keys.size() >= kKeysMax) {
    co_return fail(limit_exceeded("Cannot exceed quota for AccessKeysPerUser: 2"));
  }
  const IssuedKey made = call.directory.keys().create(user, call.now, info.ctx.random());
  user->access_keys.push_back(made.access_key_id);
  aws::iam::CreateAccessKeyResponse response;
  aws::iam::AccessKey& key = response.access_key.emplace();
  key.user_name = user->name;
  key.access_key_id = made.access_key_id;
  key.status = aws::iam::StatusType::active;
  key.secret_access_key = made.secret_access_key;
  key.create_date = call.now;
  co_return response;
}

IamService::Answer<aws::iam::ListAccessKeysResponse> IamService::list_access_keys(
    Info info, aws::iam::ListAccessKeysRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  std::vector<aws::iam::AccessKeyMetadata> all;
  for (const std::string& id : user->access_keys) {
    const AccessKey* key = call.directory.keys().find(id);
    if (key == nullptr) continue;
    aws::iam::AccessKeyMetadata& one = all.emplace_back();
    one.user_name = user->name;
    one.access_key_id = id;
    one.status = iam_users::status_of(*key);
    one.create_date = key->created;
  }
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].access_key_id; };
  aws::iam::ListAccessKeysResponse response;
  CO_TRY_VOID(fill_page(call, request, user->arn, all, response.access_key_metadata, response, key));
  co_return response;
}

IamService::Answer<aws::iam::UpdateAccessKeyResponse> IamService::update_access_key(
    Info info, aws::iam::UpdateAccessKeyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  CO_TRY(AccessKey* const key, iam_users::key_of(call, *user, *request.access_key_id));
  key->status = *request.status == aws::iam::StatusType::active ? KeyStatus::active : KeyStatus::inactive;
  co_return aws::iam::UpdateAccessKeyResponse();
}

IamService::Answer<aws::iam::DeleteAccessKeyResponse> IamService::delete_access_key(
    Info info, aws::iam::DeleteAccessKeyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  CO_TRY_VOID(iam_users::key_of(call, *user, *request.access_key_id));
  call.directory.keys().erase(*request.access_key_id);
  std::erase(user->access_keys, *request.access_key_id);
  co_return aws::iam::DeleteAccessKeyResponse();
}

IamService::Answer<aws::iam::GetAccessKeyLastUsedResponse> IamService::get_access_key_last_used(
    Info info, aws::iam::GetAccessKeyLastUsedRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY_VOID(authorize_as(call, Access()));
  const AccessKey* key = call.directory.keys().find(*request.access_key_id);
  const std::shared_ptr<User> user = key == nullptr ? nullptr : key->user.lock();
  if (user == nullptr || user->account_id != call.account.id) {
    co_return fail(aws::server::fault(ErrorKind::denied, "AccessDenied",
                                      "The access key " + *request.access_key_id + " is not of this account", 403));
  }
  aws::iam::GetAccessKeyLastUsedResponse response;
  response.user_name = user->name;
  aws::iam::AccessKeyLastUsed& used = response.access_key_last_used.emplace();
  used.last_used_date = key->last_used;
  used.service_name = key->last_used ? key->last_service : "N/A";
  used.region = key->last_used ? key->last_region : "N/A";
  co_return response;
}

// ---- policies and boundary ----

IamService::Answer<aws::iam::PutUserPolicyResponse> IamService::put_user_policy(
    Info info, aws::iam::PutUserPolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  CO_TRY_VOID(put_inline(call, *user, *request.policy_name, *request.policy_document, kUserInlineSizeMax));
  co_return aws::iam::PutUserPolicyResponse();
}

IamService::Answer<aws::iam::GetUserPolicyResponse> IamService::get_user_policy(
    Info info, aws::iam::GetUserPolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  const auto found = user->inline_policies.find(*request.policy_name);
  if (found == user->inline_policies.end()) {
    co_return fail(no_such_entity("The user policy with name " + *request.policy_name + " cannot be found."));
  }
  aws::iam::GetUserPolicyResponse response;
  response.user_name = user->name;
  response.policy_name = found->first;
  response.policy_document = encoded(found->second->text);
  co_return response;
}

IamService::Answer<aws::iam::ListUserPoliciesResponse> IamService::list_user_policies(
    Info info, aws::iam::ListUserPoliciesRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  std::vector<std::string> all;
  for (const auto& [name, policy] : user->inline_policies) all.push_back(name);
  const auto key = [&](std::size_t i) -> std::string_view { return all[i]; };
  aws::iam::ListUserPoliciesResponse response;
  CO_TRY_VOID(fill_page(call, request, user->arn, all, response.policy_names, response, key));
  co_return response;
}

IamService::Answer<aws::iam::DeleteUserPolicyResponse> IamService::delete_user_policy(
    Info info, aws::iam::DeleteUserPolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  CO_TRY_VOID(delete_inline(call, *user, *request.policy_name, "user"));
  co_return aws::iam::DeleteUserPolicyResponse();
}

IamService::Answer<aws::iam::AttachUserPolicyResponse> IamService::attach_user_policy(
    Info info, aws::iam::AttachUserPolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.with("iam:PolicyARN", *request.policy_arn);
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name, access));
  CO_TRY_VOID(attach(call, *user, *request.policy_arn, "PoliciesPerUser"));
  co_return aws::iam::AttachUserPolicyResponse();
}

IamService::Answer<aws::iam::DetachUserPolicyResponse> IamService::detach_user_policy(
    Info info, aws::iam::DetachUserPolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.with("iam:PolicyARN", *request.policy_arn);
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name, access));
  CO_TRY_VOID(detach(call, *user, *request.policy_arn));
  co_return aws::iam::DetachUserPolicyResponse();
}

IamService::Answer<aws::iam::ListAttachedUserPoliciesResponse> IamService::list_attached_user_policies(
    Info info, aws::iam::ListAttachedUserPoliciesRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  std::vector<aws::iam::AttachedPolicy> all = attached_policies(call, *user, request.path_prefix);
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].policy_arn; };
  aws::iam::ListAttachedUserPoliciesResponse response;
  CO_TRY_VOID(fill_page(call, request, user->arn, all, response.attached_policies, response, key));
  co_return response;
}

IamService::Answer<aws::iam::PutUserPermissionsBoundaryResponse> IamService::put_user_permissions_boundary(
    Info info, aws::iam::PutUserPermissionsBoundaryRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.with("iam:PermissionsBoundary", *request.permissions_boundary);
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name, access));
  CO_TRY_VOID(set_boundary(call, *user, *request.permissions_boundary));
  co_return aws::iam::PutUserPermissionsBoundaryResponse();
}

IamService::Answer<aws::iam::DeleteUserPermissionsBoundaryResponse> IamService::delete_user_permissions_boundary(
    Info info, aws::iam::DeleteUserPermissionsBoundaryRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  if (user->boundary.empty()) {
    co_return fail(no_such_entity("User " + user->name + " does not have a permissions boundary."));
  }
  user->boundary.clear();
  call.directory.changed();
  co_return aws::iam::DeleteUserPermissionsBoundaryResponse();
}

// ---- tags ----

IamService::Answer<aws::iam::TagUserResponse> IamService::tag_user(Info info, aws::iam::TagUserRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const Tags tags, check_tags(request.tags));
  Access access;
  access.tagging(tags);
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name, access));
  CO_TRY_VOID(add_tags(user->tags, request.tags));
  call.directory.changed();
  co_return aws::iam::TagUserResponse();
}

IamService::Answer<aws::iam::UntagUserResponse> IamService::untag_user(Info info, aws::iam::UntagUserRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.untagging(request.tag_keys);
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name, access));
  for (const std::string& key : request.tag_keys) user->tags.erase(key);
  call.directory.changed();
  co_return aws::iam::UntagUserResponse();
}

IamService::Answer<aws::iam::ListUserTagsResponse> IamService::list_user_tags(Info info,
                                                                              aws::iam::ListUserTagsRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<User> user, user_of(call, request.user_name));
  std::vector<aws::iam::Tag> all = to_tags(user->tags);
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].key; };
  aws::iam::ListUserTagsResponse response;
  CO_TRY_VOID(fill_page(call, request, user->arn, all, response.tags, response, key));
  co_return response;
}

}  // namespace postern::sim
