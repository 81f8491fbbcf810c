#pragma once

/// The cloud of `postern demo`: a hub and three accounts as a platform team has them, with a few things broken.

#include <string>
#include <utility>
#include <vector>

#include "sim/config.hpp"

namespace postern::sim {

/// 24 instances in us-east-1 and us-west-2. Role PosternOperator of `sandbox` wants another ExternalId than the fleet
/// file sends; one node's agent lost its connection, one was never managed, one instance is stopped; one node's kernel
/// and one node's nginx differ from the others'. Needs nothing but the shell: the nodes' hostname, uname, uptime and
/// systemctl are scripts that say what such a node would.
CloudConfig demo_cloud_config();

/// The world file that it is made of, commented: what `postern sim init` prints.
std::string demo_world_yaml();

/// The fleet file that belongs to it, commented, in mode read-write.
std::string demo_fleet_yaml(const CloudConfig& config);

/// The hub's credentials and Region as environment variables; the server adds endpoint and CA bundle.
std::vector<std::pair<std::string, std::string>> hub_environment(const CloudConfig& config);

}  // namespace postern::sim
