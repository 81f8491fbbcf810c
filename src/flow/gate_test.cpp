// Gates between waves, and the deadline of a run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/testing/durable_bed.hpp"

namespace postern::flow {
namespace gate_test {

using namespace std::chrono_literals;
using testing::DurableBed;
using ::testing::HasSubstr;

std::size_t most_executions(const DurableBed& bed) {
  std::size_t most = 0;
  for (const auto& [target, count] : bed.port.executions) most = std::max(most, count);
  return most;
}

record::Resumed release() {
  record::Resumed released;
  released.by = "ops@host";
  released.release = true;
  return released;
}

class ScriptedGate final : public GateTester {
 public:
  std::optional<std::string> why_not;
  std::vector<std::string> waves;
  rt::Task<Result<std::optional<std::string>>> test(rt::CallContext, const RunModel& model,
                                                    std::uint32_t wave) override {
    waves.push_back(model.plan().waves[wave].name);
    co_return why_not;
  }
};

TEST(Gate, WaitsBetweenWaves) {
  DurableBed bed(40, 1, "canary,10%,rest");
  bed.header.policy.gate.wait = 10min;
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "succeeded");
  ASSERT_EQ(bed.port.sent.size(), 3U);
  EXPECT_GE(bed.port.sent[1].at - bed.port.sent[0].at, 10min);
  EXPECT_LT(bed.port.sent[1].at - bed.port.sent[0].at, 11min);
  EXPECT_GE(bed.port.sent[2].at - bed.port.sent[1].at, 10min);
}

TEST(Gate, WaitsOnlyAfterTheFirstWaveWhenAskedTo) {
  DurableBed bed(40, 1, "canary,10%,rest");
  bed.header.policy.gate.wait = 10min;
  bed.header.policy.gate.first_only = true;
  ASSERT_TRUE(bed.start().has_value());
  ASSERT_EQ(bed.port.sent.size(), 3U);
  EXPECT_GE(bed.port.sent[1].at - bed.port.sent[0].at, 10min);
  EXPECT_LT(bed.port.sent[2].at - bed.port.sent[1].at, 1min);
}

TEST(Gate, PausesUntilAPersonReleasesIt) {
  DurableBed bed(40, 1, "canary,10%,rest");
  bed.header.policy.gate.pause = true;
  Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "held");
  EXPECT_EQ(run->totals().succeeded, 1U);
  EXPECT_THAT(run->targets.back().reason, HasSubstr("the wave '10%' waits for a person"));
  ASSERT_TRUE(bed.resume().has_value());
  EXPECT_EQ(bed.status, "held");
  EXPECT_EQ(bed.port.sent.size(), 1U);
  bed.resume_with.emplace_back(release());
  ASSERT_TRUE(bed.resume().has_value());
  EXPECT_EQ(bed.status, "held");  // before the third wave again
  EXPECT_EQ(bed.port.sent.size(), 2U);
  run = bed.resume();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "succeeded");
  EXPECT_EQ(run->totals().succeeded, 40U);
  EXPECT_EQ(most_executions(bed), 1U);
}

TEST(Gate, AsksItsCommandAndIsHeldWhenThatFails) {
  DurableBed bed(40, 1, "canary,10%,rest");
  ScriptedGate gate;
  bed.options.gate = &gate;
  bed.header.policy.gate.command = "check-health";
  Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "succeeded");
  EXPECT_EQ(gate.waves, (std::vector<std::string>{"10%", "rest"}));

  DurableBed other(40, 1, "canary,10%,rest");
  gate.why_not = "it ended with exit code 1: error rate 7%";
  other.options.gate = &gate;
  other.header.policy.gate.command = "check-health";
  run = other.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(other.status, "held");
  EXPECT_THAT(run->targets.back().reason, HasSubstr("error rate 7%"));
  EXPECT_EQ(other.port.sent.size(), 1U);
  other.resume_with.emplace_back(release());
  ASSERT_TRUE(other.resume().has_value());
  EXPECT_EQ(other.port.sent.size(), 2U);  // past this gate, and held at the next
}

TEST(Gate, IsShutWhenNobodyCanRunItsCommand) {
  DurableBed bed(4, 1, "canary,rest");
  bed.header.policy.gate.command = "check-health";
  ASSERT_TRUE(bed.start().has_value());
  EXPECT_EQ(bed.status, "held");
}

class KilledAtAGate : public ::testing::TestWithParam<bool> {};

TEST_P(KilledAtAGate, TheRestOfTheWaitIsWaitedForAndNothingRunsTwice) {
  const auto furnish = [](DurableBed& bed) { bed.header.policy.gate.wait = 10min; };
  DurableBed calm(60, 2, "canary,rest");
  furnish(calm);
  ASSERT_TRUE(calm.start().has_value());
  const std::size_t effects = calm.killer.effects;
  std::size_t taken_up = 0;
  for (std::size_t n = 1; n <= effects; ++n) {
    DurableBed bed(60, 2, "canary,rest");
    furnish(bed);
    (GetParam() ? bed.killer.kill_after : bed.killer.kill_before) = n;
    if (bed.start_and_die()) continue;
    bed.loop.advance(4min);
    std::optional<Result<RunResult>> run(bed.resume());
    if (!*run) continue;  // never started, or all was done
    ++taken_up;
    EXPECT_LE(most_executions(bed), 1U) << n;
    if (bed.status == "in doubt") continue;
    EXPECT_EQ(bed.status, "succeeded") << n;
    ASSERT_GE(bed.port.sent.size(), 2U) << n;
    const Duration between = bed.port.sent[1].at - bed.port.sent[0].at;
    EXPECT_GE(between, 10min) << n;
    EXPECT_LT(between, 16min) << n;
  }
  EXPECT_GT(taken_up, 10U);
}
INSTANTIATE_TEST_SUITE_P(BeforeAndAfter, KilledAtAGate, ::testing::Bool());

