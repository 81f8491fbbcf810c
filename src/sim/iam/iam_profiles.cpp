#include <algorithm>

#include "base/text.hpp"
#include "sim/iam/iam_service.hpp"
#include "sim/iam/iam_shared.hpp"

namespace postern::sim {
namespace iam_profiles {

using namespace iam_call;

Result<std::shared_ptr<InstanceProfile>> create(const Call& call,
                                                const aws::iam::CreateInstanceProfileRequest& request) {
  TRY_VOID(check_name("instanceProfileName", *request.instance_profile_name));
  auto profile = std::make_shared<InstanceProfile>();
  TRY(profile->path, check_path(request.path));
  TRY_VOID(add_tags(profile->tags, request.tags));
  profile->name = *request.instance_profile_name;
  profile->arn = "arn:aws:iam::" + call.account.id + ":instance-profile" + profile->path + profile->name;
  Access access;
  access.on(profile->arn).tagging(profile->tags);
  TRY_VOID(authorize_as(call, access));
  const auto same = [&](const auto& other) { return equals_ignore_case(other.first, profile->name); };
  if (std::any_of(call.account.profiles.begin(), call.account.profiles.end(), same)) {
    return fail(already_exists("Instance Profile " + profile->name + " already exists."));
  }
  if (call.account.profiles.size() >= kProfilesMax) {
    return fail(limit_exceeded("Cannot exceed quota for InstanceProfilesPerAccount: 1000"));
  }
  profile->created = call.now;
  profile->id = call.directory.new_id("AIPA", profile->arn);
  call.account.profiles.emplace(profile->name, profile);
  call.directory.changed();
  return profile;
}

/// The role must be there, and its caller must be allowed to hand it to EC2.
Result<std::shared_ptr<Role>> passed_role(const Call& call, const std::string& name) {
  const auto found = call.account.roles.find(name);
  if (found == call.account.roles.end()) {
    return fail(no_such_entity("The role with name " + printable(name, 128) + " cannot be found."));
  }
  Access access("iam:PassRole");
  access.on(found->second->arn, found->second->tags).with("iam:PassedToService", "ec2.amazonaws.com");
  TRY_VOID(authorize_as(call, access));
  return found->second;
}

}  // namespace iam_profiles

IamService::Answer<aws::iam::CreateInstanceProfileResponse> IamService::create_instance_profile(
    Info info, aws::iam::CreateInstanceProfileRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<InstanceProfile> profile, iam_profiles::create(call, request));
  aws::iam::CreateInstanceProfileResponse response;
  response.instance_profile = to_profile(call, *profile, Shown::full);
  co_return response;
}

IamService::Answer<aws::iam::GetInstanceProfileResponse> IamService::get_instance_profile(
    Info info, aws::iam::GetInstanceProfileRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<InstanceProfile> profile, profile_of(call, *request.instance_profile_name));
  aws::iam::GetInstanceProfileResponse response;
  response.instance_profile = to_profile(call, *profile, Shown::full);
  co_return response;
}

IamService::Answer<aws::iam::ListInstanceProfilesResponse> IamService::list_instance_profiles(
    Info info, aws::iam::ListInstanceProfilesRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.on(arn_of(call, "instance-profile", ""));
  CO_TRY_VOID(authorize_as(call, access));
  std::vector<aws::iam::InstanceProfile> all;
  for (const auto& [name, profile] : call.account.profiles) {
    if (has_prefix(profile->path, request.path_prefix)) all.push_back(to_profile(call, *profile, Shown::listed));
  }
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].instance_profile_name; };
  aws::iam::ListInstanceProfilesResponse response;
  CO_TRY_VOID(
      fill_page(call, request, request.path_prefix.value_or(""), all, response.instance_profiles, response, key));
  co_return response;
}

IamService::Answer<aws::iam::ListInstanceProfilesForRoleResponse> IamService::list_instance_profiles_for_role(
    Info info, aws::iam::ListInstanceProfilesForRoleRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<Role> role, role_of(call, *request.role_name));
  std::vector<aws::iam::InstanceProfile> all;
  for (const auto& [name, profile] : call.account.profiles) {
    if (profile->role == role->name) all.push_back(to_profile(call, *profile, Shown::listed));
  }
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].instance_profile_name; };
  aws::iam::ListInstanceProfilesForRoleResponse response;
  CO_TRY_VOID(fill_page(call, request, role->arn, all, response.instance_profiles, response, key));
  co_return response;
}

IamService::Answer<aws::iam::DeleteInstanceProfileResponse> IamService::delete_instance_profile(
    Info info, aws::iam::DeleteInstanceProfileRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<InstanceProfile> profile, profile_of(call, *request.instance_profile_name));
  if (!profile->role.empty()) {
    co_return fail(delete_conflict("Cannot delete entity, must remove roles from instance profile first."));
  }
  call.directory.forget(profile->arn);
  call.account.profiles.erase(profile->name);
  co_return aws::iam::DeleteInstanceProfileResponse();
}

