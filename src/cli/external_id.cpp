#include "cli/external_id.hpp"

#include <cstdint>
#include <span>

#include "base/encoding.hpp"

namespace postern::cli {

std::string random_hex(rt::Random& random, std::size_t bytes) {
  std::string raw(bytes, '\0');
  random.fill(std::span<std::uint8_t>(reinterpret_cast<std::uint8_t*>(raw.data()), raw.size()));
  return to_hex(raw);
}

std::string new_external_id(rt::Random& random) {
  return random_hex(random, 16);
}

}  // namespace postern::cli
