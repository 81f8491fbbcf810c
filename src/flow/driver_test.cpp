// Durable runs: journal, engine and driver together, on a fake Systems Manager.

#include "flow/driver.hpp"

#include <gtest/gtest.h>

#include "flow/testing/durable_bed.hpp"

namespace postern::flow {
namespace {

using namespace std::chrono_literals;
using testing::DurableBed;
using testing::Fault;
using testing::Node;

Error answered(ErrorKind kind, const char* text) {
  Error error(kind, text);
  error.delivered(Delivery::answered);
  return error;
}

/// The run as its records have it.
std::unique_ptr<RunModel> reread(DurableBed& bed) {
  auto model = bed.loop.run(read_run(bed.loop.context(), bed.store, "sim:test", bed.header.run_id));
  EXPECT_TRUE(model.has_value()) << model.error().to_text();
  return model ? std::move(*model) : std::make_unique<RunModel>();
}

rt::Task<bool> give_back(Journal* journal, rt::CallContext ctx) {
  co_await journal->close(ctx, false);
  co_return true;
}

std::size_t most_executions(const DurableBed& bed) {
  std::size_t most = 0;
  for (const auto& [target, count] : bed.port.executions) most = std::max(most, count);
  return most;
}

TEST(DurableRun, ReachesEveryTargetOnceAndIsClosed) {
  DurableBed bed(120, 2);
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value()) << run.error().to_text();
  EXPECT_EQ(run->totals().succeeded, 120U);
  EXPECT_EQ(bed.status, "succeeded");
  EXPECT_EQ(bed.port.sent.size(), 4U);
  EXPECT_EQ(run->targets.front().out, "ok\n");
  const auto model = reread(bed);
  EXPECT_TRUE(model->closed());
  EXPECT_EQ(model->totals().succeeded, 120U);
}

TEST(DurableRun, GoesWaveByWave) {
  DurableBed bed(100, 2, "canary,10%,rest");
  ASSERT_EQ(bed.plan.waves.size(), 3U);
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 100U);
  EXPECT_EQ(bed.hold.reads, 3U);
  // 1 canary; 9 more of two scopes; the other 90.
  ASSERT_EQ(bed.port.sent.size(), 5U);
  EXPECT_EQ(bed.port.sent[0].instances.size(), 1U);
  EXPECT_EQ(bed.port.sent[1].instances.size() + bed.port.sent[2].instances.size(), 9U);
  EXPECT_GE(bed.port.sent[1].at, bed.port.sent[0].at + 3s);
  EXPECT_GE(bed.port.sent[3].at, bed.port.sent[2].at + 3s);
}

TEST(DurableRun, IsHeldWhenTheCanaryFailsAndGoesOnWhenReleased) {
  DurableBed bed(30, 1, "canary,rest");
  Node bad;
  bad.end = InvocationStatus::failed;
  bad.details = "Failed";
  bad.exit_code = 1;
  bed.port.nodes[bed.id(0)] = bad;
  Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "held");
  EXPECT_EQ(run->totals().failed, 1U);
  EXPECT_EQ(run->totals().skipped, 29U);
  EXPECT_EQ(bed.port.sent.size(), 1U);
  EXPECT_NE(run->targets.back().reason.find("1 of 1 targets failed in wave 'canary'"), std::string::npos);
  run = bed.resume();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "held");
  EXPECT_EQ(bed.port.sent.size(), 1U);
  record::Resumed released;
  released.by = "ops@host";
  released.release = true;
  bed.resume_with.emplace_back(released);
  run = bed.resume();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "failed");
  EXPECT_EQ(run->totals().succeeded, 29U);
  EXPECT_EQ(most_executions(bed), 1U);
}

TEST(DurableRun, IsHeldBeforeAWaveWhileTheFleetIs) {
  DurableBed bed(4, 1);
  bed.hold.why = "change freeze by ops@host";
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "held");
  EXPECT_TRUE(bed.port.sent.empty());
}

