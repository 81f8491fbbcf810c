#pragma once

/// What scripted agents do by their profile: the same for the same seed, command and instance, whatever the order.

#include "sim/agents/scripted_agents.hpp"

namespace postern::sim {

struct ScriptOptions {
  ScriptOptions() = default;
  std::uint64_t seed = 1;
  Duration run_time = std::chrono::seconds(30);
  double jitter = 0.1;          ///< of the run time, both ways
  double flaky_failures = 0.2;  ///< the share of a flaky agent's commands that fail
  /// Printed by nearly every agent; "{release}" is one of a few versions, so that gathering finds a few groups.
  std::string output = "Linux {release} x86_64\n";
};

/// live: on time. slow: ten times as long. flaky: fails now and then. stalls, dies, reboots: as the words say, the
/// reboot once. old: refuses documents of schema 2.2, as an agent does that does not know it.
Behaviour profile_behaviour(const Work& work, const ScriptOptions& options);

}  // namespace postern::sim
