#include "rt/random.hpp"

#include <array>

#include "base/check.hpp"

namespace postern::rt {

std::uint64_t Random::next_u64() {
  std::array<std::uint8_t, 8> bytes{};
  fill(bytes);
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8U | byte;
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  CHECK(bound > 0);
  // Rejection keeps the result uniform: the last, incomplete block of the 64-bit range is drawn again.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  for (;;) {
    const std::uint64_t value = next_u64();
    if (value < limit) return value % bound;
  }
}

double Random::unit() {
  return static_cast<double>(next_u64() >> 11U) * 0x1.0p-53;
}

}  // namespace postern::rt
