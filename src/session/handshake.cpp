#include "session/handshake.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::session {
namespace handshake {

constexpr std::string_view kSessionTypeAction = "SessionType";
constexpr std::string_view kEncryptionAction = "KMSEncryption";
constexpr std::string_view kExitCode = "EXIT_CODE:";
/// More is not what an agent asks or a client answers.
constexpr std::size_t kActionsMax = 64;
constexpr std::int64_t kCellsMax = 65'535;

constexpr std::array<std::pair<SessionType, std::string_view>, 4> kTypes{{
    {SessionType::shell, "Standard_Stream"},
    {SessionType::interactive_command, "InteractiveCommands"},
    {SessionType::command, "NonInteractiveCommands"},
    {SessionType::port, "Port"},
}};

struct Property {
  std::string_view name;
  std::string PortProperties::* member;
};
constexpr std::array<Property, 6> kProperties{{
    {"portNumber", &PortProperties::port},
    {"localPortNumber", &PortProperties::local_port},
    {"host", &PortProperties::host},
    {"type", &PortProperties::type},
    {"localConnectionType", &PortProperties::local_connection},
    {"localUnixSocket", &PortProperties::local_unix_socket},
}};

std::string text_of(const Json& json) {
  if (json.is_int()) return std::to_string(json.as_int());
  return std::string(json.to_string().value_or(""));
}

Result<Json> parse_object(std::string_view text, std::string_view what) {
  Result<Json> json = Json::parse(text);
  if (!json) return fail(Error(ErrorKind::malformed, std::string(what) + " makes no sense").caused_by(json.error()));
  if (!json->is_object()) return fail(ErrorKind::malformed, std::string(what) + " is no JSON object");
  return json;
}

Json write_properties(const std::optional<PortProperties>& port) {
  if (!port) return nullptr;
  Json properties = Json::object();
  for (const Property& one : kProperties) {
    if (!((*port).*one.member).empty()) properties.set(one.name, (*port).*one.member);
  }
  return properties;
}

PortProperties read_properties(const Json& json) {
  PortProperties port;
  for (const Property& one : kProperties) port.*one.member = text_of(json[one.name]);
  return port;
}

Json action(std::string_view type, Json parameters) {
  return Json::object().set("ActionType", type).set("ActionParameters", std::move(parameters));
}

void read_action(const Json& json, HandshakeRequest& request) {
  const std::string type = text_of(json["ActionType"]);
  const Json& parameters = json["ActionParameters"];
  if (type == kSessionTypeAction) {
    request.type_name = text_of(parameters["SessionType"]);
    request.type = parse_session_type(request.type_name);
    if (request.type == SessionType::port) request.port = read_properties(parameters["Properties"]);
  } else if (type == kEncryptionAction) {
    request.wants_encryption = true;
    request.kms_key = text_of(parameters["KMSKeyId"]);
    request.challenge = text_of(parameters["Challenge"]);
  } else {
    request.other_actions.push_back(type);
  }
}

ActionStatus read_status(const Json& json) {
  const std::int64_t number = json.to_int().value_or(0);
  if (number == 1) return ActionStatus::success;
  return number == 0 || number == 3 ? ActionStatus::unsupported : ActionStatus::failed;
}

}  // namespace handshake

// ---- versions

std::optional<Version> Version::parse(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '.');
  Version version;
  if (parts.size() != std::size(version.parts_)) return std::nullopt;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const char* const end = parts[i].data() + parts[i].size();
    const auto [at, error] = std::from_chars(parts[i].data(), end, version.parts_[i]);
    if (error != std::errc() || at != end) return std::nullopt;
  }
  return version;
}

bool later_than(std::string_view text, std::string_view than) noexcept {
  const std::optional<Version> a = Version::parse(text);
  const std::optional<Version> b = Version::parse(than);
  return a && b && *a > *b;
}

// ---- the first message of a connection

std::string write_open(const OpenRequest& open) {
  Json json = Json::object()
                  .set("MessageSchemaVersion", "1.0")
                  .set("RequestId", open.request_id)
                  .set("TokenValue", open.token)
                  .set("ClientId", open.client_id);
  if (!open.client_instance_id.empty()) json.set("ClientInstanceId", open.client_instance_id);
  if (!open.client_version.empty()) json.set("ClientVersion", open.client_version);
  return json.dump();
}

