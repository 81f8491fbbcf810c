#pragma once

/// run --on-unreachable: what to do about targets that Systems Manager does not reach when the plan is made.

#include "cli/command.hpp"
#include "fleet/await_managed.hpp"
#include "flow/waves.hpp"

namespace postern::cli {

enum class OnUnreachable : std::uint8_t { skip, wait, fail };

struct UnreachableRule {
  UnreachableRule() = default;
  OnUnreachable what = OnUnreachable::skip;
  std::chrono::seconds wait_for = std::chrono::minutes(10);
};

/// --on-unreachable and --wait-for; usage when they make no sense.
Result<UnreachableRule> chosen_unreachable_rule(const Invocation& invocation);

/// With `wait`: waits for what may still come, and says so on stderr.
rt::Task<Result<void>> wait_for_targets(const Command& command, const UnreachableRule& rule,
                                        fleet::InventorySource& source, const fleet::Selector& selector,
                                        fleet::Discovery& discovery, std::size_t concurrency);

/// With `fail`: why the run is refused; empty when everything is in reach.
std::string why_refused(const UnreachableRule& rule, const flow::Plan& plan, const fleet::Discovery& discovery);

}  // namespace postern::cli
