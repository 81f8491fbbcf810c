#pragma once

/// Networks that a config describes.

#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "sim/ec2/network.hpp"
#include "sim/ec2/network_config.hpp"

namespace postern::sim::ec2 {

/// Fails with usage, which names what is missing, doubled or malformed.
Result<std::unique_ptr<Network>> make_configured_network(std::uint64_t seed, const SiteName& site,
                                                         const NetworkConfig& config, WallTime made);
/// The id of a named thing in it: prefix "subnet" or "sg".
std::string configured_id(std::uint64_t seed, const SiteName& site, std::string_view prefix, std::string_view name);

}  // namespace postern::sim::ec2
