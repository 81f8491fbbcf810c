#pragma once

/// Which accounts and Regions a command is about, and how it gets into each: the fleet file and the command line as one
/// pure function.

#include <optional>
#include <string>
#include <vector>

#include "fleet/fleet_file.hpp"

namespace postern::fleet {

/// What the command line said; empty members were not given.
struct ScopeRequest {
  ScopeRequest() = default;
  std::vector<std::string> profiles;
  std::vector<std::string> role_arns;
  std::string external_id;            ///< with role_arns; env: and file: are references
  std::vector<std::string> regions;   ///< each may hold several with commas
  std::vector<std::string> accounts;  ///< ids or names of the fleet file
  Duty duty = Duty::observe;
  std::string caller_region;  ///< of environment or profile: the fallback
};

/// In this order: --role-arn gives one scope per role and Region; several --profile one per profile (a single one is
/// the hub's identity); else the fleet file's accounts, filtered by --account; without a file the caller's own account
/// (empty id) and Region. Regions: --region, else the account's, else the defaults', else the caller's. Errors of kind
/// usage: an unknown account (with the nearest), an account without a way in for the duty, no Region at all, a role of
/// another partition than its Region, two roles for one account, options that contradict each other. Each (account,
/// Region) occurs once; two profiles of one account can be told apart only when STS was asked.
Result<std::vector<ScopePtr>> make_scopes(const std::optional<FleetFile>& fleet, const ScopeRequest& request);

}  // namespace postern::fleet
