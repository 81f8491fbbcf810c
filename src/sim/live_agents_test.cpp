#include "sim/live_agents.hpp"

#include <gtest/gtest.h>

#include "os/random.hpp"
#include "rt/loop.hpp"
#include "rt/sync.hpp"

namespace postern::sim {
namespace live_agents_test {

using namespace std::chrono_literals;

class QuietExplainer final : public rt::Explainer {
 public:
  bool wants(std::string_view) const override { return false; }
  void explain(std::string_view, std::string) override {}
};

class Collector final : public WorkListener {
 public:
  bool picked_up(const WorkKey&) override {
    picked = true;
    return accept;
  }
  void finished(const WorkKey&, WorkOutcome with) override {
    outcome = std::move(with);
    done.set();
  }
  bool accept = true;
  bool picked = false;
  WorkOutcome outcome;
  rt::Event done;
};

struct Plan {
  Plan() = default;
  Work work;
  std::optional<Duration> cancel_after;
};

Work work_of(std::vector<std::string> commands, std::chrono::seconds timeout = 1h) {
  Work work;
  work.key = WorkKey("0a0a0a0a-0000-4000-8000-000000000000", "i-0123456789abcdef0");
  work.region = "us-east-1";
  work.host_name = "web-01";
  WorkStep step;
  step.name = "aws:runShellScript";
  step.action = step.name;
  step.commands = std::move(commands);
  step.timeout = timeout;
  work.steps = std::make_shared<const std::vector<WorkStep>>(1, std::move(step));
  return work;
}

rt::Task<WorkOutcome> run(rt::Loop* loop, std::string root, Plan plan) {
  os::KernelRandom random;
  QuietExplainer explainer;
  const rt::CallContext ctx(loop->clock(), random, explainer);
  const auto files = os::make_posix_files();
  const auto processes = os::make_posix_processes(loop->executor());
  LiveAgentOptions options;
  options.root_dir = root;
  LiveAgents agents(loop->executor(), ctx, *processes, *files, options);
  EXPECT_TRUE(agents.start());
  Collector collector;
  const WorkKey key = plan.work.key;
  agents.deliver(std::move(plan.work), collector);
  if (plan.cancel_after) {
    const auto slept = co_await rt::sleep_until(loop->clock(), loop->clock().now() + *plan.cancel_after);
    EXPECT_TRUE(slept);
    agents.cancel(key);
  }
  const auto waited = co_await collector.done.wait();
  EXPECT_TRUE(waited);
  co_await agents.stop();
  EXPECT_FALSE(files->exists(root));
  co_return std::move(collector.outcome);
}

class LiveAgentsTest : public ::testing::Test {
 protected:
  StepOutcome run_plan(Plan plan) {
    const std::string root =
        ::testing::TempDir() + "postern-live-agents-" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    const WorkOutcome outcome = loop_.run(run(&loop_, root, std::move(plan)));
    EXPECT_EQ(outcome.steps.size(), 1U);
    return outcome.steps.empty() ? StepOutcome() : outcome.steps.front();
  }
  rt::Loop loop_;
};

TEST_F(LiveAgentsTest, RunsScriptWithCleanEnvironmentAndPrograms) {
  Plan plan;
  plan.work = work_of({"echo $POSTERN_SIM_HOSTNAME $AWS_SSM_INSTANCE_ID $AWS_SSM_REGION_NAME", "hostname",
                       "test -z \"$USER$AWS_ACCESS_KEY_ID\" && echo clean", "cd \"$HOME\" && echo at home >&2"});
  plan.work.programs["hostname"] = "#!/bin/sh\necho simulated\n";
  const StepOutcome outcome = run_plan(std::move(plan));
  EXPECT_EQ(outcome.end, StepOutcome::End::success);
  EXPECT_EQ(outcome.output, "web-01 i-0123456789abcdef0 us-east-1\nsimulated\nclean\n");
  EXPECT_EQ(outcome.errors, "at home\n");
}

TEST_F(LiveAgentsTest, ExitCodeAndSignalAreReported) {
  Plan plan;
  plan.work = work_of({"exit 3"});
  StepOutcome outcome = run_plan(std::move(plan));
  EXPECT_EQ(outcome.end, StepOutcome::End::failed);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.errors, "failed to run commands: exit status 3");
  Plan killed;
  killed.work = work_of({"kill -9 $$"});
  outcome = run_plan(std::move(killed));
  EXPECT_EQ(outcome.exit_code, 137);
}

TEST_F(LiveAgentsTest, InterpreterOfTheFirstLineIsHonoured) {
  Plan plan;
  plan.work = work_of({"#!/bin/cat", "this is printed, not run"});
  EXPECT_EQ(run_plan(std::move(plan)).output, "#!/bin/cat\nthis is printed, not run\n");
}

TEST_F(LiveAgentsTest, TimeoutAndCancelKillTheWholeGroup) {
  Plan timeout;
  timeout.work = work_of({"sleep 100 & sleep 100"}, 1s);
  StepOutcome outcome = run_plan(std::move(timeout));
  EXPECT_EQ(outcome.end, StepOutcome::End::timed_out);
  EXPECT_EQ(outcome.exit_code, 137);
  Plan cancel;
  cancel.work = work_of({"sleep 100"});
  cancel.cancel_after = 200ms;
  outcome = run_plan(std::move(cancel));
  EXPECT_EQ(outcome.end, StepOutcome::End::cancelled);
}

TEST_F(LiveAgentsTest, WindowsIsRefusedHonestly) {
  Plan plan;
  plan.work = work_of({"Get-Process"});
  plan.work.platform = Platform::windows;
  const StepOutcome outcome = run_plan(std::move(plan));
  EXPECT_EQ(outcome.end, StepOutcome::End::failed);
  EXPECT_NE(outcome.errors.find("PowerShell"), std::string::npos);
}

}  // namespace live_agents_test
}  // namespace postern::sim
