#include "flow/left_running.hpp"

#include <gtest/gtest.h>

#include "flow/testing/fixture.hpp"

namespace postern::flow {
namespace {

using namespace std::chrono_literals;
using testing::Fault;
using testing::RunBed;

/// 60 targets in two scopes, interrupted while their commands run; node 3 has ended by then.
RunResult interrupted(RunBed& bed) {
  for (unsigned i = 0; i < 60; ++i) bed.port.nodes[bed.id(i)].after = i == 3 ? Duration(2s) : Duration(10min);
  return bed.run_and_cancel_at(20s);
}

std::vector<CancelProblem> cancel(RunBed& bed, RunResult& run) {
  return bed.loop.run(cancel_left_running(bed.loop.context(), bed.port, run, CancelOptions()));
}

TEST(LeftRunning, NamesEveryCommandWithItsTargets) {
  RunBed bed(60, 2);
  const RunResult run = interrupted(bed);
  const std::vector<LeftCommand> left = left_running(run);
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].command_id, "c-1");
  EXPECT_EQ(left[0].instances.size(), 30U);
  EXPECT_EQ(left[1].command_id, "c-2");
  EXPECT_EQ(left[1].instances.size(), 29U);
  EXPECT_NE(left[0].scope->account, left[1].scope->account);
}

TEST(LeftRunning, IsNothingAfterARunThatEnded) {
  RunBed bed(60, 2);
  RunResult run = bed.run();
  EXPECT_TRUE(left_running(run).empty());
  const std::size_t calls = bed.port.calls;
  EXPECT_TRUE(cancel(bed, run).empty());
  EXPECT_EQ(bed.port.calls, calls);
}

TEST(CancelLeftRunning, SeesTheTargetsEnd) {
  RunBed bed(60, 2);
  RunResult run = interrupted(bed);
  EXPECT_TRUE(cancel(bed, run).empty());
  EXPECT_TRUE(left_running(run).empty());
  EXPECT_TRUE(run.interrupted);
  EXPECT_EQ(run.totals().succeeded, 1U);
  EXPECT_EQ(run.totals().failed, 59U);
  EXPECT_EQ(run.targets[0].reason, "Cancelled");
  EXPECT_EQ(run.targets[0].command_id, "c-1");
}

TEST(CancelLeftRunning, WhatDoesNotObeyStaysUnknown) {
  RunBed bed(60, 2);
  bed.port.nodes[bed.id(0)].obeys = false;
  RunResult run = interrupted(bed);
  bed.port.nodes[bed.id(0)].obeys = false;
  EXPECT_TRUE(cancel(bed, run).empty());
  const std::vector<LeftCommand> left = left_running(run);
  ASSERT_EQ(left.size(), 1U);
  ASSERT_EQ(left[0].instances.size(), 1U);
  EXPECT_EQ(left[0].instances[0].text(), bed.id(0));
  EXPECT_EQ(run.targets[0].reason, "it was asked to stop and has not been seen to end (command c-1)");
}

TEST(CancelLeftRunning, TellsWhatCouldNotBeCancelled) {
  RunBed bed(60, 2);
  RunResult run = interrupted(bed);
  bed.port.faults.emplace(bed.port.calls, Fault(Error(ErrorKind::denied, "ssm:CancelCommand"), false));
  const std::vector<CancelProblem> problems = cancel(bed, run);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].command.command_id, "c-1");
  EXPECT_EQ(problems[0].error.message(), "ssm:CancelCommand");
  EXPECT_EQ(run.totals().unknown, 30U);
  EXPECT_EQ(run.totals().failed, 29U);
}

TEST(RunPlain, ASendUnderWayIsAnsweredBeforeTheRunStops) {
  RunBed bed(60, 2);
  bed.port.latency = 3s;
  const RunResult run = bed.run_and_cancel_at(1s);
  EXPECT_TRUE(run.interrupted);
  EXPECT_EQ(run.totals().unknown, 60U);
  EXPECT_EQ(left_running(run).size(), 2U);
}

}  // namespace
}  // namespace postern::flow
