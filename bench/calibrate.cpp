// Fixed work: a row that moves together with this moved because the machine did.

#include <cstdio>
#include <map>
#include <string>

#include "bench/modes.hpp"

namespace postern::bench {

int calibrate_mode() {
  const double before = cpu_seconds();
  std::map<std::string, std::size_t> counts;
  std::uint64_t state = 1;
  for (int i = 0; i < 400'000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    ++counts["key-" + std::to_string(state >> 50U)];
  }
  const double spent = cpu_seconds() - before;
  std::printf("{\"calibration_us\": %.0f, \"keys\": %zu}\n", spent * 1e6, counts.size());
  return 0;
}

}  // namespace postern::bench
