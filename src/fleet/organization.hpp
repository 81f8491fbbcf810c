#pragma once

/// AWS Organizations as the source of a fleet file (`postern init --from-organizations`).

#include <string>
#include <vector>

#include "fleet/types.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::fleet {

/// One account as Organizations lists it.
struct OrganizationAccount {
  OrganizationAccount() = default;
  std::string id;
  std::string name;
  /// "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "PENDING_ACTIVATION", "CLOSED".
  std::string state;
  /// Names of its organisational units from the root on, "Workloads/Prod"; empty at the root, or when not known.
  std::string unit;
  bool is_management = false;
};

struct Organization {
  Organization() = default;
  std::vector<OrganizationAccount> accounts;
  /// Why the units are not known; empty when they are.
  std::string units_problem;
};

/// Lists the organisation that the hub's account belongs to.
class OrganizationSource {
 public:
  virtual ~OrganizationSource() = default;
  /// All accounts, and their units where those can be read. Fails as the listing of the accounts does.
  virtual rt::Task<Result<Organization>> read(rt::CallContext ctx) = 0;
};

/// Who asks: what goes into `hub` and `defaults`.
struct OrganizationHub {
  OrganizationHub() = default;
  AccountId account;
  Region region;
  std::string profile;  ///< empty: the default credential chain
};

/// A commented fleet file, read-only: accounts by unit and name with the tag `ou`; accounts that are not active and the
/// hub itself are commented out; names are made valid and unique. Fails with usage when what Organizations said cannot
/// be written as a fleet file.
Result<std::string> organization_fleet_yaml(const Organization& organization, const OrganizationHub& hub);

}  // namespace postern::fleet
