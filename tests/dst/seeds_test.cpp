#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "tests/dst/checkers.hpp"
#include "tests/dst/workload.hpp"

namespace postern::dst {
namespace seeds_test {

/// 1 to `usual`, or POSTERN_SEEDS=FROM-TO: for many seeds, and for one that failed.
std::pair<std::uint64_t, std::uint64_t> seeds(std::uint64_t usual) {
  const char* given = std::getenv("POSTERN_SEEDS");
  std::pair<std::uint64_t, std::uint64_t> range(1, usual);
  if (given != nullptr) std::sscanf(given, "%lu-%lu", &range.first, &range.second);
  return range;
}

TEST(Seeds, WhateverGoesWrongTheLedgerAndTheCloudAgree) {
  Summary summary;
  const auto [from, to] = seeds(200);
  for (std::uint64_t seed = from; seed <= to; ++seed) {
    std::uint64_t hash = 0;
    EXPECT_EQ(run_seed(seed, &summary, &hash), "") << "seed " << seed;
    if (seed % 16 != 0) continue;
    std::uint64_t again = 0;
    EXPECT_EQ(run_seed(seed, nullptr, &again), "") << "seed " << seed;
    EXPECT_EQ(hash, again) << "seed " << seed;
  }
  std::fputs(summary.to_text().c_str(), stdout);
}

/// Seeds that found something once. 556, 732, 2715, 3103: what waited again after everything had been sent, and what
/// was taken up after its failures, went out beyond the budget. 8067: the targets of a lost send were called skipped.
/// 656: they were called not sent when the second send was refused. 4100: what was adopted opened a scope too many, and
/// it was sent to.
TEST(Seeds, ThatFoundSomethingStayFixed) {
  static constexpr std::uint64_t kFound[] = {556, 656, 732, 2715, 3103, 4100, 8067};
  for (const std::uint64_t seed : kFound) EXPECT_EQ(run_seed(seed, nullptr), "") << "seed " << seed;
}

SimRunOptions reference() {
  SimRunOptions options;
  options.seed = 7;
  options.accounts = 2;
  options.agents = 9;
  options.batch_max = 3;
  options.waves = "canary,rest";
  options.command_time = std::chrono::seconds(4);
  options.people.in_doubt = flow::record::Decision::adopt;
  options.profile = [](std::size_t index) { return index == 4 ? sim::AgentProfile::flaky : sim::AgentProfile::live; };
  options.canary = flow::Budget(1, false);
  return options;
}

struct Ended {
  Ended() = default;
  SimRunResult result;
  std::string wrong;
};

Ended run_to_end(SimRunOptions options) {
  SimRun run(std::move(options));
  run.make_cloud();
  Result<SimRunResult> result = run.run();
  Ended ended;
  if (!result) {
    ended.wrong = result.error().to_text();
    return ended;
  }
  ended.wrong = check_run(*result, run);
  ended.result = std::move(*result);
  return ended;
}

TEST(Crashes, AtEveryWriteOfTheDiskTheRunConverges) {
  const Ended calm = run_to_end(reference());
  ASSERT_EQ(calm.wrong, "");
  ASSERT_GT(calm.result.writes, 40U);
  for (const world::CrashMode mode : {world::CrashMode::tear, world::CrashMode::lose_unsynced}) {
    for (std::uint64_t write = 1; write <= calm.result.writes; ++write) {
      SimRunOptions options = reference();
      options.crash_at_write = write;
      options.crash_mode = mode;
      const Ended ended = run_to_end(std::move(options));
      ASSERT_EQ(ended.wrong, "") << "write " << write;
      EXPECT_EQ(ended.result.crashed, 1U) << "write " << write;
      EXPECT_EQ(ended.result.run.totals().all(), 9U);
    }
  }
}

TEST(Crashes, AtEveryCallBeforeAndAfterItTheRunConverges) {
  const Ended calm = run_to_end(reference());
  ASSERT_EQ(calm.wrong, "");
  ASSERT_GT(calm.result.calls, 10U);
  for (const bool executed : {false, true}) {
    for (std::uint64_t call = 1; call <= calm.result.calls; ++call) {
      SimRunOptions options = reference();
      options.crash_at_call = call;
      options.crash_executes = executed;
      const Ended ended = run_to_end(std::move(options));
      ASSERT_EQ(ended.wrong, "") << "call " << call << (executed ? ", executed" : "");
      EXPECT_EQ(ended.result.crashed, 1U) << "call " << call;
    }
  }
}

/// The checkers see what is wrong, or all of the above proves nothing.
TEST(Checkers, SeeWhatIsWrong) {
  SimRun run(reference());
  run.make_cloud();
  const Result<SimRunResult> good = run.run();
  ASSERT_TRUE(good.has_value());
  ASSERT_EQ(check_run(*good, run), "");

  SimRunResult missing = *good;
  missing.run.targets.pop_back();
  EXPECT_NE(check_totals(missing, run.options()), "");

  SimRunResult twice = *good;
  for (std::size_t i = 0; i < twice.records.size(); ++i) {
    const auto* intent = std::get_if<flow::record::Intent>(&twice.records[i]);
    if (intent == nullptr) continue;
    twice.records.erase(twice.records.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  EXPECT_NE(check_truth(twice, run), "");

  SimRunResult liar = *good;
  for (flow::TargetResult& target : liar.run.targets) target.outcome = flow::Outcome::skipped;
  EXPECT_NE(check_truth(liar, run), "");

  SimRunResult held = *good;
  held.records.insert(held.records.begin() + 5, flow::record::Held());
  held.recorded_at.insert(held.recorded_at.begin() + 5, held.recorded_at[5]);
  EXPECT_NE(check_records(held), "");

  SimRunResult narrow = *good;
  for (flow::RunRecord& record : narrow.records) {
    auto* opened = std::get_if<flow::record::Opened>(&record);
    if (opened != nullptr) opened->header.policy.scopes_at_once = 1;
  }
  EXPECT_NE(check_records(narrow), "");

  SimRunResult talkative = *good;
  talkative.notes.push_back("look: " + std::string(kSecretMark));
  EXPECT_NE(check_secrets(talkative, run), "");

  SimRunResult endless = *good;
  endless.calm_time = std::chrono::hours(1000);
  EXPECT_NE(check_time(endless, run.options()), "");
}

}  // namespace seeds_test
}  // namespace postern::dst
