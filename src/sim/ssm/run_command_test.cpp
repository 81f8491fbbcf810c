#include <gtest/gtest.h>

#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace run_command_test {

using namespace std::chrono_literals;
using aws::ssm::Command;
using aws::ssm::SendCommand;
using testing::Rig;
using testing::rig_config;

std::string code_of(const Error& error) {
  return error.aws() == nullptr ? error.to_text() : error.aws()->code;
}

std::string send(Rig& rig, aws::ssm::SendCommandRequest request) {
  const auto sent = rig.call<SendCommand>(std::move(request));
  EXPECT_TRUE(sent) << sent.error().to_text();
  return sent ? *sent->command->command_id : std::string();
}

std::map<std::string, int> details_of(Rig& rig, const std::string& id) {
  aws::ssm::ListCommandInvocationsRequest request;
  request.command_id = id;
  const auto listed = rig.call<aws::ssm::ListCommandInvocations>(std::move(request));
  EXPECT_TRUE(listed);
  std::map<std::string, int> counts;
  for (const auto& one : listed->command_invocations) ++counts[*one.status_details];
  return counts;
}

TEST(RunCommand, RampsUpToMaxConcurrencyAndNotBeyond) {
  Rig rig(rig_config(40));
  ASSERT_TRUE(rig.become_operator());
  auto request = Rig::shell(rig.ids(40));
  request.max_concurrency = "25%";
  const std::string id = send(rig, std::move(request));
  rig.loop().advance(15ms);
  EXPECT_EQ(rig.agents().under_way(), 1U);  // one instance first
  rig.loop().advance(30min);
  EXPECT_EQ(rig.agents().most_at_once(), 10U);
  const auto command = rig.command(id);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->status->text(), "Success");
  EXPECT_EQ(command->completed_count, 40);
}

TEST(RunCommand, StopsSendingWhenErrorsExceedTheLimit) {
  Behaviour broken;
  broken.exit_code = 3;
  Rig rig(rig_config(30), [broken](const Work&) { return broken; });
  ASSERT_TRUE(rig.become_operator());
  auto request = Rig::shell(rig.ids(30));
  request.max_concurrency = "1";
  const std::string id = send(rig, std::move(request));
  rig.loop().advance(30min);
  const std::map<std::string, int> expected = {{"Failed", 1}, {"Terminated", 29}};
  EXPECT_EQ(details_of(rig, id), expected);
  EXPECT_EQ(rig.command(id)->status_details, "Failed");
  EXPECT_EQ(rig.cloud().truth().executions.size(), 1U);
}

TEST(RunCommand, NothingCanBeReadBeforeTheListsCatchUp) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator());
  const std::string id = send(rig, Rig::shell(rig.ids(1)));
  EXPECT_FALSE(rig.command(id));
  EXPECT_TRUE(details_of(rig, id).empty());
  aws::ssm::GetCommandInvocationRequest request;
  request.command_id = id;
  request.instance_id = rig.ids(1).front();
  const auto early = rig.call<aws::ssm::GetCommandInvocation>(request);
  ASSERT_FALSE(early);
  EXPECT_EQ(code_of(early.error()), "InvocationDoesNotExist");
  rig.loop().advance(300ms);
  EXPECT_TRUE(rig.call<aws::ssm::GetCommandInvocation>(request));
}

TEST(RunCommand, SilentAgentsEndAsDeliveryTimedOutWhenTheCommandExpires) {
  CloudConfig config = rig_config(3);
  config.accounts[1].instances[0].agent.profile = AgentProfile::offline;
  config.accounts[1].instances[1].agent.profile = AgentProfile::connection_lost;
  Rig rig(std::move(config));
  ASSERT_TRUE(rig.become_operator());
  auto request = Rig::shell(rig.ids(3));
  request.timeout_seconds = 60;
  request.parameters["executionTimeout"].emplace_back("120");
  const std::string id = send(rig, std::move(request));
  rig.loop().advance(179s);
  const std::map<std::string, int> waiting = {{"InProgress", 1}, {"Delayed", 1}, {"Success", 1}};
  EXPECT_EQ(details_of(rig, id), waiting);
  rig.loop().advance(2s);
  const std::map<std::string, int> ended = {{"DeliveryTimedOut", 2}, {"Success", 1}};
  EXPECT_EQ(details_of(rig, id), ended);
  const auto command = rig.command(id);
  EXPECT_EQ(command->status_details, "DeliveryTimedOut");
  EXPECT_EQ(command->delivery_timed_out_count, 2);
  EXPECT_EQ(command->error_count, 0);
}

