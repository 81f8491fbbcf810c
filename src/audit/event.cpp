#include "audit/event.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace postern::audit {
namespace event_detail {

constexpr std::size_t kTextMax = 2'048;  // of one member: what is longer is nobody's name

std::string text_of(const Json& json) {
  return json.is_string() ? json.as_string().substr(0, kTextMax) : std::string();
}

Actor actor_of(const Json& identity) {
  Actor actor;
  actor.type = text_of(identity["type"]);
  actor.arn = text_of(identity["arn"]);
  actor.principal_id = text_of(identity["principalId"]);
  actor.account = text_of(identity["accountId"]);
  actor.access_key_id = text_of(identity["accessKeyId"]);
  actor.invoked_by = text_of(identity["invokedBy"]);
  const Json& context = identity["sessionContext"];
  actor.source_identity = text_of(context["sourceIdentity"]);
  actor.mfa = text_of(context["attributes"]["mfaAuthenticated"]) == "true";
  return actor;
}

/// "... is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::...:role/Name ...".
std::string role_in(std::string_view message) {
  constexpr std::string_view kBefore = "on resource: ";
  const std::size_t found = message.find(kBefore);
  if (found == std::string_view::npos) return std::string();
  const std::string_view rest = message.substr(found + kBefore.size());
  const std::string_view arn = rest.substr(0, rest.find_first_of(" \t\r\n\""));
  const bool role = arn.starts_with("arn:") && arn.find(":role/") != std::string_view::npos;
  return role ? std::string(arn) : std::string();
}

void read_assumption(const Json& json, TrailEvent& event) {
  const Json& asked = json["requestParameters"];
  const Json& given = json["responseElements"];
  event.role_arn = text_of(asked["roleArn"]);
  for (const Json& resource : json["resources"].items()) {
    if (event.role_arn.empty() && resource["type"] == Json("AWS::IAM::Role")) event.role_arn = text_of(resource["ARN"]);
  }
  if (event.role_arn.empty()) event.role_arn = role_in(event.error_message);
  event.session_name = text_of(asked["roleSessionName"]);
  event.source_identity = text_of(given["sourceIdentity"]);
  if (event.source_identity.empty()) event.source_identity = text_of(asked["sourceIdentity"]);
  if (event.source_identity.empty()) event.source_identity = event.actor.source_identity;
  event.issued_key = text_of(given["credentials"]["accessKeyId"]);
}

void read_command(const Json& json, TrailEvent& event) {
  const Json& asked = json["requestParameters"];
  event.comment = text_of(asked["comment"]);
  event.command_id = text_of(json["responseElements"]["command"]["commandId"]);
  if (event.command_id.empty()) event.command_id = text_of(asked["commandId"]);
}

}  // namespace event_detail

std::string_view Actor::session_name() const {
  const std::size_t slash = arn.rfind('/');
  return type == "AssumedRole" && slash != std::string::npos ? std::string_view(arn).substr(slash + 1)
                                                             : std::string_view();
}

Result<TrailEvent> parse_event(std::string_view text) {
  using namespace event_detail;
  TRY(const Json json, Json::parse(text));
  TrailEvent event;
  event.id = text_of(json["eventID"]);
  event.name = text_of(json["eventName"]);
  const std::optional<WallTime> time = parse_rfc3339(text_of(json["eventTime"]));
  if (event.id.empty() || event.name.empty() || !time) {
    return fail(ErrorKind::malformed, "an event of CloudTrail without id, name or time");
  }
  event.time = *time;
  event.source = text_of(json["eventSource"]);
  event.region = text_of(json["awsRegion"]);
  event.account = text_of(json["recipientAccountId"]);
  event.request_id = text_of(json["requestID"]);
  event.shared_id = text_of(json["sharedEventID"]);
  event.source_ip = text_of(json["sourceIPAddress"]);
  event.user_agent = text_of(json["userAgent"]);
  event.error_code = text_of(json["errorCode"]);
  event.error_message = text_of(json["errorMessage"]);
  const Json& read = json["readOnly"];
  event.read_only = read.is_bool() ? read.as_bool() : text_of(read) == "true";
  event.actor = actor_of(json["userIdentity"]);
  if (event.source == "sts.amazonaws.com") read_assumption(json, event);
  if (event.source == "ssm.amazonaws.com") read_command(json, event);
  return event;
}

}  // namespace postern::audit
