#include "tests/dst/day.hpp"

#include <malloc.h>

#include "tests/dst/checkers.hpp"

namespace postern::dst {
namespace day {

constexpr Duration kEvery = std::chrono::minutes(5);

std::size_t allocated_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// One call in a hundred, of the kinds that a network and a busy service have.
void add_faults(sim::FaultyService& faults) {
  using sim::FaultKind;
  for (const auto& [kind, share] : {std::pair(FaultKind::throttle, 0.004), std::pair(FaultKind::server_error, 0.002),
                                    std::pair(FaultKind::lost_reply, 0.002), std::pair(FaultKind::lost_request, 0.001),
                                    std::pair(FaultKind::failed_reply, 0.001)}) {
    sim::FaultRule rule("*", kind, sim::FaultRule::kForever);
    rule.probability = share;
    faults.add(std::move(rule));
  }
}

}  // namespace day

Day run_day(std::uint64_t seed, Duration length, const std::string& ledger) {
  SimRunOptions options;
  options.seed = seed;
  options.accounts = 40;
  options.agents = 120;
  options.commands_max = 400;  // ten runs' worth: what the cloud itself remembers does not grow
  options.ledger_file = ledger;
  options.faults = day::add_faults;
  options.people.in_doubt = flow::record::Decision::adopt;
  SimRun run(options);
  run.make_cloud();
  run.world().trace().set_kept_max(1'000);
  Day day;
  const MonoTime begin = run.world().clock().now();
  while (run.world().clock().now() - begin < length && day.wrong.empty()) {
    const MonoTime next = run.world().clock().now() + day::kEvery;
    {
      const Result<SimRunResult> result = run.run();
      day.wrong = result ? check_run(*result, run) : result.error().to_text();
      if (result) day.targets += result->discovered;
      if (result) day.doubts += result->doubts;
    }
    ++day.runs;
    if (run.world().clock().now() < next) run.world().advance(next - run.world().clock().now());
    day.bytes_end = day::allocated_bytes();
    if (run.world().clock().now() - begin <= length / 10) day.bytes_warm = day.bytes_end;
  }
  day.virtual_time = run.world().clock().now() - begin;
  day.calls = run.watcher().seen();
  day.faults = run.services().faults().applied();
  return day;
}

std::string Day::to_text() const {
  return std::to_string(runs) + " runs of " + std::to_string(targets) + " targets in " + format_duration(virtual_time) +
         ", " + std::to_string(calls) + " calls of which " + std::to_string(faults) + " went wrong, " +
         std::to_string(doubts) + " sends in doubt; allocated after a tenth " + std::to_string(bytes_warm >> 10U) +
         " KiB, at the end " + std::to_string(bytes_end >> 10U) + " KiB; " +
         (wrong.empty() ? "all runs reconciled" : "WRONG: " + wrong);
}

}  // namespace postern::dst
