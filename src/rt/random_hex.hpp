#pragma once

/// Names that nobody has used and nobody guesses.

#include <cstddef>
#include <string>

#include "base/encoding.hpp"
#include "rt/random.hpp"

namespace postern::rt {

/// `bytes` random bytes as lower-case hexadecimal digits, two for each.
inline std::string random_hex(Random& random, std::size_t bytes) {
  std::string drawn(bytes, '\0');
  random.fill(std::span(reinterpret_cast<std::uint8_t*>(drawn.data()), drawn.size()));
  return to_hex(drawn);
}

}  // namespace postern::rt
