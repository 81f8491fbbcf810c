#pragma once

/// Which sites the scopes of a command mean.

#include <optional>
#include <vector>

#include "fleet/fleet_file.hpp"

namespace postern::recovery {

/// Whether the command line named Regions: they are then the sites' for every account.
enum class SiteRegions : std::uint8_t { of_the_fleet_file, as_given };

/// The sites in which the scopes' accounts are recovered: the Region that the fleet file gives an account under `dr`,
/// else the scope's own. Each site once, in the order of the scopes.
std::vector<fleet::ScopePtr> sites_of(const std::vector<fleet::ScopePtr>& scopes,
                                      const std::optional<fleet::FleetFile>& fleet, SiteRegions regions);

}  // namespace postern::recovery
