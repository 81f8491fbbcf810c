#include <sys/random.h>

#include <cerrno>

#include "base/check.hpp"
#include "os/random.hpp"

namespace postern::os {

void KernelRandom::fill(std::span<std::uint8_t> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::getrandom(bytes.data() + done, bytes.size() - done, 0);
    CHECK(n >= 0 || errno == EINTR);
    if (n > 0) done += static_cast<std::size_t>(n);
  }
}

}  // namespace postern::os
