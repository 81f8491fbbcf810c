#include "report/run_summary.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>

namespace postern::report {
namespace run_summary {

using Key = std::tuple<flow::Outcome, bool, int, std::string_view, ledger::Digest, ledger::Digest, bool>;

Key key_of(const flow::TargetResult& target) {
  return Key(target.outcome, is_error(target), target.exit_code.value_or(-1), target.reason, target.out.key(),
             target.err.key(), target.truncated);
}

/// Nobody knows; it failed; it never ran.
int rank_of(const EndGroup& group) {
  if (group.example->outcome == flow::Outcome::unknown) return 0;
  return group.example->outcome == flow::Outcome::failed ? 1 : 2;
}

void sort_groups(std::vector<EndGroup>& groups) {
  std::sort(groups.begin(), groups.end(), [](const EndGroup& a, const EndGroup& b) {
    if (rank_of(a) != rank_of(b)) return rank_of(a) < rank_of(b);
    if (a.targets.size() != b.targets.size()) return a.targets.size() > b.targets.size();
    return a.example->target < b.example->target;
  });
}

}  // namespace run_summary

std::vector<AccountSummary> summarize_accounts(const flow::RunResult& run, const RunFacts& facts) {
  std::map<std::string, AccountSummary, std::less<>> accounts;
  std::set<std::pair<std::string_view, std::string_view>> commands;
  const auto account_of = [&](const fleet::Scope& scope) -> AccountSummary& {
    AccountSummary& account = accounts[scope.account.text()];
    account.account_id = scope.account.text();
    if (account.name.empty()) account.name = scope.account_name;
    return account;
  };
  for (const fleet::ScopePtr& scope : facts.asked) account_of(*scope);
  for (const UnaskedScope& unasked : facts.unasked) {
    account_of(*unasked.scope).problems.push_back(unasked.scope->region.text() + ": " + unasked.message);
  }
  for (const flow::TargetResult& target : run.targets) {
    AccountSummary& account = account_of(target.target.scope());
    account.totals.count(target.outcome);
    if (is_error(target)) ++account.errors;
    if (target.command_id.empty()) continue;
    ++account.sent;
    if (commands.emplace(target.target.scope().account.text(), target.command_id).second) {
      account.command_ids.push_back(target.command_id.text());
    }
  }
  std::vector<AccountSummary> all;
  for (auto& [id, account] : accounts) all.push_back(std::move(account));
  return all;
}

Ends gather_ends(const flow::RunResult& run) {
  std::map<run_summary::Key, EndGroup> groups;
  for (const flow::TargetResult& target : run.targets) {
    EndGroup& group = groups[run_summary::key_of(target)];
    if (group.example == nullptr) group.example = &target;
    group.error = is_error(target);
    group.targets.push_back(&target);
  }
  Ends ends;
  for (auto& [key, group] : groups) {
    const flow::Outcome outcome = group.example->outcome;
    if (outcome == flow::Outcome::succeeded) {
      ends.succeeded.push_back(std::move(group));
    } else if (outcome == flow::Outcome::skipped && !group.error) {
      ends.skipped.push_back(std::move(group));
    } else {
      ends.wrong.push_back(std::move(group));
    }
  }
  for (std::vector<EndGroup>* all : {&ends.wrong, &ends.succeeded, &ends.skipped}) run_summary::sort_groups(*all);
  return ends;
}

}  // namespace postern::report
