#pragma once

/// A site's way from what it is to what is wanted: looked at, changed, read back.

#include <string>
#include <vector>

#include "recovery/site_plan.hpp"

namespace postern::recovery {

/// Everything that a plan is made from. Fails where the templates cannot be read; roles that cannot be looked for are
/// said in the state.
rt::Task<Result<SiteState>> look_at_site(rt::CallContext ctx, SiteConfig& port, fleet::ScopePtr site);

enum class SiteOutcome : std::uint8_t { done, failed, unknown };
/// "done", "failed", "unknown".
std::string_view to_string(SiteOutcome outcome) noexcept;

struct SiteResult {
  SiteResult() = default;
  SiteOutcome outcome = SiteOutcome::unknown;
  std::vector<SiteStep> done;  ///< that were asked for and taken
  SitePlan left;               ///< what the last look still found different
  std::optional<Error> error;  ///< that stopped it
};

/// Does what the plan says, in its order, and looks again until nothing is left of it. An answer that was lost is
/// settled by looking; a creation is never sent twice. Fails only with cancelled.
rt::Task<Result<SiteResult>> set_up_site(rt::CallContext ctx, SiteConfig& port, fleet::ScopePtr site, SitePlan plan,
                                         fleet::DrSettings wanted);

}  // namespace postern::recovery
