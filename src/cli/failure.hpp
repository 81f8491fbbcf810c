#pragma once

/// How a failure of a whole command is told and which exit code it gives (DESIGN.md section 9).

#include <string>

#include "base/error.hpp"
#include "base/json.hpp"

namespace postern::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitTargetFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitGate = 3;
inline constexpr int kExitUnknown = 4;
inline constexpr int kExitInterrupted = 130;
inline constexpr int kExitEnvironment = 253;
inline constexpr int kExitService = 254;
inline constexpr int kExitOther = 255;

int exit_code_of(const Error& error);

/// Lines for stderr: what failed, where (account, Region, operation, request id), and why, one cause per line.
/// Untrusted text is made printable.
std::string describe_failure(const Error& error);

/// The message made printable, with the endpoint when the message does not name it: for one line among others.
std::string described_message(const Error& error, std::size_t length_max);

/// Breaks what is wider than the terminal at blanks. Lines indented by four or more stay whole: they are commands to
/// copy and quoted input.
std::string fit_lines(std::string_view text, std::size_t columns);

/// {code, message, ...} as in the documents' `error` members.
Json failure_json(const Error& error);

}  // namespace postern::cli
