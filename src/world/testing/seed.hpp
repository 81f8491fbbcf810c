#pragma once

/// Seeds of tests: POSTERN_SEED, or a fixed one, and printed when the test fails.

#include <gtest/gtest.h>

#include <charconv>
#include <cstdint>
#include <string>

#include "os/environment.hpp"

namespace postern::world::testing {

/// POSTERN_SEED as a number, else `fallback`: a plain run is the same every time.
inline std::uint64_t test_seed(std::uint64_t fallback = 1) {
  const std::string text = os::make_posix_environment()->get("POSTERN_SEED").value_or("");
  std::uint64_t seed = fallback;
  std::from_chars(text.data(), text.data() + text.size(), seed);
  return seed;
}

}  // namespace postern::world::testing

/// Failures below this line in the same scope say how to replay them.
#define POSTERN_SEEDED(seed) SCOPED_TRACE("replay with POSTERN_SEED=" + std::to_string(seed))
