// A trail with its bucket and log group.

#include <algorithm>

#include "access/role_pieces.hpp"
#include "access/statements.hpp"
#include "access/trail.hpp"
#include "base/text.hpp"

namespace postern::access {
namespace {

using cfn::Value;

constexpr std::string_view kCloudTrail = "cloudtrail.amazonaws.com";
constexpr std::string_view kHasKey = "HasKey";
constexpr std::int64_t kLogDays = 90;

bool is_made_of(std::string_view text, std::string_view letters) {
  return text.find_first_not_of(letters) == std::string_view::npos;
}

Result<void> check_names(const TrailOrder& order) {
  constexpr std::string_view kSmall = "abcdefghijklmnopqrstuvwxyz0123456789";
  const std::string all = std::string(kSmall) + "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const bool ends = !order.name.empty() && is_made_of(order.name.substr(0, 1), all) &&
                    is_made_of(order.name.substr(order.name.size() - 1), all);
  if (order.name.size() < 3 || order.name.size() > 128 || !ends || !is_made_of(order.name, all + "._-")) {
    return fail(ErrorKind::usage,
                "a trail's name has 3 to 128 letters, digits, periods, underscores and hyphens, not '" +
                    printable(order.name, 60) + "'");
  }
  if (order.bucket.empty()) return {};
  if (order.bucket.size() < 3 || order.bucket.size() > 63 || !is_made_of(order.bucket, std::string(kSmall) + ".-")) {
    return fail(ErrorKind::usage, "a bucket's name has 3 to 63 small letters, digits, periods and hyphens, not '" +
                                      printable(order.bucket, 60) + "'");
  }
  return {};
}

Value trail_arn(const TrailOrder& order) {
  return cfn::sub("arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/" + order.name);
}

Value service_statement(std::string_view sid, std::string_view action, Value resource, Value conditions) {
  Value principal = Value::map();
  principal.set("Service", kCloudTrail);
  Value statement = Value::map();
  statement.set("Sid", sid).set("Effect", "Allow").set("Principal", std::move(principal));
  statement.set("Action", action).set("Resource", std::move(resource)).set("Condition", std::move(conditions));
  return statement;
}

/// Log files are the bucket owner's, and come from this trail alone: no other account's trail may write here.
Value write_condition(const TrailOrder& order) {
  return condition("StringEquals",
                   {{"aws:SourceArn", trail_arn(order)}, {"s3:x-amz-acl", "bucket-owner-full-control"}});
}

Value bucket_statements(const TrailOrder& order) {
  Value out = Value::list();
  out.add(service_statement("CloudTrailLooksAtTheBucket", "s3:GetBucketAcl", cfn::get_att("LogBucket", "Arn"),
                            condition("StringEquals", {{"aws:SourceArn", trail_arn(order)}})));
  out.add(service_statement("CloudTrailWritesThisAccount", "s3:PutObject",
                            cfn::sub("${LogBucket.Arn}/AWSLogs/${AWS::AccountId}/*"), write_condition(order)));
  out.add(cfn::when(kHasOrganization,
                    service_statement("CloudTrailWritesTheOrganization", "s3:PutObject",
                                      cfn::sub("${LogBucket.Arn}/AWSLogs/${OrganizationId}/*"), write_condition(order)),
                    cfn::no_value()));
  Value everything = Value::list();
  everything.add(cfn::get_att("LogBucket", "Arn"));
  everything.add(cfn::sub("${LogBucket.Arn}/*"));
  Value deny = Value::map();
  deny.set("Sid", "NobodyWithoutTls").set("Effect", "Deny").set("Principal", "*").set("Action", "s3:*");
  deny.set("Resource", std::move(everything));
  deny.set("Condition", condition("Bool", {{"aws:SecureTransport", "false"}}));
  out.add(std::move(deny));
  return out;
}

void add_bucket(const TrailOrder& order, cfn::Template& out) {
  cfn::Resource bucket;
  bucket.id = "LogBucket";
  bucket.type = "AWS::S3::Bucket";
  bucket.comment = "Kept when the stack goes: it is the evidence. S3 encrypts it; versions show what was overwritten.";
  bucket.deletion = cfn::Retention::retain;
  bucket.replacement = cfn::Retention::retain;
  Value versions = Value::map();
  versions.set("Status", "Enabled");
  bucket.properties.set("VersioningConfiguration", std::move(versions));
  Value block = Value::map();
  for (const char* what : {"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}) {
    block.set(what, Value::boolean(true));
  }
  bucket.properties.set("PublicAccessBlockConfiguration", std::move(block));
  out.resources.push_back(std::move(bucket));

  cfn::Resource policy;
  policy.id = "LogBucketPolicy";
  policy.type = "AWS::S3::BucketPolicy";
  policy.properties.set("Bucket", cfn::ref("LogBucket"));
  policy.properties.set("PolicyDocument", document(bucket_statements(order)));
  out.resources.push_back(std::move(policy));
}

/// With ":*": what CloudTrail and IAM call the streams of the group.
constexpr std::string_view kGroupArn =
    "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${LogGroup}:*";

void add_log_group(const TrailOrder& order, cfn::Template& out) {
  cfn::Resource group;
  group.id = "LogGroup";
  group.type = "AWS::Logs::LogGroup";
  group.comment = "For searches and alarms; what is older is in the bucket.";
  group.properties.set("LogGroupName", "/cloudtrail/" + order.name);
  group.properties.set("RetentionInDays", Value::integer(kLogDays));
  out.resources.push_back(std::move(group));

  cfn::Resource writer;
  writer.id = "LogWriter";
  writer.type = "AWS::IAM::Role";
  writer.properties.set("Description", "Lets CloudTrail write to the trail's log group");
  writer.properties.set("AssumeRolePolicyDocument", service_trust(kCloudTrail, Value::map()));
  Value statements = Value::list();
  statements.add(allow("WriteEvents", {"logs:CreateLogStream", "logs:PutLogEvents"}, {cfn::sub(kGroupArn)}));
  Value policies = Value::list();
  policies.add(inline_policy("write-events", std::move(statements)));
  writer.properties.set("Policies", std::move(policies));
  out.resources.push_back(std::move(writer));
}

void add_trail(const TrailOrder& order, cfn::Template& out) {
  cfn::Resource trail;
  trail.id = "Trail";
  trail.type = "AWS::CloudTrail::Trail";
  if (order.bucket.empty()) trail.depends_on.emplace_back("LogBucketPolicy");
  Value& properties = trail.properties;
  properties.set("TrailName", order.name);
  properties.set("IsLogging", Value::boolean(true));
  properties.set("IsMultiRegionTrail", Value::boolean(true),
                 "A role is assumed at the STS endpoint of any Region: a trail of one Region misses that.");
  properties.set("IncludeGlobalServiceEvents", Value::boolean(true));
  properties.set("IsOrganizationTrail", cfn::when(kHasOrganization, Value::boolean(true), Value::boolean(false)));
  properties.set("EnableLogFileValidation", Value::boolean(true));
  properties.set("S3BucketName", cfn::ref(order.bucket.empty() ? "LogBucket" : "BucketName"));
  properties.set("CloudWatchLogsLogGroupArn", cfn::sub(kGroupArn));
  properties.set("CloudWatchLogsRoleArn", cfn::get_att("LogWriter", "Arn"));
  properties.set("KMSKeyId", cfn::when(kHasKey, cfn::ref("KmsKeyArn"), cfn::no_value()));
  out.resources.push_back(std::move(trail));
}

void add_parameters(const TrailOrder& order, cfn::Template& out) {
  cfn::Parameter organization =
      parameter("OrganizationId",
                "The organisation whose accounts the trail is of; empty for this account alone. Only the "
                "management account can have such a trail.",
                "^(o-[a-z0-9]{10,32})?$", "the id of an organisation, o-..., or nothing");
  organization.default_value = order.organization;
  out.parameters.push_back(std::move(organization));
  cfn::Parameter key =
      parameter("KmsKeyArn",
                "A key that encrypts the log files; empty for S3's own encryption. Its "
                "policy must let CloudTrail use it.",
                R"(^(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[\w/-]+)?$)", "the ARN of a key, or nothing");
  key.default_value = "";
  out.parameters.push_back(std::move(key));
  if (!order.bucket.empty()) {
    cfn::Parameter bucket = parameter("BucketName", "The bucket to deliver to; its policy must let the trail write.",
                                      R"(^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$)", "the name of a bucket");
    bucket.default_value = order.bucket;
    out.parameters.push_back(std::move(bucket));
  }
  out.conditions.emplace_back(std::string(kHasOrganization),
                              cfn::negation(cfn::equals(cfn::ref("OrganizationId"), "")));
  out.conditions.emplace_back(std::string(kHasKey), cfn::negation(cfn::equals(cfn::ref("KmsKeyArn"), "")));
}

}  // namespace

Result<cfn::Template> trail_template(const TrailOrder& order) {
  TRY_VOID(check_names(order));
  cfn::Template out;
  out.comment =
      "A trail of every Region: who assumed which role, and what was done with it. CloudTrail's own history, which\n"
      "`postern audit` reads, goes back 90 days; this keeps the rest. Deploy it once, in one Region.";
  out.description = "CloudTrail trail with its bucket and log group";
  add_parameters(order, out);
  if (order.bucket.empty()) add_bucket(order, out);
  add_log_group(order, out);
  add_trail(order, out);
  out.outputs.push_back(output("TrailArn", "The trail", cfn::get_att("Trail", "Arn")));
  if (order.bucket.empty()) out.outputs.push_back(output("LogBucketName", "Its bucket", cfn::ref("LogBucket")));
  TRY_VOID(check_policies(out));
  return out;
}

}  // namespace postern::access
