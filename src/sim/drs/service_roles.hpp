#pragma once

/// The roles that InitializeService makes in an account (aws.md 4.9; names as AWS has them).

#include "sim/iam/directory.hpp"

namespace postern::sim::drs {

/// The profiles that recovery instances are launched with.
inline constexpr std::string_view kRecoveryProfile = "AWSElasticDisasterRecoveryRecoveryInstanceRole";
inline constexpr std::string_view kLaunchActionsProfile =
    "AWSElasticDisasterRecoveryRecoveryInstanceWithLaunchActionsRole";
/// What an account has that lets another one extend its servers.
inline constexpr std::string_view kStagingRole = "DRSStagingAccountRole";

/// Makes those that are not there, with their instance profiles.
void add_service_roles(Directory& directory, const std::string& account, WallTime now);

}  // namespace postern::sim::drs
