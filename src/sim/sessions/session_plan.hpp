#pragma once

/// What a session is to be: a session document with the caller's parameters put in, and the preferences of the account
/// (aws.md 2.2 and 2.3, protocol.md B2.9).

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "session/handshake.hpp"
#include "sim/ssm/document.hpp"

namespace postern::sim {

/// The document that holds an account's preferences in a Region, and that sessions without a document have.
inline constexpr std::string_view kShellDocument = "SSM-SessionManagerRunShell";

struct SessionPreferences {
  SessionPreferences() = default;
  std::string kms_key;  ///< id, alias or ARN; empty: payloads are not encrypted beside TLS
  std::chrono::minutes idle{20};
  std::optional<std::chrono::minutes> longest;
  std::string shell_profile;  ///< typed into a shell at its start; of Linux nodes
};

/// What a command session runs.
struct SessionCommand {
  SessionCommand() = default;
  std::string text;
  bool separate = false;  ///< stdout and stderr apart, and an exit code
  std::string output_prefix;
  std::string errors_prefix;
};

struct SessionPlan {
  SessionPlan() = default;
  session::SessionType type = session::SessionType::shell;
  session::PortProperties port;
  SessionCommand command;
  SessionPreferences preferences;
  Json content;                      ///< the document as agents get it, placeholders and all
  Json parameters = Json::object();  ///< flattened, defaults included
};

/// Whether the content of a document of type Session says what sessions can be. Fails with InvalidDocumentContent.
Result<void> check_session_content(const Json& content);

/// `preferences` is the account's kShellDocument, null when it has none; a document's own inputs come first. The
/// parameters have been checked. Fails with InvalidDocument when the document is not of type Session.
Result<SessionPlan> plan_session(const Document& document, const DocumentValues& values, const Document* preferences);

/// The document that an account without preferences has.
const Document& default_shell_document();

}  // namespace postern::sim
