#include "sim/sessions/session_plan.hpp"

#include <charconv>

#include "aws/core/server.hpp"
#include "base/check.hpp"
#include "base/text.hpp"

namespace postern::sim {
namespace session_plan {

using aws::server::fault;
using session::SessionType;

constexpr int kIdleMax = 60;
constexpr int kDurationMax = 1440;
constexpr std::string_view kDefaultContent = R"({
  "schemaVersion": "1.0",
  "description": "Document to hold regional settings for Session Manager",
  "sessionType": "Standard_Stream",
  "inputs": {
    "s3BucketName": "",
    "s3KeyPrefix": "",
    "s3EncryptionEnabled": true,
    "cloudWatchLogGroupName": "",
    "cloudWatchEncryptionEnabled": true,
    "cloudWatchStreamingEnabled": false,
    "kmsKeyId": "",
    "runAsEnabled": false,
    "runAsDefaultUser": "",
    "idleSessionTimeout": "20",
    "maxSessionDuration": "",
    "shellProfile": {"windows": "", "linux": ""}
  }
})";

Error invalid_content(std::string message) {
  return fault(ErrorKind::usage, "InvalidDocumentContent", std::move(message), 400);
}

std::string text_of(const Json& json) {
  if (json.is_string()) return json.as_string();
  return json.is_null() ? std::string() : json.dump();
}

bool is_true(const Json& json) {
  return equals_ignore_case(text_of(json), "true");
}

/// "20", 20; nothing when absent or empty.
Result<std::optional<std::chrono::minutes>> minutes_of(const Json& inputs, std::string_view name, int most) {
  const std::string text = text_of(inputs[name]);
  // A placeholder is known when the session starts.
  if (text.empty() || text.find("{{") != std::string::npos) return std::optional<std::chrono::minutes>();
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > most) {
    return fail(invalid_content(std::string(name) + " must be a whole number of minutes from 1 to " +
                                std::to_string(most) + ", not " + printable(text, 20)));
  }
  return std::optional<std::chrono::minutes>(number);
}

Result<SessionPreferences> preferences_of(const Json& inputs) {
  SessionPreferences made;
  made.kms_key = text_of(inputs["kmsKeyId"]);
  TRY(const std::optional<std::chrono::minutes> idle, minutes_of(inputs, "idleSessionTimeout", kIdleMax));
  made.idle = idle.value_or(made.idle);
  TRY(made.longest, minutes_of(inputs, "maxSessionDuration", kDurationMax));
  made.shell_profile = text_of(inputs["shellProfile"]["linux"]);
  return made;
}

session::PortProperties port_of(const Json& properties) {
  session::PortProperties made;
  made.port = text_of(properties["portNumber"]);
  made.local_port = text_of(properties["localPortNumber"]);
  made.host = text_of(properties["host"]);
  made.type = text_of(properties["type"]);
  made.local_connection = text_of(properties["localConnectionType"]);
  made.local_unix_socket = text_of(properties["localUnixSocket"]);
  return made;
}

SessionCommand command_of(const Json& linux) {
  SessionCommand made;
  made.text = text_of(linux["commands"]);
  made.separate = is_true(linux["separateOutputStream"]);
  made.output_prefix = text_of(linux["stdOutSeparatorPrefix"]);
  made.errors_prefix = text_of(linux["stdErrSeparatorPrefix"]);
  return made;
}

Result<Json> content_of(const Document& document) {
  TRY(const std::string text, document_as(document, DocumentFormat::json));
  return Json::parse(text);
}

Document make_default() {
  Result<Document> parsed = parse_document(kDefaultContent, DocumentFormat::json, "Session");
  CHECK(parsed.has_value());
  parsed->name = kShellDocument;
  parsed->owner = "Amazon";
  return std::move(*parsed);
}

}  // namespace session_plan

Result<void> check_session_content(const Json& content) {
  using namespace session_plan;
  const Json& type = content["sessionType"];
  if (!type.is_null() && !session::parse_session_type(text_of(type))) {
    return fail(invalid_content("The session type " + printable(text_of(type), 60) +
                                " is none of Standard_Stream, InteractiveCommands, NonInteractiveCommands, Port"));
  }
  for (const std::string_view name : {"inputs", "properties"}) {
    if (content.contains(name) && !content[name].is_object()) {
      return fail(invalid_content(std::string(name) + " is not an object"));
    }
  }
  TRY_VOID(preferences_of(content["inputs"]));
  return {};
}

Result<SessionPlan> plan_session(const Document& document, const DocumentValues& values, const Document* preferences) {
  using namespace session_plan;
  if (document.type != "Session") {
    return fail(fault(ErrorKind::usage, "InvalidDocument",
                      "Document type: '" + document.type + "' is not supported. Only type: 'Session' is supported.",
                      400));
  }
  SessionPlan plan;
  TRY(plan.content, content_of(document));
  const std::map<std::string, Json> bound = bound_values(document, values);
  for (const auto& [name, value] : bound) plan.parameters.set(name, value);
  if (plan.content["inputs"].empty()) {
    TRY(const Json settings, content_of(preferences == nullptr ? default_shell_document() : *preferences));
    plan.content.set("inputs", settings["inputs"]);
  }
  TRY(plan.preferences, preferences_of(interpolate(plan.content["inputs"], bound)));
  const std::string type = text_of(plan.content["sessionType"]);
  plan.type = session::parse_session_type(type).value_or(SessionType::shell);
  const Json properties = interpolate(plan.content["properties"], bound);
  if (plan.type == SessionType::port) plan.port = port_of(properties);
  if (plan.type != SessionType::port) plan.command = command_of(properties["linux"]);
  return plan;
}

const Document& default_shell_document() {
  static const Document document = session_plan::make_default();
  return document;
}

}  // namespace postern::sim
