#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace postern {

void check_failed(const char* file, int line, const char* text) noexcept {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, text);
  std::abort();
}

}  // namespace postern