TEST(DurableRun, AdoptsACommandWhoseAnswerWasLost) {
  DurableBed bed(60, 1);
  Error lost(ErrorKind::unavailable, "the connection was closed");
  lost.delivered(Delivery::sent);
  bed.port.send_faults[0] = Fault(lost, true);
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 60U);
  EXPECT_EQ(bed.port.sent.size(), 2U);
  EXPECT_EQ(most_executions(bed), 1U);
}

TEST(DurableRun, LeavesASendInDoubtToAPerson) {
  DurableBed bed(60, 1);
  Error lost(ErrorKind::unavailable, "the connection was closed");
  lost.delivered(Delivery::sent);
  bed.port.send_faults[0] = Fault(lost, false);
  Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "in doubt");
  EXPECT_EQ(run->totals().unknown, 50U);
  EXPECT_EQ(run->totals().succeeded, 10U);
  bed.decide = record::Decision::reissue;
  run = bed.resume();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "succeeded");
  EXPECT_EQ(run->totals().succeeded, 60U);
  EXPECT_EQ(most_executions(bed), 1U);
}

TEST(DurableRun, SendsAgainByItselfWhenDeclaredIdempotent) {
  DurableBed bed(60, 1);
  bed.header.policy.idempotent = true;
  Error lost(ErrorKind::unavailable, "the connection was closed");
  lost.delivered(Delivery::sent);
  bed.port.send_faults[0] = Fault(lost, false);
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 60U);
}

TEST(DurableRun, WaitsWhenAwsAsksForFewerRequests) {
  DurableBed bed(10, 1);
  for (std::size_t i = 0; i < 4; ++i)
    bed.port.send_faults[i] = Fault(answered(ErrorKind::throttled, "Rate exceeded"), false);
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 10U);
  EXPECT_GE(bed.port.sent[0].at.time_since_epoch(), 15s);  // 1 + 2 + 4 + 8
}

TEST(DurableRun, LeavesOutWhomAwsNames) {
  DurableBed bed(50, 1);
  bed.port.nodes[bed.id(7)].bad = true;
  bed.port.nodes[bed.id(8)].bad = true;
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 48U);
  EXPECT_EQ(run->totals().skipped, 2U);
  EXPECT_EQ(bed.port.sends, 2U);
}

TEST(DurableRun, IsHeldWhileCredentialsAreMissing) {
  DurableBed bed(10, 1);
  bed.port.send_faults[0] = Fault(answered(ErrorKind::credentials, "The security token has expired"), false);
  Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "held");
  EXPECT_EQ(run->totals().skipped, 10U);
  record::Resumed released;
  released.release = true;
  bed.resume_with.emplace_back(released);
  run = bed.resume();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 10U);
}

TEST(DurableRun, AnInterruptedRunIsTakenUp) {
  DurableBed bed(200, 2);
  bed.header.policy.batches_at_once = 1;
  Result<RunResult> run = bed.start_and_cancel_at(1s);
  ASSERT_TRUE(run.has_value()) << run.error().to_text();
  EXPECT_TRUE(run->interrupted);
  EXPECT_EQ(run->totals().unknown, 100U);
  EXPECT_EQ(run->totals().skipped, 100U);
  run = bed.resume();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 200U);
  EXPECT_EQ(most_executions(bed), 1U);
}

/// Takes a run up with the wish to end it.
Result<RunResult> cancel(DurableBed& bed, Duration limit) {
  record::Cancelling cancelling;
  cancelling.by = "ops@host";
  bed.resume_with.emplace_back(cancelling);
  return bed.loop.run(DurableBed::resume_task(&bed, bed.loop.context().within(limit)));
}

