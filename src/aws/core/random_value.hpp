#pragma once

/// Random values of any shape, for property tests and fuzzing.

#include <cstdint>

#include "aws/core/shape.hpp"
#include "base/function_ref.hpp"

namespace postern::aws {

struct RandomValueOptions {
  RandomValueOptions() = default;
  int depth_max = 5;          ///< deeper members stay unset and containers empty
  std::size_t size_max = 3;   ///< elements per list and map
  std::size_t text_max = 24;  ///< bytes per text and blob
  /// Whether lists and maps that are set may be empty. The form and XML protocols cannot tell an empty container from
  /// an unset one.
  bool empty_containers = true;
  /// Whether control characters that XML 1.0 cannot carry may occur in text.
  bool control_characters = true;
  /// Whether NaN and infinities may occur.
  bool special_floats = true;
};

/// Fills a default-constructed value. `next` gives 64 random bits. Required members are always set; text is valid
/// UTF-8; timestamps are whole milliseconds between 2000 and 2100.
void random_value(Erased out, FunctionRef<std::uint64_t()> next,
                  const RandomValueOptions& options = RandomValueOptions());

}  // namespace postern::aws
