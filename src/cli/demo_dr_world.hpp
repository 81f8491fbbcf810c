#pragma once

/// The world of `postern demo --dr`: an organisation in which nothing of postern's is set up, and 130 instances that
/// are to be protected by Elastic Disaster Recovery, with what goes wrong in the field.

#include <functional>
#include <map>
#include <string>

namespace postern::cli {

/// Three accounts and their hub. Of the 130 instances 6 are offline, 4 without an instance profile, 3 have a kernel
/// without a module, 2 a full disk, 5 no site, 10 no compiler; one is registered already, one installs and never
/// registers, one fails and registers. Of the 25 with tag app=shop three do not come up in their first drill. The world
/// file, commented: what `postern sim init --example dr` prints.
std::string dr_world_yaml();

/// The fleet file of somebody who has read the guide: a role per duty, ExternalIds, and the staging areas by the
/// accounts' names ("{subnet: subnet-.., security_groups: [sg-..]}").
std::string dr_fleet_yaml(const std::map<std::string, std::string, std::less<>>& staging);

}  // namespace postern::cli
