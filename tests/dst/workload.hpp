#pragma once

/// What a seed stands for: a fleet, a run over it, what people do and what goes wrong.

#include "tests/dst/sim_run.hpp"

namespace postern::dst {

/// At most 200 targets. Everything about it is drawn from the seed.
SimRunOptions workload_of(std::uint64_t seed);

/// Counts over many seeds.
struct Summary {
  Summary() = default;
  std::uint64_t seeds = 0;
  std::uint64_t targets = 0;
  std::uint64_t commands = 0;
  double virtual_hours = 0;
  std::map<std::string, std::uint64_t> faults;    ///< by kind, those of people and processes among them
  std::map<std::string, std::uint64_t> outcomes;  ///< by name
  std::map<std::string, std::uint64_t> probes;    ///< branches of the engine, driver and journal, hit or not
  void add(const SimRunResult& result, SimRun& run);
  void add(const Summary& other);
  std::string to_json() const;
  /// For people.
  std::string to_text() const;
};

/// One seed: what is wrong with it, empty when nothing is. `hash`, unless null, gets the trace's.
std::string run_seed(std::uint64_t seed, Summary* summary, std::uint64_t* hash = nullptr);

}  // namespace postern::dst