TEST(RunCommand, AnAgentThatComesTooLateDoesNotStart) {
  CloudConfig config = rig_config(1);
  config.accounts[1].instances[0].agent.pick_up_delay = 45s;
  Rig rig(std::move(config));
  ASSERT_TRUE(rig.become_operator());
  auto request = Rig::shell(rig.ids(1));
  request.timeout_seconds = 30;
  const std::string id = send(rig, std::move(request));
  rig.loop().advance(50s);
  EXPECT_TRUE(rig.cloud().truth().executions.empty());
  EXPECT_EQ(rig.agents().under_way(), 0U);
  rig.loop().advance(58min);
  EXPECT_EQ(rig.command(id)->completed_count, 0);  // it ends when delivery and execution timeout have both passed
}

TEST(RunCommand, ExecutionTimeoutIsReportedByTheAgent) {
  Behaviour slow;
  slow.run_time = 10min;
  Rig rig(rig_config(1), [slow](const Work&) { return slow; });
  ASSERT_TRUE(rig.become_operator());
  auto request = Rig::shell(rig.ids(1));
  request.parameters["executionTimeout"].emplace_back("60");
  const std::string id = send(rig, std::move(request));
  rig.loop().advance(59s);
  EXPECT_EQ(rig.command(id)->status_details, "InProgress");
  rig.loop().advance(2s);
  EXPECT_EQ(rig.command(id)->status_details, "ExecutionTimedOut");
  EXPECT_EQ(rig.command(id)->error_count, 1);
}

TEST(RunCommand, CancelEndsWhatWaitsAtOnceAndAsksWhatRuns) {
  Behaviour slow;
  slow.run_time = 10min;
  CloudConfig config = rig_config(2);
  config.accounts[1].instances[1].agent.pick_up_delay = 1min;
  Rig rig(std::move(config), [slow](const Work&) { return slow; });
  ASSERT_TRUE(rig.become_operator());
  const std::string id = send(rig, Rig::shell(rig.ids(2)));
  rig.loop().advance(5s);
  aws::ssm::CancelCommandRequest cancel;
  cancel.command_id = id;
  ASSERT_TRUE(rig.call<aws::ssm::CancelCommand>(cancel));
  const std::map<std::string, int> asked = {{"Cancelling", 1}, {"Cancelled", 1}};
  EXPECT_EQ(details_of(rig, id), asked);
  EXPECT_EQ(rig.command(id)->status_details, "Cancelling");
  rig.loop().advance(1s);
  EXPECT_EQ(rig.command(id)->status_details, "Cancelled");
  EXPECT_EQ(rig.cloud().truth().executions.size(), 1U);
  ASSERT_TRUE(rig.call<aws::ssm::CancelCommand>(cancel));  // what is done stays done
  EXPECT_EQ(rig.command(id)->status_details, "Cancelled");
}

TEST(RunCommand, AStalledAgentEndsAsDeliveryTimedOutAndStaysSo) {
  Behaviour stalls;
  stalls.stalls = true;
  Rig rig(rig_config(1), [stalls](const Work&) { return stalls; });
  ASSERT_TRUE(rig.become_operator());
  auto request = Rig::shell(rig.ids(1));
  request.timeout_seconds = 30;
  request.parameters["executionTimeout"].emplace_back("30");
  const std::string id = send(rig, std::move(request));
  rig.loop().advance(61s);
  EXPECT_EQ(rig.command(id)->status_details, "DeliveryTimedOut");
}

TEST(RunCommand, OneBadIdRejectsTheWholeBatch) {
  CloudConfig config = rig_config(3);
  config.accounts[1].instances[1].agent.profile = AgentProfile::none;
  config.accounts[1].instances[2].state = "terminated";
  Rig rig(std::move(config));
  ASSERT_TRUE(rig.become_operator());
  const auto ids = rig.ids(3);
  const auto sent = rig.call<SendCommand>(Rig::shell(ids));
  ASSERT_FALSE(sent);
  EXPECT_EQ(code_of(sent.error()), "InvalidInstanceId");
  EXPECT_EQ(sent.error().message(), "InvalidInstanceId: Instances [[" + ids[1] + ", " + ids[2] +
                                        "]] not in a valid state for account 444455556666");
  EXPECT_EQ(rig.cloud().truth().commands, 0U);
}

TEST(RunCommand, FiftyOneIdsAreRefusedByTheModel) {
  Rig rig(rig_config(51));
  ASSERT_TRUE(rig.become_operator());
  const auto sent = rig.call<SendCommand>(Rig::shell(rig.ids(51)));
  ASSERT_FALSE(sent);
  EXPECT_EQ(rig.cloud().truth().commands, 0U);
}

}  // namespace run_command_test
}  // namespace postern::sim
