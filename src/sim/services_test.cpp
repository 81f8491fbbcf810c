#include <gtest/gtest.h>

#include "aws/core/read_only.hpp"
#include "sim/serve/demo_cloud.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace services_test {

using namespace std::chrono_literals;
using testing::Rig;
using testing::rig_config;

std::string code_of(const Error& error) {
  return error.aws() == nullptr ? error.to_text() : error.aws()->code;
}

template <class Op>
std::string refusal(Rig& rig, typename Op::Request request = typename Op::Request()) {
  const auto response = rig.call<Op>(std::move(request));
  return response ? "accepted" : code_of(response.error());
}

TEST(Sessions, EndWhenTheyAreToldAndNotBefore) {
  Rig rig(rig_config(1));
  const auto assumed = rig.become_operator();
  ASSERT_TRUE(assumed);
  EXPECT_EQ(rig.call<aws::sts::GetCallerIdentity>({})->account, "444455556666");
  rig.loop().advance(59min);
  EXPECT_TRUE(rig.call<aws::ssm::ListCommands>({}));
  rig.loop().advance(1min);
  EXPECT_EQ(refusal<aws::ssm::ListCommands>(rig), "ExpiredTokenException");
  EXPECT_EQ(refusal<aws::sts::GetCallerIdentity>(rig), "ExpiredToken");
  EXPECT_EQ(refusal<aws::ec2::DescribeRegions>(rig), "RequestExpired");
}

TEST(Sessions, CarryThePolicyOfTheReadOnlySwitch) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator(aws::read_only_session_policy()));
  EXPECT_TRUE(rig.call<aws::ec2::DescribeInstances>({}));
  EXPECT_TRUE(rig.call<aws::ssm::DescribeInstanceInformation>({}));
  EXPECT_EQ(refusal<aws::ssm::SendCommand>(rig, Rig::shell(rig.ids(1))), "AccessDeniedException");
}

TEST(Sessions, OrganizationRoleTrustsTheHub) {
  Rig rig(rig_config(0));
  aws::sts::AssumeRoleRequest request;
  request.role_arn = "arn:aws:iam::444455556666:role/OrganizationAccountAccessRole";
  request.role_session_name = "rig";
  EXPECT_TRUE(rig.call<aws::sts::AssumeRole>(request));
  request.role_arn = "arn:aws:iam::111122223333:role/OrganizationAccountAccessRole";
  EXPECT_EQ(refusal<aws::sts::AssumeRole>(rig, request), "AccessDenied");
}

TEST(Sessions, RegionThatIsNotEnabledIsRefused) {
  CloudConfig config = rig_config(0);
  config.regions = {"eu-west-1"};
  Rig rig(std::move(config));
  EXPECT_EQ(refusal<aws::ssm::ListCommands>(rig), "InvalidSignatureException");
}

TEST(Faults, HitSoManyMatchingCallsAndThenPass) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator());
  FaultRule rule("ssm:List*", FaultKind::throttle, 2);
  rule.skip = 1;
  rig.faults().add(rule);
  EXPECT_EQ(refusal<aws::ssm::ListCommands>(rig), "accepted");
  EXPECT_EQ(refusal<aws::ssm::ListCommands>(rig), "ThrottlingException");
  EXPECT_EQ(refusal<aws::ssm::DescribeInstanceInformation>(rig), "accepted");
  EXPECT_EQ(refusal<aws::ssm::ListCommands>(rig), "ThrottlingException");
  EXPECT_EQ(refusal<aws::ssm::ListCommands>(rig), "accepted");
  EXPECT_EQ(rig.faults().applied(), 2U);
}

