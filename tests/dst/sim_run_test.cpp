#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>

#include "tests/dst/checkers.hpp"

namespace postern::dst {
namespace sim_run_test {

using sim::AgentProfile;
using sim::FaultRule;

AgentProfile mixed(std::size_t index) {
  static constexpr AgentProfile kAll[] = {AgentProfile::live,   AgentProfile::live,    AgentProfile::slow,
                                          AgentProfile::flaky,  AgentProfile::offline, AgentProfile::connection_lost,
                                          AgentProfile::stalls, AgentProfile::old,     AgentProfile::dies,
                                          AgentProfile::none,   AgentProfile::reboots, AgentProfile::wrong_platform};
  return kAll[index % std::size(kAll)];
}

SimRunOptions options_of(std::uint64_t seed) {
  SimRunOptions options;
  options.seed = seed;
  options.profile = mixed;
  options.execution_timeout = std::chrono::minutes(10);
  options.delivery_timeout = std::chrono::minutes(2);
  return options;
}

/// 1 to `usual`, or POSTERN_SEEDS=FROM-TO: for many seeds, and for one that failed.
std::pair<std::uint64_t, std::uint64_t> seeds(std::uint64_t usual) {
  const char* given = std::getenv("POSTERN_SEEDS");
  std::pair<std::uint64_t, std::uint64_t> range(1, usual);
  if (given != nullptr) std::sscanf(given, "%lu-%lu", &range.first, &range.second);
  return range;
}

void add_faults(sim::FaultyService& faults) {
  for (const std::string& name : sim::fault_kind_names()) {
    FaultRule rule("*", *sim::parse_fault_kind(name), FaultRule::kForever);
    rule.probability = 0.015;
    rule.delay = std::chrono::milliseconds(700);
    rule.member = "Status";
    rule.value = "Confused";
    rule.size = 10'000;
    faults.add(rule);
  }
}

struct Seen {
  std::uint64_t hash = 0;
  std::uint64_t calls = 0;
  std::string wrong;
  std::size_t lives = 0;
  flow::Totals totals;
};

Seen run_once(SimRunOptions options) {
  SimRun run(std::move(options));
  run.make_cloud();
  const Result<SimRunResult> result = run.run();
  Seen seen;
  if (!result) {
    seen.wrong = result.error().to_text();
    return seen;
  }
  seen.wrong = check_run(*result, run);
  seen.lives = result->lives;
  seen.totals = result->run.totals();
  seen.hash = run.world().trace().hash();
  for (const auto& [name, count] : run.cloud().truth().calls) seen.calls += count;
  return seen;
}

TEST(SimulatedRun, EndsEveryTargetAsItsProfileSays) {
  const Seen seen = run_once(options_of(1));
  EXPECT_EQ(seen.wrong, "");
  EXPECT_EQ(seen.totals.all(), 40U);
  EXPECT_GT(seen.totals.succeeded, 10U);
  EXPECT_GT(seen.totals.skipped, 3U);  // connection lost, or never managed
  EXPECT_GT(seen.totals.unknown, 3U);  // stalled and died: picked up, never heard of again
}

TEST(SimulatedRun, TheSameSeedIsTheSameRunForAHundredSeeds) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Seen first = run_once(options_of(seed));
    const Seen second = run_once(options_of(seed));
    ASSERT_EQ(first.wrong, "") << "seed " << seed;
    ASSERT_EQ(first.hash, second.hash) << "seed " << seed;
    hashes.insert(first.hash);
  }
  EXPECT_EQ(hashes.size(), 100U);
}

TEST(SimulatedRun, WithEveryFaultOnNothingRunsTwiceAndNobodyIsLost) {
  std::size_t succeeded = 0;
  std::size_t all = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SimRunOptions options = options_of(seed);
    options.faults = add_faults;
    const Seen first = run_once(options);
    ASSERT_EQ(first.wrong, "") << "seed " << seed;
    ASSERT_EQ(first.hash, run_once(options).hash) << "seed " << seed;
    succeeded += first.totals.succeeded;
    all += first.totals.all();
  }
  EXPECT_GT(all, 200U);  // of 1,600: accounts that could not be asked are missing
  EXPECT_GT(succeeded, 50U);
}

TEST(SimulatedRun, IsTakenUpAfterEveryCrashAndNothingRunsTwice) {
  std::size_t lives = 0;
  const auto [from, to] = seeds(40);
  for (std::uint64_t seed = from; seed <= to; ++seed) {
    SimRunOptions options = options_of(seed);
    options.crashes = 1 + seed % 4;
    if (seed % 2 == 0) options.faults = add_faults;
    const Seen first = run_once(options);
    ASSERT_EQ(first.wrong, "") << "seed " << seed;
    if (seed % 8 == 0) ASSERT_EQ(first.hash, run_once(options).hash) << "seed " << seed;
    lives += first.lives;
  }
  EXPECT_GT(lives, 2 * (to - from));
}

}  // namespace sim_run_test
}  // namespace postern::dst
