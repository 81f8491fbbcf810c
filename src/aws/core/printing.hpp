#pragma once

/// Values as text for logs, `-v` and failing tests. Never for the wire.

#include <string>

#include "aws/core/shape.hpp"

namespace postern::aws {

struct PrintOptions {
  PrintOptions() = default;
  std::size_t text_max = 200;     ///< bytes per text; longer is cut and its length told
  std::size_t elements_max = 20;  ///< per list and map; the rest is counted
  std::size_t total_max = 4000;   ///< bytes of the whole
};

/// JSON-like: {InstanceIds: ["i-1", "i-2"], Comment: "x"}. Everything below a sensitive shape is "***"; blobs show
/// their size only; control characters are escaped. Unset members are left out.
std::string print(ConstErased value, const PrintOptions& options = PrintOptions());

}  // namespace postern::aws
