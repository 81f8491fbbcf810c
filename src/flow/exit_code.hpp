#pragma once

/// Exit codes of commands that work on many targets (DESIGN.md section 9).

#include "flow/result.hpp"

namespace postern::flow {

/// What happened, several at once. The order of the members is the order of precedence.
struct ExitFacts {
  ExitFacts() = default;
  bool interrupted = false;
  /// 253, 254 or 255: why nothing at all could run.
  std::optional<int> nothing_ran;
  /// A gate, lock or assertion said no.
  bool gate = false;
  /// Targets, accounts or Regions that we wanted and could not reach, or whose state nobody knows.
  bool unreachable = false;
  bool failed = false;
};

/// 130 interrupted; 253-255 when nothing could run; 3 a gate; 4 unreachable or unknown; 1 some target failed; 0.
int exit_code_for(const ExitFacts& facts) noexcept;

/// The code of a refusal that stopped everything: 253 credentials or environment, 254 AWS said no, 255 anything else.
int exit_code_of_refusal(ErrorKind kind) noexcept;

/// `scope_problems`: accounts or Regions that could not be asked, whose targets nobody knows. Targets skipped by a rule
/// that the user gave are ok; those that we wanted and could not get to are not. When every send was refused and
/// nothing ran anywhere, the least of the refusals' codes.
int exit_code_of(const RunResult& run, std::size_t scope_problems);

/// -S: the greatest exit code that a target reported; targets that failed without one, and unknown ones, count as 255.
int worst_exit_code(const RunResult& run);

}  // namespace postern::flow
