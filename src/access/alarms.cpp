#include "access/alarms.hpp"

#include <array>

#include "access/role_pieces.hpp"
#include "access/statements.hpp"

namespace postern::access {
namespace {

using cfn::Value;

constexpr std::array<std::string_view, 3> kScopeNames = {"all", "commands", "recovery"};
constexpr std::string_view kMakesTopic = "MakesTopic";
constexpr std::string_view kWholeNumber = "^[1-9][0-9]{0,6}$";
// AWS/SSM-RunCommand has a value a minute; AWS/DRS every five.
constexpr std::int64_t kCommandPeriod = 60;
constexpr std::int64_t kLagPeriod = 300;
constexpr std::int64_t kLagPeriods = 3;

std::string named(std::string_view name) {
  return std::string(kAlarmPrefix) + std::string(name);
}

cfn::Parameter number(std::string name, std::string description, std::string default_value) {
  cfn::Parameter out =
      parameter(std::move(name), std::move(description), std::string(kWholeNumber), "a whole number from 1 to 9999999");
  out.default_value = std::move(default_value);
  return out;
}

Value topic() {
  return cfn::when(kMakesTopic, cfn::ref("Topic"), cfn::ref("TopicArn"));
}

cfn::Resource resource(std::string id, std::string type, std::string comment) {
  cfn::Resource out;
  out.id = std::move(id);
  out.type = std::move(type);
  out.comment = std::move(comment);
  return out;
}

/// A service that publishes on behalf of this account's own alarms or rules.
Value publish(std::string_view sid, std::string_view service, Value condition) {
  Value statement = Value::map();
  statement.set("Sid", sid);
  statement.set("Effect", "Allow");
  Value principal = Value::map();
  principal.set("Service", service);
  statement.set("Principal", std::move(principal));
  statement.set("Action", "sns:Publish");
  statement.set("Resource", cfn::ref("Topic"));
  statement.set("Condition", std::move(condition));
  return statement;
}

void add_topic(cfn::Template& out) {
  cfn::Resource made = resource("Topic", "AWS::SNS::Topic",
                                "Without keys of its own: CloudWatch cannot use the key that AWS manages for SNS.");
  made.condition = kMakesTopic;
  made.properties.set("TopicName", named("alarms"));
  made.properties.set("DisplayName", "postern");
  out.resources.push_back(std::move(made));
  cfn::Resource policy = resource("TopicPolicy", "AWS::SNS::TopicPolicy", "");
  policy.condition = kMakesTopic;
  policy.properties.set("Topics", Value::list({cfn::ref("Topic")}));
  Value statements = Value::list();
  statements.add(publish("Alarms", "cloudwatch.amazonaws.com",
                         condition("StringEquals", {{"aws:SourceAccount", cfn::ref(cfn::kAccountId)}})));
  statements.add(publish("Rules", "events.amazonaws.com",
                         condition("ArnLike", {{"aws:SourceArn", own_arn("events", "rule/" + named("*"))}})));
  policy.properties.set("PolicyDocument", document(std::move(statements)));
  out.resources.push_back(std::move(policy));
}

/// The part that every alarm has. Commands and servers that nobody hears of are no failures: notBreaching.
cfn::Resource alarm(std::string id, std::string_view name, std::string description, std::string_view comparison,
                    std::int64_t periods, std::string_view threshold) {
  cfn::Resource out = resource(std::move(id), "AWS::CloudWatch::Alarm", "");
  out.properties.set("AlarmName", named(name));
  out.properties.set("AlarmDescription", std::move(description));
  out.properties.set("ComparisonOperator", comparison);
  out.properties.set("EvaluationPeriods", Value::integer(periods));
  out.properties.set("Threshold", cfn::ref(threshold));
  out.properties.set("TreatMissingData", "notBreaching");
  out.properties.set("AlarmActions", Value::list({topic()}));
  return out;
}

cfn::Resource command_alarm(std::string id, std::string_view name, std::string description, std::string_view metric,
                            std::string_view threshold) {
  cfn::Resource out = alarm(std::move(id), name, std::move(description), "GreaterThanOrEqualToThreshold", 1, threshold);
  out.properties.set("Namespace", "AWS/SSM-RunCommand");
  out.properties.set("MetricName", metric);
  out.properties.set("Statistic", "Sum");
  out.properties.set("Period", Value::integer(kCommandPeriod));
  return out;
}

/// The metric is each server's own: a query is about whatever servers there are.
cfn::Resource lag_alarm() {
  cfn::Resource out = alarm("ReplicationLag", "replication-lag", "A source server's replication is behind",
                            "GreaterThanThreshold", kLagPeriods, "LagLimitSeconds");
  Value query = Value::map();
  query.set("Id", "lag");
  query.set("Expression", R"(SELECT MAX(LagDuration) FROM SCHEMA("AWS/DRS", SourceServerID))");
  query.set("Period", Value::integer(kLagPeriod));
  query.set("ReturnData", Value::boolean(true));
  out.properties.set("Metrics", Value::list({std::move(query)}));
  return out;
}

cfn::Resource rule(std::string id, std::string_view name, std::string description, std::string_view detail_type,
                   std::string_view state) {
  cfn::Resource out = resource(std::move(id), "AWS::Events::Rule", "");
  out.properties.set("Name", named(name));
  out.properties.set("Description", std::move(description));
  Value pattern = Value::map();
  pattern.set("source", Value::list({"aws.drs"}));
  pattern.set("detail-type", Value::list({Value(detail_type)}));
  Value detail = Value::map();
  detail.set("state", Value::list({Value(state)}));
  pattern.set("detail", std::move(detail));
  out.properties.set("EventPattern", std::move(pattern));
  Value target = Value::map();
  target.set("Id", "topic");
  target.set("Arn", topic());
  out.properties.set("Targets", Value::list({std::move(target)}));
  return out;
}

}  // namespace

std::string_view to_string(AlarmScope scope) noexcept {
  return kScopeNames[static_cast<std::size_t>(scope)];
}

std::optional<AlarmScope> parse_alarm_scope(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kScopeNames.size(); ++i) {
    if (kScopeNames[i] == text) return static_cast<AlarmScope>(i);
  }
  return std::nullopt;
}

