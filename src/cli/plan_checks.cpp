#include "cli/plan_checks.hpp"

#include <set>

#include "base/text.hpp"
#include "cli/break_glass.hpp"

namespace postern::cli {
namespace plan_checks {

constexpr std::size_t kOverrodeMax = 1000;  // bytes of what a rail said, in the ledger

}  // namespace plan_checks

rt::Task<Result<void>> check_worlds(const Command& command, AwsWork& work, const flow::Plan& plan) {
  std::set<std::string> seen;
  for (const fleet::ScopePtr& one : plan.scopes) {
    const fleet::Scope& scope = *one;
    if (work.session->world(scope.region.text()) == adapters::World::mixed &&
        !command.invocation().has("--mixed-endpoints")) {
      co_return fail(
          Error(ErrorKind::refused,
                "some services resolve to configured endpoints and others to AWS: simulated and real would mix; "
                "configure all of them, or pass --mixed-endpoints")
              .with("rail", "world"));
    }
    if (!seen.insert(scope.account.text() + scope.access.describe()).second) continue;
    CO_TRY(aws::CallScope call, work.session->call_scope(scope));
    const auto identity = co_await work.session->identities().verify(command.ctx(), std::move(call));
    if (identity) continue;
    Error error = identity.error();
    if (error.kind() == ErrorKind::refused) error.with("rail", "identity");
    co_return fail(std::move(error));
  }
  co_return Result<void>();
}

Result<RailView> rail_view(const Command& command, const AwsWork& work, const flow::Plan& plan,
                           const std::vector<fleet::Instance>& instances, const TargetNames& names) {
  RailView view(plan, instances, names);
  if (work.fleet) view.fleet = &*work.fleet;
  view.now = command.ctx().clock().wall_now();
  if (const auto text = command.invocation().value("--expect")) {
    TRY(view.expected, Expectation::parse(*text));
  }
  return view;
}

Result<flow::BreakGlass> pass_rails(const Command& command, const RailView& view) {
  flow::BreakGlass glass;
  TRY(glass.reason, chosen_break_glass(command.invocation()));
  std::string refused;
  std::string rail;
  for (const RailFinding& finding : plan_findings(view)) {
    if (finding.breakable && !glass.reason.empty()) {
      glass.overrode.push_back(finding.rail + ": " + printable(finding.why, plan_checks::kOverrodeMax));
      continue;
    }
    if (rail.empty()) rail = finding.rail;
    refused += (refused.empty() ? "" : "\n") + finding.why + (finding.breakable ? "; or --break-glass REASON" : "");
  }
  if (!refused.empty()) return fail(Error(ErrorKind::refused, refused + "\nnothing was sent").with("rail", rail));
  return glass;
}

}  // namespace postern::cli
