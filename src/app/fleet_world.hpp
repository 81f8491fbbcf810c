#pragma once

#include <string>

#include "fleet/fleet_file.hpp"

namespace postern::app {

/// A world file in which the fleet file works: its accounts with its roles and ExternalIds, and a few live instances in
/// each Region. ExternalIds that the fleet file only refers to are made up; the heading says what to export. Fails with
/// usage when the fleet file has no account with an id.
Result<std::string> fleet_world_yaml(const fleet::FleetFile& fleet);

}  // namespace postern::app