TEST(DurableRun, IsCancelledWithWhatRuns) {
  DurableBed bed(160, 2);
  bed.header.policy.batches_at_once = 1;
  for (unsigned i = 0; i < 160; ++i) bed.port.nodes[bed.id(i)].after = i == 3 ? Duration(2s) : Duration(10min);
  Result<RunResult> run = bed.start_and_cancel_at(20s);
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().unknown, 99U);
  run = cancel(bed, 1min);
  ASSERT_TRUE(run.has_value()) << run.error().to_text();
  EXPECT_EQ(bed.status, "cancelled");
  EXPECT_EQ(run->totals().succeeded, 1U);
  EXPECT_EQ(run->totals().failed, 99U);
  EXPECT_EQ(run->totals().skipped, 60U);
  EXPECT_EQ(run->targets[0].reason, "Cancelled");
  EXPECT_EQ(bed.port.sent.size(), 2U);
}

TEST(DurableRun, WhatDoesNotObeyACancellationStaysUnknown) {
  DurableBed bed(60, 2);
  for (unsigned i = 0; i < 60; ++i) bed.port.nodes[bed.id(i)].after = 10min;
  bed.port.nodes[bed.id(0)].obeys = false;
  ASSERT_TRUE(bed.start_and_cancel_at(20s).has_value());
  Result<RunResult> run = cancel(bed, 1min);
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "cancelling");
  EXPECT_EQ(run->totals().unknown, 1U);
  bed.resume_with.clear();
  run = bed.resume();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "cancelled");
  EXPECT_EQ(run->totals().succeeded, 1U);  // it ran to its end in spite of it
}

TEST(DurableRun, ACancellationThatIsRefusedIsSaid) {
  DurableBed bed(60, 2);
  for (unsigned i = 0; i < 60; ++i) bed.port.nodes[bed.id(i)].after = 10min;
  ASSERT_TRUE(bed.start_and_cancel_at(20s).has_value());
  bed.port.faults.emplace(bed.port.calls, Fault(answered(ErrorKind::denied, "ssm:CancelCommand"), false));
  const Result<RunResult> run = cancel(bed, 30s);
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().unknown, 30U);
  EXPECT_EQ(run->totals().failed, 30U);
  const bool said = std::any_of(bed.observer.notes.begin(), bed.observer.notes.end(), [](const std::string& note) {
    return note.find("it could not be cancelled: ssm:CancelCommand") != std::string::npos;
  });
  EXPECT_TRUE(said);
}

TEST(DurableRun, TwoOperatorsCannotStartOnePlan) {
  DurableBed bed(4, 1);
  bed.journal.is_dead = nullptr;
  auto first = bed.loop.run(Journal::create(bed.loop.context(), bed.store, bed.header, bed.plan, bed.journal));
  ASSERT_TRUE(first.has_value());
  RunHeader other = bed.header;
  other.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAW";
  auto second = bed.loop.run(Journal::create(bed.loop.context(), bed.store, other, bed.plan, bed.journal));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind(), ErrorKind::conflict);
  EXPECT_NE(second.error().context("holder").find("ops@host"), std::string::npos);
  bed.loop.run(give_back(first->get(), bed.loop.context()));
  second = bed.loop.run(Journal::create(bed.loop.context(), bed.store, other, bed.plan, bed.journal));
  EXPECT_TRUE(second.has_value());
}

