#pragma once

#include <cstdint>
#include <span>

namespace postern::rt {

/// A stream of random bits. In production it is the kernel's generator; in a World a seeded stream by label.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> bytes) = 0;

  std::uint64_t next_u64();
  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double unit();
};

}  // namespace postern::rt
