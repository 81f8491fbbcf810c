#include "fleet/await_managed.hpp"

#include <algorithm>
#include <map>

namespace postern::fleet {
namespace await_managed_details {

/// The scopes to look at, each once.
std::vector<ScopePtr> scopes_of_missing(const Discovery& discovery) {
  std::vector<ScopePtr> scopes;
  for (const Instance& instance : discovery.instances) {
    if (!may_come(instance)) continue;
    const bool known = !scopes.empty() && *scopes.back() == instance.ref.scope();  // they come scope by scope
    if (!known) scopes.push_back(instance.ref.scope_ptr());
  }
  return scopes;
}

std::size_t missing_in(const Discovery& discovery) {
  return static_cast<std::size_t>(std::count_if(discovery.instances.begin(), discovery.instances.end(), may_come));
}

void take_over(const Discovery& seen, Discovery& into) {
  std::map<TargetRef, const Instance*> now;
  for (const Instance& instance : seen.instances) now.emplace(instance.ref, &instance);
  for (Instance& instance : into.instances) {
    if (!may_come(instance)) continue;
    const auto found = now.find(instance.ref);
    if (found == now.end()) continue;
    instance.state = found->second->state;
    instance.ssm = found->second->ssm;
    if (found->second->platform != Platform::unknown) instance.platform = found->second->platform;
  }
}

}  // namespace await_managed_details

bool may_come(const Instance& instance) {
  const bool alive = instance.state == InstanceState::running || instance.state == InstanceState::pending ||
                     instance.state == InstanceState::none;
  return alive && instance.ssm.status != SsmStatus::online;
}

rt::Task<Result<void>> await_managed(rt::CallContext ctx, InventorySource& source, const Selector& selector,
                                     Discovery& discovery, AwaitOptions options) {
  using namespace await_managed_details;
  rt::Clock& clock = ctx.clock();
  const MonoTime until = std::min(clock.now() + options.limit, ctx.deadline().at());
  Duration pause = options.first_pause;
  for (;;) {
    const std::size_t missing = missing_in(discovery);
    const MonoTime now = clock.now();
    if (options.on_look) options.on_look(missing, std::max<Duration>(until - now, Duration{}));
    if (missing == 0 || now >= until) co_return Result<void>();
    CO_TRY_VOID(co_await rt::sleep_until(clock, std::min(now + pause, until)));
    pause = std::min<Duration>(pause + pause / 2, options.longest_pause);
    DiscoverOptions asking;
    asking.concurrency = options.concurrency;
    std::vector<ScopePtr> scopes = scopes_of_missing(discovery);
    CO_TRY(const Discovery seen, co_await discover(ctx, source, std::move(scopes), selector, asking));
    take_over(seen, discovery);
  }
}

}  // namespace postern::fleet
