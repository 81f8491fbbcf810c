#pragma once

/// The machine images that can be described and launched.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config.hpp"

namespace postern::sim::ec2 {

struct ImageRecord {
  std::string_view platform_name;  ///< "Amazon Linux"
  std::string_view platform_version;
  std::string_view name;
  Platform platform;
};

const std::vector<ImageRecord>& known_images();
/// Every Region has its own ids.
std::string image_id(std::uint64_t seed, std::string_view region, std::string_view platform_name);
/// Null when there is none.
const ImageRecord* find_image(std::uint64_t seed, std::string_view region, std::string_view id);

}  // namespace postern::sim::ec2
