#include <algorithm>

#include "sim/cloudformation/resource_types.hpp"
#include "sim/cloudformation/template.hpp"

namespace postern::sim::stacks {
namespace signal_resources {

/// A call whose reply says nothing.
Result<void> done(const Result<Json>& reply) {
  return reply ? Result<void>() : Result<void>(fail(reply.error()));
}

// ---- SNS ----

constexpr std::string_view kTopicAttributes[] = {"DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"};

Result<void> subscribe(ResourceWork& work, const Json& before, const Json& after) {
  for (const Json& one : after["Subscription"].items()) {
    const Json::Array& old = before["Subscription"].items();
    if (std::find(old.begin(), old.end(), one) != old.end()) continue;
    Json request = picked(one, {"Endpoint", "Protocol"});
    TRY_VOID(done(work.call("sns", "Subscribe", request.set("TopicArn", work.physical_id))));
  }
  return {};
}

Result<void> create_topic(ResourceWork& work, const Json& properties) {
  const std::string name = work.name_from(properties, "TopicName", 256);
  Json attributes = Json::object();
  for (const std::string_view key : kTopicAttributes) {
    if (properties.contains(key)) attributes.set(key, properties[key]);
  }
  Json request = Json::object().set("Name", name);
  if (!attributes.empty()) request.set("Attributes", std::move(attributes));
  if (Json tags = work.tags(properties); !tags.empty()) request.set("Tags", std::move(tags));
  TRY(const Json reply, work.call("sns", "CreateTopic", request));
  work.physical_id = reply["TopicArn"].as_string();
  work.attributes["TopicArn"] = reply["TopicArn"];
  work.attributes["TopicName"] = name;
  return subscribe(work, Json::object(), properties);
}

Result<void> update_topic(ResourceWork& work, const Json& before, const Json& after) {
  for (const std::string_view key : kTopicAttributes) {
    if (!differs(before, after, key)) continue;
    Json request = Json::object().set("TopicArn", work.physical_id).set("AttributeName", key);
    request.set("AttributeValue", after.contains(key) ? after[key] : Json(""));
    TRY_VOID(done(work.call("sns", "SetTopicAttributes", request)));
  }
  return subscribe(work, before, after);
}

Result<void> remove_topic(ResourceWork& work, const Json&) {
  return work.remove("sns", "DeleteTopic", Json::object().set("TopicArn", work.physical_id));
}

constexpr PropertyRule kTopic[] = {{"DisplayName"}, {"KmsMasterKeyId"},  {"SignatureVersion"}, {"Subscription"},
                                   {"Tags"},        {"TopicName", true}, {"TracingConfig"}};

Result<void> put_topic_policy(ResourceWork& work, const Json&, const Json& properties) {
  for (const std::string& topic : texts(properties["Topics"])) {
    Json request = Json::object().set("TopicArn", topic).set("AttributeName", "Policy");
    request.set("AttributeValue", Json(properties["PolicyDocument"].dump()));
    TRY_VOID(done(work.call("sns", "SetTopicAttributes", request)));
  }
  return {};
}

Result<void> create_topic_policy(ResourceWork& work, const Json& properties) {
  TRY_VOID(put_topic_policy(work, Json(), properties));
  work.physical_id = work.generated_name(128);
  work.attributes["Id"] = work.physical_id;
  return {};
}

/// SNS cannot take a policy away, only put another in its place: the topic's owner alone.
Result<void> remove_topic_policy(ResourceWork& work, const Json& properties) {
  for (const std::string& topic : texts(properties["Topics"])) {
    Json owner = Json::object().set("AWS", "arn:aws:iam::" + work.account() + ":root");
    Json statement =
        Json::object().set("Effect", "Allow").set("Principal", std::move(owner)).set("Action", "SNS:Publish");
    Json policy = Json::object().set("Version", "2008-10-17");
    policy.set("Statement", Json::array().push_back(std::move(statement).set("Resource", topic)));
    Json request = Json::object().set("TopicArn", topic).set("AttributeName", "Policy");
    TRY_VOID(work.remove("sns", "SetTopicAttributes", request.set("AttributeValue", policy.dump())));
  }
  return {};
}

constexpr PropertyRule kTopicPolicy[] = {{"PolicyDocument", false, true}, {"Topics", false, true}};

// ---- CloudWatch ----

Result<void> put_alarm(ResourceWork& work, const Json&, const Json& properties) {
  Json request = properties;
  if (Json tags = work.tags(properties); !tags.empty()) request.set("Tags", std::move(tags));
  return done(work.call("cloudwatch", "PutMetricAlarm", request.set("AlarmName", work.physical_id)));
}

Result<void> create_alarm(ResourceWork& work, const Json& properties) {
  const std::string name = work.name_from(properties, "AlarmName", 255);
  work.physical_id = name;
  const Result<void> made = put_alarm(work, Json(), properties);
  if (!made) {
    work.physical_id.clear();
    return made;
  }
  work.attributes["Arn"] = "arn:aws:cloudwatch:" + work.as().region + ":" + work.account() + ":alarm:" + name;
  return {};
}

Result<void> remove_alarm(ResourceWork& work, const Json&) {
  return work.remove("cloudwatch", "DeleteAlarms",
                     Json::object().set("AlarmNames", Json::array().push_back(work.physical_id)));
}

constexpr PropertyRule kAlarm[] = {{"ActionsEnabled"},
                                   {"AlarmActions"},
                                   {"AlarmDescription"},
                                   {"AlarmName", true},
                                   {"ComparisonOperator", false, true},
                                   {"DatapointsToAlarm"},
                                   {"Dimensions"},
                                   {"EvaluateLowSampleCountPercentile"},
                                   {"EvaluationPeriods", false, true},
                                   {"ExtendedStatistic"},
                                   {"InsufficientDataActions"},
                                   {"MetricName"},
                                   {"Metrics"},
                                   {"Namespace"},
                                   {"OKActions"},
                                   {"Period"},
                                   {"Statistic"},
                                   {"Tags"},
                                   {"Threshold"},
                                   {"ThresholdMetricId"},
                                   {"TreatMissingData"},
                                   {"Unit"}};

// ---- EventBridge ----

std::string rule_name(const ResourceWork& work) {
  return work.physical_id.substr(work.physical_id.find('|') + 1);
}

Json of_rule(const ResourceWork& work, const Json& properties, std::string_view key) {
  Json request = picked(properties, {"EventBusName"});
  return request.set(key, rule_name(work));
}

Result<void> set_targets(ResourceWork& work, const Json& before, const Json& after) {
  Json gone = Json::array();
  for (const Json& one : before["Targets"].items()) {
    const Json::Array& now = after["Targets"].items();
    const auto same = [&](const Json& other) { return other["Id"] == one["Id"]; };
    if (std::none_of(now.begin(), now.end(), same)) gone.push_back(one["Id"]);
  }
  if (!gone.empty()) TRY_VOID(work.remove("events", "RemoveTargets", of_rule(work, before, "Rule").set("Ids", gone)));
  if (after["Targets"].empty() || !differs(before, after, "Targets")) return {};
  TRY(const Json reply,
      work.call("events", "PutTargets", of_rule(work, after, "Rule").set("Targets", after["Targets"])));
  if (reply["FailedEntries"].empty()) return {};
  return fail(ErrorKind::usage, scalar_text(reply["FailedEntries"].items().front()["ErrorMessage"]).value_or(""));
}

Result<void> put_rule(ResourceWork& work, const Json& before, const Json& after) {
  Json request =
      picked(after, {"Description", "EventBusName", "EventPattern", "RoleArn", "ScheduleExpression", "State"});
  request.set("Name", rule_name(work));
  TRY(const Json reply, work.call("events", "PutRule", request));
  work.attributes["Arn"] = reply["RuleArn"];
  return set_targets(work, before, after);
}

Result<void> create_rule(ResourceWork& work, const Json& properties) {
  const std::string name = work.name_from(properties, "Name", 64);
  const std::string bus = scalar_text(properties["EventBusName"]).value_or("default");
  work.physical_id = bus == "default" ? name : bus + "|" + name;
  const Result<void> made = put_rule(work, Json::object(), properties);
  if (!made && !work.attributes.contains("Arn")) work.physical_id.clear();
  return made;
}

Result<void> remove_rule(ResourceWork& work, const Json& properties) {
  TRY_VOID(set_targets(work, properties, Json::object()));
  return work.remove("events", "DeleteRule", of_rule(work, properties, "Name"));
}

constexpr PropertyRule kRule[] = {{"Description"}, {"EventBusName", true}, {"EventPattern"}, {"Name", true},
                                  {"RoleArn"},     {"ScheduleExpression"}, {"State"},        {"Targets"}};

// ---- CloudWatch Logs ----

Result<void> set_retention(ResourceWork& work, const Json& before, const Json& after) {
  if (!differs(before, after, "RetentionInDays")) return {};
  if (!after.contains("RetentionInDays")) {
    return fail(ErrorKind::usage, "Taking a retention policy away is not offered by this simulator");
  }
  return done(
      work.call("logs", "PutRetentionPolicy",
                Json::object().set("logGroupName", work.physical_id).set("retentionInDays", after["RetentionInDays"])));
}

Result<void> create_log_group(ResourceWork& work, const Json& properties) {
  const std::string name = work.name_from(properties, "LogGroupName", 512);
  Json request = Json::object().set("logGroupName", name);
  if (properties.contains("KmsKeyId")) request.set("kmsKeyId", properties["KmsKeyId"]);
  Json tags = Json::object();
  const Json listed = work.tags(properties);
  for (const Json& tag : listed.items()) tags.set(tag["Key"].as_string(), tag["Value"]);
  if (!tags.empty()) request.set("tags", std::move(tags));
  TRY_VOID(done(work.call("logs", "CreateLogGroup", request)));
  work.physical_id = name;
  work.attributes["Arn"] = "arn:aws:logs:" + work.as().region + ":" + work.account() + ":log-group:" + name + ":*";
  return set_retention(work, Json::object(), properties);
}

Result<void> remove_log_group(ResourceWork& work, const Json&) {
  return work.remove("logs", "DeleteLogGroup", Json::object().set("logGroupName", work.physical_id));
}

constexpr PropertyRule kLogGroup[] = {{"KmsKeyId", true}, {"LogGroupName", true}, {"RetentionInDays"}, {"Tags", true}};

constexpr ResourceType kAll[] = {
    {"AWS::SNS::Topic", kTopic, "TopicName", Capability::none, create_topic, update_topic, remove_topic},
    {"AWS::SNS::TopicPolicy", kTopicPolicy, "", Capability::none, create_topic_policy, put_topic_policy,
     remove_topic_policy},
    {"AWS::CloudWatch::Alarm", kAlarm, "AlarmName", Capability::none, create_alarm, put_alarm, remove_alarm},
    {"AWS::Events::Rule", kRule, "Name", Capability::none, create_rule, put_rule, remove_rule},
    {"AWS::Logs::LogGroup", kLogGroup, "LogGroupName", Capability::none, create_log_group, set_retention,
     remove_log_group},
};

}  // namespace signal_resources

std::span<const ResourceType> signal_types() noexcept {
  return signal_resources::kAll;
}

}  // namespace postern::sim::stacks
