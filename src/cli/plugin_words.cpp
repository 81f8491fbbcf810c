#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/plugin_command.hpp"

namespace postern::cli {
namespace plugin_words {

std::string text_at(const Json& json, std::string_view key) {
  return std::string(json[key].to_string().value_or(""));
}

Result<session::Started> started_of(const std::string& response) {
  const Result<Json> json = Json::parse(response);
  session::Started started;
  if (json) {
    // ECS begins them with small letters.
    const auto text_of = [&](std::string_view key, std::string_view of_ecs) {
      return text_at(*json, json->contains(key) ? key : of_ecs);
    };
    started.session_id = text_of("SessionId", "sessionId");
    started.stream_url = text_of("StreamUrl", "streamUrl");
    started.token = Secret<std::string>(text_of("TokenValue", "tokenValue"));
  }
  if (!started.session_id.empty() && !started.stream_url.empty() && !started.token.empty()) return started;
  return fail(ErrorKind::usage,
              "the first argument is no answer of StartSession: {\"SessionId\": .., \"TokenValue\": .., \"StreamUrl\": "
              "..}, or the name of a variable that holds it");
}

bool is_port_request(const Json& request, std::string_view document) {
  return document == "AWS-StartSSHSession" || document.find("PortForwarding") != std::string_view::npos ||
         request["Parameters"].contains("portNumber");
}

/// The endpoint that AWS's own tools name even when it is the usual one.
bool is_usual(std::string_view endpoint, std::string_view region) {
  const std::string host = "https://ssm." + std::string(region) + ".";
  return endpoint == host + "amazonaws.com" || endpoint == host + "amazonaws.com.cn";
}

}  // namespace plugin_words

Result<PluginOrder> parse_plugin_words(const std::vector<std::string>& words) {
  using namespace plugin_words;
  if (words.size() < 3 || words.size() > 6) {
    return fail(ErrorKind::usage,
                "session-manager-plugin takes RESPONSE REGION StartSession [PROFILE REQUEST "
                "[ENDPOINT]]; it is started by the AWS CLI and others, not by hand");
  }
  PluginOrder order;
  TRY(order.started, started_of(words[0]));
  order.region = words[1];
  if (words[2] != "StartSession") {
    return fail(ErrorKind::usage, "the operation is StartSession, not '" + printable(words[2], 60) + "'");
  }
  order.is_legacy = words.size() == 3;
  if (words.size() > 3) order.profile = words[3];
  if (words.size() > 4) {
    const Result<Json> request = Json::parse(words[4]);
    if (!request || !(*request)["Target"].is_string()) {
      return fail(ErrorKind::usage, "the fifth argument is no request of StartSession: {\"Target\": ..}");
    }
    order.target = text_at(*request, "Target");
    order.document = text_at(*request, "DocumentName");
    order.is_port = is_port_request(*request, order.document);
  }
  // `aws ecs execute-command` names the endpoint of ECS, which knows no sessions.
  const bool is_of_ecs = order.target.starts_with("ecs:");
  if (words.size() > 5 && !is_of_ecs && !is_usual(words[5], order.region)) order.endpoint = words[5];
  return order;
}

}  // namespace postern::cli
