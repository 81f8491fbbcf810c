#include "access/alarms.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cfn/cloudformation.hpp"
#include "cfn/terraform.hpp"

namespace postern::access {
namespace alarms_test {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

cfn::Template made(AlarmScope scope) {
  const auto out = alarm_template(scope);
  EXPECT_TRUE(out) << out.error().to_text();
  return out ? *out : cfn::Template();
}

std::string text_of(const cfn::Resource& resource, std::string_view property) {
  const cfn::Value* value = resource.properties.find(property);
  return value == nullptr ? "absent" : value->text();
}

/// B26: the metric that an alarm watches exists. B27: one failure raises it, silence does not, and somebody is told.
TEST(Alarms, WatchWhatExistsAndTellOfASingleFailure) {
  const cfn::Template out = made(AlarmScope::all);
  int alarms = 0;
  for (const cfn::Resource& each : out.resources) {
    if (each.type != "AWS::CloudWatch::Alarm") continue;
    ++alarms;
    EXPECT_EQ(text_of(each, "TreatMissingData"), "notBreaching") << each.id;
    ASSERT_NE(each.properties.find("AlarmActions"), nullptr) << each.id;
    EXPECT_EQ(each.properties.find("AlarmActions")->entries().size(), 1U) << each.id;
    const std::string space = text_of(each, "Namespace");
    EXPECT_NE(space, "AWS/SSM") << each.id;
    if (each.id == "ReplicationLag") continue;
    EXPECT_EQ(space, "AWS/SSM-RunCommand");
    EXPECT_EQ(text_of(each, "ComparisonOperator"), "GreaterThanOrEqualToThreshold");
    EXPECT_EQ(text_of(each, "Statistic"), "Sum");
    const cfn::Parameter* threshold = out.find_parameter(text_of(each, "Threshold"));
    ASSERT_NE(threshold, nullptr);
    EXPECT_EQ(threshold->default_value, "1");
  }
  EXPECT_EQ(alarms, 3);
  EXPECT_EQ(text_of(*out.find_resource("CommandsFailed"), "MetricName"), "CommandsFailed");
  EXPECT_EQ(text_of(*out.find_resource("CommandsTimedOut"), "MetricName"), "CommandsDeliveryTimedOut");
}

TEST(Alarms, StandWhereTheyAreNeeded) {
  const cfn::Template commands = made(AlarmScope::commands);
  EXPECT_NE(commands.find_resource("CommandsFailed"), nullptr);
  EXPECT_EQ(commands.find_resource("ReplicationLag"), nullptr);
  EXPECT_EQ(commands.find_parameter("LagLimitSeconds"), nullptr);
  const cfn::Template recovery = made(AlarmScope::recovery);
  EXPECT_EQ(recovery.find_resource("CommandsFailed"), nullptr);
  EXPECT_NE(recovery.find_resource("ReplicationStalled"), nullptr);
  EXPECT_NE(recovery.find_resource("LaunchFailed"), nullptr);
  EXPECT_EQ(parse_alarm_scope("recovery"), AlarmScope::recovery);
  EXPECT_FALSE(parse_alarm_scope("nothing"));
}

TEST(Alarms, NobodyElsePublishesToTheTopic) {
  const auto text = cfn::to_cloudformation(made(AlarmScope::all));
  ASSERT_TRUE(text) << text.error().to_text();
  EXPECT_THAT(*text,
              AllOf(HasSubstr("aws:SourceAccount: !Ref AWS::AccountId"),
                    HasSubstr("aws:SourceArn: !Sub arn:${AWS::Partition}:events:*:${AWS::AccountId}:rule/postern-*"),
                    Not(HasSubstr("AWS: \"*\""))));
}

TEST(Alarms, CanAllBeSaidInTerraform) {
  for (const AlarmScope scope : {AlarmScope::all, AlarmScope::commands, AlarmScope::recovery}) {
    const auto text = cfn::to_terraform(made(scope));
    ASSERT_TRUE(text) << text.error().to_text();
    EXPECT_EQ(text->find("aws_cloudwatch_event_target") != std::string::npos, scope != AlarmScope::commands);
    EXPECT_EQ(text->find("metric_query {") != std::string::npos, scope != AlarmScope::commands);
  }
}

}  // namespace alarms_test
}  // namespace postern::access
