#pragma once

/// The scenarios of disaster recovery, each drawn from a seed.

#include <span>

#include "tests/dst/workload.hpp"

namespace postern::dst {

struct DrScenario {
  std::string_view id;    ///< "S01"
  std::string_view what;  ///< one line
  std::uint64_t seeds;    ///< 500 where at most 50 servers take part, else 50
  std::string (*run)(std::uint64_t seed, Summary* summary);
};

/// In the order of their ids.
std::span<const DrScenario> dr_scenarios();
/// Null: there is none.
const DrScenario* find_dr_scenario(std::string_view id);

// dr_drills.cpp: a person, a site, and what goes wrong in it.
std::string baseline_story(std::uint64_t seed, Summary* summary);
std::string stalled_story(std::uint64_t seed, Summary* summary);
std::string foreign_job_story(std::uint64_t seed, Summary* summary);
std::string live_recovery_story(std::uint64_t seed, Summary* summary);
std::string previous_snapshot_story(std::uint64_t seed, Summary* summary);
// dr_losses.cpp: credentials, processes and answers that are lost.
std::string expired_story(std::uint64_t seed, Summary* summary);
std::string killed_story(std::uint64_t seed, Summary* summary);
std::string lost_answer_story(std::uint64_t seed, Summary* summary);
// dr_rollouts.cpp
std::string bad_hosts_story(std::uint64_t seed, Summary* summary);
std::string killed_rollout_story(std::uint64_t seed, Summary* summary);

}  // namespace postern::dst
