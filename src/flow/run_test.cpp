#include "flow/run.hpp"

#include <gtest/gtest.h>

#include <set>

#include "flow/testing/run_bed.hpp"

namespace postern::flow {
namespace {

using namespace std::chrono_literals;
using testing::FakePort;
using testing::Fault;
using testing::Node;
using testing::RunBed;

Error lost() {
  return Error(ErrorKind::unavailable, "the connection was closed").delivered(Delivery::sent);
}

TEST(Run, AHundredAndTwentyTargetsInThreeScopesSucceed) {
  RunBed bed(120, 3);
  const RunResult run = bed.run();
  EXPECT_EQ(run.totals().succeeded, 120U);
  EXPECT_EQ(run.targets.size(), 120U);
  EXPECT_FALSE(run.interrupted);
  EXPECT_EQ(run.run_id.size(), 26U);
  EXPECT_EQ(bed.port.sent.size(), 3U);
  for (const auto& [label, count] : bed.port.executions) EXPECT_EQ(count, 1U) << label;
  EXPECT_TRUE(std::is_sorted(run.targets.begin(), run.targets.end(),
                             [](const TargetResult& a, const TargetResult& b) { return a.target < b.target; }));
  for (const TargetResult& target : run.targets) {
    EXPECT_EQ(target.exit_code, 0);
    EXPECT_EQ(target.out, "ok\n");
    EXPECT_TRUE(target.reason.empty());
    EXPECT_FALSE(target.command_id.empty());
  }
  // nothing else than sends and listings: output that fits the listing is not fetched again
  EXPECT_LT(bed.port.calls, 20U);
}

TEST(Run, AnEmptyPlanIsDoneAtOnce) {
  RunBed bed(0, 1);
  const RunResult run = bed.run();
  EXPECT_TRUE(run.targets.empty());
  EXPECT_EQ(bed.port.calls, 0U);
}

TEST(Run, SkippedTargetsOfThePlanAreInTheResult) {
  RunBed bed(2, 1);
  bed.plan.skipped.emplace_back(bed.target(77), "the instance is stopped");
  bed.plan.skipped.back().unreachable = true;
  const RunResult run = bed.run();
  EXPECT_EQ(run.totals().succeeded, 2U);
  ASSERT_EQ(run.totals().skipped, 1U);
  EXPECT_EQ(run.targets.back().reason, "the instance is stopped");
  EXPECT_TRUE(run.targets.back().unreachable);
}

TEST(Run, KeepsToItsConcurrencyAndReportsProgress) {
  RunBed bed(500, 2);
  bed.header.policy.batches_at_once = 1;
  const RunResult run = bed.run();
  EXPECT_EQ(run.totals().succeeded, 500U);
  EXPECT_EQ(bed.port.most_under_way, 2U);
  EXPECT_EQ(bed.observer.sent, 10U);
  EXPECT_LE(bed.observer.most_running, 100U);
  EXPECT_EQ(bed.observer.last.all(), 500U);
  EXPECT_EQ(bed.observer.last_running, 0U);
}

TEST(Run, CommentsCarryTheMarkAndTheUsersWords) {
  RunBed bed(60, 1);
  bed.header.spec.comment = "patch tuesday";
  bed.run();
  ASSERT_EQ(bed.port.sent.size(), 2U);
  std::set<std::string> marks;
  for (const FakePort::Sent& command : bed.port.sent) {
    EXPECT_TRUE(command.comment.starts_with("postern op=")) << command.comment;
    EXPECT_TRUE(command.comment.ends_with(" patch tuesday")) << command.comment;
    marks.insert(command.comment.substr(0, 38));
  }
  EXPECT_EQ(marks.size(), 2U);
}

TEST(MakeComment, IsCutAtACharacterWithinAHundred) {
  const std::string op = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  const std::string run = "01ARZ3NDEKTSV4RRFFQ69G5FAW";
  EXPECT_EQ(make_comment(op, run, ""), "postern op=" + op + " r=" + run + " ");
  EXPECT_EQ(make_comment(op, run, std::string(200, 'x')).size(), 100U);
  std::string umlauts;
  for (int i = 0; i < 60; ++i) umlauts += "\xc3\xbc";
  const std::string cut = make_comment(op, run, "xx" + umlauts);
  EXPECT_EQ(cut.size(), 99U);
  EXPECT_TRUE(cut.ends_with("\xc3\xbc"));
}

TEST(Run, FailedTargetsAreReadInFull) {
  RunBed bed(3, 1);
  Node& bad = bed.port.nodes[bed.id(1)];
  bad.end = InvocationStatus::failed;
  bad.details = "Failed";
  bad.exit_code = 7;
  bad.out = "half\n";
  bad.err = "no such file\n";
  Node& slow = bed.port.nodes[bed.id(2)];
  slow.end = InvocationStatus::timed_out;
  slow.details = "Execution Timed Out";
  slow.exit_code = 137;
  const RunResult run = bed.run();
  EXPECT_EQ(run.totals().failed, 2U);
  const TargetResult& failed = run.targets[1];
  EXPECT_EQ(failed.exit_code, 7);
  EXPECT_EQ(failed.out, "half\n");
  EXPECT_EQ(failed.err, "no such file\n");
  EXPECT_EQ(failed.reason, "Failed");
  EXPECT_EQ(run.targets[2].reason, "Execution Timed Out");
  EXPECT_FALSE(run.targets[2].unreachable);
}

TEST(Run, LongOutputIsFetchedAndItsEndMarked) {
  RunBed bed(2, 1);
  bed.port.nodes[bed.id(0)].out = std::string(10'000, 'a');
  bed.port.nodes[bed.id(1)].out = std::string(30'000, 'b');
  const RunResult run = bed.run();
  EXPECT_EQ(run.targets[0].out.size(), 10'000U);
  EXPECT_FALSE(run.targets[0].truncated);
  EXPECT_EQ(run.targets[1].out.size(), 24'000U);
  EXPECT_TRUE(run.targets[1].truncated);
}

TEST(Run, UndeliverableIsUnreachableButALostNodeThatStartedIsUnknown) {
  RunBed bed(2, 1);
  for (const unsigned i : {0U, 1U}) {
    Node& node = bed.port.nodes[bed.id(i)];
    node.end = InvocationStatus::timed_out;
    node.details = "Delivery Timed Out";
    node.exit_code = -1;
    node.after = 5min;
    node.starts = i == 1;
  }
  const RunResult run = bed.run();
  EXPECT_EQ(run.targets[0].outcome, Outcome::failed);
  EXPECT_TRUE(run.targets[0].unreachable);
  EXPECT_FALSE(run.targets[0].exit_code);
  EXPECT_EQ(run.targets[1].outcome, Outcome::unknown);
  EXPECT_EQ(run.targets[1].reason, "Delivery Timed Out after it had started");
}

TEST(Run, OneBadIdIsLeftOutAndTheOthersAreSentOnceMore) {
  RunBed bed(50, 1);
  bed.port.nodes[bed.id(7)].bad = true;
  const RunResult run = bed.run();
  EXPECT_EQ(bed.port.sends, 2U);
  EXPECT_EQ(run.totals().succeeded, 49U);
  EXPECT_EQ(run.targets[7].outcome, Outcome::skipped);
  EXPECT_TRUE(run.targets[7].unreachable);
  EXPECT_NE(run.targets[7].reason.find("not in a valid state"), std::string::npos);
  EXPECT_EQ(bed.port.executions.count(run.targets[7].target.label()), 0U);
}

TEST(Run, ABatchOfBadIdsIsNotProbedOneByOne) {
  RunBed bed(5, 1);
  for (unsigned i = 0; i < 5; ++i) bed.port.nodes[bed.id(i)].bad = true;
  const RunResult run = bed.run();
  EXPECT_EQ(bed.port.sends, 1U);
  EXPECT_EQ(run.totals().skipped, 5U);
}

TEST(Run, ARefusalThatNamesNobodyFailsTheBatch) {
  RunBed bed(60, 1);
  bed.header.policy.batches_at_once = 1;
  const Error denied =
      Error(ErrorKind::denied, "not authorized to perform: ssm:SendCommand").delivered(Delivery::answered);
  bed.port.send_faults.emplace(0, Fault(denied, false));
  const RunResult run = bed.run();
  EXPECT_EQ(run.totals().failed, 50U);
  EXPECT_EQ(run.totals().succeeded, 10U);
  EXPECT_EQ(run.targets[0].reason, "not sent: not authorized to perform: ssm:SendCommand");
  EXPECT_EQ(run.targets[0].refusal, ErrorKind::denied);
  EXPECT_EQ(bed.port.sends, 2U);
}

TEST(Run, ALostReplyIsAdopted) {
  RunBed bed(3, 1);
  bed.port.list_lag = 6s;
  bed.port.send_faults.emplace(0, Fault(lost(), true));
  const RunResult run = bed.run();
  EXPECT_EQ(bed.port.sends, 1U);
  EXPECT_EQ(run.totals().succeeded, 3U);
  EXPECT_EQ(run.targets[0].command_id, "c-1");
}

TEST(Run, ALostReplyThatIsNotFoundIsUnknownAndNeverSentAgain) {
  RunBed bed(3, 1);
  bed.port.send_faults.emplace(0, Fault(lost(), false));
  const RunResult run = bed.run();
  EXPECT_EQ(bed.port.sends, 1U);
  EXPECT_EQ(run.totals().unknown, 3U);
  EXPECT_NE(run.targets[0].reason.find("is listed: the connection was closed"), std::string::npos);
  EXPECT_GE(bed.loop.clock().now().time_since_epoch(), 30s);
}

TEST(Run, WhatCountsAsLost) {
  struct Case {
    ErrorKind kind;
    Delivery delivery;
    Outcome outcome;
  };
  const Case cases[] = {
      {ErrorKind::unavailable, Delivery::sent, Outcome::unknown},
      {ErrorKind::unavailable, Delivery::unknown, Outcome::unknown},
      {ErrorKind::unavailable, Delivery::answered, Outcome::unknown},
      {ErrorKind::malformed, Delivery::answered, Outcome::unknown},
      {ErrorKind::timeout, Delivery::sent, Outcome::unknown},
      {ErrorKind::credentials, Delivery::unknown, Outcome::unknown},
      {ErrorKind::credentials, Delivery::not_sent, Outcome::skipped},  // held until there are others
      {ErrorKind::credentials, Delivery::answered, Outcome::skipped},
      {ErrorKind::denied, Delivery::answered, Outcome::failed},
      {ErrorKind::service, Delivery::answered, Outcome::failed},
      {ErrorKind::refused, Delivery::not_sent, Outcome::failed},
      {ErrorKind::cancelled, Delivery::not_sent, Outcome::skipped},
  };
  for (const Case& c : cases) {
    RunBed bed(1, 1);
    bed.port.send_faults.emplace(0, Fault(Error(c.kind, "why").delivered(c.delivery), false));
    const RunResult run = bed.run();
    EXPECT_EQ(run.targets[0].outcome, c.outcome) << to_string(c.kind) << " " << to_string(c.delivery);
    EXPECT_EQ(bed.port.sends, 1U);
  }
}

TEST(Run, WhatDidNotLeaveIsSentAgainAFewTimes) {
  const Error nothing = Error(ErrorKind::unavailable, "no route to host").delivered(Delivery::not_sent);
  RunBed bed(1, 1);
  bed.port.send_faults.emplace(0, Fault(nothing, false));
  EXPECT_EQ(bed.run().totals().succeeded, 1U);
  EXPECT_EQ(bed.port.sends, 2U);

  RunBed hopeless(1, 1);
  for (std::size_t i = 0; i < 100; ++i) hopeless.port.send_faults.emplace(i, Fault(nothing, false));
  const RunResult run = hopeless.run();
  EXPECT_EQ(run.targets[0].outcome, Outcome::failed);
  EXPECT_EQ(run.targets[0].refusal, ErrorKind::unavailable);
  EXPECT_EQ(hopeless.port.sends, 6U);
}

TEST(Run, AThrottledSendIsTriedAgainAndGivenUpInTheEnd) {
  const Error slow_down = Error(ErrorKind::throttled, "Rate exceeded").delivered(Delivery::answered);
  RunBed bed(2, 1);
  for (std::size_t i = 0; i < 3; ++i) bed.port.send_faults.emplace(i, Fault(slow_down, false));
  EXPECT_EQ(bed.run().totals().succeeded, 2U);
  EXPECT_EQ(bed.port.sends, 4U);

  RunBed hopeless(2, 1);
  for (std::size_t i = 0; i < 1000; ++i) hopeless.port.send_faults.emplace(i, Fault(slow_down, false));
  const RunResult run = hopeless.run();
  EXPECT_EQ(run.totals().failed, 2U);
  EXPECT_EQ(run.targets[0].refusal, ErrorKind::throttled);
  EXPECT_LT(hopeless.port.sends, 30U);
}

TEST(Run, AnInvocationThatNeverAppearsIsUnknownAfterTheSettleTime) {
  RunBed bed(3, 1);
  bed.port.nodes[bed.id(1)].listed = false;
  const RunResult run = bed.run();
  EXPECT_EQ(run.totals().succeeded, 2U);
  EXPECT_EQ(run.targets[1].outcome, Outcome::unknown);
  EXPECT_EQ(run.targets[1].reason, "Systems Manager never listed it (command c-1)");
  EXPECT_LT(bed.loop.clock().now().time_since_epoch(), 1min);
}

TEST(Run, AListThatLagsIsWaitedFor) {
  RunBed bed(3, 1);
  bed.port.list_lag = 25s;
  EXPECT_EQ(bed.run().totals().succeeded, 3U);
}

TEST(Run, ListingsThatFailForAWhileAreAskedAgain) {
  RunBed bed(3, 1);
  const Error broken = Error(ErrorKind::unavailable, "500").delivered(Delivery::answered);
  for (std::size_t i = 1; i < 14; ++i) bed.port.faults.emplace(i, Fault(broken, false));
  EXPECT_EQ(bed.run().totals().succeeded, 3U);

  RunBed hopeless(3, 1);
  for (std::size_t i = 1; i < 1000; ++i) hopeless.port.faults.emplace(i, Fault(broken, false));
  const RunResult run = hopeless.run();
  EXPECT_EQ(run.totals().unknown, 3U);
  EXPECT_EQ(run.targets[0].reason, "its state could not be read: 500 (command c-1)");
  EXPECT_LT(hopeless.loop.clock().now().time_since_epoch(), 6min);

  RunBed denied(3, 1);
  denied.port.faults.emplace(1, Fault(Error(ErrorKind::denied, "ssm:ListCommandInvocations"), false));
  EXPECT_EQ(denied.run().totals().unknown, 3U);
  EXPECT_EQ(denied.port.calls, 2U);
}

TEST(Run, ACommandThatNeverEndsIsUnknownWhenItsTimeIsUp) {
  RunBed bed(1, 1);
  bed.header.spec.execution_timeout = 1min;
  bed.header.spec.delivery_timeout = 30s;
  bed.port.nodes[bed.id(0)].after = 24h;
  const RunResult run = bed.run();
  EXPECT_EQ(run.targets[0].outcome, Outcome::unknown);
  EXPECT_EQ(run.targets[0].reason, "it had not ended when its time was up; last seen: In Progress (command c-1)");
  EXPECT_LT(bed.loop.clock().now().time_since_epoch(), 2min + 10s);
}

TEST(Run, TheDeadlineStopsSendingAndLeavesWhatIsUnderWayUnknown) {
  RunBed bed(100, 1);
  bed.header.policy.batches_at_once = 1;
  for (unsigned i = 0; i < 100; ++i) bed.port.nodes[bed.id(i)].after = 10min;
  const RunResult run = bed.run(bed.loop.context().within(1min));
  EXPECT_EQ(run.totals().unknown, 50U);
  EXPECT_EQ(run.totals().skipped, 50U);
  EXPECT_EQ(run.targets[0].reason, "the run's deadline passed while it was under way (command c-1)");
  EXPECT_EQ(run.targets[99].reason, "the run's deadline passed before it was sent");
  EXPECT_TRUE(run.targets[99].unreachable);
  EXPECT_FALSE(run.interrupted);
  EXPECT_EQ(bed.port.sends, 1U);
}

TEST(Run, CancellationStopsSendingAndLeavesWhatIsUnderWayUnknown) {
  RunBed bed(150, 1);
  bed.header.policy.batches_at_once = 1;
  for (unsigned i = 0; i < 150; ++i) bed.port.nodes[bed.id(i)].after = i < 50 ? Duration(3s) : Duration(10min);
  const RunResult run = bed.run_and_cancel_at(20s);
  EXPECT_TRUE(run.interrupted);
  EXPECT_EQ(run.totals().succeeded, 50U);
  EXPECT_EQ(run.totals().unknown, 50U);
  EXPECT_EQ(run.totals().skipped, 50U);
  EXPECT_EQ(run.targets[50].reason, "the run was interrupted while it was under way (command c-2)");
  EXPECT_EQ(run.targets[149].reason, "the run was interrupted before it was sent");
}

}  // namespace
}  // namespace postern::flow
