#include "os/allocator.hpp"

#include <cstdlib>  // defines __GLIBC__

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace postern::os {

void return_memory_early() noexcept {
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
  // Both are adjusted by glibc as it goes unless they are set: after the first large free nothing would be returned.
  mallopt(M_MMAP_THRESHOLD, 64 << 10);
  mallopt(M_TRIM_THRESHOLD, 128 << 10);
  mallopt(M_ARENA_MAX, 1);
#endif
}

void return_freed_memory() noexcept {
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
  malloc_trim(0);
#endif
}

}  // namespace postern::os
