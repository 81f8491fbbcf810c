#include "cli/run_unreachable.hpp"

#include <algorithm>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/prompt.hpp"

namespace postern::cli {
namespace {

constexpr std::chrono::seconds kLongestWait = std::chrono::hours(24);

std::string time_text(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  return seconds < 120 ? std::to_string(seconds) + " s" : std::to_string(seconds / 60) + " min";
}

}  // namespace

Result<UnreachableRule> chosen_unreachable_rule(const Invocation& invocation) {
  UnreachableRule rule;
  const std::string what = invocation.value("--on-unreachable").value_or("skip");
  if (what == "wait") rule.what = OnUnreachable::wait;
  if (what == "fail") rule.what = OnUnreachable::fail;
  const auto text = invocation.value("--wait-for");
  if (!text) return rule;
  if (rule.what != OnUnreachable::wait) return fail(ErrorKind::usage, "--wait-for belongs to --on-unreachable wait");
  TRY(rule.wait_for, parse_duration(*text, "--wait-for"));
  if (rule.wait_for.count() > 0 && rule.wait_for <= kLongestWait) return rule;
  return fail(ErrorKind::usage, "--wait-for: 1s to 24h");
}

rt::Task<Result<void>> wait_for_targets(const Command& command, const UnreachableRule& rule,
                                        fleet::InventorySource& source, const fleet::Selector& selector,
                                        fleet::Discovery& discovery, std::size_t concurrency) {
  if (rule.what != OnUnreachable::wait) co_return Result<void>();
  fleet::AwaitOptions options;
  options.limit = rule.wait_for;
  options.first_pause = std::min<Duration>(options.first_pause, rule.wait_for / 2);
  options.concurrency = concurrency;
  std::optional<std::size_t> before;
  options.on_look = [&command, &before](std::size_t missing, Duration left) {
    if (before == missing || (!before && missing == 0)) return;
    before = missing;
    if (missing == 0) {
      command.err("all targets are in reach\n");
    } else if (left > Duration{}) {
      command.err("waiting for " + plural(missing, "target") + " that Systems Manager does not reach yet, for " +
                  time_text(left) + " more\n");
    }
  };
  co_return co_await fleet::await_managed(command.ctx(), source, selector, discovery, options);
}

std::string why_refused(const UnreachableRule& rule, const flow::Plan& plan, const fleet::Discovery& discovery) {
  if (rule.what != OnUnreachable::fail) return {};
  const auto missing = static_cast<std::size_t>(std::count_if(
      plan.skipped.begin(), plan.skipped.end(), [](const flow::SkippedTarget& one) { return one.unreachable; }));
  std::string why;
  if (missing > 0) why = plural(missing, "target") + " cannot be reached";
  if (!discovery.problems.empty()) {
    why +=
        std::string(why.empty() ? "" : ", and ") + plural(discovery.problems.size(), "scope") + " could not be asked";
  }
  return why;
}

}  // namespace postern::cli
