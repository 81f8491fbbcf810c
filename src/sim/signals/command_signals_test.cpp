// What the rest of the cloud hears of commands.

#include <gtest/gtest.h>

#include "aws/cloudwatch/ops.hpp"
#include "aws/events/ops.hpp"
#include "aws/logs/ops.hpp"
#include "sim/signals/test_calls.hpp"

namespace postern::sim::signals_test {
namespace {

using testing::Rig;
using testing::rig_config;

constexpr std::string_view kCore = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";

/// Nodes whose role may write logs, or may not.
CloudConfig config_with_logs(std::size_t nodes, bool may_log) {
  CloudConfig config = rig_config(nodes);
  AccountConfig& account = config.accounts[1];
  RoleConfig role;
  role.name = "NodeRole";
  role.policies.attached.emplace_back(kCore);
  if (may_log) role.permissions.allow.emplace_back("logs:*");
  account.roles.push_back(std::move(role));
  InstanceProfileConfig profile;
  profile.name = "NodeRole";
  profile.role = "NodeRole";
  account.instance_profiles.push_back(std::move(profile));
  for (InstanceConfig& one : account.instances) one.instance_profile = "NodeRole";
  return config;
}

Behaviour writes(const Work&) {
  Behaviour behaviour;
  behaviour.output = "first\nsecond\n" + std::string(30'000, 'x') + "\n";
  behaviour.errors = "warning\n";
  return behaviour;
}

struct Sent {
  std::string id;
  std::string node;
};

Sent send(Rig& rig, aws::ssm::SendCommandRequest request) {
  Sent sent;
  sent.node = request.instance_ids.front();
  sent.id = *answer_of<aws::ssm::SendCommand>(rig, std::move(request)).command->command_id;
  return sent;
}

std::string status_of(Rig& rig, const std::string& id) {
  const auto command = rig.command(id);
  return command ? *command->status_details : code_of(command.error());
}

TEST(CommandSignalsTest, OutputGoesWholeToALogGroup) {
  Rig rig(config_with_logs(1, true), &writes);
  ASSERT_TRUE(rig.become_operator());
  auto request = Rig::shell(rig.ids(1));
  request.cloud_watch_output_config.emplace().cloud_watch_output_enabled = true;
  const Sent sent = send(rig, request);
  rig.loop().advance(std::chrono::seconds(5));
  ASSERT_EQ(status_of(rig, sent.id), "Success");
  aws::logs::GetLogEventsRequest get;
  get.log_group_name = "/aws/ssm/AWS-RunShellScript";
  get.log_stream_name = sent.id + "/" + sent.node + "/aws-runShellScript/stdout";
  const auto out = answer_of<aws::logs::GetLogEvents>(rig, get).events;
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(*out[1].message, "second");
  EXPECT_EQ(out[2].message->size(), 30'000U);
  get.log_stream_name = sent.id + "/" + sent.node + "/aws-runShellScript/stderr";
  EXPECT_EQ(answer_of<aws::logs::GetLogEvents>(rig, get).events.size(), 1U);
  const auto shown = rig.command(sent.id);
  ASSERT_TRUE(shown);
  EXPECT_EQ(*shown->cloud_watch_output_config->cloud_watch_log_group_name, "/aws/ssm/AWS-RunShellScript");
}

TEST(CommandSignalsTest, WithoutTheRightThereIsNoLog) {
  Rig rig(config_with_logs(1, false), &writes);
  ASSERT_TRUE(rig.become_operator());
  auto request = Rig::shell(rig.ids(1));
  request.cloud_watch_output_config.emplace().cloud_watch_output_enabled = true;
  request.cloud_watch_output_config->cloud_watch_log_group_name = "mine";
  const Sent sent = send(rig, request);
  rig.loop().advance(std::chrono::seconds(5));
  EXPECT_EQ(status_of(rig, sent.id), "Success");
  EXPECT_TRUE(answer_of<aws::logs::DescribeLogGroups>(rig, {}).log_groups.empty());
  request.cloud_watch_output_config->cloud_watch_log_group_name = "a b";
  EXPECT_EQ(refusal_of<aws::ssm::SendCommand>(rig, request), "ValidationException");
}

TEST(CommandSignalsTest, EventsAreMadeForWhoHasARule) {
  Rig rig(rig_config(1));
  ASSERT_TRUE(rig.become_operator());
  send(rig, Rig::shell(rig.ids(1)));
  rig.loop().advance(std::chrono::seconds(5));
  EXPECT_EQ(rig.cloud().truth().events.count(), 0U);
  aws::events::PutRuleRequest rule;
  rule.name = "ended";
  rule.event_pattern = R"({"source": ["aws.ssm"], "detail": {"status": ["Success"]}})";
  answer_of<aws::events::PutRule>(rig, rule);
  const Sent sent = send(rig, Rig::shell(rig.ids(1)));
  rig.loop().advance(std::chrono::seconds(5));
  std::string seen;
  for (const SeenEvent& one : rig.cloud().truth().events.items()) {
    const Json& detail = one.event["detail"];
    EXPECT_EQ(detail["command-id"].as_string(), sent.id);
    EXPECT_EQ(detail["document-name"].as_string(), "AWS-RunShellScript");
    EXPECT_EQ(one.event["resources"].items().size(), 1U);
    seen += std::string(detail.contains("instance-id") ? "node " : "command ") + detail["status"].as_string() + "; ";
  }
  EXPECT_EQ(seen, "node InProgress; command InProgress; node Success; command Success; ");
}

TEST(CommandSignalsTest, EndsAreCounted) {
  Rig rig(rig_config(2), [](const Work& work) {
    Behaviour behaviour;
    behaviour.exit_code = work.host_name == "node-1" ? 1 : 0;
    return behaviour;
  });
  ASSERT_TRUE(rig.become_operator());
  for (const std::string& id : rig.ids(2)) send(rig, Rig::shell(std::vector<std::string>(1, id)));
  rig.loop().advance(std::chrono::seconds(5));
  for (const char* metric : {"CommandsSucceeded", "CommandsFailed", "CommandsDeliveryTimedOut"}) {
    aws::cloudwatch::GetMetricStatisticsRequest get;
    get.namespace_ = "AWS/SSM-RunCommand";
    get.metric_name = metric;
    get.start_time = rig.cloud().now(rig.loop().clock()) - std::chrono::minutes(5);
    get.end_time = *get.start_time + std::chrono::minutes(10);
    get.period = 600;
    get.statistics.emplace_back("Sum");
    double sum = 0;
    for (const auto& point : answer_of<aws::cloudwatch::GetMetricStatistics>(rig, get).datapoints) sum += *point.sum;
    EXPECT_EQ(sum, std::string_view(metric) == "CommandsDeliveryTimedOut" ? 0 : 1) << metric;
  }
}

class AlarmedCommandTest : public ::testing::Test {
 protected:
  AlarmedCommandTest()
      : rig(rig_config(3), [](const Work&) {
          Behaviour behaviour;
          behaviour.run_time = std::chrono::minutes(10);
          return behaviour;
        }) {
    CHECK(rig.become_operator().has_value());
    aws::cloudwatch::PutMetricAlarmRequest alarm;
    alarm.alarm_name = "stop";
    alarm.namespace_ = "shop";
    alarm.metric_name = "Orders";
    alarm.statistic.emplace("Sum");
    alarm.period = 60;
    alarm.evaluation_periods = 1;
    alarm.threshold = 1;
    alarm.comparison_operator.emplace("LessThanThreshold");
    answer_of<aws::cloudwatch::PutMetricAlarm>(rig, alarm);
  }
  aws::ssm::SendCommandRequest request(const std::string& alarm) {
    auto made = Rig::shell(rig.ids(3));
    made.max_concurrency = "1";
    made.alarm_configuration.emplace().alarms.emplace_back().name = alarm;
    return made;
  }
  void raise() {
    aws::cloudwatch::SetAlarmStateRequest set;
    set.alarm_name = "stop";
    set.state_value.emplace("ALARM");
    set.state_reason = "a test";
    answer_of<aws::cloudwatch::SetAlarmState>(rig, set);
  }
  Rig rig;
};

TEST_F(AlarmedCommandTest, IsStoppedByItsAlarm) {
  EXPECT_EQ(refusal_of<aws::ssm::SendCommand>(rig, request("none")), "ValidationException");
  const Sent sent = send(rig, request("stop"));
  rig.loop().advance(std::chrono::seconds(30));
  EXPECT_EQ(status_of(rig, sent.id), "InProgress");
  raise();
  rig.loop().advance(std::chrono::seconds(30));
  const auto command = rig.command(sent.id);
  ASSERT_TRUE(command);
  EXPECT_EQ(*command->status_details, "Cancelled");
  ASSERT_EQ(command->triggered_alarms.size(), 1U);
  EXPECT_EQ(*command->triggered_alarms[0].name, "stop");
  EXPECT_EQ(command->triggered_alarms[0].state->text(), "ALARM");
  // One that is sent while the alarm is up ends before it begins.
  const Sent late = send(rig, request("stop"));
  rig.loop().advance(std::chrono::seconds(5));
  EXPECT_EQ(status_of(rig, late.id), "Cancelled");
  EXPECT_EQ(rig.cloud().truth().executions.size(), 1U);
}

TEST_F(AlarmedCommandTest, IsStoppedWhenItsAlarmIsGoneUnlessItIsToIgnoreThat) {
  auto stubborn = request("stop");
  stubborn.alarm_configuration->ignore_poll_alarm_failure = true;
  const Sent goes_on = send(rig, stubborn);
  const Sent stops = send(rig, request("stop"));
  rig.loop().advance(std::chrono::seconds(30));
  aws::cloudwatch::DeleteAlarmsRequest gone;
  gone.alarm_names = {"stop"};
  answer_of<aws::cloudwatch::DeleteAlarms>(rig, gone);
  rig.loop().advance(std::chrono::seconds(30));
  EXPECT_EQ(status_of(rig, goes_on.id), "InProgress");
  const auto command = rig.command(stops.id);
  ASSERT_TRUE(command);
  EXPECT_EQ(*command->status_details, "Cancelled");
  EXPECT_EQ(command->triggered_alarms[0].state->text(), "UNKNOWN");
}

}  // namespace
}  // namespace postern::sim::signals_test
