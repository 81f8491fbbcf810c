#pragma once

/// IAM: the operations that read and set up roles, users, policies and instance profiles of the caller's account.

#include "aws/iam/server.hpp"
#include "sim/cloud.hpp"

namespace postern::sim {

/// The cloud outlives it. Changes are effective at once; AWS may take seconds.
class IamService final : public aws::iam::Handler {
 public:
  template <class T>
  using Answer = rt::Task<Result<T>>;
  using Info = aws::server::CallInfo;

  explicit IamService(Cloud& cloud) : cloud_(cloud) {}

  Answer<aws::iam::AddRoleToInstanceProfileResponse> add_role_to_instance_profile(
      Info info, aws::iam::AddRoleToInstanceProfileRequest request) override;
  Answer<aws::iam::AttachRolePolicyResponse> attach_role_policy(Info info,
                                                                aws::iam::AttachRolePolicyRequest request) override;
  Answer<aws::iam::AttachUserPolicyResponse> attach_user_policy(Info info,
                                                                aws::iam::AttachUserPolicyRequest request) override;
  Answer<aws::iam::CreateAccessKeyResponse> create_access_key(Info info,
                                                              aws::iam::CreateAccessKeyRequest request) override;
  Answer<aws::iam::CreateAccountAliasResponse> create_account_alias(
      Info info, aws::iam::CreateAccountAliasRequest request) override;
  Answer<aws::iam::CreateInstanceProfileResponse> create_instance_profile(
      Info info, aws::iam::CreateInstanceProfileRequest request) override;
  Answer<aws::iam::CreatePolicyResponse> create_policy(Info info, aws::iam::CreatePolicyRequest request) override;
  Answer<aws::iam::CreatePolicyVersionResponse> create_policy_version(
      Info info, aws::iam::CreatePolicyVersionRequest request) override;
  Answer<aws::iam::CreateRoleResponse> create_role(Info info, aws::iam::CreateRoleRequest request) override;
  Answer<aws::iam::CreateUserResponse> create_user(Info info, aws::iam::CreateUserRequest request) override;
  Answer<aws::iam::CreateVirtualMFADeviceResponse> create_virtual_mfa_device(
      Info info, aws::iam::CreateVirtualMFADeviceRequest request) override;
  Answer<aws::iam::DeactivateMFADeviceResponse> deactivate_mfa_device(
      Info info, aws::iam::DeactivateMFADeviceRequest request) override;
  Answer<aws::iam::DeleteVirtualMFADeviceResponse> delete_virtual_mfa_device(
      Info info, aws::iam::DeleteVirtualMFADeviceRequest request) override;
  Answer<aws::iam::EnableMFADeviceResponse> enable_mfa_device(Info info,
                                                              aws::iam::EnableMFADeviceRequest request) override;
  Answer<aws::iam::ListMFADevicesResponse> list_mfa_devices(Info info,
                                                            aws::iam::ListMFADevicesRequest request) override;
  Answer<aws::iam::ListVirtualMFADevicesResponse> list_virtual_mfa_devices(
      Info info, aws::iam::ListVirtualMFADevicesRequest request) override;
  Answer<aws::iam::ResyncMFADeviceResponse> resync_mfa_device(Info info,
                                                              aws::iam::ResyncMFADeviceRequest request) override;
  Answer<aws::iam::DeleteAccessKeyResponse> delete_access_key(Info info,
                                                              aws::iam::DeleteAccessKeyRequest request) override;
  Answer<aws::iam::DeleteAccountAliasResponse> delete_account_alias(
      Info info, aws::iam::DeleteAccountAliasRequest request) override;
  Answer<aws::iam::DeleteInstanceProfileResponse> delete_instance_profile(
      Info info, aws::iam::DeleteInstanceProfileRequest request) override;
  Answer<aws::iam::DeletePolicyResponse> delete_policy(Info info, aws::iam::DeletePolicyRequest request) override;
  Answer<aws::iam::DeletePolicyVersionResponse> delete_policy_version(
      Info info, aws::iam::DeletePolicyVersionRequest request) override;
  Answer<aws::iam::DeleteRoleResponse> delete_role(Info info, aws::iam::DeleteRoleRequest request) override;
  Answer<aws::iam::DeleteRolePermissionsBoundaryResponse> delete_role_permissions_boundary(
      Info info, aws::iam::DeleteRolePermissionsBoundaryRequest request) override;
  Answer<aws::iam::DeleteRolePolicyResponse> delete_role_policy(Info info,
                                                                aws::iam::DeleteRolePolicyRequest request) override;
  Answer<aws::iam::DeleteUserResponse> delete_user(Info info, aws::iam::DeleteUserRequest request) override;
  Answer<aws::iam::DeleteUserPermissionsBoundaryResponse> delete_user_permissions_boundary(
      Info info, aws::iam::DeleteUserPermissionsBoundaryRequest request) override;
  Answer<aws::iam::DeleteUserPolicyResponse> delete_user_policy(Info info,
                                                                aws::iam::DeleteUserPolicyRequest request) override;
  Answer<aws::iam::DetachRolePolicyResponse> detach_role_policy(Info info,
                                                                aws::iam::DetachRolePolicyRequest request) override;
  Answer<aws::iam::DetachUserPolicyResponse> detach_user_policy(Info info,
                                                                aws::iam::DetachUserPolicyRequest request) override;
  Answer<aws::iam::GetAccessKeyLastUsedResponse> get_access_key_last_used(
      Info info, aws::iam::GetAccessKeyLastUsedRequest request) override;
  Answer<aws::iam::GetAccountSummaryResponse> get_account_summary(Info info,
                                                                  aws::iam::GetAccountSummaryRequest request) override;
  Answer<aws::iam::GetInstanceProfileResponse> get_instance_profile(
      Info info, aws::iam::GetInstanceProfileRequest request) override;
  Answer<aws::iam::GetPolicyResponse> get_policy(Info info, aws::iam::GetPolicyRequest request) override;
  Answer<aws::iam::GetPolicyVersionResponse> get_policy_version(Info info,
                                                                aws::iam::GetPolicyVersionRequest request) override;
  Answer<aws::iam::GetRoleResponse> get_role(Info info, aws::iam::GetRoleRequest request) override;
  Answer<aws::iam::GetRolePolicyResponse> get_role_policy(Info info, aws::iam::GetRolePolicyRequest request) override;
  Answer<aws::iam::GetUserResponse> get_user(Info info, aws::iam::GetUserRequest request) override;
  Answer<aws::iam::GetUserPolicyResponse> get_user_policy(Info info, aws::iam::GetUserPolicyRequest request) override;
  Answer<aws::iam::ListAccessKeysResponse> list_access_keys(Info info,
                                                            aws::iam::ListAccessKeysRequest request) override;
  Answer<aws::iam::ListAccountAliasesResponse> list_account_aliases(
      Info info, aws::iam::ListAccountAliasesRequest request) override;
  Answer<aws::iam::ListAttachedRolePoliciesResponse> list_attached_role_policies(
      Info info, aws::iam::ListAttachedRolePoliciesRequest request) override;
  Answer<aws::iam::ListAttachedUserPoliciesResponse> list_attached_user_policies(
      Info info, aws::iam::ListAttachedUserPoliciesRequest request) override;
  Answer<aws::iam::ListEntitiesForPolicyResponse> list_entities_for_policy(
      Info info, aws::iam::ListEntitiesForPolicyRequest request) override;
  Answer<aws::iam::ListInstanceProfilesResponse> list_instance_profiles(
      Info info, aws::iam::ListInstanceProfilesRequest request) override;
  Answer<aws::iam::ListInstanceProfilesForRoleResponse> list_instance_profiles_for_role(
      Info info, aws::iam::ListInstanceProfilesForRoleRequest request) override;
  Answer<aws::iam::ListPoliciesResponse> list_policies(Info info, aws::iam::ListPoliciesRequest request) override;
  Answer<aws::iam::ListPolicyTagsResponse> list_policy_tags(Info info,
                                                            aws::iam::ListPolicyTagsRequest request) override;
  Answer<aws::iam::ListPolicyVersionsResponse> list_policy_versions(
      Info info, aws::iam::ListPolicyVersionsRequest request) override;
  Answer<aws::iam::ListRolePoliciesResponse> list_role_policies(Info info,
                                                                aws::iam::ListRolePoliciesRequest request) override;
  Answer<aws::iam::ListRoleTagsResponse> list_role_tags(Info info, aws::iam::ListRoleTagsRequest request) override;
  Answer<aws::iam::ListRolesResponse> list_roles(Info info, aws::iam::ListRolesRequest request) override;
  Answer<aws::iam::ListUserPoliciesResponse> list_user_policies(Info info,
                                                                aws::iam::ListUserPoliciesRequest request) override;
  Answer<aws::iam::ListUserTagsResponse> list_user_tags(Info info, aws::iam::ListUserTagsRequest request) override;
  Answer<aws::iam::ListUsersResponse> list_users(Info info, aws::iam::ListUsersRequest request) override;
  Answer<aws::iam::PutRolePermissionsBoundaryResponse> put_role_permissions_boundary(
      Info info, aws::iam::PutRolePermissionsBoundaryRequest request) override;
  Answer<aws::iam::PutRolePolicyResponse> put_role_policy(Info info, aws::iam::PutRolePolicyRequest request) override;
  Answer<aws::iam::PutUserPermissionsBoundaryResponse> put_user_permissions_boundary(
      Info info, aws::iam::PutUserPermissionsBoundaryRequest request) override;
  Answer<aws::iam::PutUserPolicyResponse> put_user_policy(Info info, aws::iam::PutUserPolicyRequest request) override;
  Answer<aws::iam::RemoveRoleFromInstanceProfileResponse> remove_role_from_instance_profile(
      Info info, aws::iam::RemoveRoleFromInstanceProfileRequest request) override;
  Answer<aws::iam::SetDefaultPolicyVersionResponse> set_default_policy_version(
      Info info, aws::iam::SetDefaultPolicyVersionRequest request) override;
  Answer<aws::iam::SimulateCustomPolicyResponse> simulate_custom_policy(
      Info info, aws::iam::SimulateCustomPolicyRequest request) override;
  Answer<aws::iam::SimulatePrincipalPolicyResponse> simulate_principal_policy(
      Info info, aws::iam::SimulatePrincipalPolicyRequest request) override;
  Answer<aws::iam::TagPolicyResponse> tag_policy(Info info, aws::iam::TagPolicyRequest request) override;
  Answer<aws::iam::TagRoleResponse> tag_role(Info info, aws::iam::TagRoleRequest request) override;
  Answer<aws::iam::TagUserResponse> tag_user(Info info, aws::iam::TagUserRequest request) override;
  Answer<aws::iam::UntagPolicyResponse> untag_policy(Info info, aws::iam::UntagPolicyRequest request) override;
  Answer<aws::iam::UntagRoleResponse> untag_role(Info info, aws::iam::UntagRoleRequest request) override;
  Answer<aws::iam::UntagUserResponse> untag_user(Info info, aws::iam::UntagUserRequest request) override;
  Answer<aws::iam::UpdateAccessKeyResponse> update_access_key(Info info,
                                                              aws::iam::UpdateAccessKeyRequest request) override;
  Answer<aws::iam::UpdateAssumeRolePolicyResponse> update_assume_role_policy(
      Info info, aws::iam::UpdateAssumeRolePolicyRequest request) override;
  Answer<aws::iam::UpdateRoleResponse> update_role(Info info, aws::iam::UpdateRoleRequest request) override;

 private:
  Cloud& cloud_;
};

}  // namespace postern::sim
