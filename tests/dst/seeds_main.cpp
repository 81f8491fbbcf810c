// dst_seeds FROM TO: runs these seeds, names those with which something is wrong, and ends in a summary: the last line
// is JSON for scripts/ci/seeds. Exit 1 when a seed failed. dst_seeds day LEDGER: 24 hours of runs with faults; LEDGER
// is a file that is not there yet.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "tests/dst/day.hpp"
#include "tests/dst/workload.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: dst_seeds FROM TO | dst_seeds day LEDGER\n");
    return 2;
  }
  if (std::strcmp(argv[1], "day") == 0) {
    const postern::dst::Day day = postern::dst::run_day(1, std::chrono::hours(24), argv[2]);
    std::printf("%s\n", day.to_text().c_str());
    return day.wrong.empty() ? 0 : 1;
  }
  const std::uint64_t from = std::strtoull(argv[1], nullptr, 10);
  const std::uint64_t to = std::strtoull(argv[2], nullptr, 10);
  postern::dst::Summary summary;
  std::size_t failed = 0;
  double worst = 0;
  std::uint64_t worst_seed = 0;
  for (std::uint64_t seed = from; seed <= to; ++seed) {
    const std::clock_t began = std::clock();
    const std::string wrong = postern::dst::run_seed(seed, &summary);
    const double spent = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
    if (spent > worst) {
      worst = spent;
      worst_seed = seed;
    }
    if (wrong.empty()) continue;
    ++failed;
    std::printf("FAILED seed %llu: %s\n", static_cast<unsigned long long>(seed), wrong.c_str());
    std::fflush(stdout);
  }
  std::printf("%s  CPU:      %.1f s, at most %.2f s for one (seed %llu)\n", summary.to_text().c_str(),
              static_cast<double>(std::clock()) / CLOCKS_PER_SEC, worst, static_cast<unsigned long long>(worst_seed));
  std::printf("%s\n", summary.to_json().c_str());
  return failed == 0 ? 0 : 1;
}
