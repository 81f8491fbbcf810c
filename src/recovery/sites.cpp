#include "recovery/sites.hpp"

#include <algorithm>

namespace postern::recovery {

std::vector<fleet::ScopePtr> sites_of(const std::vector<fleet::ScopePtr>& scopes,
                                      const std::optional<fleet::FleetFile>& fleet, SiteRegions regions) {
  std::vector<fleet::ScopePtr> out;
  for (const fleet::ScopePtr& scope : scopes) {
    fleet::ScopePtr site = scope;
    const fleet::Account* account = nullptr;
    if (fleet && regions == SiteRegions::of_the_fleet_file) account = fleet->find_account(scope->account.text());
    if (account != nullptr && !account->dr_region.empty() && account->dr_region != scope->region) {
      fleet::Scope moved = *scope;
      moved.region = account->dr_region;
      site = std::make_shared<const fleet::Scope>(std::move(moved));
    }
    const bool known = std::any_of(out.begin(), out.end(), [&](const fleet::ScopePtr& one) { return *one == *site; });
    if (!known) out.push_back(std::move(site));
  }
  return out;
}

}  // namespace postern::recovery
