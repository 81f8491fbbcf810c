#include "cli/run_rails.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/run_plan.hpp"
#include "term/node_set.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kExpectMax = 1'000'000;
constexpr std::size_t kNamedMax = 600;  // bytes of folded names in a message

std::optional<std::size_t> expected_count(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > kExpectMax) {
    return std::nullopt;
  }
  return value;
}

/// Calls `visit` for every target of the plan whose instance `selector` matches, in the order of the plan.
template <class Visit>
void each_matching(const RailView& view, const fleet::Selector& selector, const Visit& visit) {
  std::set<std::string> matching;
  for (const fleet::Instance& instance : *view.instances) {
    if (selector.matches(instance)) matching.insert(instance.ref.label());
  }
  if (matching.empty()) return;
  for (const flow::BatchPlan& batch : view.plan->batches) {
    for (std::uint32_t i = 0; i < batch.count; ++i) {
      const fleet::TargetRef target = view.plan->ref(batch, batch.first + i);
      if (matching.contains(target.label()) && !visit(target)) return;
    }
  }
}

bool is_about(const RailView& view, const fleet::FreezeWindow& window) {
  if (window.what == fleet::Selector::all()) return true;
  bool found = false;
  each_matching(view, window.what, [&found](const fleet::TargetRef&) {
    found = true;
    return false;
  });
  return found;
}

void find_unexpected(const RailView& view, std::vector<RailFinding>& findings) {
  const std::size_t count = view.plan->targets.size();
  if (view.expected) {
    const Expectation& expected = *view.expected;
    if (count >= expected.least && count <= expected.most) return;
    const std::string range = expected.least == expected.most
                                  ? std::to_string(expected.least)
                                  : std::to_string(expected.least) + "-" + std::to_string(expected.most);
    findings.emplace_back("expect", "the plan has " + plural(count, "target") + ", and --expect says " + range, false);
    return;
  }
  const std::string needed = expectation_needed(*view.plan);
  if (needed.empty()) return;
  findings.emplace_back("expect",
                        "the plan has " + plural(count, "target") + " in " +
                            plural(account_count(*view.plan), "account") + ": more than " +
                            std::to_string(kUnexpectedTargets) + " targets or " + std::to_string(kUnexpectedAccounts) +
                            " accounts must be expected: --expect " + needed + " (or a range, --expect MIN-MAX)",
                        false);
}

void find_protected(const RailView& view, std::vector<RailFinding>& findings) {
  if (view.fleet->protect == fleet::Selector::none()) return;
  std::vector<std::string> names;
  each_matching(view, view.fleet->protect, [&](const fleet::TargetRef& target) {
    names.push_back(view.names->name_or_id(target));
    return true;
  });
  if (names.empty()) return;
  const std::string is = names.size() == 1 ? " is" : " are";
  findings.emplace_back("protect",
                        plural(names.size(), "target") + is + " protected by the fleet file: " +
                            printable(term::fold_names(names), kNamedMax) + "; leave them out with -s 'not @protected'",
                        true);
}

void find_frozen(const RailView& view, std::vector<RailFinding>& findings) {
  for (const fleet::FreezeWindow& window : view.fleet->freeze) {
    const std::optional<WallTime> end = window.ends(view.now);
    if (end && is_about(view, window)) findings.emplace_back("freeze", window.describe(*end), true);
  }
}

void find_documents(const RailView& view, std::vector<RailFinding>& findings) {
  const fleet::FleetFile& file = *view.fleet;
  const bool limited =
      !file.documents.empty() || std::any_of(file.accounts.begin(), file.accounts.end(),
                                             [](const fleet::Account& account) { return !account.documents.empty(); });
  if (!limited) return;
  std::set<std::pair<std::uint32_t, flow::Shell>> seen;
  std::map<std::string, std::set<std::string>> refused;  // accounts by document
  for (const flow::BatchPlan& batch : view.plan->batches) {
    if (!seen.emplace(batch.scope, batch.shell).second) continue;
    const fleet::Scope& scope = view.plan->scope_of(batch);
    const std::string document(view.spec == nullptr ? document_of(batch.shell) : document_of(*view.spec, batch.shell));
    if (!file.allows_document(scope.account, document)) refused[document].insert(scope.account_name);
  }
  for (const auto& [document, accounts] : refused) {
    const std::vector<std::string> names(accounts.begin(), accounts.end());
    findings.emplace_back(
        "documents",
        "the fleet file does not allow " + document + " in " + printable(term::fold_names(names), kNamedMax), true);
  }
}

}  // namespace

Result<Expectation> Expectation::parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  const std::optional<std::size_t> least = expected_count(text.substr(0, dash));
  const std::optional<std::size_t> most =
      dash == std::string_view::npos ? least : expected_count(text.substr(dash + 1));
  if (!least || !most || *least > *most) {
    return fail(ErrorKind::usage,
                "--expect: '" + printable(text, 60) + "' is no number of targets: it is written as 16, or as 10-20");
  }
  return Expectation(*least, *most);
}

std::vector<RailFinding> plan_findings(const RailView& view) {
  std::vector<RailFinding> findings;
  const bool nothing = view.plan->targets.empty();
  if (!nothing || view.expected) find_unexpected(view, findings);
  if (nothing || view.fleet == nullptr) return findings;
  find_protected(view, findings);
  find_frozen(view, findings);
  if (view.sends_documents) find_documents(view, findings);
  return findings;
}

std::vector<fleet::FreezeWindow> windows_of(const RailView& view) {
  std::vector<fleet::FreezeWindow> windows;
  if (view.fleet == nullptr) return windows;
  for (const fleet::FreezeWindow& window : view.fleet->freeze) {
    if (is_about(view, window)) windows.push_back(window);
  }
  return windows;
}

std::string expectation_needed(const flow::Plan& plan) {
  const bool small = plan.targets.size() <= kUnexpectedTargets && account_count(plan) <= kUnexpectedAccounts;
  return small ? std::string() : std::to_string(plan.targets.size());
}

Production production_of(const flow::Plan& plan, const std::string& plan_name, const fleet::FleetFile* fleet) {
  Production production;
  production.accepted.push_back(plan_name);
  std::map<std::string, std::string> names;  // by account id
  const fleet::Scope* only = nullptr;
  for (const fleet::ScopePtr& scope : plan.scopes) {
    // By id: an account that was named by its role or profile is production all the same.
    const fleet::Account* account =
        fleet == nullptr || scope->account.empty() ? nullptr : fleet->find_account(scope->account.text());
    const fleet::Tags& tags = account == nullptr ? scope->account_tags : account->tags;
    const auto env = tags.find("env");
    if (env == tags.end() || to_lower(env->second) != "prod") continue;
    names[scope->account.text()] = account == nullptr ? scope->account_name : account->name;
    only = scope.get();
  }
  for (const auto& [id, name] : names) production.accounts.push_back(name);
  if (names.empty()) return production;
  production.word = names.size() == 1 ? production.accounts.front() : plan_name;
  if (names.size() == 1) {
    production.accepted.push_back(production.word);
    production.accepted.push_back(only->account.text());
  }
  return production;
}

}  // namespace postern::cli
