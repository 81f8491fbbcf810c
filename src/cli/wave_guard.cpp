#include "cli/wave_guard.hpp"

#include <algorithm>

namespace postern::cli {

rt::Task<Result<std::optional<std::string>>> WaveGuard::read(rt::CallContext ctx) {
  const WallTime now = ctx.clock().wall_now();
  for (const fleet::FreezeWindow& window : windows_) {
    if (const std::optional<WallTime> end = window.ends(now)) co_return window.describe(*end);
  }
  if (hub_ == nullptr) co_return std::optional<std::string>();
  Result<std::optional<std::string>> flag = co_await hub_->read(ctx);
  if (flag || flag.error().kind() == ErrorKind::cancelled) co_return flag;
  if (told_) co_return std::optional<std::string>();
  told_ = true;
  co_return flag;
}

std::vector<fleet::FreezeWindow> windows_for(const std::vector<fleet::FreezeWindow>& windows,
                                             const std::vector<fleet::ScopePtr>& scopes) {
  std::vector<fleet::FreezeWindow> chosen;
  for (const fleet::FreezeWindow& window : windows) {
    const bool may = std::any_of(scopes.begin(), scopes.end(),
                                 [&window](const fleet::ScopePtr& scope) { return window.what.could_match(*scope); });
    if (may) chosen.push_back(window);
  }
  return chosen;
}

}  // namespace postern::cli
