#pragma once

/// run --failed-of RUN: some of an earlier run's targets once more.

#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "cli/command.hpp"
#include "fleet/discover.hpp"
#include "flow/run_records.hpp"

namespace postern::cli {

/// The earlier run, and those of its targets that are wanted again.
struct ParentRun {
  ParentRun() = default;
  std::string run_id;
  flow::RunKind kind = flow::RunKind::command;
  flow::CommandSpec spec;
  std::vector<fleet::TargetRef> targets;
  std::set<std::tuple<std::string, std::string, std::string>> wanted;  ///< account, Region, instance
};

/// Absent without --failed-of. Refused while the run is not over, unless --ended-only; usage when there is no such run,
/// or no such target in it.
rt::Task<Result<std::optional<ParentRun>>> chosen_parent(const Command& command);

/// Whether the command line names something to run itself; without it the parent's command is run again.
bool names_a_command(const Invocation& invocation);

/// Leaves the scopes in which there is a wanted target.
void keep_scopes_of(const ParentRun& parent, std::vector<fleet::ScopePtr>& scopes);
/// Leaves the wanted instances.
void keep_targets_of(const ParentRun& parent, fleet::Discovery& discovery);
/// Wanted targets that are not there any more, or not in reach of the accounts and Regions of this command; all of them
/// are accounted for, unless a selector narrows the run.
std::vector<flow::SkippedTarget> missing_of(const ParentRun& parent, const fleet::Discovery& discovery);

}  // namespace postern::cli
