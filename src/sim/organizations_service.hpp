#pragma once

/// Organizations: the accounts of the cloud and their units, for the management account alone.

#include "aws/organizations/server.hpp"
#include "sim/cloud.hpp"

namespace postern::sim {

/// The hub is the management account. Units are those that the accounts name. The cloud outlives it.
class OrganizationsService final : public aws::organizations::Handler {
 public:
  template <class T>
  using Answer = rt::Task<Result<T>>;
  using Info = aws::server::CallInfo;

  explicit OrganizationsService(const Cloud& cloud) : cloud_(cloud) {}
  Answer<aws::organizations::ListAccountsResponse> list_accounts(
      Info info, aws::organizations::ListAccountsRequest request) override;
  Answer<aws::organizations::ListRootsResponse> list_roots(Info info,
                                                           aws::organizations::ListRootsRequest request) override;
  Answer<aws::organizations::ListOrganizationalUnitsForParentResponse> list_organizational_units_for_parent(
      Info info, aws::organizations::ListOrganizationalUnitsForParentRequest request) override;
  Answer<aws::organizations::ListAccountsForParentResponse> list_accounts_for_parent(
      Info info, aws::organizations::ListAccountsForParentRequest request) override;

 private:
  const Cloud& cloud_;
};

}  // namespace postern::sim
