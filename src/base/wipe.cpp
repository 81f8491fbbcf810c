#include "base/wipe.hpp"

#include <cstring>

namespace postern {

void wipe_memory(void* data, std::size_t size) noexcept {
  if (size == 0) return;
  std::memset(data, 0, size);
  // The barrier makes the compiler believe that the zeroes are read.
  __asm__ __volatile__("" : : "r"(data) : "memory");
}

}  // namespace postern
