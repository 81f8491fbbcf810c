#include <algorithm>

#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/cloudformation/resource_types.hpp"
#include "sim/cloudformation/template.hpp"

namespace postern::sim::stacks {
namespace trail_resources {

Result<void> done(const Result<Json>& reply) {
  return reply ? Result<void>() : Result<void>(fail(reply.error()));
}

// ---- S3 ----

Json of_bucket(const ResourceWork& work) {
  return Json::object().set("Bucket", work.physical_id);
}

/// Encryption and lifecycle rules are the stack's alone: every object is encrypted, and none expires here.
Result<void> set_up_bucket(ResourceWork& work, const Json& before, const Json& after) {
  if (differs(before, after, "VersioningConfiguration")) {
    Json status = Json::object().set("Status", "Suspended");
    if (after.contains("VersioningConfiguration")) status = after["VersioningConfiguration"];
    TRY_VOID(done(
        work.call("s3", "PutBucketVersioning", of_bucket(work).set("VersioningConfiguration", std::move(status)))));
  }
  if (!differs(before, after, "PublicAccessBlockConfiguration")) return {};
  Json block = Json::object();
  if (after.contains("PublicAccessBlockConfiguration")) block = after["PublicAccessBlockConfiguration"];
  return done(
      work.call("s3", "PutPublicAccessBlock", of_bucket(work).set("PublicAccessBlockConfiguration", std::move(block))));
}

Result<void> create_bucket(ResourceWork& work, const Json& properties) {
  const std::string name = to_lower(work.name_from(properties, "BucketName", 63));
  Json request = Json::object().set("Bucket", name);
  if (work.as().region != "us-east-1") {
    request.set("CreateBucketConfiguration", Json::object().set("LocationConstraint", work.as().region));
  }
  TRY_VOID(done(work.call("s3", "CreateBucket", request)));
  work.physical_id = name;
  work.attributes["Arn"] = "arn:aws:s3:::" + name;
  work.attributes["DomainName"] = name + ".s3.amazonaws.com";
  work.attributes["RegionalDomainName"] = name + ".s3." + work.as().region + ".amazonaws.com";
  return set_up_bucket(work, Json::object(), properties);
}

Result<void> remove_bucket(ResourceWork& work, const Json&) {
  return work.remove("s3", "DeleteBucket", of_bucket(work));
}

constexpr PropertyRule kBucket[] = {{"BucketEncryption"},
                                    {"BucketName", true},
                                    {"LifecycleConfiguration"},
                                    {"OwnershipControls"},
                                    {"Tags"},
                                    {"PublicAccessBlockConfiguration"},
                                    {"VersioningConfiguration"}};

Json of_policy(const Json& properties) {
  return Json::object().set("Bucket", scalar_text(properties["Bucket"]).value_or(""));
}

Result<void> put_bucket_policy(ResourceWork& work, const Json&, const Json& properties) {
  Json request = of_policy(properties).set("Policy", properties["PolicyDocument"].dump());
  return done(work.call("s3", "PutBucketPolicy", request));
}

Result<void> create_bucket_policy(ResourceWork& work, const Json& properties) {
  TRY_VOID(put_bucket_policy(work, Json(), properties));
  work.physical_id = scalar_text(properties["Bucket"]).value_or("");
  return {};
}

Result<void> remove_bucket_policy(ResourceWork& work, const Json& properties) {
  return work.remove("s3", "DeleteBucketPolicy", of_policy(properties));
}

constexpr PropertyRule kBucketPolicy[] = {{"Bucket", true, true}, {"PolicyDocument", false, true}};

// ---- CloudTrail ----

/// As the API names it, where that is not as the template does.
constexpr std::string_view kSettings[][2] = {
    {"CloudWatchLogsLogGroupArn", "CloudWatchLogsLogGroupArn"},
    {"CloudWatchLogsRoleArn", "CloudWatchLogsRoleArn"},
    {"EnableLogFileValidation", "EnableLogFileValidation"},
    {"IncludeGlobalServiceEvents", "IncludeGlobalServiceEvents"},
    {"IsMultiRegionTrail", "IsMultiRegionTrail"},
    {"IsOrganizationTrail", "IsOrganizationTrail"},
    {"KMSKeyId", "KmsKeyId"},
    {"S3BucketName", "S3BucketName"},
    {"S3KeyPrefix", "S3KeyPrefix"},
    {"SnsTopicName", "SnsTopicName"},
};

bool is_flag(std::string_view name) {
  return name.starts_with("Is") || name.starts_with("Enable") || name.starts_with("Include");
}

bool is_on(const Json& value) {
  return value.is_bool() ? value.as_bool() : scalar_text(value).value_or("") == "true";
}

Json of_trail(const ResourceWork& work, std::string_view key = "Name") {
  return Json::object().set(key, work.physical_id);
}

Result<void> select_events(ResourceWork& work, const Json& before, const Json& after) {
  const bool changed = differs(before, after, "EventSelectors") || differs(before, after, "AdvancedEventSelectors");
  if (!changed) return {};
  Json request = picked(after, {"EventSelectors", "AdvancedEventSelectors"});
  if (request.empty()) {
    request.set("EventSelectors", Json::array().push_back(Json::object().set("ReadWriteType", "All")));
  }
  return done(work.call("cloudtrail", "PutEventSelectors", request.set("TrailName", work.physical_id)));
}

Result<void> switch_logging(ResourceWork& work, const Json& before, const Json& after) {
  const bool on = is_on(after["IsLogging"]);
  if (is_on(before["IsLogging"]) == on) return {};
  return done(work.call("cloudtrail", on ? "StartLogging" : "StopLogging", of_trail(work)));
}

Result<void> create_trail(ResourceWork& work, const Json& properties) {
  const std::string name = work.name_from(properties, "TrailName", 128);
  Json request = Json::object().set("Name", name);
  for (const auto& [property, member] : kSettings) {
    if (properties.contains(property)) request.set(member, properties[property]);
  }
  if (Json tags = work.tags(properties); !tags.empty()) request.set("TagsList", std::move(tags));
  TRY(const Json reply, work.call("cloudtrail", "CreateTrail", request));
  work.physical_id = name;
  work.attributes["Arn"] = reply["TrailARN"];
  TRY_VOID(select_events(work, Json::object(), properties));
  return switch_logging(work, Json::object(), properties);
}

Result<void> update_trail(ResourceWork& work, const Json& before, const Json& after) {
  Json request = of_trail(work);
  for (const auto& [property, member] : kSettings) {
    if (!differs(before, after, property)) continue;
    const Json none = is_flag(property) ? Json(property == "IncludeGlobalServiceEvents") : Json("");
    request.set(member, after.contains(property) ? after[property] : none);
  }
  TRY_VOID(done(work.call("cloudtrail", "UpdateTrail", request)));
  TRY_VOID(select_events(work, before, after));
  return switch_logging(work, before, after);
}

Result<void> remove_trail(ResourceWork& work, const Json&) {
  return work.remove("cloudtrail", "DeleteTrail", of_trail(work));
}

constexpr PropertyRule kTrail[] = {{"AdvancedEventSelectors"},
                                   {"CloudWatchLogsLogGroupArn"},
                                   {"CloudWatchLogsRoleArn"},
                                   {"EnableLogFileValidation"},
                                   {"EventSelectors"},
                                   {"IncludeGlobalServiceEvents"},
                                   {"IsLogging", false, true},
                                   {"IsMultiRegionTrail"},
                                   {"IsOrganizationTrail"},
                                   {"KMSKeyId"},
                                   {"S3BucketName", false, true},
                                   {"S3KeyPrefix"},
                                   {"SnsTopicName"},
                                   {"Tags", true},
                                   {"TrailName", true}};

constexpr ResourceType kAll[] = {
    {"AWS::S3::Bucket", kBucket, "BucketName", Capability::none, create_bucket, set_up_bucket, remove_bucket},
    {"AWS::S3::BucketPolicy", kBucketPolicy, "", Capability::none, create_bucket_policy, put_bucket_policy,
     remove_bucket_policy},
    {"AWS::CloudTrail::Trail", kTrail, "TrailName", Capability::none, create_trail, update_trail, remove_trail},
};

}  // namespace trail_resources

std::span<const ResourceType> trail_types() noexcept {
  return trail_resources::kAll;
}

}  // namespace postern::sim::stacks
