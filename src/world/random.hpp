#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "rt/random.hpp"

namespace postern::world {

/// A stream of random bits that is a function of a seed and a label: one more draw from one label changes no other.
/// xoshiro256** seeded through splitmix64 (Blackman and Vigna, public domain). Not for secrets.
class SeededRandom final : public rt::Random {
 public:
  SeededRandom(std::uint64_t seed, std::string_view label);
  void fill(std::span<std::uint8_t> bytes) override;
  /// The next 64 bits of the generator.
  std::uint64_t draw();

 private:
  std::array<std::uint64_t, 4> state_{};
};

/// FNV-1a, 64 bits, going on from `hash`.
constexpr std::uint64_t kFnvStart = 0xCBF29CE484222325U;
std::uint64_t fnv1a(std::string_view bytes, std::uint64_t hash = kFnvStart) noexcept;

}  // namespace postern::world