TEST(Deadline, SkipsWhatWasNotSentAndFollowsWhatRuns) {
  DurableBed bed(40, 1, "canary,rest");
  bed.header.policy.deadline = bed.loop.clock().wall_now() + 2s;  // a command takes 3 s
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "expired");
  EXPECT_EQ(run->totals().succeeded, 1U);
  EXPECT_EQ(run->totals().skipped, 39U);
  EXPECT_THAT(run->targets.back().reason, HasSubstr("deadline passed before it was sent"));
  EXPECT_TRUE(run->targets.back().unreachable);
  EXPECT_EQ(bed.port.sent.size(), 1U);
}

TEST(Deadline, LeavesARunAloneThatWasSentInTime) {
  DurableBed bed(40, 1);
  bed.header.policy.deadline = bed.loop.clock().wall_now() + 2s;
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "succeeded");
  EXPECT_EQ(run->totals().succeeded, 40U);
}

TEST(Deadline, CancelsWhatRunsWhenAskedTo) {
  DurableBed bed(40, 1, "canary,rest");
  for (unsigned i = 0; i < 40; ++i) bed.port.nodes[bed.id(i)].after = 1h;
  bed.header.policy.deadline = bed.loop.clock().wall_now() + 5min;
  bed.header.policy.deadline_cancels = true;
  const MonoTime started = bed.loop.clock().now();
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "expired");
  EXPECT_EQ(run->totals().skipped, 39U);
  EXPECT_LT(bed.loop.clock().now() - started, 30min);
}

TEST(Deadline, IsMetByWhoeverTakesAHeldRunUp) {
  DurableBed bed(40, 1, "canary,rest");
  bed.header.policy.gate.pause = true;
  bed.header.policy.deadline = bed.loop.clock().wall_now() + 1h;
  ASSERT_TRUE(bed.start().has_value());
  EXPECT_EQ(bed.status, "held");
  EXPECT_LT(bed.loop.clock().wall_now(), *bed.header.policy.deadline);  // it did not sit there until then
  bed.loop.advance(2h);
  bed.resume_with.emplace_back(release());
  const Result<RunResult> run = bed.resume();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "expired");
  EXPECT_EQ(run->totals().skipped, 39U);
  EXPECT_EQ(bed.port.sent.size(), 1U);
}

TEST(Deadline, EndsAGatesWait) {
  DurableBed bed(40, 1, "canary,rest");
  bed.header.policy.gate.wait = 10h;
  bed.header.policy.deadline = bed.loop.clock().wall_now() + 1h;
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "expired");
  EXPECT_LT(bed.loop.clock().wall_now(), *bed.header.policy.deadline + 1min);
}

TEST(Deadline, DropsASendThatIsThrottledBeyondIt) {
  DurableBed bed(4, 1);
  Error slow(ErrorKind::throttled, "Rate exceeded");
  slow.delivered(Delivery::answered);
  for (std::size_t i = 0; i < 50; ++i) bed.port.send_faults[i] = testing::Fault(slow, false);
  bed.header.policy.deadline = bed.loop.clock().wall_now() + 10s;
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "expired");
  EXPECT_EQ(run->totals().skipped, 4U);
  EXPECT_EQ(most_executions(bed), 0U);
}

class KilledAtTheDeadline : public ::testing::TestWithParam<bool> {};

TEST_P(KilledAtTheDeadline, NothingIsSentAfterItAndEverythingIsAccountedFor) {
  const auto furnish = [](DurableBed& bed) {
    bed.header.policy.deadline = bed.loop.clock().wall_now() + 5s;
    bed.header.policy.deadline_cancels = true;
  };
  DurableBed calm(60, 2, "canary,10%,rest");
  furnish(calm);
  ASSERT_TRUE(calm.start().has_value());
  for (std::size_t n = 1; n <= calm.killer.effects; ++n) {
    DurableBed bed(60, 2, "canary,10%,rest");
    furnish(bed);
    (GetParam() ? bed.killer.kill_after : bed.killer.kill_before) = n;
    if (bed.start_and_die()) continue;
    std::optional<Result<RunResult>> run(bed.resume());
    if (!*run) continue;
    EXPECT_LE(most_executions(bed), 1U) << n;
    EXPECT_EQ((*run)->totals().all(), 60U) << n;
    for (const auto& sent : bed.port.sent) EXPECT_LT(sent.at.time_since_epoch(), 6s) << n;
    if (bed.status != "in doubt") EXPECT_EQ(bed.status, "expired") << n;
  }
}
INSTANTIATE_TEST_SUITE_P(BeforeAndAfter, KilledAtTheDeadline, ::testing::Bool());

}  // namespace gate_test
}  // namespace postern::flow
