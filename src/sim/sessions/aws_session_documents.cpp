#include "sim/sessions/aws_session_documents.hpp"

#include <string_view>

namespace postern::sim {
namespace aws_session_documents_detail {

constexpr std::string_view kPort =
    "^([1-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$";
constexpr std::string_view kLocalPort =
    "^([0-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$";
constexpr std::string_view kHost = R"(^[^,$^&\(\)!;'\"<>`{}\[\]\|#=]{3,}$)";
constexpr std::string_view kPrefix = R"(^[0-9a-zA-Z\r\n_:-]{0,30}$)";

Json text_parameter(std::string_view description) {
  return Json::object().set("type", "String").set("description", description);
}

Json port_parameter(std::string_view description, std::string_view pattern, std::string_view fallback) {
  return text_parameter(description).set("allowedPattern", pattern).set("default", fallback);
}

Json with_type(std::string_view description, std::string_view type, Json parameters, Json properties) {
  return Json::object()
      .set("schemaVersion", "1.0")
      .set("description", description)
      .set("sessionType", type)
      .set("parameters", std::move(parameters))
      .set("properties", std::move(properties));
}

/// The same on every platform.
Json on_platforms(const Json& shell) {
  return Json::object().set("windows", shell).set("linux", shell).set("macos", shell);
}

Json interactive_command() {
  Json parameters = Json::object().set("command", text_parameter("(Required) The command to run on the instance"));
  const Json shell = Json::object().set("commands", "{{ command }}").set("runAsElevated", false);
  return with_type("Document to run single interactive command on an instance", "InteractiveCommands",
                   std::move(parameters), on_platforms(shell));
}

Json plain_command() {
  Json flags = Json::array().push_back("true").push_back("false");
  const auto prefix = [](std::string_view stream) {
    return text_parameter("(Optional) What stands before the output of " + std::string(stream))
        .set("allowedPattern", kPrefix)
        .set("default", "");
  };
  Json parameters =
      Json::object()
          .set("command", text_parameter("(Required) The command to run on the instance"))
          .set("separateOutputStream", text_parameter("(Optional) Whether stdout, stderr and the exit code come apart")
                                           .set("allowedValues", std::move(flags))
                                           .set("default", "false"))
          .set("stdoutSeparatorPrefix", prefix("stdout"))
          .set("stderrSeparatorPrefix", prefix("stderr"));
  const Json shell = Json::object()
                         .set("commands", "{{ command }}")
                         .set("runAsElevated", false)
                         .set("separateOutputStream", "{{ separateOutputStream }}")
                         .set("stdOutSeparatorPrefix", "{{ stdoutSeparatorPrefix }}")
                         .set("stdErrSeparatorPrefix", "{{ stderrSeparatorPrefix }}");
  return with_type("Document to run single non-interactive command on an instance", "NonInteractiveCommands",
                   std::move(parameters), on_platforms(shell));
}

Json local_port() {
  return port_parameter("(Optional) The port of the client to forward from; 0: any that is free", kLocalPort, "0");
}

Json forwarding() {
  Json parameters =
      Json::object()
          .set("portNumber", port_parameter("(Optional) Port number of the server on the instance", kPort, "80"))
          .set("localPortNumber", local_port());
  Json properties = Json::object()
                        .set("portNumber", "{{ portNumber }}")
                        .set("type", "LocalPortForwarding")
                        .set("localPortNumber", "{{ localPortNumber }}");
  return with_type("Document to start port forwarding session over Session Manager", "Port", std::move(parameters),
                   std::move(properties));
}

Json forwarding_to_host() {
  Json parameters =
      Json::object()
          .set("host", port_parameter("(Optional) Host name or address of the server", kHost, "localhost"))
          .set("portNumber", port_parameter("(Optional) Port number of the server", kPort, "80"))
          .set("localPortNumber", local_port());
  Json properties = Json::object()
                        .set("host", "{{ host }}")
                        .set("portNumber", "{{ portNumber }}")
                        .set("type", "LocalPortForwarding")
                        .set("localPortNumber", "{{ localPortNumber }}");
  return with_type("Document to start port forwarding session over Session Manager to a remote host", "Port",
                   std::move(parameters), std::move(properties));
}

Json ssh() {
  Json parameters = Json::object().set(
      "portNumber", port_parameter("(Optional) Port number of SSH server on the instance", kPort, "22"));
  Json properties = Json::object().set("portNumber", "{{ portNumber }}");
  return with_type("Document to start SSH connection over Session Manager", "Port", std::move(parameters),
                   std::move(properties));
}

}  // namespace aws_session_documents_detail

std::vector<std::pair<std::string, Json>> aws_session_documents() {
  using namespace aws_session_documents_detail;
  std::vector<std::pair<std::string, Json>> all;
  all.emplace_back("AWS-StartInteractiveCommand", interactive_command());
  all.emplace_back("AWS-StartNonInteractiveCommand", plain_command());
  all.emplace_back("AWS-StartPortForwardingSession", forwarding());
  all.emplace_back("AWS-StartPortForwardingSessionToRemoteHost", forwarding_to_host());
  all.emplace_back("AWS-StartSSHSession", ssh());
  return all;
}

}  // namespace postern::sim
