#include "aws/auth/cached_provider.hpp"

#include <algorithm>

#include "aws/auth/provider_parts.hpp"

namespace postern::aws::auth {

CachedProvider::Age CachedProvider::age(WallTime now) const {
  if (!held_) return Age::none;
  if (!held_->expires) return Age::fresh;
  const Duration left = *held_->expires - now;
  if (left <= Duration::zero()) return Age::over;
  if (left <= mandatory_) return Age::old;
  return left <= advisory_ ? Age::ageing : Age::fresh;
}

void CachedProvider::keep(rt::CallContext ctx, const Credentials& found) {
  held_ = found;
  came_ended_ = false;
  not_before_ = MonoTime();
  if (!found.expires) return;
  const Duration life = *found.expires - ctx.clock().wall_now();
  const auto spread = static_cast<std::uint64_t>(kAdvisorySpread / std::chrono::seconds(1));
  const Duration wanted = kAdvisory + std::chrono::seconds(static_cast<std::int64_t>(ctx.random().below(spread + 1)));
  advisory_ = std::min(wanted, life / 2);
  mandatory_ = std::min<Duration>(kMandatory, life / 4);
  if (life <= Duration::zero()) {
    came_ended_ = true;
    not_before_ = ctx.now() + kPauseAfterFailure;
    ctx.explainer().explain(kCredentialsTopic, "the credentials from " + found.source + " ended at " +
                                                   format_rfc3339(*found.expires) +
                                                   " by this host's clock, just after they came: is the clock right?");
  }
}

rt::Task<Result<Credentials>> CachedProvider::renew(rt::CallContext ctx) {
  const auto attempt = [this, ctx]() { return inner_->resolve(ctx); };
  Result<Credentials> found = co_await flight_.run(ctx, attempt);
  if (found) keep(ctx, *found);
  co_return found;
}

const Credentials* CachedProvider::at_hand(rt::CallContext ctx) {
  return age(ctx.clock().wall_now()) == Age::fresh ? &*held_ : nullptr;
}

rt::Task<Result<Credentials>> CachedProvider::resolve(rt::CallContext ctx) {
  const Age how_old = age(ctx.clock().wall_now());
  if (how_old == Age::fresh) co_return *held_;
  const bool usable = how_old == Age::ageing || how_old == Age::old || (how_old == Age::over && came_ended_);
  if (usable && ctx.now() < not_before_) co_return *held_;
  if (how_old == Age::ageing && flight_.under_way()) co_return *held_;
  Result<Credentials> renewed = co_await renew(ctx);
  if (renewed || renewed.error().kind() == ErrorKind::cancelled) co_return renewed;
  const Age now_old = age(ctx.clock().wall_now());
  if (now_old == Age::none || now_old == Age::over) co_return renewed;
  not_before_ = ctx.now() + kPauseAfterFailure;
  ctx.explainer().explain(kCredentialsTopic, "renewing " + describe() + " failed, the old credentials serve until " +
                                                 format_rfc3339(*held_->expires) + ": " + renewed.error().message());
  co_return *held_;
}

void CachedProvider::invalidate() {
  // A renewal under way was asked for by somebody who knows already: its result counts as new.
  held_.reset();
  inner_->invalidate();
}

}  // namespace postern::aws::auth
