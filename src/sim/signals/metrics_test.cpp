// CloudWatch, called through the generated client.

#include <gtest/gtest.h>

#include "aws/cloudwatch/ops.hpp"
#include "aws/core/sigv4.hpp"
#include "aws/sns/ops.hpp"
#include "base/cbor_reader.hpp"
#include "base/cbor_writer.hpp"
#include "sim/signals/test_calls.hpp"

namespace postern::sim::signals_test {
namespace {

namespace api = aws::cloudwatch;
using testing::Rig;
using testing::rig_config;

class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest() : rig(rig_config(1)) {}
  WallTime now() { return std::chrono::floor<std::chrono::minutes>(rig.cloud().now(rig.loop().clock())); }
  std::string put(double value, const std::string& space = "shop") {
    api::PutMetricDataRequest request;
    request.namespace_ = space;
    auto& datum = request.metric_data.emplace_back();
    datum.metric_name = "Orders";
    datum.value = value;
    return refusal_of<api::PutMetricData>(rig, request);
  }
  api::PutMetricAlarmRequest alarm(const std::string& name) {
    api::PutMetricAlarmRequest request;
    request.alarm_name = name;
    request.namespace_ = "shop";
    request.metric_name = "Orders";
    request.statistic.emplace("Maximum");
    request.period = 60;
    request.evaluation_periods = 1;
    request.threshold = 5;
    request.comparison_operator.emplace("GreaterThanThreshold");
    return request;
  }
  api::MetricAlarm shown(const std::string& name) {
    api::DescribeAlarmsRequest request;
    request.alarm_names = {name};
    auto found = answer_of<api::DescribeAlarms>(rig, request).metric_alarms;
    CHECK(found.size() == 1);
    return found.front();
  }
  Rig rig;
};

TEST_F(MetricsTest, StatisticsOfWhatWasPut) {
  for (const double value : {1.0, 2.0, 6.0}) EXPECT_EQ(put(value), "accepted");
  api::GetMetricStatisticsRequest get;
  get.namespace_ = "shop";
  get.metric_name = "Orders";
  get.start_time = now() - std::chrono::minutes(5);
  get.end_time = now() + std::chrono::minutes(5);
  get.period = 60;
  for (const char* one : {"Sum", "Average", "Minimum", "Maximum", "SampleCount"}) get.statistics.emplace_back(one);
  const auto points = answer_of<api::GetMetricStatistics>(rig, get).datapoints;
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0].sum, 9);
  EXPECT_EQ(points[0].average, 3);
  EXPECT_EQ(points[0].minimum, 1);
  EXPECT_EQ(points[0].maximum, 6);
  EXPECT_EQ(points[0].sample_count, 3);
  EXPECT_EQ(points[0].timestamp, now());
  EXPECT_EQ(answer_of<api::ListMetrics>(rig, {}).metrics.size(), 1U);

  get.period = 61;
  EXPECT_EQ(refusal_of<api::GetMetricStatistics>(rig, get), "InvalidParameterValue");
  get.period = 60;
  get.start_time = now() - std::chrono::hours(48);
  EXPECT_EQ(refusal_of<api::GetMetricStatistics>(rig, get), "InvalidParameterCombination");
  get.start_time = get.end_time;
  EXPECT_EQ(refusal_of<api::GetMetricStatistics>(rig, get), "InvalidParameterCombination");
}

TEST_F(MetricsTest, DataByQueryAndPage) {
  put(1);
  put(3);
  api::GetMetricDataRequest get;
  get.start_time = now() - std::chrono::minutes(5);
  get.end_time = now() + std::chrono::minutes(5);
  for (const char* id : {"a", "b"}) {
    auto& query = get.metric_data_queries.emplace_back();
    query.id = id;
    auto& stat = query.metric_stat.emplace();
    auto& metric = stat.metric.emplace();
    metric.namespace_ = "shop";
    metric.metric_name = *id == 'a' ? "Orders" : "None";
    stat.period = 60;
    stat.stat = "Sum";
  }
  const auto results = answer_of<api::GetMetricData>(rig, get).metric_data_results;
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].values, std::vector<double>(1, 4.0));
  EXPECT_TRUE(results[1].values.empty());
  get.metric_data_queries[1].id = "B";
  EXPECT_EQ(refusal_of<api::GetMetricData>(rig, get), "ValidationError");
  get.metric_data_queries[1].id = "b";
  get.metric_data_queries[1].expression = "a * 2";
  EXPECT_EQ(refusal_of<api::GetMetricData>(rig, get), "ValidationError");
}