Result<cfn::Template> alarm_template(AlarmScope scope) {
  cfn::Template out;
  out.comment =
      "Metrics are counted in the account and Region where commands run and servers replicate to: deploy this in "
      "each.\n"
      "People subscribe to the topic.";
  out.description = "Alarms of postern";
  cfn::Parameter given =
      parameter("TopicArn", "A topic of this Region that is told; empty: one is made here",
                R"(^(arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[\w-]+(\.fifo)?)?$)", "a topic's ARN, or nothing");
  given.default_value = "";
  out.parameters.push_back(std::move(given));
  out.conditions.emplace_back(std::string(kMakesTopic), cfn::equals(cfn::ref("TopicArn"), ""));
  add_topic(out);
  if (scope != AlarmScope::recovery) {
    out.parameters.push_back(
        number("CommandsFailedThreshold", "So many commands that failed within a minute raise the alarm", "1"));
    out.parameters.push_back(number("CommandsTimedOutThreshold",
                                    "So many commands that were not delivered within a minute raise the alarm", "1"));
    out.resources.push_back(command_alarm("CommandsFailed", "commands-failed", "Commands of Systems Manager failed",
                                          "CommandsFailed", "CommandsFailedThreshold"));
    out.resources.push_back(command_alarm("CommandsTimedOut", "commands-timed-out",
                                          "Commands of Systems Manager were not delivered in time",
                                          "CommandsDeliveryTimedOut", "CommandsTimedOutThreshold"));
  }
  if (scope != AlarmScope::commands) {
    out.parameters.push_back(
        number("LagLimitSeconds", "A server may be behind for so long before the alarm is raised", "3600"));
    out.resources.push_back(lag_alarm());
    out.resources.push_back(rule("ReplicationStalled", "replication-stalled", "The replication of a server stalled",
                                 "DRS Source Server Data Replication Stalled Change", "STALLED"));
    out.resources.push_back(rule("LaunchFailed", "launch-failed", "A drill or recovery launched a server in vain",
                                 "DRS Source Server Launch Result", "RECOVERY_LAUNCH_FAILED"));
  }
  out.outputs.push_back(output("TopicArn", "Who wants to be told subscribes here", topic()));
  return out;
}

}  // namespace postern::access
