// SNS, EventBridge and CloudWatch Logs, called through the generated client.

#include <gtest/gtest.h>

#include "aws/events/ops.hpp"
#include "aws/logs/ops.hpp"
#include "aws/sns/ops.hpp"
#include "sim/signals/test_calls.hpp"

namespace postern::sim::signals_test {
namespace {

namespace sns = aws::sns;
namespace events = aws::events;
namespace logs = aws::logs;
using testing::Rig;
using testing::rig_config;

constexpr const char* kSite = "us-east-1:111122223333:";

class SnsTest : public ::testing::Test {
 protected:
  SnsTest() : rig(rig_config(1)) {}
  std::string create(const std::string& name) {
    sns::CreateTopicRequest request;
    request.name = name;
    const auto answer = rig.call<sns::CreateTopic>(request);
    return answer ? *answer->topic_arn : code_of(answer.error());
  }
  std::string publish(sns::PublishRequest request) {
    if (!request.topic_arn) request.topic_arn = std::string("arn:aws:sns:") + kSite + "alerts";
    if (!request.message) request.message = "hello";
    return refusal_of<sns::Publish>(rig, std::move(request));
  }
  Rig rig;
};

TEST_F(SnsTest, TopicsHaveNamesAttributesAndPages) {
  EXPECT_EQ(create("alerts"), std::string("arn:aws:sns:") + kSite + "alerts");
  EXPECT_EQ(create("alerts"), std::string("arn:aws:sns:") + kSite + "alerts");
  EXPECT_EQ(create("a.b"), "InvalidParameter");
  EXPECT_EQ(create(std::string(257, 'a')), "InvalidParameter");
  EXPECT_EQ(create("a.fifo"), "InvalidParameter");
  for (int i = 0; i < 120; ++i) create("t" + std::to_string(i));
  const auto first = answer_of<sns::ListTopics>(rig, {});
  EXPECT_EQ(first.topics.size(), 100U);
  ASSERT_TRUE(first.next_token.has_value());
  sns::ListTopicsRequest second;
  second.next_token = first.next_token;
  EXPECT_EQ(answer_of<sns::ListTopics>(rig, second).topics.size(), 21U);
  second.next_token = "x";
  EXPECT_EQ(refusal_of<sns::ListTopics>(rig, second), "InvalidParameter");

  sns::SetTopicAttributesRequest set;
  set.topic_arn = std::string("arn:aws:sns:") + kSite + "alerts";
  set.attribute_name = "DisplayName";
  set.attribute_value = "Alerts";
  EXPECT_EQ(refusal_of<sns::SetTopicAttributes>(rig, set), "accepted");
  sns::GetTopicAttributesRequest get;
  get.topic_arn = set.topic_arn;
  EXPECT_EQ(answer_of<sns::GetTopicAttributes>(rig, get).attributes["DisplayName"], "Alerts");
  set.attribute_name = "Colour";
  EXPECT_EQ(refusal_of<sns::SetTopicAttributes>(rig, set), "InvalidParameter");
  set.attribute_name = "Policy";
  set.attribute_value = "{}";
  EXPECT_EQ(refusal_of<sns::SetTopicAttributes>(rig, set), "InvalidParameter");
  get.topic_arn = std::string("arn:aws:sns:") + kSite + "none";
  EXPECT_EQ(refusal_of<sns::GetTopicAttributes>(rig, get), "NotFound");
  get.topic_arn = "alerts";
  EXPECT_EQ(refusal_of<sns::GetTopicAttributes>(rig, get), "InvalidParameter");
}

TEST_F(SnsTest, KeepsWhatIsPublishedAndRefusesTheRest) {
  create("alerts");
  sns::PublishRequest good;
  good.subject = "Hello";
  good.message_attributes["kind"].data_type = "String";
  good.message_attributes["kind"].string_value = "test";
  EXPECT_EQ(publish(good), "accepted");
  ASSERT_EQ(rig.cloud().truth().messages.items().size(), 1U);
  const PublishedMessage& kept = rig.cloud().truth().messages.items().front();
  EXPECT_EQ(kept.subject, "Hello");
  EXPECT_EQ(kept.message, "hello");
  EXPECT_EQ(kept.from, "arn:aws:iam::111122223333:user/operator");
  EXPECT_EQ(kept.attributes.at("kind"), "test");

  sns::PublishRequest bad;
  bad.message = std::string(262'144, 'x');
  EXPECT_EQ(publish(bad), "accepted");
  bad.message = std::string(262'145, 'x');
  EXPECT_EQ(publish(bad), "InvalidParameter");
  bad = good;
  bad.subject = std::string(101, 'x');
  EXPECT_EQ(publish(bad), "InvalidParameter");
  bad.subject = "two\nlines";
  EXPECT_EQ(publish(bad), "InvalidParameter");
  bad = good;
  bad.message_attributes["kind"].data_type = "Colour";
  EXPECT_EQ(publish(bad), "ParameterValueInvalid");
  bad = good;
  bad.message_attributes["kind"].string_value = "";
  EXPECT_EQ(publish(bad), "ParameterValueInvalid");
  bad = good;
  bad.message_structure = "json";
  EXPECT_EQ(publish(bad), "InvalidParameter");
  bad.message = R"({"default": "x"})";
  EXPECT_EQ(publish(bad), "accepted");
  bad = good;
  bad.message_group_id = "x";
  EXPECT_EQ(publish(bad), "InvalidParameter");
  bad = good;
  bad.topic_arn = std::string("arn:aws:sns:") + kSite + "none";
  EXPECT_EQ(publish(bad), "NotFound");
  EXPECT_EQ(rig.cloud().truth().messages.count(), 3U);
}

TEST_F(SnsTest, BatchesAreTakenEntryByEntry) {
  create("alerts");
  sns::PublishBatchRequest batch;
  batch.topic_arn = std::string("arn:aws:sns:") + kSite + "alerts";
  for (const char* id : {"a", "b"}) {
    auto& entry = batch.publish_batch_request_entries.emplace_back();
    entry.id = id;
    entry.message = id;
  }
  batch.publish_batch_request_entries[1].subject = std::string(101, 'x');
  const auto mixed = answer_of<sns::PublishBatch>(rig, batch);
  ASSERT_EQ(mixed.successful.size(), 1U);
  ASSERT_EQ(mixed.failed.size(), 1U);
  EXPECT_EQ(*mixed.failed[0].id, "b");
  EXPECT_EQ(*mixed.failed[0].code, "InvalidParameter");
  batch.publish_batch_request_entries[1].id = "a";
  EXPECT_EQ(refusal_of<sns::PublishBatch>(rig, batch), "BatchEntryIdsNotDistinct");
  batch.publish_batch_request_entries[1].id = "a b";
  EXPECT_EQ(refusal_of<sns::PublishBatch>(rig, batch), "InvalidBatchEntryId");
  for (int i = 0; i < 9; ++i) {
    auto& entry = batch.publish_batch_request_entries.emplace_back();
    entry.id = "n" + std::to_string(i);
    entry.message = "x";
  }
  EXPECT_EQ(refusal_of<sns::PublishBatch>(rig, batch), "TooManyEntriesInBatchRequest");
}

TEST_F(SnsTest, SubscriptionsStayPending) {
  const std::string topic = create("alerts");
  sns::SubscribeRequest request;
  request.topic_arn = topic;
  request.protocol = "https";
  request.endpoint = "https://example.com/hook";
  EXPECT_EQ(*answer_of<sns::Subscribe>(rig, request).subscription_arn, "pending confirmation");
  request.return_subscription_arn = true;
  const std::string arn = *answer_of<sns::Subscribe>(rig, request).subscription_arn;
  EXPECT_TRUE(arn.starts_with(topic + ":"));
  sns::ListSubscriptionsByTopicRequest list;
  list.topic_arn = topic;
  const auto listed = answer_of<sns::ListSubscriptionsByTopic>(rig, list);
  ASSERT_EQ(listed.subscriptions.size(), 1U);
  EXPECT_EQ(*listed.subscriptions[0].subscription_arn, "PendingConfirmation");
  for (const auto& [protocol, endpoint] :
       {std::pair("https", "http://example.com"), std::pair("email", "nobody"), std::pair("sqs", "queue"),
        std::pair("pigeon", "loft"), std::pair("sms", "+1555")}) {
    request.protocol = protocol;
    request.endpoint = endpoint;
    EXPECT_EQ(refusal_of<sns::Subscribe>(rig, request), "InvalidParameter") << protocol;
  }
  sns::UnsubscribeRequest gone;
  gone.subscription_arn = arn;
  EXPECT_EQ(refusal_of<sns::Unsubscribe>(rig, gone), "accepted");
  EXPECT_TRUE(answer_of<sns::ListSubscriptionsByTopic>(rig, list).subscriptions.empty());
}

TEST_F(SnsTest, PoliciesDecide) {
  create("alerts");
  sns::PublishRequest request;
  ASSERT_TRUE(rig.become_operator(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ssm:*","Resource":"*"}})"));
  EXPECT_EQ(publish(request), "AuthorizationError");
}

/// The targets of the rule "orders": the topic and a log group.
events::PutTargetsRequest topic_and_logs(const std::string& arn) {
  events::PutTargetsRequest targets;
  targets.rule = "orders";
  auto& to_topic = targets.targets.emplace_back();
  to_topic.id = "topic";
  to_topic.arn = arn;
  to_topic.input_path = "$.detail.state";
  auto& to_logs = targets.targets.emplace_back();
  to_logs.id = "logs";
  to_logs.arn = std::string("arn:aws:logs:") + kSite + "log-group:/aws/events/orders";
  return targets;
}

events::PutEventsRequest two_orders_and_two_wrong() {
  events::PutEventsRequest put;
  for (const char* state : {"new", "paid"}) {
    auto& entry = put.entries.emplace_back();
    entry.source = "shop";
    entry.detail_type = "Order";
    entry.detail = std::string(R"({"state": ")") + state + "\"}";
  }
  put.entries.emplace_back().source = "aws.ssm";
  put.entries[2].detail_type = "x";
  put.entries[2].detail = "{}";
  put.entries.emplace_back(put.entries[0]).detail = "[]";
  return put;
}

TEST(EventsTest, RulesDeliverWhatMatches) {
  Rig rig(rig_config(1));
  sns::CreateTopicRequest topic;
  topic.name = "alerts";
  const std::string arn = *answer_of<sns::CreateTopic>(rig, topic).topic_arn;
  logs::CreateLogGroupRequest group;
  group.log_group_name = "/aws/events/orders";
  answer_of<logs::CreateLogGroup>(rig, group);

  events::PutRuleRequest rule;
  rule.name = "orders";
  EXPECT_EQ(refusal_of<events::PutRule>(rig, rule), "ValidationException");
  rule.event_pattern = "{";
  EXPECT_EQ(refusal_of<events::PutRule>(rig, rule), "InvalidEventPatternException");
  rule.event_pattern = R"({"source": ["shop"], "detail": {"state": [{"anything-but": "new"}]}})";
  EXPECT_EQ(refusal_of<events::PutRule>(rig, rule), "accepted");
  const events::PutTargetsRequest targets = topic_and_logs(arn);
  EXPECT_EQ(answer_of<events::PutTargets>(rig, targets).failed_entry_count, 0);

  events::PutEventsRequest put = two_orders_and_two_wrong();
  const auto answer = answer_of<events::PutEvents>(rig, put);
  EXPECT_EQ(answer.failed_entry_count, 2);
  ASSERT_EQ(answer.entries.size(), 4U);
  EXPECT_TRUE(answer.entries[1].event_id.has_value());
  EXPECT_EQ(*answer.entries[2].error_code, "NotAuthorizedForSourceException");
  EXPECT_EQ(*answer.entries[3].error_code, "MalformedDetail");

  const auto& seen = rig.cloud().truth().events.items();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen[0].deliveries.empty());
  ASSERT_EQ(seen[1].deliveries.size(), 2U);
  // The default policy of a topic does not let EventBridge in.
  EXPECT_NE(seen[1].deliveries[0].refused, "");
  EXPECT_EQ(seen[1].deliveries[1].refused, "");
  logs::FilterLogEventsRequest look;
  look.log_group_name = "/aws/events/orders";
  ASSERT_EQ(answer_of<logs::FilterLogEvents>(rig, look).events.size(), 1U);

  sns::SetTopicAttributesRequest policy;
  policy.topic_arn = arn;
  policy.attribute_name = "Policy";
  policy.attribute_value = R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal":
      {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": ")" +
                           arn + "\"}}";
  EXPECT_EQ(refusal_of<sns::SetTopicAttributes>(rig, policy), "accepted");
  put.entries.resize(2);
  answer_of<events::PutEvents>(rig, put);
  ASSERT_EQ(rig.cloud().truth().messages.items().size(), 1U);
  EXPECT_EQ(rig.cloud().truth().messages.items()[0].message, "\"paid\"");
  EXPECT_EQ(rig.cloud().truth().messages.items()[0].from, "events.amazonaws.com");

  events::DeleteRuleRequest gone;
  gone.name = "orders";
  EXPECT_EQ(refusal_of<events::DeleteRule>(rig, gone), "ValidationException");
  events::RemoveTargetsRequest off;
  off.rule = "orders";
  off.ids = {"topic", "logs", "other"};
  EXPECT_EQ(answer_of<events::RemoveTargets>(rig, off).failed_entry_count, 1);
  EXPECT_EQ(refusal_of<events::DeleteRule>(rig, gone), "accepted");
}

TEST(EventsTest, LimitsAndBuses) {
  Rig rig(rig_config(1));
  events::CreateEventBusRequest bus;
  bus.name = "orders";
  answer_of<events::CreateEventBus>(rig, bus);
  EXPECT_EQ(refusal_of<events::CreateEventBus>(rig, bus), "ResourceAlreadyExistsException");
  bus.name = "a b";
  EXPECT_EQ(refusal_of<events::CreateEventBus>(rig, bus), "ValidationException");
  EXPECT_EQ(answer_of<events::ListEventBuses>(rig, {}).event_buses.size(), 2U);
  events::DescribeEventBusRequest which;
  EXPECT_EQ(*answer_of<events::DescribeEventBus>(rig, which).name, "default");
  which.name = "none";
  EXPECT_EQ(refusal_of<events::DescribeEventBus>(rig, which), "ResourceNotFoundException");

  events::PutEventsRequest put;
  auto& entry = put.entries.emplace_back();
  entry.source = "shop";
  entry.detail_type = "Order";
  entry.detail = "{\"x\": \"" + std::string(256 * 1024, 'x') + "\"}";
  EXPECT_EQ(refusal_of<events::PutEvents>(rig, put), "ValidationException");
  put.entries[0].detail = "{}";
  put.entries[0].event_bus_name = "none";
  EXPECT_EQ(answer_of<events::PutEvents>(rig, put).failed_entry_count, 0);
  EXPECT_EQ(rig.cloud().truth().events.count(), 0U);
  put.entries.resize(11, put.entries[0]);
  EXPECT_EQ(refusal_of<events::PutEvents>(rig, put), "ValidationException");

  events::PutRuleRequest rule;
  rule.name = "every";
  rule.event_bus_name = "none";
  rule.event_pattern = R"({"source": ["shop"]})";
  EXPECT_EQ(refusal_of<events::PutRule>(rig, rule), "ResourceNotFoundException");
  rule.event_bus_name = "orders";
  EXPECT_EQ(*answer_of<events::PutRule>(rig, rule).rule_arn,
            std::string("arn:aws:events:") + kSite + "rule/orders/every");
  events::PutTargetsRequest targets;
  targets.rule = "every";
  targets.event_bus_name = "orders";
  auto& target = targets.targets.emplace_back();
  target.id = "1";
  target.arn = std::string("arn:aws:lambda:") + kSite + "function:f";
  EXPECT_EQ(refusal_of<events::PutTargets>(rig, targets), "ValidationException");
  target.arn = std::string("arn:aws:sns:") + kSite + "alerts";
  for (int i = 2; i <= 6; ++i) targets.targets.emplace_back(targets.targets[0]).id = std::to_string(i);
  EXPECT_EQ(refusal_of<events::PutTargets>(rig, targets), "LimitExceededException");
}

class LogsTest : public ::testing::Test {
 protected:
  LogsTest() : rig(rig_config(1)) {
    logs::CreateLogGroupRequest group;
    group.log_group_name = "group";
    answer_of<logs::CreateLogGroup>(rig, group);
    logs::CreateLogStreamRequest stream;
    stream.log_group_name = "group";
    stream.log_stream_name = "stream";
    answer_of<logs::CreateLogStream>(rig, stream);
    const auto since = rig.cloud().now(rig.loop().clock()).time_since_epoch();
    now = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  }
  logs::PutLogEventsRequest batch(const std::vector<std::pair<std::int64_t, std::string>>& events) {
    logs::PutLogEventsRequest request;
    request.log_group_name = "group";
    request.log_stream_name = "stream";
    for (const auto& [time, message] : events) {
      auto& event = request.log_events.emplace_back();
      event.timestamp = time;
      event.message = message;
    }
    return request;
  }
  Rig rig;
  std::int64_t now = 0;
};

TEST_F(LogsTest, EventsAreReadInBothDirections) {
  std::vector<std::pair<std::int64_t, std::string>> all;
  for (int i = 0; i < 5; ++i) all.emplace_back(now + i, "line " + std::to_string(i));
  EXPECT_EQ(refusal_of<logs::PutLogEvents>(rig, batch(all)), "accepted");
  logs::GetLogEventsRequest get;
  get.log_group_name = "group";
  get.log_stream_name = "stream";
  get.limit = 2;
  auto page = answer_of<logs::GetLogEvents>(rig, get);
  ASSERT_EQ(page.events.size(), 2U);
  EXPECT_EQ(*page.events[0].message, "line 3");
  get.next_token = page.next_backward_token;
  page = answer_of<logs::GetLogEvents>(rig, get);
  EXPECT_EQ(*page.events[0].message, "line 1");
  get.next_token = std::nullopt;
  get.start_from_head = true;
  std::string lines;
  for (int i = 0; i < 10; ++i) {
    page = answer_of<logs::GetLogEvents>(rig, get);
    for (const auto& one : page.events) lines += *one.message + ";";
    if (get.next_token == page.next_forward_token) break;
    get.next_token = page.next_forward_token;
  }
  EXPECT_EQ(lines, "line 0;line 1;line 2;line 3;line 4;");
  get.next_token = "x";
  EXPECT_EQ(refusal_of<logs::GetLogEvents>(rig, get), "InvalidParameterException");
  get.next_token = std::nullopt;
  get.log_group_identifier = std::string("arn:aws:logs:") + kSite + "log-group:group";
  EXPECT_EQ(refusal_of<logs::GetLogEvents>(rig, get), "InvalidParameterException");
  get.log_group_name = std::nullopt;
  EXPECT_EQ(answer_of<logs::GetLogEvents>(rig, get).events.size(), 2U);
  get.log_group_identifier = "other";
  EXPECT_EQ(refusal_of<logs::GetLogEvents>(rig, get), "ResourceNotFoundException");
}

TEST_F(LogsTest, FilterPatternsAreWords) {
  answer_of<logs::PutLogEvents>(rig, batch({{now, "ERROR disk full"}, {now + 1, "INFO disk fine"}, {now + 2, "x"}}));
  const auto found = [&](const std::string& pattern) {
    logs::FilterLogEventsRequest request;
    request.log_group_name = "group";
    request.filter_pattern = pattern;
    const auto answer = rig.call<logs::FilterLogEvents>(request);
    return answer ? std::to_string(answer->events.size()) : code_of(answer.error());
  };
  EXPECT_EQ(found(""), "3");
  EXPECT_EQ(found("disk"), "2");
  EXPECT_EQ(found("disk ERROR"), "1");
  EXPECT_EQ(found("\"disk full\""), "1");
  EXPECT_EQ(found("disk -ERROR"), "1");
  EXPECT_EQ(found("?full ?fine"), "2");
  EXPECT_EQ(found("DISK"), "0");
  EXPECT_EQ(found("{ $.a = 1 }"), "InvalidParameterException");
  EXPECT_EQ(found("a-b"), "InvalidParameterException");
}

TEST_F(LogsTest, RefusesWhatAwsRefuses) {
  EXPECT_EQ(refusal_of<logs::PutLogEvents>(rig, batch({{now + 1, "b"}, {now, "a"}})), "InvalidParameterException");
  constexpr std::int64_t kDay = 86'400'000;
  EXPECT_EQ(refusal_of<logs::PutLogEvents>(rig, batch({{now - 2 * kDay, "a"}, {now, "b"}})),
            "InvalidParameterException");
  const auto old = answer_of<logs::PutLogEvents>(rig, batch({{now - 15 * kDay, "a"}}));
  ASSERT_TRUE(old.rejected_log_events_info.has_value());
  EXPECT_EQ(old.rejected_log_events_info->too_old_log_event_end_index, 1);
  auto elsewhere = batch({{now, "a"}});
  elsewhere.log_stream_name = "other";
  EXPECT_EQ(refusal_of<logs::PutLogEvents>(rig, elsewhere), "ResourceNotFoundException");
  logs::CreateLogGroupRequest group;
  group.log_group_name = "group";
  EXPECT_EQ(refusal_of<logs::CreateLogGroup>(rig, group), "ResourceAlreadyExistsException");
  group.log_group_name = "a b";
  EXPECT_EQ(refusal_of<logs::CreateLogGroup>(rig, group), "InvalidParameterException");
  logs::PutRetentionPolicyRequest keep;
  keep.log_group_name = "group";
  keep.retention_in_days = 2;
  EXPECT_EQ(refusal_of<logs::PutRetentionPolicy>(rig, keep), "InvalidParameterException");
  keep.retention_in_days = 7;
  EXPECT_EQ(refusal_of<logs::PutRetentionPolicy>(rig, keep), "accepted");
  const auto groups = answer_of<logs::DescribeLogGroups>(rig, {}).log_groups;
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].retention_in_days, 7);
  logs::DeleteLogGroupRequest gone;
  gone.log_group_name = "group";
  EXPECT_EQ(refusal_of<logs::DeleteLogGroup>(rig, gone), "accepted");
  EXPECT_EQ(refusal_of<logs::DeleteLogGroup>(rig, gone), "ResourceNotFoundException");
}

}  // namespace
}  // namespace postern::sim::signals_test