Result<OpenRequest> read_open(std::string_view text) {
  TRY(const Json json, handshake::parse_object(text, "the first message of a connection"));
  OpenRequest open;
  open.request_id = handshake::text_of(json["RequestId"]);
  open.token = handshake::text_of(json["TokenValue"]);
  open.client_id = handshake::text_of(json["ClientId"]);
  open.client_version = handshake::text_of(json["ClientVersion"]);
  open.client_instance_id = handshake::text_of(json["ClientInstanceId"]);
  if (open.token.empty()) return fail(ErrorKind::malformed, "the first message of a connection has no token");
  return open;
}

std::string_view to_string(SessionType type) noexcept {
  return handshake::kTypes[static_cast<std::size_t>(type)].second;
}

std::optional<SessionType> parse_session_type(std::string_view text) noexcept {
  for (const auto& [type, name] : handshake::kTypes) {
    if (name == text) return type;
  }
  return std::nullopt;
}

// ---- the handshake

std::string write_handshake_request(const HandshakeRequest& request) {
  Json actions = Json::array();
  if (request.type || !request.type_name.empty()) {
    const std::string_view name = request.type ? to_string(*request.type) : std::string_view(request.type_name);
    actions.push_back(handshake::action(
        handshake::kSessionTypeAction,
        Json::object().set("SessionType", name).set("Properties", handshake::write_properties(request.port))));
  }
  if (request.wants_encryption) {
    Json parameters = Json::object().set("KMSKeyId", request.kms_key);
    if (!request.challenge.empty()) parameters.set("Challenge", request.challenge);
    actions.push_back(handshake::action(handshake::kEncryptionAction, std::move(parameters)));
  }
  for (const std::string& other : request.other_actions) actions.push_back(handshake::action(other, nullptr));
  Json json = Json::object();
  json.set("AgentVersion", request.agent_version).set("RequestedClientActions", std::move(actions));
  if (request.payload_max > 0) json.set("MaxPayloadBytes", static_cast<std::int64_t>(request.payload_max));
  return json.dump();
}

Result<HandshakeRequest> read_handshake_request(std::string_view payload) {
  TRY(const Json json, handshake::parse_object(payload, "the agent's handshake"));
  HandshakeRequest request;
  request.agent_version = handshake::text_of(json["AgentVersion"]);
  const std::int64_t payload_max = json["MaxPayloadBytes"].to_int().value_or(0);
  request.payload_max = static_cast<std::size_t>(std::clamp<std::int64_t>(payload_max, 0, kPayloadMax));
  const Json& actions = json["RequestedClientActions"];
  if (actions.size() > handshake::kActionsMax) return fail(ErrorKind::malformed, "the agent asks for too many actions");
  for (const Json& action : actions.items()) handshake::read_action(action, request);
  return request;
}

std::string write_handshake_response(const HandshakeResponse& response) {
  Json actions = Json::array();
  for (const ActionAnswer& one : response.actions) {
    Json result;
    if (!one.cipher_key.empty()) {
      result = Json::object().set("KMSCipherTextKey", to_base64(one.cipher_key)).set("KMSCipherTextHash", nullptr);
      if (one.challenge_known) result.set("ChallengeAcknowledgement", true);
    }
    actions.push_back(Json::object()
                          .set("ActionType", one.action)
                          .set("ActionStatus", static_cast<int>(one.status))
                          .set("ActionResult", std::move(result))
                          .set("Error", one.error));
  }
  return Json::object()
      .set("ClientVersion", response.client_version)
      .set("ProcessedClientActions", std::move(actions))
      .set("Errors", nullptr)
      .dump();
}

Result<HandshakeResponse> read_handshake_response(std::string_view payload) {
  TRY(const Json json, handshake::parse_object(payload, "the client's handshake"));
  HandshakeResponse response;
  response.client_version = handshake::text_of(json["ClientVersion"]);
  const Json& actions = json["ProcessedClientActions"];
  if (actions.size() > handshake::kActionsMax) return fail(ErrorKind::malformed, "the client answers too many actions");
  for (const Json& action : actions.items()) {
    ActionAnswer answer;
    answer.action = handshake::text_of(action["ActionType"]);
    answer.status = handshake::read_status(action["ActionStatus"]);
    answer.error = handshake::text_of(action["Error"]);
    const Json& result = action["ActionResult"];
    const std::optional<std::string> key = from_base64(handshake::text_of(result["KMSCipherTextKey"]));
    if (!key) return fail(ErrorKind::malformed, "the client's key is not in base64");
    answer.cipher_key = *key;
    answer.challenge_known = result["ChallengeAcknowledgement"].to_bool().value_or(false);
    response.actions.push_back(std::move(answer));
  }
  return response;
}

