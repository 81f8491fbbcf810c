#include "access/statements.hpp"

namespace postern::access {
namespace {

cfn::Value one_or_list(std::vector<cfn::Value> values) {
  if (values.size() == 1) return std::move(values.front());
  return cfn::Value::list(std::move(values));
}

}  // namespace

cfn::Value allow(std::string_view sid, const std::vector<std::string>& actions, std::vector<cfn::Value> resources) {
  cfn::Value statement = cfn::Value::map();
  statement.set("Sid", sid);
  statement.set("Effect", "Allow");
  statement.set("Action", actions.size() == 1 ? cfn::Value(actions.front()) : cfn::Value::texts(actions));
  statement.set("Resource", one_or_list(std::move(resources)));
  return statement;
}

cfn::Value allow(std::string_view sid, const std::vector<std::string>& actions, std::vector<cfn::Value> resources,
                 cfn::Value condition) {
  cfn::Value statement = allow(sid, actions, std::move(resources));
  statement.set("Condition", std::move(condition));
  return statement;
}

cfn::Value condition(std::string_view op, std::vector<std::pair<std::string, cfn::Value>> keys) {
  cfn::Value members = cfn::Value::map();
  for (auto& [key, value] : keys) members.set(key, std::move(value));
  cfn::Value out = cfn::Value::map();
  out.set(std::string(op), std::move(members));
  return out;
}

cfn::Value own_arn(std::string_view service, std::string_view resource) {
  return cfn::sub("arn:${AWS::Partition}:" + std::string(service) + ":*:${AWS::AccountId}:" + std::string(resource));
}
cfn::Value any_arn(std::string_view service, std::string_view resource) {
  return cfn::sub("arn:${AWS::Partition}:" + std::string(service) + ":*:*:" + std::string(resource));
}
cfn::Value aws_policy(std::string_view name) {
  return cfn::sub("arn:${AWS::Partition}:iam::aws:policy/" + std::string(name));
}

void add_signal_statements(cfn::Value& out, const std::vector<std::string>& topics,
                           const std::vector<std::string>& event_buses, const std::string& anchors) {
  const auto arns = [](const std::vector<std::string>& texts) {
    return std::vector<cfn::Value>(texts.begin(), texts.end());
  };
  if (!topics.empty()) out.add(allow("TellTopics", {"sns:Publish"}, arns(topics)));
  if (!event_buses.empty()) out.add(allow("TellEventBuses", {"events:PutEvents"}, arns(event_buses)));
  if (anchors.empty()) return;
  const cfn::Value bucket = cfn::sub("arn:${AWS::Partition}:s3:::" + anchors.substr(0, anchors.find('/')));
  const cfn::Value objects = cfn::sub("arn:${AWS::Partition}:s3:::" + anchors + "/*");
  // PutObjectRetention: Object Lock is asked for with the object.
  out.add(allow("WriteAnchors", {"s3:PutObject", "s3:PutObjectRetention"}, {objects}));
  out.add(allow("ReadAnchors", {"s3:GetObject", "s3:ListBucket"}, {bucket, objects}));
}

void add_copy_statement(cfn::Value& out, const std::vector<std::string>& copies) {
  if (copies.empty()) return;
  std::vector<cfn::Value> objects;
  for (const std::string& place : copies) objects.push_back(cfn::sub("arn:${AWS::Partition}:s3:::" + place + "/*"));
  // DeleteObjectVersion: where the bucket keeps versions, a version that is named goes away, and nothing else does.
  out.add(allow("CarryCopies", {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"},
                std::move(objects)));
}

cfn::Value document(cfn::Value statements) {
  cfn::Value out = cfn::Value::map();
  out.set("Version", "2012-10-17");
  out.set("Statement", std::move(statements));
  return out;
}

cfn::Value inline_policy(std::string_view name, cfn::Value statements) {
  cfn::Value out = cfn::Value::map();
  out.set("PolicyName", name);
  out.set("PolicyDocument", document(std::move(statements)));
  return out;
}

}  // namespace postern::access
