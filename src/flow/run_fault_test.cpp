// Faults at every call, cancellation at every moment: whatever happens, every target ends exactly once and nothing runs
// twice.

#include <gtest/gtest.h>

#include "flow/run.hpp"
#include "flow/testing/run_bed.hpp"

namespace postern::flow {
namespace {

using namespace std::chrono_literals;
using testing::Fault;
using testing::Node;
using testing::RunBed;

/// A plan of four batches with one of each kind of node.
void furnish(RunBed& bed) {
  bed.header.policy.batches_at_once = 1;
  bed.port.list_lag = 1s;
  bed.port.nodes[bed.id(3)].bad = true;
  Node& failing = bed.port.nodes[bed.id(4)];
  failing.end = InvocationStatus::failed;
  failing.details = "Failed";
  failing.exit_code = 2;
  bed.port.nodes[bed.id(5)].out = std::string(9000, 'x');
  bed.port.nodes[bed.id(6)].after = 40s;
  bed.plan.skipped.emplace_back(bed.target(900), "the instance is stopped");
}

/// What must hold of every run.
void expect_honest(const RunBed& bed, const RunResult& run, const std::string& where) {
  ASSERT_EQ(run.targets.size(), bed.plan.targets.size() + bed.plan.skipped.size()) << where;
  EXPECT_EQ(run.totals().all(), run.targets.size()) << where;
  for (const TargetResult& target : run.targets) {
    const auto found = bed.port.executions.find(target.target.label());
    const std::size_t executions = found == bed.port.executions.end() ? 0 : found->second;
    EXPECT_LE(executions, 1U) << where << " " << target.target.label();
    const bool ran = target.outcome == Outcome::succeeded || (target.outcome == Outcome::failed && !target.refusal);
    if (ran) {
      EXPECT_EQ(executions, 1U) << where << " " << target.target.label();
    }
    const bool unsent = target.outcome == Outcome::skipped || target.refusal.has_value();
    if (unsent) {
      EXPECT_EQ(executions, 0U) << where << " " << target.target.label();
    }
    if (target.outcome != Outcome::succeeded) {
      EXPECT_FALSE(target.reason.empty()) << where;
    }
  }
}

std::size_t calls_of_a_calm_run() {
  RunBed bed(120, 2);
  furnish(bed);
  const RunResult run = bed.run();
  expect_honest(bed, run, "calm");
  EXPECT_EQ(run.totals().succeeded, 118U);
  return bed.port.calls;
}

TEST(RunFaults, AtTheNthCallForAllN) {
  struct Kind {
    const char* name;
    ErrorKind kind;
    Delivery delivery;
    bool executed;
  };
  const Kind kinds[] = {
      {"lost after the send", ErrorKind::unavailable, Delivery::sent, true},
      {"lost before it arrived", ErrorKind::unavailable, Delivery::sent, false},
      {"500 after it was taken", ErrorKind::unavailable, Delivery::answered, true},
      {"nonsense", ErrorKind::malformed, Delivery::answered, true},
      {"timeout", ErrorKind::timeout, Delivery::sent, true},
      {"no connection", ErrorKind::unavailable, Delivery::not_sent, false},
      {"denied", ErrorKind::denied, Delivery::answered, false},
      {"throttled", ErrorKind::throttled, Delivery::answered, false},
      {"expired", ErrorKind::credentials, Delivery::answered, false},
      {"a bug", ErrorKind::internal, Delivery::unknown, true},
  };
  const std::size_t calls = calls_of_a_calm_run();
  ASSERT_GT(calls, 10U);
  for (const Kind& kind : kinds) {
    for (std::size_t n = 0; n < calls; ++n) {
      RunBed bed(120, 2);
      furnish(bed);
      const Error error = Error(kind.kind, kind.name).delivered(kind.delivery);
      bed.port.faults.emplace(n, Fault(error, kind.executed));
      const RunResult run = bed.run();
      expect_honest(bed, run, std::string(kind.name) + " at call " + std::to_string(n));
      EXPECT_FALSE(run.interrupted);
    }
  }
}

/// An idempotent run sends again what was lost. When that is refused, the first may have run all the same.
TEST(RunFaults, WhatIsRefusedAfterALostSendIsUnknown) {
  for (const bool named : {false, true}) {
    RunBed bed(50, 1);
    bed.header.policy.idempotent = true;
    bed.port.list_lag = 1h;
    bed.port.send_faults.emplace(0, Fault(Error(ErrorKind::unavailable, "lost").delivered(Delivery::sent), true));
    const Error denied = Error(ErrorKind::denied, "no more").delivered(Delivery::answered);
    if (!named) bed.port.send_faults.emplace(1, Fault(denied, false));
    if (named) {
      for (unsigned i = 0; i < 50; ++i) bed.port.nodes[bed.id(i)].bad = true;
    }
    const RunResult run = bed.run();
    EXPECT_EQ(run.totals().unknown, 50U) << named;
    EXPECT_EQ(bed.port.sends, 2U) << named;
    EXPECT_NE(run.targets[0].reason.find(named ? "AWS refused it" : "an earlier send was lost"), std::string::npos);
    EXPECT_FALSE(run.targets[0].refusal.has_value());
  }
}

TEST(RunFaults, EveryCallFromTheNthOnFails) {
  const std::size_t calls = calls_of_a_calm_run();
  for (std::size_t n = 0; n < calls; ++n) {
    RunBed bed(120, 2);
    furnish(bed);
    const Error gone = Error(ErrorKind::unavailable, "the network is gone").delivered(Delivery::sent);
    for (std::size_t i = n; i < 1000; ++i) bed.port.faults.emplace(i, Fault(gone, true));
    expect_honest(bed, bed.run(), "from call " + std::to_string(n));
  }
}

TEST(RunFaults, CancelledAtAnyMoment) {
  for (Duration when{}; when < 45s; when += when < 3s ? 20ms : 700ms) {
    RunBed bed(120, 2);
    furnish(bed);
    bed.port.send_faults.emplace(1, Fault(Error(ErrorKind::unavailable, "lost").delivered(Delivery::sent), true));
    const RunResult run = bed.run_and_cancel_at(when);
    expect_honest(bed, run, "cancelled after " + format_duration(when));
    EXPECT_TRUE(run.interrupted || run.totals().unknown == 0);
  }
}

TEST(RunFaults, WithAnyDeadline) {
  for (Duration span{}; span < 45s; span += span < 3s ? 50ms : 900ms) {
    RunBed bed(120, 2);
    furnish(bed);
    expect_honest(bed, bed.run(bed.loop.context().within(span)), "deadline after " + format_duration(span));
  }
}

}  // namespace
}  // namespace postern::flow
