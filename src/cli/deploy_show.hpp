#pragma once

/// How a deployment is shown: what would change, before; what became of it, after.

#include <string>

#include "cli/deploy_work.hpp"

namespace postern::cli {

enum class DeployDeed : std::uint8_t {
  change,  ///< it was done, or tried
  look,    ///< --dry-run, diff: nothing was done
  remove,
  look_at_removal
};

/// What would happen, accounts with the same changes together. With "\n" at its end.
std::string describe_deployment(const DeployWork& work, DeployDeed deed);

/// "3 accounts: 15 resources to add, 1 to change, 0 to remove"
std::string sum_of_changes(const DeployWork& work);

/// "created", "changed", "unchanged", "deleted", "absent", "blocked", "failed", "rolled_back", "unknown",
/// "would_create", "would_change", "would_delete".
std::string status_of(const DeployRow& row, DeployDeed deed);

Answer deploy_answer(const Command& command, const DeployWork& work, DeployDeed deed);

/// 0 when every account is as it should be, 3 when one cannot be changed now, 4 when one is not known, 1 when one
/// failed; what every account failed with when none could be asked.
int deploy_exit_code(const DeployWork& work);

}  // namespace postern::cli