std::string write_handshake_complete(const HandshakeComplete& complete) {
  return Json::object()
      .set("HandshakeTimeToComplete", complete.nanoseconds)
      .set("CustomerMessage", complete.message)
      .dump();
}

Result<HandshakeComplete> read_handshake_complete(std::string_view payload) {
  TRY(const Json json, handshake::parse_object(payload, "the end of the agent's handshake"));
  HandshakeComplete complete;
  complete.nanoseconds = json["HandshakeTimeToComplete"].to_int().value_or(0);
  complete.message = handshake::text_of(json["CustomerMessage"]);
  return complete;
}

std::string write_challenge(std::string_view bytes) {
  return Json::object().set("Challenge", to_base64(bytes)).dump();
}

Result<std::string> read_challenge(std::string_view payload) {
  TRY(const Json json, handshake::parse_object(payload, "the encryption challenge"));
  std::optional<std::string> bytes = from_base64(handshake::text_of(json["Challenge"]));
  if (!bytes || bytes->empty()) return fail(ErrorKind::malformed, "the encryption challenge is not in base64");
  return std::move(*bytes);
}

// ---- what goes along with the data

std::string write_size(TerminalSize size) {
  return Json::object().set("cols", size.columns).set("rows", size.rows).dump();
}

Result<TerminalSize> read_size(std::string_view payload) {
  TRY(const Json json, handshake::parse_object(payload, "the size of a terminal"));
  const std::int64_t columns = json["cols"].to_int().value_or(-1);
  const std::int64_t rows = json["rows"].to_int().value_or(-1);
  if (std::min(columns, rows) < 0 || std::max(columns, rows) > handshake::kCellsMax) {
    return fail(ErrorKind::malformed, "the size of a terminal is no size");
  }
  return TerminalSize(static_cast<std::uint32_t>(columns), static_cast<std::uint32_t>(rows));
}

std::string write_flag(Flag flag) {
  return std::string{'\0', '\0', '\0', static_cast<char>(flag)};
}

Result<std::uint32_t> read_flag(std::string_view payload) {
  if (payload.size() != 4) return fail(ErrorKind::malformed, "a flag has four bytes");
  std::uint32_t number = 0;
  for (const char byte : payload) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

std::string write_exit_code(int code) {
  return std::string(handshake::kExitCode) + " " + std::to_string(code);
}

Result<int> read_exit_code(std::string_view payload) {
  const std::string_view text = trim(payload);
  if (text.starts_with(handshake::kExitCode)) {
    const std::string_view digits = trim(text.substr(handshake::kExitCode.size()));
    int code = 0;
    const auto [at, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code);
    if (error == std::errc() && at == digits.data() + digits.size()) return code;
  }
  return fail(ErrorKind::malformed, "an exit code makes no sense: " + printable(payload, 60));
}

std::string write_channel_closed(const ChannelClosed& closed) {
  return Json::object()
      .set("MessageType", "channel_closed")
      .set("MessageId", closed.message_id)
      .set("DestinationId", closed.destination_id)
      .set("SessionId", closed.session_id)
      .set("SchemaVersion", 1)
      .set("CreatedDate", closed.created)
      .set("Output", closed.output)
      .dump();
}

Result<ChannelClosed> read_channel_closed(std::string_view payload) {
  TRY(const Json json, handshake::parse_object(payload, "the end of the channel"));
  ChannelClosed closed;
  closed.message_id = handshake::text_of(json["MessageId"]);
  closed.destination_id = handshake::text_of(json["DestinationId"]);
  closed.session_id = handshake::text_of(json["SessionId"]);
  closed.created = handshake::text_of(json["CreatedDate"]);
  closed.output = handshake::text_of(json["Output"]);
  return closed;
}

}  // namespace postern::session
