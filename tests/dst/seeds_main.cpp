// dst_seeds FROM TO: runs these seeds, names those with which something is wrong, and ends in a summary: the last line
// is JSON for scripts/ci/seeds. Exit 1 when a seed failed. dst_seeds dr SCENARIO FROM TO: the same of a scenario of
// disaster recovery, at most the seeds that it has. dst_seeds session FROM TO: the same of sessions over a bad way.
// dst_seeds day LEDGER: 24 hours of runs with faults; LEDGER is a
// file that is not there yet.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <type_traits>

#include "tests/dst/day.hpp"
#include "tests/dst/dr_scenarios.hpp"
#include "tests/dst/session_run.hpp"
#include "tests/dst/workload.hpp"

namespace {

using postern::dst::SessionSummary;
using postern::dst::Summary;
template <class Sum>
using OneSeed = std::function<std::string(std::uint64_t seed, Sum* summary)>;

template <class Sum = Summary>
int run_seeds(std::uint64_t from, std::uint64_t to, const std::string& name,
              const std::type_identity_t<OneSeed<Sum>>& run) {
  Sum summary;
  std::size_t failed = 0;
  double worst = 0;
  std::uint64_t worst_seed = 0;
  for (std::uint64_t seed = from; seed <= to; ++seed) {
    const std::clock_t began = std::clock();
    const std::string wrong = run(seed, &summary);
    const double spent = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
    if (spent > worst) {
      worst = spent;
      worst_seed = seed;
    }
    if (wrong.empty()) continue;
    ++failed;
    std::printf("FAILED %sseed %llu: %s\n", name.c_str(), static_cast<unsigned long long>(seed), wrong.c_str());
    std::fflush(stdout);
  }
  std::printf("%s  CPU:      %.1f s, at most %.2f s for one (seed %llu)\n", summary.to_text().c_str(),
              static_cast<double>(std::clock()) / CLOCKS_PER_SEC, worst, static_cast<unsigned long long>(worst_seed));
  std::printf("%s\n", summary.to_json().c_str());
  return failed == 0 ? 0 : 1;
}

int run_scenario(const char* id, std::uint64_t from, std::uint64_t to) {
  const postern::dst::DrScenario* const scenario = postern::dst::find_dr_scenario(id);
  if (scenario == nullptr) {
    for (const postern::dst::DrScenario& one : postern::dst::dr_scenarios()) {
      std::printf("%s %llu %s\n", std::string(one.id).c_str(), static_cast<unsigned long long>(one.seeds),
                  std::string(one.what).c_str());
    }
    return 2;
  }
  return run_seeds(from, to, "dr " + std::string(id) + " ", scenario->run);
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [argv](int at) { return std::strtoull(argv[at], nullptr, 10); };
  if (argc == 5 && std::strcmp(argv[1], "dr") == 0) return run_scenario(argv[2], number(3), number(4));
  if (argc == 4 && std::strcmp(argv[1], "session") == 0) {
    return run_seeds<SessionSummary>(number(2), number(3), "session ", [](std::uint64_t seed, SessionSummary* summary) {
      return postern::dst::run_session_seed(seed, summary);
    });
  }
  if (argc != 3) {
    std::fprintf(stderr,
                 "usage: dst_seeds FROM TO | dst_seeds dr SCENARIO FROM TO | dst_seeds session FROM TO | "
                 "dst_seeds day LEDGER\n");
    return 2;
  }
  if (std::strcmp(argv[1], "day") == 0) {
    const postern::dst::Day day = postern::dst::run_day(1, std::chrono::hours(24), argv[2]);
    std::printf("%s\n", day.to_text().c_str());
    return day.wrong.empty() ? 0 : 1;
  }
  return run_seeds(number(1), number(2), "",
                   [](std::uint64_t seed, Summary* summary) { return postern::dst::run_seed(seed, summary); });
}
