#pragma once

/// What a report tells besides the run's result.

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "fleet/types.hpp"
#include "flow/result.hpp"

namespace postern::report {

/// An account or Region that could not be asked: nobody knows its targets.
struct UnaskedScope {
  UnaskedScope() = default;
  UnaskedScope(fleet::ScopePtr s, std::string m) : scope(std::move(s)), message(std::move(m)) {}
  fleet::ScopePtr scope;
  std::string message;
};

struct RunFacts {
  RunFacts() = default;
  std::string world = "aws";  ///< "aws", "custom", "sim:demo"
  std::string title;          ///< what was run, in one line
  std::string comment;
  std::string reason;
  std::string ticket;
  std::string operator_name;
  std::string selector;
  std::string document;  ///< "AWS-RunShellScript"; with its version when it is known
  WallTime started;
  WallTime ended;
  std::vector<UnaskedScope> unasked;
  /// Every scope that was asked, also those without a target.
  std::vector<fleet::ScopePtr> asked;
  /// Names that people know, by TargetRef::label(), where the result has none.
  std::map<std::string, std::string, std::less<>> names;
  /// Many names as one short text, as term::fold_names makes it; absent: joined with commas.
  std::function<std::string(std::span<const std::string>)> fold;

  bool simulated() const noexcept { return std::string_view(world).starts_with("sim:"); }
  /// The target's name, else its id.
  std::string name_of(const flow::TargetResult& target) const;
  std::string folded(std::span<const std::string> names_given) const;
  /// "complete" ... as the JSON answer of `run` has it: interrupted, incomplete, partial, failed, succeeded.
  std::string_view status_of(const flow::RunResult& run) const;
};

/// Whether a target's end is an error of ours or of the way to it, rather than a failure of the command on it: it is
/// unknown, unreachable, or AWS refused the send.
bool is_error(const flow::TargetResult& target) noexcept;

}  // namespace postern::report