TEST(DurableRun, WhatIsTooLargeForTheLedgerIsRefused) {
  DurableBed bed(4, 1);
  bed.header.reason = std::string(300'000, 'r');
  const Result<RunResult> run = bed.start();
  ASSERT_FALSE(run.has_value());
  EXPECT_EQ(run.error().kind(), ErrorKind::usage);
  EXPECT_NE(run.error().message().find("shorten the command, its reason or the selector"), std::string::npos);
  bed.header.reason = "because";
  EXPECT_TRUE(bed.start().has_value());
}

TEST(DurableRun, WhatOthersSayIsCutToMeasure) {
  DurableBed bed(4, 1);
  bed.port.send_faults[0] = Fault(answered(ErrorKind::denied, std::string(500'000, '\x01').c_str()), false);
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value()) << run.error().to_text();
  EXPECT_EQ(run->totals().failed, 4U);
  EXPECT_LT(run->targets[0].reason.size(), 1000U);
}

TEST(DurableRun, StopsAtOnceWhenTheLedgerFails) {
  DurableBed calm(120, 2);
  ASSERT_TRUE(calm.start().has_value());
  for (std::size_t i = 1; i <= calm.store.appends; ++i) {
    for (const bool lands : {false, true}) {
      DurableBed bed(120, 2);
      bed.store.fail_append = i;
      bed.store.lands = lands;
      const Result<RunResult> run = bed.start();
      // The last append is of the chain of heads: without it the run is all the same.
      EXPECT_EQ(run.has_value(), i == calm.store.appends) << i;
      const Result<RunResult> again = bed.resume();
      EXPECT_LE(most_executions(bed), 1U) << i;
      if (!again && !bed.port.sent.empty()) EXPECT_TRUE(reread(bed)->closed()) << i;
      // What was sent is found by its mark; an intent that landed without its send is in doubt for ever.
      if (again) EXPECT_TRUE(bed.status == "succeeded" || lands) << i << bed.status;
    }
  }
}

/// Every effect of a reference run, before and after: killed there and taken up again.
class KilledAt : public ::testing::TestWithParam<bool> {};

void furnish(DurableBed& bed) {
  bed.port.list_lag = 1s;
  bed.port.nodes[bed.id(5)].out = std::string(9000, 'x');
  bed.port.nodes[bed.id(6)].after = 40s;
  bed.port.nodes[bed.id(3)].bad = true;
  Node& failing = bed.port.nodes[bed.id(4)];
  failing.end = InvocationStatus::failed;
  failing.details = "Failed";
  failing.exit_code = 2;
}

TEST_P(KilledAt, EveryEffectItConverges) {
  DurableBed calm(130, 2, "10%,rest");
  furnish(calm);
  ASSERT_TRUE(calm.start().has_value());
  const std::size_t effects = calm.killer.effects;
  ASSERT_GT(effects, 20U);
  std::size_t doubts = 0;
  for (std::size_t n = 1; n <= effects; ++n) {
    DurableBed bed(130, 2, "10%,rest");
    furnish(bed);
    (GetParam() ? bed.killer.kill_after : bed.killer.kill_before) = n;
    if (bed.start_and_die()) continue;  // there was no such effect
    const std::size_t sent_before = bed.port.sent.size();
    std::optional<Result<RunResult>> run(bed.resume());
    if (!*run) {
      // Killed before it was opened or started, or when all was done but for the chain of heads.
      if (sent_before > 0) EXPECT_TRUE(reread(bed)->closed()) << n << ": " << run->error().to_text();
      continue;
    }
    ASSERT_LE(most_executions(bed), 1U) << n;
    if (bed.status == "in doubt") {
      ++doubts;
      bed.decide = record::Decision::skip;
      run.emplace(bed.resume());
      ASSERT_TRUE(run->has_value()) << n;
    }
    EXPECT_LE(most_executions(bed), 1U) << n;
    EXPECT_TRUE(reread(bed)->closed()) << n << " " << bed.status;
    EXPECT_EQ((*run)->totals().all(), 130U) << n;
    for (const TargetResult& target : (*run)->targets) {
      const std::size_t executed = bed.port.executions.contains(target.target.label()) ? 1 : 0;
      if (target.outcome == Outcome::succeeded) EXPECT_EQ(executed, 1U) << n << target.target.label();
      if (target.outcome == Outcome::skipped) EXPECT_EQ(executed, 0U) << n << target.target.label();
    }
  }
  EXPECT_LT(doubts, effects / 2);
}

INSTANTIATE_TEST_SUITE_P(Both, KilledAt, ::testing::Bool());

}  // namespace
}  // namespace postern::flow
