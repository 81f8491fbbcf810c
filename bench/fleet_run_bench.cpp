// One durable run over a large fleet: memory above the simulated cloud's own, CPU, calls against the least possible,
// and virtual time against what the cloud's API rates allow. The cloud and the client are in one process, because
// virtual time is; the ledger is a real file, so that it is not taken for memory.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "bench/modes.hpp"
#include "flow/pace.hpp"
#include "tests/dst/checkers.hpp"

namespace postern::bench {
namespace {

constexpr double kPollInterval = std::chrono::duration<double>(flow::Pace::kLongestGap).count();

/// "VmRSS:" or "VmHWM:" of this process, MiB.
double resident_mib(std::string_view what) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(what)) return std::stod(line.substr(what.size())) / 1024;
  }
  return 0;
}

/// VmHWM counts anew from here.
void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

std::uint64_t calls_of(const dst::SimRun& run, const std::string& name) {
  const auto& calls = const_cast<dst::SimRun&>(run).watcher().calls();
  const auto found = calls.find(name);
  return found == calls.end() ? 0 : found->second;
}

/// The calls that follow a run, and the least that any client needs for the batches of its plan: a send for each, and
/// the page that lists its targets once. Looking whether it is time to list them is the client's affair. Every target
/// succeeded under one command, so that the commands are the batches, however often something was sent.
void add_calls(Json& out, dst::SimRun& run, const flow::RunResult& result) {
  std::uint64_t made = 0;
  for (const char* name : {"ssm:SendCommand", "ssm:ListCommands", "ssm:ListCommandInvocations",
                           "ssm:GetCommandInvocation", "ssm:CancelCommand"}) {
    made += calls_of(run, name);
    out.set(name, calls_of(run, name));
  }
  std::set<std::string_view> batches;
  for (const flow::TargetResult& target : result.targets) batches.insert(target.command_id);
  out.set("calls", made).set("least", 2 * batches.size());
}

/// Of every account: what was asked while it was under way, but for one list of every command, by the minute.
void add_polls(Json& out, dst::SimRun& run) {
  double worst = 0;
  std::size_t most_in_a_minute = 0;
  for (const auto& [id, account] : run.watcher().accounts()) {
    const double under_way = std::chrono::duration<double, std::ratio<60>>(account.under_way()).count();
    const auto mine = static_cast<double>(account.polls());
    worst = std::max(worst, mine / std::max(under_way, 1.0));
    std::size_t first = 0;
    for (std::size_t i = 0; i < account.reads.size(); ++i) {
      while (account.reads[i] - account.reads[first] >= std::chrono::minutes(1)) ++first;
      most_in_a_minute = std::max(most_in_a_minute, i - first + 1);
    }
  }
  out.set("polls_per_scope_minute", dst::polls_per_minute(run.watcher().accounts())).set("polls_worst_scope", worst);
  out.set("reads_in_worst_minute", most_in_a_minute);
}

/// The soonest end under the rates: the last batch of the largest account is sent when its bucket has a token for it,
/// takes its time, and is listed then; lists begin when the first batch ends, and have a bucket of their own.
double bound_seconds(const FleetRunOrder& order) {
  const double batches = std::ceil(static_cast<double>((order.agents + order.accounts - 1) / order.accounts) / 50);
  const double last_send = order.rate > 0 ? std::max(0.0, (batches - order.burst) / order.rate) : 0;
  return last_send + order.seconds * std::max(order.spread, 1.0);
}

dst::SimRunOptions options_of(const FleetRunOrder& order) {
  dst::SimRunOptions options;
  options.agents = static_cast<std::size_t>(order.agents);
  options.accounts = static_cast<std::size_t>(order.accounts);
  options.waves = order.waves;
  options.policy.scopes_at_once = static_cast<std::uint32_t>(order.at_once);
  options.discover_at_once = 80;
  options.command_time = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(order.seconds));
  options.jitter = 0;
  options.spread = order.spread;
  options.audited = false;
  options.ledger_file = order.ledger;
  if (order.rate <= 0) return options;
  const double rate = order.rate;
  const double burst = order.burst;
  options.faults = [rate, burst](sim::FaultyService& faults) {
    for (const char* api : {"ssm:SendCommand", "ssm:ListCommands", "ssm:ListCommandInvocations"}) {
      sim::FaultRule rule(api, sim::FaultKind::throttle, sim::FaultRule::kForever);
      rule.rate = rate;
      rule.burst = burst;
      faults.add(rule);
    }
  };
  return options;
}

}  // namespace

int fleet_run_mode(const FleetRunOrder& order) {
  dst::SimRun run(options_of(order));
  run.make_cloud();
  if (const Result<void> started = run.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().to_text().c_str());
    return 1;
  }
  const double at_rest = resident_mib("VmRSS:");
  forget_peak();
  const double before = cpu_seconds();
  const Result<dst::SimRunResult> result = run.run();
  const double spent = cpu_seconds() - before;
  const double peak = resident_mib("VmHWM:");
  std::string wrong = result ? dst::check_run(*result, run) : result.error().to_text();
  if (wrong.empty() && result->run.totals().succeeded != static_cast<std::size_t>(order.agents)) {
    wrong = "not every target succeeded";
  }
  if (!wrong.empty()) {
    std::fprintf(stderr, "%s\n", wrong.c_str());
    return 1;
  }
  Json out = Json::object();
  out.set("agents", order.agents).set("accounts", order.accounts).set("cpu_s", spent);
  out.set("cpu_us_per_target", spent * 1e6 / order.agents);
  out.set("sim_mib", at_rest).set("peak_mib", peak).set("above_mib", peak - at_rest);
  add_calls(out, run, result->run);
  add_polls(out, run);
  out.set("wall_s", std::chrono::duration<double>(result->run_time).count());
  out.set("bound_s", bound_seconds(order)).set("poll_interval_s", kPollInterval);
  out.set("throttled", run.services().faults().applied());
  std::printf("%s\n", out.dump().c_str());
  return 0;
}

}  // namespace postern::bench
