#include "flow/run_state.hpp"

#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"

namespace postern::flow {
namespace {

fleet::TargetRef target_of_state_test(unsigned number) {
  static const fleet::ScopePtr scope = fleet::testing::scope("444455556666", "us-east-1");
  return fleet::TargetRef(scope, fleet::testing::instance_id(number));
}

RunPlan three_and_one() {
  RunPlan plan;
  std::vector<fleet::TargetRef> targets;
  for (unsigned i = 1; i <= 3; ++i) targets.push_back(target_of_state_test(i));
  for (fleet::Batch& batch : fleet::Batch::split(targets)) plan.batches.emplace_back(std::move(batch), Shell::sh);
  plan.skipped.emplace_back(target_of_state_test(4), "the instance is stopped");
  return plan;
}

TEST(RunState, CountsEveryPhaseAndReconciles) {
  const RunPlan plan = three_and_one();
  RunState state(plan);
  EXPECT_EQ(state.pending(), 3U);
  EXPECT_EQ(state.running(), 0U);
  EXPECT_EQ(state.totals().skipped, 1U);
  state.sent(plan.batches[0].batch);
  EXPECT_EQ(state.pending(), 0U);
  EXPECT_EQ(state.running(), 3U);
  state.ended(TargetResult(target_of_state_test(2), Outcome::succeeded, ""));
  state.ended(TargetResult(target_of_state_test(3), Outcome::failed, "Failed"));
  EXPECT_FALSE(state.complete());
  state.ended(TargetResult(target_of_state_test(1), Outcome::unknown, "never listed"));
  EXPECT_TRUE(state.complete());
  EXPECT_EQ(state.totals().all(), 4U);
  const std::vector<TargetResult> results = state.take();
  ASSERT_EQ(results.size(), 4U);
  for (unsigned i = 0; i < 4; ++i) EXPECT_EQ(results[i].target, target_of_state_test(i + 1));
  EXPECT_EQ(results[3].reason, "the instance is stopped");
}

TEST(RunState, ATargetMayEndWithoutHavingBeenSent) {
  const RunPlan plan = three_and_one();
  RunState state(plan);
  state.ended(TargetResult(target_of_state_test(1), Outcome::skipped, "AWS refused it"));
  EXPECT_EQ(state.pending(), 2U);
  const fleet::InstanceId gone[] = {fleet::testing::instance_id(1)};
  state.sent(plan.batches[0].batch.without(gone));
  EXPECT_EQ(state.pending(), 0U);
  EXPECT_EQ(state.running(), 2U);
}

TEST(RunStateDeathTest, BreakingTheRulesEndsTheProcess) {
  const RunPlan plan = three_and_one();
  RunState state(plan);
  EXPECT_DEATH(state.take(), "CHECK");
  state.ended(TargetResult(target_of_state_test(1), Outcome::succeeded, ""));
  EXPECT_DEATH(state.ended(TargetResult(target_of_state_test(1), Outcome::failed, "")), "CHECK");
  EXPECT_DEATH(state.ended(TargetResult(target_of_state_test(9), Outcome::failed, "")), "CHECK");
  EXPECT_DEATH(state.sent(plan.batches[0].batch), "CHECK");
}

}  // namespace
}  // namespace postern::flow