TEST(Faults, HostileRepliesAreErrorsForOurClient) {
  const std::pair<FaultKind, ErrorKind> cases[] = {
      {FaultKind::html_page, ErrorKind::malformed},      {FaultKind::truncated_reply, ErrorKind::malformed},
      {FaultKind::nested_reply, ErrorKind::malformed},   {FaultKind::invalid_utf8, ErrorKind::malformed},
      {FaultKind::server_error, ErrorKind::unavailable},
  };
  for (const auto& [fault, kind] : cases) {
    Rig rig(rig_config(3));
    ASSERT_TRUE(rig.become_operator());
    rig.faults().add(FaultRule("*", fault, 2));
    const auto nodes = rig.call<aws::ssm::DescribeInstanceInformation>({});
    ASSERT_FALSE(nodes) << static_cast<int>(fault);
    EXPECT_EQ(nodes.error().kind(), kind) << nodes.error().to_text();
    const auto instances = rig.call<aws::ec2::DescribeInstances>({});
    ASSERT_FALSE(instances) << static_cast<int>(fault);
    EXPECT_EQ(instances.error().kind(), kind) << instances.error().to_text();
  }
}

TEST(Faults, LostReplyLeavesTheCommandRunning) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator());
  rig.faults().add(FaultRule("ssm:SendCommand", FaultKind::lost_reply, 1));
  EXPECT_FALSE(rig.call<aws::ssm::SendCommand>(Rig::shell(rig.ids(1))));
  rig.faults().add(FaultRule("ssm:SendCommand", FaultKind::lost_request, 1));
  EXPECT_FALSE(rig.call<aws::ssm::SendCommand>(Rig::shell(rig.ids(1))));
  rig.loop().advance(1min);
  EXPECT_EQ(rig.cloud().truth().commands, 1U);
  EXPECT_EQ(rig.cloud().truth().executions[rig.ids(1).front()], 1U);
}

TEST(Truth, CountsCallsByOperation) {
  Rig rig(rig_config(2));
  ASSERT_TRUE(rig.become_operator());
  (void)rig.call<aws::ec2::DescribeInstances>({});
  (void)rig.call<aws::ec2::DescribeInstances>({});
  EXPECT_EQ(rig.cloud().truth().calls.at("ec2:DescribeInstances"), 2U);
  EXPECT_EQ(rig.cloud().truth().calls.at("sts:AssumeRole"), 1U);
  EXPECT_EQ(rig.cloud().truth().sessions, 1U);
}

TEST(Config, MistakesAreNamed) {
  CloudConfig config = rig_config(1);
  config.accounts[1].id = "42";
  EXPECT_FALSE(check_config(config));
  config = rig_config(1);
  config.accounts[1].instances[0].region = "us-east-9";
  EXPECT_NE(check_config(config).error().message().find("us-east-9"), std::string::npos);
  config = rig_config(1);
  config.hub_account = "000000000000";
  EXPECT_FALSE(check_config(config));
  config = rig_config(1);
  config.accounts.push_back(config.accounts[1]);
  EXPECT_FALSE(check_config(config));
}

TEST(DemoCloud, IsWhatTheDemoTells) {
  const CloudConfig config = demo_cloud_config();
  ASSERT_TRUE(check_config(config));
  std::size_t instances = 0;
  std::size_t unreachable = 0;
  std::size_t stopped = 0;
  std::size_t for_drs = 0;
  for (const AccountConfig& account : config.accounts) {
    for (const InstanceConfig& one : account.instances) {
      ++instances;
      unreachable += one.agent.profile == AgentProfile::live ? 0U : 1U;
      stopped += one.state == "stopped" ? 1U : 0U;
      const auto strategy = one.tags.find("dr:recovery-strategy");
      for_drs += strategy != one.tags.end() && strategy->second == "drs" ? 1U : 0U;
    }
  }
  EXPECT_EQ(config.accounts.size(), 4U);
  EXPECT_EQ(instances, 24U);
  EXPECT_EQ(unreachable, 2U);
  EXPECT_EQ(stopped, 1U);
  EXPECT_EQ(for_drs, 16U);
  EXPECT_EQ(derived_instance_id(config, config.accounts[1], 0), derived_instance_id(config, config.accounts[1], 0));
  EXPECT_NE(derived_instance_id(config, config.accounts[1], 0), derived_instance_id(config, config.accounts[1], 1));
  for (const AccountConfig& account : config.accounts) {
    const bool hub = account.id == config.hub_account;
    EXPECT_EQ(demo_fleet_yaml(config).find("name: " + account.name) != std::string::npos, !hub) << account.name;
  }
}

}  // namespace services_test
}  // namespace postern::sim
