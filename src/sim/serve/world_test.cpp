#include "sim/serve/world.hpp"

#include <gtest/gtest.h>

#include "sim/serve/demo_cloud.hpp"
#include "sim/serve/faults_file.hpp"

namespace postern::sim {
namespace {

constexpr std::string_view kSmall = R"(version: 1
name: small
seed: 7
hub: "111122223333"
regions: [us-east-1, us-west-2]
clock_skew: -90s
list_lag: 1500ms
templates:
  node: &node {region: us-east-1, agent: live, tags: {env: prod}, programs: {hostname: "#!/bin/sh\necho x\n"}}
faults:
  - {kind: throttle, operation: "ssm:Send*", region: us-east-1, count: 2, retry_after: "3"}
accounts:
  - id: "111122223333"
    name: hub
    users:
      - {name: op, access_key_id: AKIASMALL00000000001, secret_access_key: s, allow: "*"}
  - id: "444455556666"
    unit: Workloads/Prod
    organization_role: absent
    roles:
      - {name: Operator, max_session: 2h, trust: [{principals: "111122223333", external_ids: [a, b]}],
         allow: ["ssm:*"], deny: "ssm:Put*"}
    instances:
      - {name: "web-{nn}", count: 3, first: 9, region: us-west-2, agent: {profile: slow, pick_up_delay: 10s}}
      - {name: win, region: us-east-1, platform: windows, profile: none, age: 3d, state: stopped}
      - *node
)";

TEST(WorldFile, ReadsEveryPart) {
  const Result<World> world = parse_world(kSmall, "w.yaml");
  ASSERT_TRUE(world) << world.error().message();
  const CloudConfig& config = world->config;
  EXPECT_EQ(config.name, "small");
  EXPECT_EQ(config.clock_skew, -std::chrono::seconds(90));
  EXPECT_EQ(config.list_lag, std::chrono::milliseconds(1500));
  ASSERT_EQ(config.accounts.size(), 2U);
  const AccountConfig& account = config.accounts[1];
  EXPECT_EQ(account.organization_role, OrganizationRole::absent);
  ASSERT_EQ(account.instances.size(), 5U);
  EXPECT_EQ(account.instances[0].name, "web-09");
  EXPECT_EQ(account.instances[2].name, "web-11");
  EXPECT_EQ(account.instances[2].agent.profile, AgentProfile::slow);
  EXPECT_EQ(account.instances[3].platform, Platform::windows);
  EXPECT_TRUE(account.instances[3].instance_profile.empty());
  EXPECT_EQ(account.instances[4].tags.at("env"), "prod");
  EXPECT_EQ(account.roles[0].trust[0].external_ids, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(account.roles[0].max_session, std::chrono::hours(2));
  ASSERT_EQ(world->faults.size(), 1U);
  EXPECT_EQ(world->faults[0].count, 2U);
}

TEST(WorldFile, IsWrittenAsItIsRead) {
  const Result<World> small = parse_world(kSmall, "w.yaml");
  ASSERT_TRUE(small) << small.error().message();
  World demo;
  demo.config = demo_cloud_config();
  for (const World* world : {&*small, const_cast<const World*>(&demo)}) {
    const std::string text = write_world(*world, "A world\n\nwith a heading");
    const Result<World> again = parse_world(text, "again.yaml");
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(write_world(*again, "A world\n\nwith a heading"), text);
    ASSERT_EQ(again->config.accounts.size(), world->config.accounts.size());
    for (std::size_t i = 0; i < world->config.accounts.size(); ++i) {
      EXPECT_EQ(again->config.accounts[i].instances.size(), world->config.accounts[i].instances.size());
    }
  }
}

std::string world_problem(std::string_view text) {
  const Result<World> world = parse_world(text, "w.yaml");
  return world ? "accepted" : world.error().message();
}

TEST(WorldFile, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(world_problem(""), "w.yaml:1:1: the world file is empty: `postern sim init` prints one");
  const std::string many =
      world_problem("version: 1\nname: x\nacounts: []\nseed: -3\naccounts:\n  - {id: 1, regio: y}\n");
  EXPECT_NE(many.find("w.yaml:3:1: unknown key 'acounts' in the world file; did you mean 'accounts'?"),
            std::string::npos)
      << many;
  EXPECT_NE(many.find("w.yaml:4:7: seed must be a whole number"), std::string::npos) << many;
  EXPECT_NE(many.find("w.yaml:6:"), std::string::npos) << many;
  const std::string agents = world_problem(
      "version: 1\nname: x\naccounts:\n  - id: \"111122223333\"\n    instances:\n"
      "      - {name: a, region: us-east-1, agent: livee}\n      - {name: b, count: 2, region: us-east-1}\n");
  EXPECT_NE(agents.find("there is no agent profile 'livee'; did you mean 'live'?"), std::string::npos) << agents;
  EXPECT_NE(agents.find("w.yaml:7:9: several instances need a name with {n}"), std::string::npos) << agents;
  EXPECT_NE(
      world_problem("version: 1\nname: x\nhub: \"1\"\naccounts: [{id: \"111122223333\"}]\n").find("hub account 1"),
      std::string::npos);
}

TEST(FaultsFile, ReadsRulesAndConditions) {
  const Result<FaultPlan> plan = parse_faults(
      "version: 1\nseed: 5\nclock_skew: 7m\nlist_lag: 2s\nfaults:\n"
      "  - {kind: delay, delay: 250ms, probability: 0.5}\n"
      "  - {kind: unknown_value, operation: ssm:GetCommandInvocation, member: Status, value: Paused, skip: 1}\n",
      "f.yaml");
  ASSERT_TRUE(plan) << plan.error().message();
  ASSERT_EQ(plan->rules.size(), 2U);
  EXPECT_EQ(plan->rules[0].delay, std::chrono::milliseconds(250));
  EXPECT_EQ(plan->rules[1].count, FaultRule::kForever);
  EXPECT_EQ(plan->clock_skew, std::chrono::minutes(7));
  EXPECT_EQ(plan->seed, 5U);
}

TEST(FaultsFile, SaysWhatIsWrongAndWhere) {
  const Result<FaultPlan> plan = parse_faults(
      "version: 1\nfaults:\n  - {kind: throtle}\n  - {kind: delay}\n  - {kind: unknown_value, member: X}\n"
      "  - {kind: throttle, probability: 2, delay: soon}\n",
      "f.yaml");
  ASSERT_FALSE(plan);
  const std::string text = plan.error().message();
  for (const char* part : {"f.yaml:3:12: there is no fault of kind 'throtle'; did you mean 'throttle'?",
                           "f.yaml:4:5: delay needs a delay", "f.yaml:5:5: unknown_value needs member and value",
                           "probability must be a number from 0 to 1", "delay must be a time such as"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(FaultsFile, SpansReadBack) {
  for (const auto ms : {0, 1, 999, 1000, 1500, 60'000, 3'600'000, 86'400'000, -90'000}) {
    const Duration span = std::chrono::milliseconds(ms);
    const auto root = yaml::parse(format_span(span), "x");
    ASSERT_TRUE(root);
    yaml::Problems problems;
    EXPECT_EQ(read_span(&*root, "x", problems), span) << format_span(span);
  }
}

}  // namespace
}  // namespace postern::sim
