// A rollout of the replication agent over a large fleet, in virtual time: postern's own command line on the simulated
// cloud, with AWS's API rates, against the soonest end that these and the installations allow.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "base/json.hpp"
#include "bench/modes.hpp"
#include "tests/dst/dr_checkers.hpp"
#include "tests/dst/dr_world.hpp"

namespace postern::bench {
namespace {

constexpr std::size_t kBatch = 50;  // instances of a SendCommand

std::vector<dst::DrAccount> fleet_of(const RolloutBenchOrder& order) {
  std::vector<dst::DrAccount> all;
  for (int i = 0; i < order.accounts; ++i) {
    dst::DrAccount& account = all.emplace_back(std::to_string(300'000'000'000 + i), "account" + std::to_string(i));
    const int mine = order.agents * (i + 1) / order.accounts - order.agents * i / order.accounts;
    account.nodes.emplace_back("node", static_cast<std::size_t>(mine));
  }
  return all;
}

/// What the commands of one sort took on their nodes, which is the simulator's doing alone.
struct Stage {
  Stage() = default;
  double slowest = 0;  ///< of an instance, seconds
  std::size_t commands = 0;
  void add(const sim::Command& command) {
    ++commands;
    for (const sim::Invocation& one : command.invocations()) {
      if (!one.started || !one.finished) continue;
      slowest = std::max(slowest, std::chrono::duration<double>(*one.finished - *one.started).count());
    }
  }
};

/// The soonest end: the slowest look inside a server; then wave after wave, which is what waves are for, the slowest
/// installation of each, whose last command cannot be sent before the account's rate lets it through.
struct Bound {
  Bound() = default;
  Stage probe;
  std::vector<Stage> waves;
  double sends = 0;
  double seconds() const {
    double all = probe.slowest + sends;
    for (const Stage& wave : waves) all += wave.slowest;
    return all;
  }
};

Bound bound_of(dst::DrSim& sim, const RolloutBenchOrder& order) {
  Bound bound;
  std::vector<const sim::Command*> installs;
  for (const sim::AccountConfig& account : sim.cloud().config().accounts) {
    for (const sim::Command* one : sim.services().engine().list(account.id, std::string(dst::kDrSource))) {
      if (one->spec.comment.ends_with("dr rollout: look inside")) bound.probe.add(*one);
      if (one->spec.comment.ends_with("dr rollout: install")) installs.push_back(one);
    }
  }
  std::sort(installs.begin(), installs.end(),
            [](const sim::Command* a, const sim::Command* b) { return a->requested < b->requested; });
  WallTime over;  // when all of the commands so far had ended: one that is sent after that is of the next wave
  for (const sim::Command* one : installs) {
    if (bound.waves.empty() || one->requested >= over) bound.waves.emplace_back();
    bound.waves.back().add(*one);
    for (const sim::Invocation& each : one->invocations()) over = std::max(over, each.finished.value_or(over));
  }
  const double largest = std::ceil(static_cast<double>(order.agents) / order.accounts);
  const double batches = std::ceil(largest / static_cast<double>(kBatch));
  // Every wave finds a bucket that has had time to fill; only the last has enough commands to wait.
  if (order.rate > 0) bound.sends = 2 * std::max(0.0, (batches - order.burst) / order.rate);
  return bound;
}

void limit(dst::DrSim& sim, const RolloutBenchOrder& order) {
  if (order.rate <= 0) return;
  for (const char* api : {"ssm:SendCommand", "ssm:ListCommands", "ssm:ListCommandInvocations", "drs:Describe*"}) {
    sim::FaultRule rule(api, sim::FaultKind::throttle, sim::FaultRule::kForever);
    rule.rate = order.rate;
    rule.burst = order.burst;
    sim.services().faults().add(rule);
  }
}

}  // namespace

int rollout_mode(const RolloutBenchOrder& order) {
  const std::vector<dst::DrAccount> accounts = fleet_of(order);
  dst::DrSimOptions options;
  options.world = dst::world_text(accounts);
  options.fleet = dst::fleet_text(accounts);
  dst::DrSim sim(std::move(options));
  limit(sim, order);
  const std::string agents = std::to_string(order.agents);
  const double before = cpu_seconds();
  const dst::DrAnswer answer =
      sim.run({"dr", "rollout", "--yes", "--expect", agents, "--concurrency", std::to_string(order.accounts)});
  const double spent = cpu_seconds() - before;
  std::string wrong = dst::check_rollout(sim, answer.document, static_cast<std::size_t>(order.agents));
  if (wrong.empty()) wrong = dst::check_ledger(sim);
  const auto registered = std::max<std::int64_t>(dst::total_of(answer.document, "registered"), 0) +
                          std::max<std::int64_t>(dst::total_of(answer.document, "protected"), 0);
  if (wrong.empty() && registered != order.agents) wrong = "only " + std::to_string(registered) + " are registered";
  if (!wrong.empty()) {
    std::fprintf(stderr, "%s\n%s\n", wrong.c_str(), answer.err.c_str());
    return 1;
  }
  const Bound bound = bound_of(sim, order);
  const double took = std::chrono::duration<double>(answer.took).count();
  Json out = Json::object();
  out.set("agents", order.agents).set("accounts", order.accounts).set("cpu_s", spent).set("wall_s", took);
  Json waves = Json::array();
  std::size_t commands = 0;
  for (const Stage& wave : bound.waves) {
    waves.push_back(wave.slowest);
    commands += wave.commands;
  }
  out.set("probe_s", bound.probe.slowest).set("waves_s", std::move(waves));
  out.set("sends_s", bound.sends).set("bound_s", bound.seconds()).set("ratio", took / bound.seconds());
  out.set("install_commands", commands).set("calls", sim.calls());
  out.set("throttled", sim.services().faults().applied());
  std::printf("%s\n", out.dump().c_str());
  return 0;
}

}  // namespace postern::bench
