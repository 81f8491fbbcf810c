#pragma once

#include "rt/random.hpp"

namespace postern::os {

/// The kernel's generator (getrandom). A kernel that cannot give random bytes ends the process: nothing safe is left to
/// do.
class KernelRandom final : public rt::Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override;
};

}  // namespace postern::os
