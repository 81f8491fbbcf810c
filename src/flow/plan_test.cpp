#include "flow/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "fleet/testing/make.hpp"
#include "flow/waves.hpp"

namespace postern::flow {
namespace {

using fleet::InstanceState;
using fleet::Platform;
using fleet::SsmStatus;

TEST(PlanWaves, SkipsWhatAwsWouldRefuseAndSaysWhy) {
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
    const Plan plan = plan_waves({instance}, WavePolicy());
    const bool planned = std::string_view(c.reason).empty();
    EXPECT_EQ(plan.targets.size(), planned ? 1U : 0U) << c.reason;
    ASSERT_EQ(plan.skipped.size(), planned ? 0U : 1U) << c.reason;
    if (planned) {
      EXPECT_EQ(plan.batches[0].shell, c.platform == Platform::windows ? Shell::powershell : Shell::sh);
    } else {
      EXPECT_EQ(plan.skipped[0].reason, c.reason);
      EXPECT_TRUE(plan.skipped[0].unreachable);
    }
  }
}

TEST(PlanWaves, BatchesHoldOneScopeOnePlatformAndAtMostFifty) {
  std::vector<fleet::Instance> instances;
  const fleet::ScopePtr scopes[] = {fleet::testing::scope("444455556666", "us-east-1"),
                                    fleet::testing::scope("444455556666", "eu-west-1"),
                                    fleet::testing::scope("777788889999", "us-east-1")};
  for (unsigned i = 0; i < 360; ++i) {
    instances.push_back(fleet::testing::instance(scopes[i % 3], fleet::testing::instance_id(i)));
    if (i % 4 == 0) instances.back().platform = Platform::windows;
  }
  const Plan plan = plan_waves(instances, WavePolicy());
  EXPECT_EQ(plan.targets.size(), 360U);
  EXPECT_TRUE(plan.skipped.empty());
  EXPECT_EQ(plan.batches.size(), 9U);  // per scope: 90 Linux in two, 30 Windows in one
  for (const BatchPlan& planned : plan.batches) {
    EXPECT_LE(planned.count, 50U);
    EXPECT_GT(planned.count, 0U);
  }
}

TEST(PlanWaves, AnInstanceThatIsListedTwiceIsPlannedOnce) {
  const fleet::ScopePtr scope = fleet::testing::scope("444455556666", "us-east-1");
  const fleet::Instance online = fleet::testing::instance(scope, fleet::testing::instance_id(1));
  fleet::Instance stopped = online;
  stopped.state = InstanceState::stopped;
  const Plan plan = plan_waves({online, stopped, online}, WavePolicy());
  EXPECT_EQ(plan.targets.size(), 1U);
  EXPECT_TRUE(plan.skipped.empty());
}

std::vector<fleet::Instance> spread(unsigned count, unsigned scopes) {
  std::vector<fleet::ScopePtr> where;
  for (unsigned i = 0; i < scopes; ++i) {
    where.push_back(fleet::testing::scope(std::to_string(111122220000ULL + i), "us-east-1"));
  }
  std::vector<fleet::Instance> instances;
  for (unsigned i = 0; i < count; ++i) {
    fleet::Tags tags;
    if (i % 3 != 0) tags["ring"] = i % 3 == 1 ? "b" : "a";
    instances.push_back(fleet::testing::instance(where[i % scopes], fleet::testing::instance_id(i), tags));
    if (i % 10 == 9) instances.back().platform = Platform::windows;
  }
  return instances;
}

std::string names_and_sizes(std::string_view rules, unsigned count = 100, unsigned scopes = 4) {
  WavePolicy policy;
  Result<std::vector<WaveRule>> parsed = parse_waves(rules);
  if (!parsed) return parsed.error().message();
  policy.rules = std::move(*parsed);
  std::string out;
  std::uint32_t next = 0;
  const Plan plan = plan_waves(spread(count, scopes), policy);
  for (const WavePlan& wave : plan.waves) {
    EXPECT_EQ(wave.first_batch, next);
    next += wave.batches;
    out += (out.empty() ? "" : ", ") + wave.name + " " + std::to_string(wave.targets);
  }
  EXPECT_EQ(next, plan.batches.size());
  EXPECT_EQ(plan.targets.size(), count);
  return out;
}

TEST(PlanWaves, TakeFromWhatTheOnesBeforeLeft) {
  EXPECT_EQ(names_and_sizes("canary,10%,rest"), "canary 2, 10% 8, rest 90");
  EXPECT_EQ(names_and_sizes("10%,50%"), "10% 10, 50% 40, rest 50");
  EXPECT_EQ(names_and_sizes("pick:3,rest"), "pick 3 6, rest 94");
  EXPECT_EQ(names_and_sizes("canary,by:account", 8, 2), "canary 1, account 111122220000 3, account 111122220001 4");
  EXPECT_EQ(names_and_sizes("by:tag:ring", 30), "ring=a 10, ring=b 10, no ring 10");
  EXPECT_EQ(names_and_sizes("by:region", 10), "us-east-1 10");
  EXPECT_EQ(names_and_sizes("1%", 30), "rest 30");
  EXPECT_EQ(names_and_sizes("rest", 0), "");
  EXPECT_EQ(names_and_sizes("all", 30), "rest 30");
  EXPECT_EQ(names_and_sizes("canary,10%,rest", 3, 1), "canary 1, rest 2");
  EXPECT_EQ(names_and_sizes("canary,10%,rest", 20, 2), "canary 2, rest 18");
  EXPECT_EQ(names_and_sizes("canary,10%,rest", 1, 1), "canary 1");
}

TEST(PlanWaves, ASharesTargetsAreSpreadOverTheScopes) {
  WavePolicy policy;
  policy.rules = *parse_waves("10%");
  const Plan plan = plan_waves(spread(400, 8), policy);
  std::map<std::uint32_t, std::uint32_t> per_scope;
  for (const BatchPlan& batch : plan.batches) {
    if (batch.wave == 0) per_scope[batch.scope] += batch.count;
  }
  EXPECT_EQ(per_scope.size(), 8U);
  for (const auto& [scope, count] : per_scope) EXPECT_EQ(count, 5U) << scope;
}

TEST(PlanWaves, MistakesAreNamed) {
  EXPECT_NE(names_and_sizes("canary,,rest").find("unknown wave ''"), std::string::npos);
  EXPECT_NE(names_and_sizes("0%").find("unknown wave '0%'"), std::string::npos);
  EXPECT_NE(names_and_sizes("101%").find("unknown wave"), std::string::npos);
  EXPECT_NE(names_and_sizes("all,10%").find("would have no targets left"), std::string::npos);
  EXPECT_NE(names_and_sizes("rest,10%").find("would have no targets left"), std::string::npos);
  EXPECT_FALSE(Budget::parse("x").has_value());
  EXPECT_FALSE(Budget::parse("101%").has_value());
  EXPECT_EQ(Budget::parse("5%")->allowed(39), 1U);
  EXPECT_EQ(Budget::parse("7")->allowed(39), 7U);
}

TEST(PlanWaves, TheDigestIsOfTheTargetsAndTheCommand) {
  const WavePolicy policy;
  const Plan plan = plan_waves(spread(100, 4), policy);
  std::vector<fleet::Instance> turned = spread(100, 4);
  std::reverse(turned.begin(), turned.end());
  EXPECT_EQ(plan.digest("uptime"), plan_waves(turned, policy).digest("uptime"));
  EXPECT_NE(plan.digest("uptime"), plan.digest("reboot"));
  EXPECT_NE(plan.digest("uptime"), plan_waves(spread(101, 4), policy).digest("uptime"));
}

TEST(PlanWaves, NamesTheDocuments) {
  EXPECT_EQ(document_of(Shell::sh), "AWS-RunShellScript");
  EXPECT_EQ(document_of(Shell::powershell), "AWS-RunPowerShellScript");
}

}  // namespace
}  // namespace postern::flow
