#pragma once

#include <array>
#include <cstddef>

#include "rt/random.hpp"

namespace postern::os {

/// The kernel's generator (getrandom), read in blocks: a request id a call should not cost a system call a call. Bytes
/// are wiped as they are handed out. A kernel that cannot give random bytes ends the process: nothing safe is left to
/// do.
class KernelRandom final : public rt::Random {
 public:
  KernelRandom() = default;
  KernelRandom(const KernelRandom&) = delete;
  KernelRandom& operator=(const KernelRandom&) = delete;
  ~KernelRandom() override;
  void fill(std::span<std::uint8_t> bytes) override;

 private:
  std::array<std::uint8_t, 512> block_{};
  std::size_t used_ = 512;
};

}  // namespace postern::os
