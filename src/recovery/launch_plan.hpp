#pragma once

/// The plan of a drill or recovery, and of a cleanup: one wave, its batches jobs. Pure.

#include <vector>

#include "flow/run_records.hpp"
#include "recovery/launch_gate.hpp"

namespace postern::recovery {

/// One candidate with what was decided about it.
struct ChosenLaunch {
  ChosenLaunch() = default;
  LaunchCandidate candidate;
  LaunchChoice choice;
  fleet::TargetRef ref() const;
};

/// Each server that goes is in one batch of its site, at most kJobServersMax in each, sorted; the others are skipped
/// with the reason.
flow::Plan plan_launches(const std::vector<ChosenLaunch>& chosen);

/// A recovery instance that a cleanup ends, or leaves alone and why.
struct CleanupItem {
  CleanupItem() = default;
  fleet::ScopePtr site;
  RecoveryInstance instance;
  std::string name;
  std::vector<std::string> volumes;  ///< attached to it: looked for when it is gone
  std::string leave;                 ///< why it stays; empty: it is ended
};

/// What one of the run's jobs launched as a drill, and nothing else.
std::string why_left_alone(const RecoveryInstance& instance, const std::vector<std::string>& jobs);

flow::Plan plan_cleanup(const std::vector<CleanupItem>& items);
/// A cleanup's detail of a target is its source server, then its volumes.
std::string server_of_detail(std::string_view detail);
std::vector<std::string> volumes_of_detail(std::string_view detail);

/// The rules by which the engine drives jobs: limits of the sites, lists that lag, answers that take minutes.
flow::RunPolicy job_policy();

}  // namespace postern::recovery
