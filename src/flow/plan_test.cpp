#include "flow/plan.hpp"

#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"

namespace postern::flow {
namespace {

using fleet::InstanceState;
using fleet::Platform;
using fleet::SsmStatus;

TEST(PlanRun, SkipsWhatAwsWouldRefuseAndSaysWhy) {
  struct Case {
    InstanceState state;
    SsmStatus ssm;
    Platform platform;
    const char* reason;  // empty: it is in a batch
  };
  const Case cases[] = {
      {InstanceState::running, SsmStatus::online, Platform::linux_os, ""},
      {InstanceState::running, SsmStatus::online, Platform::macos, ""},
      {InstanceState::running, SsmStatus::online, Platform::windows, ""},
      {InstanceState::none, SsmStatus::online, Platform::linux_os, ""},
      {InstanceState::stopped, SsmStatus::not_managed, Platform::linux_os, "the instance is stopped"},
      {InstanceState::pending, SsmStatus::online, Platform::linux_os, "the instance is pending"},
      {InstanceState::terminated, SsmStatus::unknown, Platform::linux_os, "the instance is terminated"},
      {InstanceState::running, SsmStatus::connection_lost, Platform::linux_os,
       "Systems Manager has lost the connection to its agent"},
      {InstanceState::running, SsmStatus::inactive, Platform::linux_os, "its agent is inactive"},
      {InstanceState::running, SsmStatus::not_managed, Platform::linux_os, "Systems Manager does not know it"},
      {InstanceState::running, SsmStatus::unknown, Platform::linux_os,
       "its Systems Manager state is unknown: 500 from SSM"},
      {InstanceState::running, SsmStatus::online, Platform::unknown, "its platform is unknown"},
  };
  const fleet::ScopePtr scope = fleet::testing::scope("444455556666", "us-east-1");
  for (const Case& c : cases) {
    fleet::Instance instance = fleet::testing::instance(scope, fleet::testing::instance_id(1));
    instance.state = c.state;
    instance.ssm.status = c.ssm;
    if (c.ssm == SsmStatus::unknown) instance.ssm.reason = "500 from SSM";
    instance.platform = c.platform;
    const RunPlan plan = plan_run({instance});
    const bool planned = std::string_view(c.reason).empty();
    EXPECT_EQ(plan.targets(), planned ? 1U : 0U) << c.reason;
    ASSERT_EQ(plan.skipped.size(), planned ? 0U : 1U) << c.reason;
    if (planned) {
      EXPECT_EQ(plan.batches[0].shell, c.platform == Platform::windows ? Shell::powershell : Shell::sh);
    } else {
      EXPECT_EQ(plan.skipped[0].reason, c.reason);
      EXPECT_TRUE(plan.skipped[0].unreachable);
    }
  }
}

TEST(PlanRun, BatchesHoldOneScopeOnePlatformAndAtMostFifty) {
  std::vector<fleet::Instance> instances;
  const fleet::ScopePtr scopes[] = {fleet::testing::scope("444455556666", "us-east-1"),
                                    fleet::testing::scope("444455556666", "eu-west-1"),
                                    fleet::testing::scope("777788889999", "us-east-1")};
  for (unsigned i = 0; i < 360; ++i) {
    instances.push_back(fleet::testing::instance(scopes[i % 3], fleet::testing::instance_id(i)));
    if (i % 4 == 0) instances.back().platform = Platform::windows;
  }
  const RunPlan plan = plan_run(instances);
  EXPECT_EQ(plan.targets(), 360U);
  EXPECT_TRUE(plan.skipped.empty());
  EXPECT_EQ(plan.batches.size(), 9U);  // per scope: 90 Linux in two, 30 Windows in one
  for (const PlannedBatch& planned : plan.batches) {
    EXPECT_LE(planned.batch.ids().size(), 50U);
    EXPECT_FALSE(planned.batch.empty());
  }
}

TEST(PlanRun, AnInstanceThatIsListedTwiceIsPlannedOnce) {
  const fleet::ScopePtr scope = fleet::testing::scope("444455556666", "us-east-1");
  const fleet::Instance online = fleet::testing::instance(scope, fleet::testing::instance_id(1));
  fleet::Instance stopped = online;
  stopped.state = InstanceState::stopped;
  const RunPlan plan = plan_run({online, stopped, online});
  EXPECT_EQ(plan.targets(), 1U);
  EXPECT_TRUE(plan.skipped.empty());
}

TEST(PlanRun, NamesTheDocuments) {
  EXPECT_EQ(document_of(Shell::sh), "AWS-RunShellScript");
  EXPECT_EQ(document_of(Shell::powershell), "AWS-RunPowerShellScript");
}

}  // namespace
}  // namespace postern::flow
