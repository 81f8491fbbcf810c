#include "recovery/site_setup.hpp"

#include <algorithm>

#include "flow/verdict.hpp"

namespace postern::recovery {
namespace site_setup {

constexpr std::string_view kOutcomes[] = {"done", "failed", "unknown"};
constexpr int kLooksMax = 6;  // with pauses that double: about half a minute
constexpr Duration kFirstPause = std::chrono::seconds(1);

rt::Task<Result<void>> look_at_roles(rt::CallContext ctx, SiteConfig& port, fleet::ScopePtr site, SiteState& state) {
  for (const std::string& name : service_role_names()) {
    const Result<bool> there = co_await port.has_role(ctx, site, name);
    if (!there && there.error().kind() == ErrorKind::cancelled) co_return fail(there.error());
    if (!there) {
      state.roles_unread = there.error().message();
      co_return Result<void>();
    }
    if (!*there) state.missing_roles.push_back(name);
  }
  co_return Result<void>();
}

rt::Task<Result<void>> do_one(rt::CallContext ctx, SiteConfig& port, fleet::ScopePtr site, const SiteDeed& deed) {
  switch (deed.step) {
    case SiteStep::initialize:
      co_return co_await port.initialize(ctx, site);
    case SiteStep::replication_template:
      co_return co_await port.put_replication_template(ctx, site, deed.settings);
    case SiteStep::launch_template:
      break;
  }
  co_return co_await port.put_launch_template(ctx, site, deed.settings);
}

/// Looks until `step` is not to be done any more, or the time is over. `left` is what the last look found.
rt::Task<Result<bool>> await_step(rt::CallContext ctx, SiteConfig& port, fleet::ScopePtr site,
                                  const fleet::DrSettings& wanted, SiteStep step, SitePlan& left) {
  Duration pause = kFirstPause;
  for (int look = 1;; ++look) {
    Result<SiteState> state = co_await look_at_site(ctx, port, site);
    if (!state && state.error().kind() == ErrorKind::cancelled) co_return fail(std::move(state).error());
    if (state) {
      left = plan_site(*state, wanted);
      if (!left.has(step)) co_return true;
    }
    if (look == kLooksMax || ctx.clock().now() + pause >= ctx.deadline().at()) {
      if (!state) co_return fail(std::move(state).error());
      co_return false;
    }
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.clock().now() + pause));
    pause *= 2;
  }
}

Error not_shown(SiteStep step) {
  return Error(ErrorKind::timeout, "the service took the " + std::string(to_string(step)) +
                                       " and does not show it yet: run the command again to look");
}

}  // namespace site_setup

std::string_view to_string(SiteOutcome outcome) noexcept {
  return site_setup::kOutcomes[static_cast<std::size_t>(outcome)];
}

rt::Task<Result<SiteState>> look_at_site(rt::CallContext ctx, SiteConfig& port, fleet::ScopePtr site) {
  SiteState state;
  CO_TRY(std::optional<std::vector<Settings>> templates, co_await port.replication_templates(ctx, site));
  state.initialized = templates.has_value();
  if (!state.initialized) co_return state;
  state.replication = std::move(*templates);
  CO_TRY(state.launch, co_await port.launch_templates(ctx, site));
  CO_TRY_VOID(co_await site_setup::look_at_roles(ctx, port, site, state));
  co_return state;
}

rt::Task<Result<SiteResult>> set_up_site(rt::CallContext ctx, SiteConfig& port, fleet::ScopePtr site, SitePlan plan,
                                         fleet::DrSettings wanted) {
  using namespace site_setup;
  SiteResult out;
  out.left = plan;
  for (const SiteDeed& deed : plan.deeds) {
    Result<void> asked = co_await do_one(ctx, port, site, deed);
    if (!asked && asked.error().kind() == ErrorKind::cancelled) co_return fail(std::move(asked).error());
    const bool lost = !asked && flow::is_ambiguous(asked.error());
    if (!asked && !lost) {
      out.error = std::move(asked).error();
      out.outcome = SiteOutcome::failed;
      co_return out;
    }
    Result<bool> shown = co_await await_step(ctx, port, site, wanted, deed.step, out.left);
    if (!shown && shown.error().kind() == ErrorKind::cancelled) co_return fail(std::move(shown).error());
    if (!shown || !*shown) {
      out.error = !shown ? std::move(shown).error() : lost ? std::move(asked).error() : not_shown(deed.step);
      co_return out;
    }
    out.done.push_back(deed.step);
  }
  out.outcome = SiteOutcome::done;
  co_return out;
}

}  // namespace postern::recovery
