#pragma once

/// Organizations: the tree of accounts and its policies, read by the management account and delegated administrators,
/// changed by the management account.

#include "aws/organizations/server.hpp"
#include "sim/cloud.hpp"

namespace postern::sim {

/// The cloud outlives it. Changes are effective at once.
class OrganizationsService final : public aws::organizations::Handler {
 public:
  template <class T>
  using Answer = rt::Task<Result<T>>;
  using Info = aws::server::CallInfo;

  explicit OrganizationsService(Cloud& cloud) : cloud_(cloud) {}

  Answer<aws::organizations::AttachPolicyResponse> attach_policy(
      Info info, aws::organizations::AttachPolicyRequest request) override;
  Answer<aws::organizations::CreateOrganizationalUnitResponse> create_organizational_unit(
      Info info, aws::organizations::CreateOrganizationalUnitRequest request) override;
  Answer<aws::organizations::CreatePolicyResponse> create_policy(
      Info info, aws::organizations::CreatePolicyRequest request) override;
  Answer<aws::organizations::DeleteOrganizationalUnitResponse> delete_organizational_unit(
      Info info, aws::organizations::DeleteOrganizationalUnitRequest request) override;
  Answer<aws::organizations::DeletePolicyResponse> delete_policy(
      Info info, aws::organizations::DeletePolicyRequest request) override;
  Answer<aws::organizations::DeregisterDelegatedAdministratorResponse> deregister_delegated_administrator(
      Info info, aws::organizations::DeregisterDelegatedAdministratorRequest request) override;
  Answer<aws::organizations::DescribeAccountResponse> describe_account(
      Info info, aws::organizations::DescribeAccountRequest request) override;
  Answer<aws::organizations::DescribeOrganizationResponse> describe_organization(
      Info info, aws::organizations::DescribeOrganizationRequest request) override;
  Answer<aws::organizations::DescribeOrganizationalUnitResponse> describe_organizational_unit(
      Info info, aws::organizations::DescribeOrganizationalUnitRequest request) override;
  Answer<aws::organizations::DescribePolicyResponse> describe_policy(
      Info info, aws::organizations::DescribePolicyRequest request) override;
  Answer<aws::organizations::DetachPolicyResponse> detach_policy(
      Info info, aws::organizations::DetachPolicyRequest request) override;
  Answer<aws::organizations::DisablePolicyTypeResponse> disable_policy_type(
      Info info, aws::organizations::DisablePolicyTypeRequest request) override;
  Answer<aws::organizations::EnablePolicyTypeResponse> enable_policy_type(
      Info info, aws::organizations::EnablePolicyTypeRequest request) override;
  Answer<aws::organizations::ListAccountsResponse> list_accounts(
      Info info, aws::organizations::ListAccountsRequest request) override;
  Answer<aws::organizations::ListAccountsForParentResponse> list_accounts_for_parent(
      Info info, aws::organizations::ListAccountsForParentRequest request) override;
  Answer<aws::organizations::ListChildrenResponse> list_children(
      Info info, aws::organizations::ListChildrenRequest request) override;
  Answer<aws::organizations::ListDelegatedAdministratorsResponse> list_delegated_administrators(
      Info info, aws::organizations::ListDelegatedAdministratorsRequest request) override;
  Answer<aws::organizations::ListOrganizationalUnitsForParentResponse> list_organizational_units_for_parent(
      Info info, aws::organizations::ListOrganizationalUnitsForParentRequest request) override;
  Answer<aws::organizations::ListParentsResponse> list_parents(Info info,
                                                               aws::organizations::ListParentsRequest request) override;
  Answer<aws::organizations::ListPoliciesResponse> list_policies(
      Info info, aws::organizations::ListPoliciesRequest request) override;
  Answer<aws::organizations::ListPoliciesForTargetResponse> list_policies_for_target(
      Info info, aws::organizations::ListPoliciesForTargetRequest request) override;
  Answer<aws::organizations::ListRootsResponse> list_roots(Info info,
                                                           aws::organizations::ListRootsRequest request) override;
  Answer<aws::organizations::ListTagsForResourceResponse> list_tags_for_resource(
      Info info, aws::organizations::ListTagsForResourceRequest request) override;
  Answer<aws::organizations::ListTargetsForPolicyResponse> list_targets_for_policy(
      Info info, aws::organizations::ListTargetsForPolicyRequest request) override;
  Answer<aws::organizations::MoveAccountResponse> move_account(Info info,
                                                               aws::organizations::MoveAccountRequest request) override;
  Answer<aws::organizations::RegisterDelegatedAdministratorResponse> register_delegated_administrator(
      Info info, aws::organizations::RegisterDelegatedAdministratorRequest request) override;
  Answer<aws::organizations::TagResourceResponse> tag_resource(Info info,
                                                               aws::organizations::TagResourceRequest request) override;
  Answer<aws::organizations::UntagResourceResponse> untag_resource(
      Info info, aws::organizations::UntagResourceRequest request) override;
  Answer<aws::organizations::UpdateOrganizationalUnitResponse> update_organizational_unit(
      Info info, aws::organizations::UpdateOrganizationalUnitRequest request) override;
  Answer<aws::organizations::UpdatePolicyResponse> update_policy(
      Info info, aws::organizations::UpdatePolicyRequest request) override;

 private:
  Cloud& cloud_;
};

}  // namespace postern::sim
