#include "tests/dst/workload.hpp"

#include "base/json.hpp"
#include "flow/probe.hpp"
#include "tests/dst/checkers.hpp"
#include "world/random.hpp"

namespace postern::dst {
namespace workload {

using namespace std::chrono_literals;
using sim::AgentProfile;
using sim::FaultKind;
using sim::FaultRule;

/// One of several, as the dice have it.
template <class T, std::size_t N>
const T& one_of(rt::Random& random, const T (&choices)[N]) {
  return choices[random.below(N)];
}

bool chance(rt::Random& random, unsigned percent) {
  return random.below(100) < percent;
}

void draw_fleet(SimRunOptions& options, rt::Random& random) {
  options.accounts = 1 + random.below(6);
  options.agents = chance(random, 4) ? 100 + random.below(101) : 1 + random.below(40);
  const std::uint64_t mix = random.below(4);
  const std::uint64_t turn = random.below(12);
  options.profile = [mix, turn](std::size_t index) {
    static constexpr AgentProfile kAll[] = {AgentProfile::live,    AgentProfile::slow,    AgentProfile::flaky,
                                            AgentProfile::offline, AgentProfile::stalls,  AgentProfile::connection_lost,
                                            AgentProfile::old,     AgentProfile::dies,    AgentProfile::live,
                                            AgentProfile::none,    AgentProfile::reboots, AgentProfile::wrong_platform};
    if (mix == 0) return AgentProfile::live;
    if (mix == 1) return (index + turn) % 4 == 0 ? AgentProfile::flaky : AgentProfile::live;
    if (mix == 2) return (index + turn) % 9 == 0 ? kAll[(index + turn) / 9 % 12] : AgentProfile::live;
    return kAll[(index + turn) % 12];
  };
  if (chance(random, 40)) {
    const std::uint64_t every = 2 + random.below(3);
    options.platform = [every](std::size_t index) {
      return index % every == 0 ? sim::Platform::windows : sim::Platform::linux;
    };
  }
  static constexpr Duration kTimes[] = {200ms, 1s, 5s, 30s, 3min};
  options.command_time = one_of(random, kTimes);
  options.jitter = chance(random, 50) ? 0.1 : 0;
  options.spread = chance(random, 30) ? 10 : 1;
  static constexpr Duration kLags[] = {0ms, 300ms, 300ms, 2s, 10s, 25s, 45s};
  options.list_lag = one_of(random, kLags);
  static constexpr Duration kSkews[] = {0s, 0s, 0s, 90s, -90s, 4min, -4min, 20min, -20min};
  options.clock_skew = one_of(random, kSkews);
}

void draw_run(SimRunOptions& options, rt::Random& random) {
  static constexpr std::string_view kWaves[] = {
      "", "", "canary,rest", "canary,10%,rest", "by:account", "pick:2,50%,rest"};
  options.waves = one_of(random, kWaves);
  static constexpr std::uint32_t kBudgets[] = {100, 100, 0, 5, 30};
  options.max_errors = flow::Budget(one_of(random, kBudgets), true);
  options.canary = flow::Budget(chance(random, 50) ? 1 : 0, false);
  options.policy.idempotent = chance(random, 25);
  static constexpr std::uint32_t kScopes[] = {1, 2, 3, 100};
  options.policy.scopes_at_once = one_of(random, kScopes);
  options.policy.batches_at_once = static_cast<std::uint32_t>(random.below(4));
  static constexpr std::size_t kBatches[] = {1, 3, 10, 50, 50};
  options.batch_max = one_of(random, kBatches);
  if (options.agents > 40) options.batch_max = 50;
  options.execution_timeout = chance(random, 50) ? 10min : 1h;
  options.delivery_timeout = chance(random, 50) ? 30s : 2min;
}

void draw_people(People& people, rt::Random& random) {
  using flow::record::Decision;
  static constexpr Duration kTimes[] = {500ms, 2s, 10s, 40s, 2min};
  if (chance(random, 25)) people.interrupt_after = one_of(random, kTimes);
  people.cancel = chance(random, 40);
  if (chance(random, 15)) {
    people.hold_from = chance(random, 50) ? 0s : one_of(random, kTimes);
    people.hold_until = people.hold_from + one_of(random, kTimes);
  }
  people.release_budget = chance(random, 60);
  static constexpr Decision kDecisions[] = {Decision::skip, Decision::adopt, Decision::reissue};
  people.in_doubt = one_of(random, kDecisions);
}

FaultRule any_rule(rt::Random& random, FaultKind kind) {
  static constexpr std::string_view kWhat[] = {"*", "*", "ssm:*", "ssm:SendCommand", "ssm:List*", "sts:*"};
  static constexpr double kShares[] = {0.01, 0.02, 0.05, 0.2};
  FaultRule rule(std::string(one_of(random, kWhat)), kind, FaultRule::kForever);
  rule.probability = one_of(random, kShares);
  rule.size = kind == FaultKind::nested_reply ? 500 : 10'000;
  rule.member = "Status";
  rule.value = "Confused";
  if (kind == FaultKind::delay) rule.delay = std::chrono::milliseconds(50 + random.below(5'000));
  return rule;
}

std::vector<FaultRule> draw_rules(rt::Random& random) {
  std::vector<FaultRule> rules;
  if (chance(random, 25)) {
    FaultRule rate(chance(random, 50) ? "ssm:*" : "ssm:SendCommand", FaultKind::throttle, FaultRule::kForever);
    rate.rate = chance(random, 50) ? 1 : 0.2;
    rate.burst = 1 + static_cast<double>(random.below(5));
    rules.push_back(std::move(rate));
  }
  if (chance(random, 30)) {
    static constexpr FaultKind kCruel[] = {FaultKind::lost_reply,    FaultKind::lost_request,
                                           FaultKind::failed_reply,  FaultKind::truncated_reply,
                                           FaultKind::expired_token, FaultKind::throttle};
    FaultRule rule("ssm:SendCommand", one_of(random, kCruel), 1 + random.below(4));
    rule.skip = random.below(4);
    rules.push_back(std::move(rule));
  }
  const unsigned share = static_cast<unsigned>(random.below(4)) * 10;  // of the kinds
  for (const std::string& name : sim::fault_kind_names()) {
    if (chance(random, share)) rules.push_back(any_rule(random, *sim::parse_fault_kind(name)));
  }
  return rules;
}

/// What is rare, drawn from dice of its own.
void draw_rare(SimRunOptions& options, std::vector<FaultRule>& rules, rt::Random& random) {
  if (chance(random, 8)) options.gone_every = 1 + random.below(6);
  if (chance(random, 8)) options.people.hold_unreadable = 1 + random.below(3);
  if (chance(random, 6)) {
    FaultRule refused("ssm:SendCommand", FaultKind::throttle, 1 + random.below(3));
    refused.code = "AccessDeniedException";
    refused.skip = random.below(3);
    rules.push_back(std::move(refused));
  }
  if (chance(random, 3)) {
    // One by one over more than a page of commands, with a stop in between.
    options.accounts = 1;
    options.agents = 51 + random.below(15);
    options.batch_max = 1;
    options.policy.batches_at_once = 0;
    options.waves.clear();
    FaultRule rate("ssm:*", FaultKind::throttle, FaultRule::kForever);
    rate.rate = 1 + static_cast<double>(random.below(10));
    rate.burst = 5;
    if (chance(random, 70)) rules.push_back(std::move(rate));
    if (chance(random, 50)) options.people.interrupt_after = 2s;
    if (chance(random, 50)) rules.push_back(any_rule(random, FaultKind::refused_page));
  }
}

}  // namespace workload

SimRunOptions workload_of(std::uint64_t seed) {
  using namespace workload;
  world::SeededRandom random(seed, "workload");
  SimRunOptions options;
  options.seed = seed;
  draw_fleet(options, random);
  draw_run(options, random);
  draw_people(options.people, random);
  if (chance(random, 40)) options.crashes = 1 + random.below(3);
  static constexpr Duration kTimes[] = {5s, 30s, 2min, 10min};
  std::vector<FaultRule> rules = draw_rules(random);
  options.faults_for = one_of(random, kTimes);
  world::SeededRandom rare(seed, "rare");
  draw_rare(options, rules, rare);
  if (chance(rare, 2)) {
    // Nobody understands how the commands fare until their time is long up.
    FaultRule confused("ssm:ListCommandInvocations", FaultKind::unknown_value, FaultRule::kForever);
    confused.member = "Status";
    confused.value = "Confused";
    rules.push_back(std::move(confused));
    options.faults_for = 6h;
    options.agents = 1 + rare.below(12);
    options.execution_timeout = 10min;
  }
  if (rules.empty()) {
    options.faults_for = Duration{};
    return options;
  }
  options.faults = [rules](sim::FaultyService& faults) {
    for (const FaultRule& rule : rules) faults.add(rule);
  };
  return options;
}

void Summary::add(const SimRunResult& result, SimRun& run) {
  ++seeds;
  targets += result.discovered;
  commands += run.cloud().truth().commands;
  virtual_hours += std::chrono::duration<double, std::ratio<3600>>(result.virtual_time).count();
  for (const std::string& kind : sim::fault_kind_names()) faults[kind] += 0;
  for (const auto& [kind, count] : run.services().faults().applied_by_kind()) {
    faults[std::string(sim::to_string(kind))] += count;
  }
  faults["crash"] += result.crashed;
  faults["interruption"] += result.interrupted ? 1 : 0;
  faults["cancellation"] += result.cancelled ? 1 : 0;
  faults["clock skew"] += run.options().clock_skew == Duration{} ? 0 : 1;
  faults["hold"] += result.holds;
  faults["send in doubt"] += result.doubts;
  const flow::Totals totals = result.run.totals();
  outcomes["succeeded"] += totals.succeeded;
  outcomes["failed"] += totals.failed;
  outcomes["skipped"] += totals.skipped;
  outcomes["unknown"] += totals.unknown;
}

std::string Summary::to_text() const {
  const auto counts = [](const std::map<std::string, std::uint64_t>& of) {
    std::string line;
    for (const auto& [name, count] : of) line += (line.empty() ? "" : ", ") + name + " " + std::to_string(count);
    return line;
  };
  std::string out = std::to_string(seeds) + " seeds, " + std::to_string(targets) + " targets, " +
                    std::to_string(commands) + " commands, " + std::to_string(static_cast<long>(virtual_hours)) +
                    " hours of virtual time\n";
  out += "  targets:  " + counts(outcomes) + "\n  injected: " + counts(faults) + "\n";
  std::size_t hit = 0;
  std::string never;
  for (const auto& [name, count] : probes) {
    hit += count > 0 ? 1U : 0U;
    if (count == 0) never += (never.empty() ? "" : ", ") + name;
  }
  out += "  probes:   " + std::to_string(hit) + " of " + std::to_string(probes.size()) +
         " branches were reached; never: " + (never.empty() ? "none" : never) + "\n";
  return out;
}

std::string Summary::to_json() const {
  const auto object = [](const std::map<std::string, std::uint64_t>& of) {
    Json out = Json::object();
    for (const auto& [name, count] : of) out.set(name, count);
    return out;
  };
  return Json::object()
      .set("seeds", seeds)
      .set("targets", targets)
      .set("commands", commands)
      .set("virtual_hours", virtual_hours)
      .set("outcomes", object(outcomes))
      .set("faults", object(faults))
      .set("probes", object(probes))
      .dump();
}

std::string run_seed(std::uint64_t seed, Summary* summary, std::uint64_t* hash) {
  SimRun run(workload_of(seed));
  run.make_cloud();
  const Result<SimRunResult> result = run.run();
  if (!result) return result.error().to_text();
  if (hash != nullptr) *hash = run.world().trace().hash();
  if (summary != nullptr) {
    summary->add(*result, run);
    for (const auto& [name, count] : flow::probe_counts()) summary->probes[std::string(name)] = count;
  }
  return check_run(*result, run);
}

}  // namespace postern::dst
