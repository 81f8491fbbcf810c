// How often the run asks AWS, and how long it takes where AWS limits how often it may: exact, for time is virtual.

#include <gtest/gtest.h>

#include <algorithm>

#include "flow/pace.hpp"
#include "tests/dst/checkers.hpp"

namespace postern::dst {
namespace {

using namespace std::chrono_literals;

constexpr double kLongestGap = std::chrono::duration<double>(flow::Pace::kLongestGap).count();

struct Asked {
  std::string wrong;
  std::uint64_t sends = 0;
  std::uint64_t calls = 0;
  double polls_per_minute = 0;  ///< the mean of the scopes
  double seconds = 0;
  Duration slowest_other{};  ///< the longest that an account but the first one was under way
};

Asked ask(SimRunOptions options) {
  options.jitter = 0;
  options.policy.scopes_at_once = 80;
  SimRun run(std::move(options));
  run.make_cloud();
  const Result<SimRunResult> result = run.run();
  Asked asked;
  asked.wrong = result ? check_run(*result, run) : result.error().to_text();
  if (!asked.wrong.empty()) return asked;
  for (const auto& [name, count] : run.watcher().calls()) {
    if (name == "ssm:SendCommand" || name.starts_with("ssm:List") || name == "ssm:GetCommandInvocation")
      asked.calls += count;
  }
  bool first = true;
  for (const auto& [id, account] : run.watcher().accounts()) {
    asked.sends += account.sends;
    if (!first) asked.slowest_other = std::max(asked.slowest_other, account.under_way());
    first = false;
  }
  asked.polls_per_minute = polls_per_minute(run.watcher().accounts());
  asked.seconds = std::chrono::duration<double>(result->run_time).count();
  return asked;
}

SimRunOptions fleet_of(std::size_t accounts, std::size_t agents) {
  SimRunOptions options;
  options.accounts = accounts;
  options.agents = agents;
  return options;
}

void limit(sim::FaultyService& faults, const std::string& account) {
  for (const char* api : {"ssm:SendCommand", "ssm:ListCommands", "ssm:ListCommandInvocations"}) {
    sim::FaultRule rule(api, sim::FaultKind::throttle, sim::FaultRule::kForever);
    rule.rate = 1;
    rule.burst = 5;
    rule.account = account;
    faults.add(rule);
  }
}

TEST(CallsOfARun, EqualCommandsCostASendAndAListEach) {
  const Asked asked = ask(fleet_of(20, 2000));
  EXPECT_EQ(asked.wrong, "");
  EXPECT_EQ(asked.sends, 40U);
  EXPECT_LE(static_cast<double>(asked.calls), 1.15 * 2 * 40);
}

TEST(CallsOfARun, ThreeLooksAMinuteHoweverTheCommandsDiffer) {
  for (const int seconds : {2, 6, 12, 30, 60}) {
    SimRunOptions options = fleet_of(40, 4000);
    options.command_time = std::chrono::seconds(seconds);
    options.spread = 10;
    const Asked asked = ask(std::move(options));
    EXPECT_EQ(asked.wrong, "") << seconds;
    EXPECT_LE(asked.polls_per_minute, 3) << seconds;
    EXPECT_LE(asked.seconds, 1.05 * 10 * seconds + kLongestGap) << seconds;
  }
}

TEST(CallsOfARun, KeepToTheRatesOfTheApisAndLoseNoTime) {
  SimRunOptions options = fleet_of(2, 4000);
  options.faults = [](sim::FaultyService& faults) { limit(faults, ""); };
  const Asked asked = ask(std::move(options));
  EXPECT_EQ(asked.wrong, "");
  EXPECT_EQ(asked.sends, 80U);
  EXPECT_LE(asked.seconds, 1.05 * (40 - 5 + 30) + kLongestGap);
  EXPECT_LE(asked.calls, 3 * 80U);  // and ask in vain but seldom
}

TEST(CallsOfARun, AnAccountThatIsThrottledHoldsNobodyElseUp) {
  SimRunOptions options = fleet_of(4, 16'000);
  options.faults = [](sim::FaultyService& faults) { limit(faults, "200000000000"); };
  const Asked asked = ask(std::move(options));
  EXPECT_EQ(asked.wrong, "");
  EXPECT_LE(asked.slowest_other, 60s);
}

}  // namespace
}  // namespace postern::dst
