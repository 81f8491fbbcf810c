#pragma once

/// What is sent, to whom it can be sent, and who is left out and why.

#include <string>
#include <string_view>
#include <vector>

#include "fleet/inventory.hpp"

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

/// A script for every target. Lines, not words: quoting is the caller's.
struct CommandSpec {
  CommandSpec() = default;
  std::vector<std::string> sh_lines;          ///< for Linux and macOS
  std::vector<std::string> powershell_lines;  ///< for Windows
  const std::vector<std::string>& lines(Shell shell) const {
    return shell == Shell::powershell ? powershell_lines : sh_lines;
  }
  std::string comment;                                             ///< the user's own; what fits follows postern's mark
  std::chrono::seconds execution_timeout = std::chrono::hours(1);  ///< 5 s to 48 h (the agent's limits)
  std::chrono::seconds delivery_timeout = std::chrono::minutes(10);  ///< 30 s to 30 days
  OutputPlaces output;
  AlarmGuard alarm;
};

struct SkippedTarget {
  SkippedTarget(fleet::TargetRef t, std::string r) : target(std::move(t)), reason(std::move(r)) {}
  fleet::TargetRef target;
  std::string reason;
  bool unreachable = false;  ///< we wanted it and could not: counts against the exit code, unlike a rule of the user's
};

/// Why a command cannot be sent to the instance: not running, not managed, connection lost ...; empty when it can.
std::string obstacle_of(const fleet::Instance& instance);

}  // namespace postern::flow
