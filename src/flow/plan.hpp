#pragma once

/// What is sent, to whom it can be sent, and who is left out and why.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/inventory.hpp"
#include "flow/document_check.hpp"

namespace postern::flow {

/// Which shell the document runs.
enum class Shell : std::uint8_t { sh, powershell };
std::string_view document_of(Shell shell) noexcept;  ///< "AWS-RunShellScript", "AWS-RunPowerShellScript"

/// Where Systems Manager keeps what a command printed, beyond the 24,000 characters that it answers with.
struct OutputPlaces {
  OutputPlaces() = default;
  std::string bucket;     ///< in S3; empty: none
  std::string prefix;     ///< of its keys, without slashes at its ends
  std::string region;     ///< of the bucket; empty: each command's own
  std::string log_group;  ///< in CloudWatch Logs; empty: none
  bool any() const noexcept { return !bucket.empty() || !log_group.empty(); }
};

/// A CloudWatch alarm that stops a command; Systems Manager takes one.
struct AlarmGuard {
  AlarmGuard() = default;
  std::string name;                  ///< empty: none
  bool ignore_poll_failure = false;  ///< go on while its state cannot be read
};

/// A value that is not in the spec, only a mark in its place (secrets.hpp).
struct SecretUse {
  SecretUse() = default;
  std::string name;    ///< of the variable or the document's parameter
  std::string source;  ///< "env:NAME", "file:PATH"
  std::string digest;  ///< secret_digest()
};

/// A script for every target, or documents with their parameters. Lines, not words: quoting is the caller's.
struct CommandSpec {
  CommandSpec() = default;
  std::vector<std::string> sh_lines;          ///< for Linux and macOS
  std::vector<std::string> powershell_lines;  ///< for Windows
  const std::vector<std::string>& lines(Shell shell) const {
    return shell == Shell::powershell ? powershell_lines : sh_lines;
  }
  std::optional<DocumentSpec> document;          ///< for Linux and macOS, in place of the lines
  std::optional<DocumentSpec> windows_document;  ///< for Windows
  bool is_script() const noexcept { return !document && !windows_document; }
  /// Absent for a script, and for a shell to which nothing is to be sent.
  const std::optional<DocumentSpec>& document_for(Shell shell) const {
    return shell == Shell::powershell ? windows_document : document;
  }
  std::vector<SecretUse> secrets;
  std::string secret_salt;  ///< hex; of the marks and digests of this run
  std::string no_windows;   ///< why Windows cannot run the script; empty: it can. For planning, not recorded
  std::string comment;      ///< the user's own; what fits follows postern's mark
  std::chrono::seconds execution_timeout = std::chrono::hours(1);    ///< 5 s to 48 h (the agent's limits)
  std::chrono::seconds delivery_timeout = std::chrono::minutes(10);  ///< 30 s to 30 days
  OutputPlaces output;
  AlarmGuard alarm;
};

/// What a target of this shell is sent: a document's name.
std::string_view document_of(const CommandSpec& spec, Shell shell) noexcept;

struct SkippedTarget {
  SkippedTarget(fleet::TargetRef t, std::string r) : target(std::move(t)), reason(std::move(r)) {}
  fleet::TargetRef target;
  std::string reason;
  std::string name;          ///< for people
  bool unreachable = false;  ///< we wanted it and could not: counts against the exit code, unlike a rule of the user's
};

/// Why a command cannot be sent to the instance: not running, not managed, connection lost ...; empty when it can.
std::string obstacle_of(const fleet::Instance& instance);

}  // namespace postern::flow
