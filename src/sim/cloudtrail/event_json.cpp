#include "sim/cloudtrail/event_json.hpp"

#include "base/json.hpp"
#include "base/time.hpp"
#include "iam/arn.hpp"
#include "sim/cloudtrail/recorded_calls.hpp"
#include "sim/config.hpp"

namespace postern::sim::trail {
namespace event_json_detail {

/// Where a request names what it is about.
struct NameOf {
  std::string_view service;
  std::string_view member;  ///< of the request's JSON
  std::string_view type;
};

constexpr NameOf kNames[] = {
    {"iam", "roleName", "AWS::IAM::Role"},
    {"iam", "userName", "AWS::IAM::User"},
    {"iam", "policyArn", "AWS::IAM::Policy"},
    {"iam", "policyName", "AWS::IAM::Policy"},
    {"iam", "instanceProfileName", "AWS::IAM::InstanceProfile"},
    {"ec2", "instanceIds", "AWS::EC2::Instance"},
    {"ec2", "instanceId", "AWS::EC2::Instance"},
    {"ec2", "groupId", "AWS::EC2::SecurityGroup"},
    {"ec2", "vpcId", "AWS::EC2::VPC"},
    {"ec2", "subnetId", "AWS::EC2::Subnet"},
    {"s3", "bucket", "AWS::S3::Bucket"},
    {"ssm", "instanceIds", "AWS::EC2::Instance"},
    {"cloudformation", "stackName", "AWS::CloudFormation::Stack"},
    {"cloudtrail", "name", "AWS::CloudTrail::Trail"},
    {"cloudtrail", "trailName", "AWS::CloudTrail::Trail"},
    {"sns", "topicArn", "AWS::SNS::Topic"},
    {"logs", "logGroupName", "AWS::Logs::LogGroup"},
};

std::string time_text(WallTime time) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

bool is_foreign(const LoggedEvent& event) {
  return event.call->identity != nullptr && event.call->identity->account_id() != event.account;
}

Json parsed(const std::string& text) {
  if (text.empty()) return Json();
  Result<Json> json = Json::parse(text);
  return json ? std::move(*json) : Json();
}

Json session_context(const Identity& identity) {
  Json context = Json::object();
  const iam::Principal& principal = identity.principal;
  if (identity.is_session()) {
    const std::string& role = principal.issuer_arn();
    Json issuer = Json::object().set("type", "Role");
    issuer.set("principalId", identity.user_id.substr(0, identity.user_id.find(':')));
    issuer.set("arn", role).set("accountId", principal.account());
    issuer.set("userName", role.substr(role.rfind('/') + 1));
    context.set("sessionIssuer", std::move(issuer));
  }
  if (identity.issued) {
    Json attributes = Json::object().set("creationDate", time_text(*identity.issued));
    attributes.set("mfaAuthenticated", identity.mfa_at ? "true" : "false");
    context.set("attributes", std::move(attributes));
  }
  const std::string& source = principal.details().source_identity;
  if (!source.empty()) context.set("sourceIdentity", source);
  return context;
}

Json user_identity(const LoggedEvent& event) {
  const CallEvent& call = *event.call;
  if (call.identity == nullptr) return Json::object().set("type", "Unknown");
  const Identity& identity = *call.identity;
  Json out = Json::object();
  if (is_foreign(event)) {
    out.set("type", "AWSAccount").set("principalId", identity.user_id).set("accountId", identity.account_id());
    return out;
  }
  out.set("type", identity.is_session() ? "AssumedRole" : "IAMUser");
  out.set("principalId", identity.user_id).set("arn", identity.arn()).set("accountId", identity.account_id());
  if (!call.access_key_id.empty()) out.set("accessKeyId", call.access_key_id);
  if (!identity.is_session()) out.set("userName", user_name(event));
  if (Json context = session_context(identity); !context.empty()) out.set("sessionContext", std::move(context));
  if (!call.invoked_by.empty()) out.set("invokedBy", call.invoked_by);
  return out;
}

void add_role(const CallEvent& call, Json& out) {
  Json role = Json::object();
  if (const auto arn = iam::split_arn(call.role_arn)) role.set("accountId", arn->account());
  role.set("type", "AWS::IAM::Role").set("ARN", call.role_arn);
  out.set("resources", Json::array().push_back(std::move(role)));
}

/// A text or a list of texts.
void add_named(const Json& value, std::string_view type, std::vector<NamedResource>& out) {
  if (value.is_string()) out.emplace_back(std::string(type), value.as_string());
  for (const Json& item : value.items()) {
    if (item.is_string()) out.emplace_back(std::string(type), item.as_string());
  }
}

/// What an AssumeRole gave, and the role.
void add_session(const CallEvent& call, std::vector<NamedResource>& out) {
  const Json response = parsed(call.response);
  add_named(response["credentials"]["accessKeyId"], "AWS::IAM::AccessKey", out);
  add_named(parsed(call.request)["roleSessionName"], "AWS::STS::AssumedRole", out);
  add_named(response["assumedRoleUser"]["assumedRoleId"], "AWS::STS::AssumedRole", out);
  add_named(response["assumedRoleUser"]["arn"], "AWS::STS::AssumedRole", out);
  out.emplace_back("AWS::IAM::Role", call.role_arn);
}

}  // namespace event_json_detail

std::string derived_uuid(std::uint64_t seed, std::string_view label) {
  std::string out = derived_hex(seed, label, 32);
  out[12] = '4';
  out[16] = 'a';
  for (const std::size_t at : {8U, 13U, 18U, 23U}) out.insert(at, "-");
  return out;
}

std::string event_id(std::uint64_t seed, const LoggedEvent& event) {
  return derived_uuid(seed, "cloudtrail/" + std::to_string(event.number));
}

std::string user_name(const LoggedEvent& event) {
  const IdentityPtr& identity = event.call->identity;
  if (identity == nullptr || event_json_detail::is_foreign(event)) return std::string();
  if (identity->is_session()) return identity->principal.session_name();
  const std::string& arn = identity->arn();
  return arn.substr(arn.rfind('/') + 1);
}

std::string access_key(const LoggedEvent& event) {
  return event_json_detail::is_foreign(event) ? std::string() : event.call->access_key_id;
}

std::vector<NamedResource> resources_of(const LoggedEvent& event) {
  const CallEvent& call = *event.call;
  std::vector<NamedResource> out;
  if (!call.role_arn.empty()) {
    event_json_detail::add_session(call, out);
    return out;
  }
  const Json request = event_json_detail::parsed(call.request);
  for (const event_json_detail::NameOf& name : event_json_detail::kNames) {
    if (name.service == call.operation->service->id) event_json_detail::add_named(request[name.member], name.type, out);
  }
  return out;
}

bool is_read_only(const CallEvent& call) noexcept {
  return call.operation->effect == aws::Effect::read;
}

std::string event_json(std::uint64_t seed, const LoggedEvent& event) {
  using namespace event_json_detail;
  const CallEvent& call = *event.call;
  Json out = Json::object().set("eventVersion", "1.08");
  out.set("userIdentity", user_identity(event)).set("eventTime", time_text(call.time));
  out.set("eventSource", event_source(*call.operation->service)).set("eventName", call.operation->name);
  out.set("awsRegion", call.region).set("sourceIPAddress", call.source);
  out.set("userAgent", call.user_agent);
  if (!call.error_code.empty()) out.set("errorCode", call.error_code);
  if (!call.error_message.empty()) out.set("errorMessage", call.error_message);
  out.set("requestParameters", parsed(call.request)).set("responseElements", parsed(call.response));
  out.set("requestID", call.request_id).set("eventID", event_id(seed, event)).set("readOnly", is_read_only(call));
  if (!call.role_arn.empty()) add_role(call, out);
  out.set("eventType", "AwsApiCall").set("managementEvent", true).set("recipientAccountId", event.account);
  if (!call.shared_id.empty()) out.set("sharedEventID", call.shared_id);
  if (!call.endpoint_id.empty()) out.set("vpcEndpointId", call.endpoint_id);
  out.set("eventCategory", "Management");
  return out.dump();
}

}  // namespace postern::sim::trail
