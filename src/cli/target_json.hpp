#pragma once

#include "base/json.hpp"
#include "fleet/inventory.hpp"

namespace postern::cli {

/// An instance as in `targets[]` of schema postern.targets/1.
Json target_json(const fleet::Instance& instance);

}  // namespace postern::cli
