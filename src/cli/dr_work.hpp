#pragma once

/// What the `dr` commands share: the session and the sites.

#include <vector>

#include "cli/aws_command.hpp"
#include "recovery/node_survey.hpp"

namespace postern::cli {

struct DrWork {
  DrWork() = default;
  AwsWork aws;                         ///< its scopes are where instances run
  std::vector<fleet::ScopePtr> sites;  ///< where they are recovered: account and Region of DRS
  recovery::StagingSites staging;      ///< of a rollout: those of accounts whose servers replicate into another
};

/// Opens the session with the way in for `duty` and works out the sites: the Regions of --region, else each account's
/// `dr: {region}` in the fleet file, else its own. Accounts without an id are asked for theirs. The caller closes the
/// session; it is closed when this fails.
rt::Task<Result<DrWork>> open_dr(const Command& command, fleet::Duty duty);

}  // namespace postern::cli
