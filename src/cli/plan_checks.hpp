#pragma once

/// What every plan is held against before something is done by it, commands and recoveries alike.

#include "cli/aws_command.hpp"
#include "cli/run_rails.hpp"
#include "flow/run_records.hpp"

namespace postern::cli {

/// What the rails look at; the plan, the instances and the names outlive it.
Result<RailView> rail_view(const Command& command, const AwsWork& work, const flow::Plan& plan,
                           const std::vector<fleet::Instance>& instances, const TargetNames& names);

/// Refused with everything that the plan runs into, unless --break-glass goes over it: then that is what the ledger
/// keeps.
Result<flow::BreakGlass> pass_rails(const Command& command, const RailView& view);

/// Before the first write: one world, and every scope's credentials in its own account. Nothing has been sent.
rt::Task<Result<void>> check_worlds(const Command& command, AwsWork& work, const flow::Plan& plan);

}  // namespace postern::cli
