#pragma once

/// What several reports need of a result: totals per account, and identical ends gathered.

#include <map>
#include <string>
#include <vector>

#include "report/facts.hpp"

namespace postern::report {

struct AccountSummary {
  AccountSummary() = default;
  std::string account_id;  ///< empty: the caller's own, whose number was not asked
  std::string name;
  flow::Totals totals;
  std::size_t errors = 0;  ///< of all targets: is_error()
  std::size_t sent = 0;    ///< targets of a command
  std::vector<std::string> command_ids;
  std::vector<std::string> problems;  ///< Regions that could not be asked, each a sentence
};

/// By account id; those of `unasked` and `asked` are there too.
std::vector<AccountSummary> summarize_accounts(const flow::RunResult& run, const RunFacts& facts);

/// Targets with the same end: outcome, exit code, reason and output.
struct EndGroup {
  EndGroup() = default;
  const flow::TargetResult* example = nullptr;
  std::vector<const flow::TargetResult*> targets;
  bool error = false;
};

struct Ends {
  Ends() = default;
  /// Unknown, failed, and skipped though we wanted them, in this order; the most common first, then by target.
  std::vector<EndGroup> wrong;
  std::vector<EndGroup> succeeded;
  std::vector<EndGroup> skipped;  ///< by a rule of the user's
};

/// `run` outlives it. Outputs that differ only in line ends at their end are the same.
Ends gather_ends(const flow::RunResult& run);

}  // namespace postern::report
