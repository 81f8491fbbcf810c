// The simulated cloud at scale: what an agent at rest costs in memory, and a whole run in CPU time.

#include <malloc.h>

#include <cstdio>

#include "bench/modes.hpp"
#include "tests/dst/checkers.hpp"

namespace postern::bench {
namespace {

std::size_t allocated_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

int sim_run_mode(int agents, int accounts) {
  dst::SimRunOptions options;
  options.agents = static_cast<std::size_t>(agents);
  options.accounts = static_cast<std::size_t>(accounts);
  options.policy.scopes_at_once = 80;
  options.audited = false;
  dst::SimRun run(options);
  const std::size_t before = allocated_bytes();
  const double start = cpu_seconds();
  run.make_cloud();
  const double made = cpu_seconds();
  const std::size_t at_rest = allocated_bytes() - before;
  const Result<dst::SimRunResult> result = run.run();
  const double ended = cpu_seconds();
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().to_text().c_str());
    return 1;
  }
  const std::string wrong = dst::check_run(*result, run);
  if (!wrong.empty()) {
    std::fprintf(stderr, "%s\n", wrong.c_str());
    return 1;
  }
  std::uint64_t calls = 0;
  for (const auto& [name, count] : run.cloud().truth().calls) calls += count;
  const double virtual_seconds = std::chrono::duration<double>(result->virtual_time).count();
  std::printf(
      "{\"agents\": %d, \"accounts\": %d, \"bytes_per_agent\": %.0f, \"make_s\": %.2f, \"cpu_s\": %.2f, "
      "\"calls\": %llu, \"virtual_s\": %.0f, \"succeeded\": %zu, \"bytes_at_end\": %zu}\n",
      agents, accounts, static_cast<double>(at_rest) / agents, made - start, ended - start,
      static_cast<unsigned long long>(calls), virtual_seconds, result->run.totals().succeeded, allocated_bytes());
  return 0;
}

}  // namespace postern::bench
