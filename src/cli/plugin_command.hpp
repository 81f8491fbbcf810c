#pragma once

/// The program as `session-manager-plugin`: what the AWS CLI, Ansible and others start with the answer of StartSession
/// (peers.md 5.7).

#include <string>
#include <vector>

#include "base/error.hpp"
#include "session/data_channel.hpp"

namespace postern::cli {

/// The name by which the program is the plugin.
inline constexpr std::string_view kPluginName = "session-manager-plugin";
/// The variables in which newer callers hand the answer over, so that `ps` does not show the token, begin so.
inline constexpr std::string_view kPluginVariable = "AWS_SSM_START_SESSION_RESPONSE";

/// An option that no command line has: the endpoint of ssm alone.
inline constexpr std::string_view kSsmEndpointOption = "--ssm-endpoint-url";

struct PluginOrder {
  PluginOrder() = default;
  session::Started started;
  std::string region;
  std::string profile;     ///< empty: the usual chain
  std::string target;      ///< of the encryption context
  std::string document;    ///< empty: the account's own
  std::string endpoint;    ///< of ssm; empty: AWS's
  bool is_port = false;    ///< the request says so
  bool is_legacy = false;  ///< three arguments: nothing is known of the target, so no encryption
};

/// The words behind the program's name: RESPONSE REGION StartSession [PROFILE REQUEST [ENDPOINT]]. Usage says which
/// one makes no sense, and never shows the response.
Result<PluginOrder> parse_plugin_words(const std::vector<std::string>& words);

}  // namespace postern::cli
