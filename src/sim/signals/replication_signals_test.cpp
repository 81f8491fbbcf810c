#include "sim/signals/replication_signals.hpp"

#include <gmock/gmock.h>

#include "aws/cloudwatch/ops.hpp"
#include "aws/events/ops.hpp"
#include "sim/drs/test_calls.hpp"

namespace postern::sim {
namespace replication_signals_test {

using std::chrono::hours;
using std::chrono::minutes;
using testing::DrsRig;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kDrsSite;

class ReplicationSignalsTest : public ::testing::Test {
 protected:
  ReplicationSignalsTest() : rig(2) {}
  void disturb(DrsFaultKind kind, Duration at, Duration lasts, const std::string& what = "") {
    DrsFault fault(kind, "node-1", what);
    fault.at = at;
    fault.lasts = lasts;
    rig.sites().add_fault(kDrsSite, fault);
  }
  void make_rule() {
    aws::events::PutRuleRequest rule;
    rule.name = "drs";
    rule.event_pattern = R"({"source":["aws.drs"]})";
    const auto made = rig.call<aws::events::PutRule>(rule);
    ASSERT_TRUE(made) << made.error().to_text();
  }
  /// As `postern deploy alarms` makes it.
  void make_alarm() {
    aws::cloudwatch::PutMetricAlarmRequest alarm;
    alarm.alarm_name = "lag";
    alarm.comparison_operator.emplace("GreaterThanThreshold");
    alarm.evaluation_periods = 3;
    alarm.threshold = 600;
    alarm.treat_missing_data = "notBreaching";
    aws::cloudwatch::MetricDataQuery& query = alarm.metrics.emplace_back();
    query.id = "lag";
    query.expression = R"(SELECT MAX(LagDuration) FROM SCHEMA("AWS/DRS", SourceServerID))";
    query.period = 300;
    query.return_data = true;
    const auto made = rig.call<aws::cloudwatch::PutMetricAlarm>(alarm);
    ASSERT_TRUE(made) << made.error().to_text();
  }
  std::string alarm_state() {
    const auto found = rig.call<aws::cloudwatch::DescribeAlarms>({});
    if (!found || found->metric_alarms.size() != 1) return "none";
    return found->metric_alarms[0].state_value->text();
  }
  std::vector<std::string> events() {
    std::vector<std::string> out;
    for (const SeenEvent& one : rig.cloud().truth().events.items()) {
      const Json& detail = one.event["detail"];
      out.push_back(detail["state"].as_string() +
                    (detail.contains("is-drill") ? " drill " + detail["is-drill"].as_string() : ""));
    }
    return out;
  }
  DrsRig rig;
};

TEST_F(ReplicationSignalsTest, AStallIsToldOnceAndSoIsItsEnd) {
  make_rule();
  disturb(DrsFaultKind::stall, minutes(10), minutes(10));
  rig.loop().advance(minutes(9));
  EXPECT_THAT(events(), IsEmpty());
  rig.loop().advance(minutes(3));
  EXPECT_THAT(events(), ElementsAre("STALLED"));
  rig.loop().advance(minutes(30));
  EXPECT_THAT(events(), ElementsAre("STALLED", "NOT_STALLED"));
  const SeenEvent& first = rig.cloud().truth().events.items().front();
  EXPECT_EQ(first.event["source"].as_string(), "aws.drs");
  EXPECT_EQ(first.event["detail-type"].as_string(), "DRS Source Server Data Replication Stalled Change");
  EXPECT_EQ(first.event["resources"].items()[0].as_string(),
            "arn:aws:drs:us-west-2:444455556666:source-server/" + rig.server("node-1"));
}

TEST_F(ReplicationSignalsTest, WhatStalledBeforeAnybodyListenedIsNoChange) {
  disturb(DrsFaultKind::stall, minutes(0), hours(1));
  rig.loop().advance(minutes(10));
  make_rule();
  rig.loop().advance(minutes(20));
  EXPECT_THAT(events(), IsEmpty());
  rig.loop().advance(hours(1));
  EXPECT_THAT(events(), ElementsAre("NOT_STALLED"));
}

TEST_F(ReplicationSignalsTest, LagRaisesTheAlarmAndItsEndEndsIt) {
  make_alarm();
  rig.loop().advance(minutes(20));
  EXPECT_EQ(alarm_state(), "OK");
  disturb(DrsFaultKind::stall, minutes(0), hours(1));
  rig.loop().advance(minutes(15));
  EXPECT_EQ(alarm_state(), "OK") << "two periods above the threshold are not three";
  rig.loop().advance(minutes(15));
  EXPECT_EQ(alarm_state(), "ALARM");
  rig.loop().advance(hours(2));
  EXPECT_EQ(alarm_state(), "OK");
}

TEST_F(ReplicationSignalsTest, ANewAlarmSeesTheLastQuarterOfAnHour) {
  disturb(DrsFaultKind::stall, minutes(0), hours(2));
  rig.loop().advance(hours(1));
  make_alarm();
  rig.loop().advance(minutes(1));
  EXPECT_EQ(alarm_state(), "ALARM");
}

TEST_F(ReplicationSignalsTest, LaunchesAreToldWithWhatTheyWere) {
  make_rule();
  DrsFault fault(DrsFaultKind::launch, "node-2", "launch");
  rig.sites().add_fault(kDrsSite, fault);
  const auto job = rig.start({rig.server("node-1"), rig.server("node-2")});
  ASSERT_TRUE(job) << job.error().to_text();
  rig.loop().advance(hours(1));
  EXPECT_THAT(events(), ::testing::UnorderedElementsAre("RECOVERY_LAUNCH_SUCCEEDED drill TRUE",
                                                        "RECOVERY_LAUNCH_FAILED drill TRUE"));
}

}  // namespace replication_signals_test
}  // namespace postern::sim