TEST_F(MetricsTest, RefusesWhatAwsRefuses) {
  EXPECT_EQ(put(1, "AWS/Mine"), "InvalidParameterValue");
  EXPECT_EQ(put(1, ":x"), "InvalidParameterValue");
  api::PutMetricDataRequest request;
  request.namespace_ = "shop";
  request.metric_data.emplace_back().metric_name = "Orders";
  EXPECT_EQ(refusal_of<api::PutMetricData>(rig, request), "MissingParameter");
  request.metric_data[0].value = 1;
  request.metric_data[0].values = {1};
  EXPECT_EQ(refusal_of<api::PutMetricData>(rig, request), "InvalidParameterCombination");
  request.metric_data[0].values.clear();
  request.metric_data[0].timestamp = now() - std::chrono::hours(24 * 15);
  EXPECT_EQ(refusal_of<api::PutMetricData>(rig, request), "InvalidParameterValue");
}

TEST_F(MetricsTest, AlarmsFollowTheirMetric) {
  aws::sns::CreateTopicRequest topic;
  topic.name = "alerts";
  auto request = alarm("high");
  request.alarm_actions = {*answer_of<aws::sns::CreateTopic>(rig, topic).topic_arn};
  EXPECT_EQ(refusal_of<api::PutMetricAlarm>(rig, request), "accepted");
  EXPECT_EQ(shown("high").state_value->text(), "INSUFFICIENT_DATA");
  put(1);
  EXPECT_EQ(shown("high").state_value->text(), "OK");
  EXPECT_TRUE(rig.cloud().truth().messages.items().empty());
  put(6);
  EXPECT_EQ(shown("high").state_value->text(), "ALARM");
  ASSERT_EQ(rig.cloud().truth().messages.items().size(), 1U);
  const PublishedMessage& told = rig.cloud().truth().messages.items().front();
  EXPECT_EQ(told.subject, "ALARM: \"high\" in us-east-1");
  EXPECT_EQ((*Json::parse(told.message))["OldStateValue"].as_string(), "OK");
}

TEST_F(MetricsTest, AlarmsAreCheckedSetAndDeleted) {
  auto request = alarm("high");
  request.threshold = std::nullopt;
  EXPECT_EQ(refusal_of<api::PutMetricAlarm>(rig, request), "MissingParameter");
  request = alarm("high");
  request.period = 86'400;
  request.evaluation_periods = 2;
  EXPECT_EQ(refusal_of<api::PutMetricAlarm>(rig, request), "ValidationError");
  request = alarm("high");
  request.alarm_actions = {"arn:aws:automate:us-east-1:ec2:stop"};
  EXPECT_EQ(refusal_of<api::PutMetricAlarm>(rig, request), "ValidationError");
  answer_of<api::PutMetricAlarm>(rig, alarm("high"));
  api::SetAlarmStateRequest set;
  set.alarm_name = "high";
  set.state_value.emplace("ALARM");
  set.state_reason = "a test";
  EXPECT_EQ(refusal_of<api::SetAlarmState>(rig, set), "accepted");
  EXPECT_EQ(*shown("high").state_reason, "a test");
  set.state_reason_data = "{";
  EXPECT_EQ(refusal_of<api::SetAlarmState>(rig, set), "InvalidFormat");
  set.alarm_name = "none";
  EXPECT_EQ(refusal_of<api::SetAlarmState>(rig, set), "ResourceNotFound");
  api::DeleteAlarmsRequest gone;
  gone.alarm_names = {"high", "none"};
  EXPECT_EQ(refusal_of<api::DeleteAlarms>(rig, gone), "ResourceNotFound");
  gone.alarm_names = {"high"};
  EXPECT_EQ(refusal_of<api::DeleteAlarms>(rig, gone), "accepted");
  EXPECT_TRUE(answer_of<api::DescribeAlarms>(rig, {}).metric_alarms.empty());
}

TEST_F(MetricsTest, AnAlarmOnAQueryWatchesEveryMetricOfThatName) {
  const auto put_for = [this](const std::string& shop, double value) {
    api::PutMetricDataRequest request;
    request.namespace_ = "shop";
    auto& datum = request.metric_data.emplace_back();
    datum.metric_name = "Lag";
    datum.value = value;
    auto& dimension = datum.dimensions.emplace_back();
    dimension.name = "Shop";
    dimension.value = shop;
    EXPECT_EQ(refusal_of<api::PutMetricData>(rig, request), "accepted");
  };
  api::PutMetricAlarmRequest request;
  request.alarm_name = "lag";
  request.evaluation_periods = 1;
  request.threshold = 5;
  request.comparison_operator.emplace("GreaterThanThreshold");
  auto& query = request.metrics.emplace_back();
  query.id = "lag";
  query.period = 60;
  query.expression = R"(SELECT MAX(Lag) FROM SCHEMA("shop", Shop))";
  EXPECT_EQ(refusal_of<api::PutMetricAlarm>(rig, request), "accepted");
  EXPECT_EQ(shown("lag").metrics.size(), 1U);
  put_for("north", 1);
  EXPECT_EQ(shown("lag").state_value->text(), "OK");
  put(9);  // of another name
  EXPECT_EQ(shown("lag").state_value->text(), "OK");
  put_for("south", 6);
  EXPECT_EQ(shown("lag").state_value->text(), "ALARM");
  for (const char* odd : {"SELECT MAX(Lag)", "SELECT MEDIAN(Lag) FROM \"shop\"", "m1 * 2", "",
                          "SELECT MAX(Lag) FROM \"shop\" WHERE Shop = 'north'"}) {
    request.metrics[0].expression = odd;
    EXPECT_EQ(refusal_of<api::PutMetricAlarm>(rig, request), "ValidationError") << odd;
  }
  request.metrics[0].expression = R"(SELECT MAX(Lag) FROM "shop")";
  request.period = 60;
  EXPECT_EQ(refusal_of<api::PutMetricAlarm>(rig, request), "ValidationError");
}