IamService::Answer<aws::iam::AddRoleToInstanceProfileResponse> IamService::add_role_to_instance_profile(
    Info info, aws::iam::AddRoleToInstanceProfileRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<InstanceProfile> profile, profile_of(call, *request.instance_profile_name));
  CO_TRY(const std::shared_ptr<Role> role, iam_profiles::passed_role(call, *request.role_name));
  if (!profile->role.empty()) {
    co_return fail(limit_exceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"));
  }
  profile->role = role->name;
  call.directory.changed();
  co_return aws::iam::AddRoleToInstanceProfileResponse();
}

IamService::Answer<aws::iam::RemoveRoleFromInstanceProfileResponse> IamService::remove_role_from_instance_profile(
    Info info, aws::iam::RemoveRoleFromInstanceProfileRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<InstanceProfile> profile, profile_of(call, *request.instance_profile_name));
  if (profile->role != *request.role_name) {
    co_return fail(no_such_entity("The role with name " + printable(*request.role_name, 128) + " cannot be found."));
  }
  profile->role.clear();
  call.directory.changed();
  co_return aws::iam::RemoveRoleFromInstanceProfileResponse();
}

// ---- the account ----

IamService::Answer<aws::iam::ListAccountAliasesResponse> IamService::list_account_aliases(
    Info info, aws::iam::ListAccountAliasesRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.on("*");
  CO_TRY_VOID(authorize_as(call, access));
  std::vector<std::string> all;
  if (!call.account.alias.empty()) all.push_back(call.account.alias);
  const auto key = [&](std::size_t i) -> std::string_view { return all[i]; };
  aws::iam::ListAccountAliasesResponse response;
  CO_TRY_VOID(fill_page(call, request, "", all, response.account_aliases, response, key));
  co_return response;
}

IamService::Answer<aws::iam::CreateAccountAliasResponse> IamService::create_account_alias(
    Info info, aws::iam::CreateAccountAliasRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.on("*");
  CO_TRY_VOID(authorize_as(call, access));
  const std::string& alias = *request.account_alias;
  const bool good = std::all_of(alias.begin(), alias.end(),
                                [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  if (!good || alias.front() == '-' || alias.back() == '-' || alias.find("--") != std::string::npos) {
    co_return fail(
        validation_error(pattern_violation("accountAlias", alias, "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$")));
  }
  for (const auto& [id, account] : call.directory.accounts()) {
    if (id != call.account.id && account.alias == alias) {
      co_return fail(already_exists("The account alias " + alias + " already exists."));
    }
  }
  call.account.alias = alias;
  co_return aws::iam::CreateAccountAliasResponse();
}

IamService::Answer<aws::iam::DeleteAccountAliasResponse> IamService::delete_account_alias(
    Info info, aws::iam::DeleteAccountAliasRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.on("*");
  CO_TRY_VOID(authorize_as(call, access));
  if (call.account.alias != *request.account_alias) {
    co_return fail(no_such_entity("The account alias " + printable(*request.account_alias, 80) + " cannot be found."));
  }
  call.account.alias.clear();
  co_return aws::iam::DeleteAccountAliasResponse();
}

IamService::Answer<aws::iam::GetAccountSummaryResponse> IamService::get_account_summary(
    Info info, aws::iam::GetAccountSummaryRequest) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.on("*");
  CO_TRY_VOID(authorize_as(call, access));
  aws::iam::GetAccountSummaryResponse response;
  const auto set = [&](const char* key, std::size_t value) {
    response.summary_map[key] = static_cast<std::int32_t>(value);
  };
  set("Users", call.account.users.size());
  set("UsersQuota", kUsersMax);
  set("Roles", call.account.roles.size());
  set("RolesQuota", kRolesMax);
  set("Policies", call.account.policies.size());
  set("PoliciesQuota", kPoliciesMax);
  set("InstanceProfiles", call.account.profiles.size());
  set("InstanceProfilesQuota", kProfilesMax);
  set("VersionsPerPolicyQuota", kVersionsMax);
  set("AttachedPoliciesPerRoleQuota", kAttachedMax);
  set("AttachedPoliciesPerUserQuota", kAttachedMax);
  set("AccessKeysPerUserQuota", kKeysMax);
  set("PolicySizeQuota", iam::kManagedPolicySizeMax);
  set("UserPolicySizeQuota", kUserInlineSizeMax);
  set("AssumeRolePolicySizeQuota", iam::kTrustPolicySizeMax);
  set("AccountMFAEnabled", 0);  // the root user's
  const auto& devices = call.account.mfa_devices;
  const auto in_use = [](const auto& entry) { return !entry.second->user.empty(); };
  set("MFADevices", devices.size());
  set("MFADevicesInUse", static_cast<std::size_t>(std::count_if(devices.begin(), devices.end(), in_use)));
  co_return response;
}

}  // namespace postern::sim
