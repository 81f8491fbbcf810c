#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "base/check.hpp"
#include "base/wipe.hpp"
#include "os/random.hpp"

namespace postern::os {
namespace {

void read_kernel_random(std::span<std::uint8_t> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::getrandom(bytes.data() + done, bytes.size() - done, 0);
    CHECK(n >= 0 || errno == EINTR);
    if (n > 0) done += static_cast<std::size_t>(n);
  }
}

}  // namespace

KernelRandom::~KernelRandom() { wipe_memory(block_.data(), block_.size()); }

void KernelRandom::fill(std::span<std::uint8_t> bytes) {
  if (bytes.size() >= block_.size()) return read_kernel_random(bytes);
  if (block_.size() - used_ < bytes.size()) {
    read_kernel_random(block_);
    used_ = 0;
  }
  std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(used_), bytes.size(), bytes.begin());
  wipe_memory(block_.data() + used_, bytes.size());
  used_ += bytes.size();
}

}  // namespace postern::os