/// Requests as current SDKs send them: RPC v2 CBOR.
class CborTest : public MetricsTest {
 protected:
  http::Response send(const std::string& operation, std::string body) {
    http::Request request;
    request.method = "POST";
    request.target = "/service/GraniteServiceVersion20100801/operation/" + operation;
    request.headers.add("Host", "monitoring.us-east-1.amazonaws.com");
    request.headers.add("smithy-protocol", "rpc-v2-cbor");
    request.headers.add("Content-Type", "application/cbor");
    request.headers.add("Accept", "application/cbor");
    request.body = std::move(body);
    http::Response response = sign_and_send(std::move(request));
    EXPECT_EQ(response.headers.get("smithy-protocol"), "rpc-v2-cbor");
    EXPECT_EQ(response.headers.get("Content-Type"), "application/cbor");
    return response;
  }
  http::Response sign_and_send(http::Request request) {
    aws::Signer signer;
    const auto now = rig.cloud().now(rig.loop().clock());
    CHECK(signer.sign_headers(request, "monitoring.us-east-1.amazonaws.com", rig.credentials(), "us-east-1",
                              "monitoring", now));
    http::ServiceClient client(rig.service());
    auto response = rig.loop().run(client.send(rig.loop().context(), http::Origin(), std::move(request)));
    CHECK(response.has_value());
    return std::move(*response);
  }
  std::string datum(const std::string& space) {
    std::string body;
    CborWriter out(body);
    out.begin_map();
    out.text("Namespace");
    out.text(space);
    out.text("MetricData");
    out.begin_array();
    out.begin_map();
    out.text("MetricName");
    out.text("Orders");
    out.text("Value");
    out.number(2.5);
    out.text("Timestamp");
    out.tag(1);
    out.number(to_epoch_seconds(now()));
    out.end();
    out.end();
    out.end();
    return body;
  }
};

TEST_F(CborTest, CallsAreAnsweredInKind) {
  EXPECT_EQ(send("PutMetricData", datum("shop")).status, 200);
  const http::Response listed = send("ListMetrics", "\xA0");
  EXPECT_EQ(listed.status, 200);
  CborReader in(listed.body);
  std::string_view key;
  std::string names;
  ASSERT_TRUE(in.begin_map());
  while (in.next_key(key)) {
    names += std::string(key) + " ";
    ASSERT_TRUE(in.skip_value());
  }
  EXPECT_TRUE(in.finish());
  EXPECT_EQ(names, "Metrics OwningAccounts ");
  EXPECT_NE(listed.body.find("Orders"), std::string::npos);
}

TEST_F(CborTest, RefusalsAreTooWhateverTheirReason) {
  const http::Response refused = send("PutMetricData", datum("AWS/Mine"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.headers.get("x-amzn-query-error"), "InvalidParameterValue;Sender");
  EXPECT_EQ(send("PutMetricData", "{}").headers.get("x-amzn-query-error"), "SerializationException;Sender");
  const http::Response unknown = send("PutNothing", "\xA0");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_NE(unknown.body.find("UnknownOperationException"), std::string::npos);
  FaultRule rule;
  rule.kind = FaultKind::throttle;
  rule.operation = "cloudwatch:ListMetrics";
  rig.faults().add(rule);
  EXPECT_EQ(send("ListMetrics", "\xA0").headers.get("x-amzn-query-error"), "Throttling;Sender");
}

TEST_F(CborTest, TheSameServiceSpeaksAwsJson) {
  http::Request request;
  request.method = "POST";
  request.target = "/";
  request.headers.add("Host", "monitoring.us-east-1.amazonaws.com");
  request.headers.add("X-Amz-Target", "GraniteServiceVersion20100801.SetAlarmState");
  request.headers.add("Content-Type", "application/x-amz-json-1.0");
  request.body = R"({"AlarmName": "none", "StateValue": "OK", "StateReason": "a test"})";
  const http::Response refused = sign_and_send(std::move(request));
  EXPECT_EQ(refused.status, 404);
  EXPECT_EQ(refused.headers.get("Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(refused.headers.get("x-amzn-query-error"), "ResourceNotFound;Sender");
  EXPECT_EQ((*Json::parse(refused.body))["__type"].as_string(), "ResourceNotFound");
}

}  // namespace
}  // namespace postern::sim::signals_test
