#include "flow/left_running.hpp"

#include <gtest/gtest.h>

#include "flow/testing/run_bed.hpp"

namespace postern::flow {
namespace {

using namespace std::chrono_literals;
using testing::RunBed;

/// 60 targets in two scopes, interrupted while their commands run; node 3 has ended by then.
RunResult interrupted(RunBed& bed) {
  for (unsigned i = 0; i < 60; ++i) bed.port.nodes[bed.id(i)].after = i == 3 ? Duration(2s) : Duration(10min);
  return bed.run_and_cancel_at(20s);
}

TEST(LeftRunning, NamesEveryCommandWithItsTargets) {
  RunBed bed(60, 2);
  const RunResult run = interrupted(bed);
  const std::vector<LeftCommand> left = left_running(run);
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].command_id, "c-1");
  EXPECT_EQ(left[0].targets, 30U);
  EXPECT_EQ(left[1].command_id, "c-2");
  EXPECT_EQ(left[1].targets, 29U);
  EXPECT_NE(left[0].scope->account, left[1].scope->account);
}

TEST(LeftRunning, IsNothingAfterARunThatEnded) {
  RunBed bed(60, 2);
  const RunResult run = bed.run();
  EXPECT_TRUE(left_running(run).empty());
}

TEST(Run, ASendUnderWayIsAnsweredBeforeTheRunStops) {
  RunBed bed(60, 2);
  bed.port.latency = 3s;
  const RunResult run = bed.run_and_cancel_at(1s);
  EXPECT_TRUE(run.interrupted);
  EXPECT_EQ(run.totals().unknown, 60U);
  EXPECT_EQ(left_running(run).size(), 2U);
}

}  // namespace
}  // namespace postern::flow
