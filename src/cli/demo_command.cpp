// demo: the real commands, told as a story, against a simulated cloud inside this process.

#include <algorithm>
#include <utility>

#include "cli/demo_dr_world.hpp"
#include "cli/demo_stage.hpp"
#include "cli/failure.hpp"
#include "rt/hurried_clock.hpp"
#include "rt/uncancelled.hpp"

namespace postern::cli {
namespace {

/// The user's console, remembering what a step printed: the plan says what must be typed to run it.
class RememberingConsole final : public os::Console {
 public:
  explicit RememberingConsole(os::Console& inner) : inner_(inner) {}
  Result<void> write(os::StdStream stream, std::string_view text) override {
    if (stream == os::StdStream::out && printed_.size() + text.size() <= kRememberedMax) printed_ += text;
    return inner_.write(stream, text);
  }
  bool is_tty(os::StdStream stream) const override { return inner_.is_tty(stream); }
  std::optional<os::TtySize> size() const override { return inner_.size(); }
  Result<std::unique_ptr<os::RawMode>> enter_raw_mode() override { return inner_.enter_raw_mode(); }
  Result<std::unique_ptr<os::RawMode>> hide_input() override { return inner_.hide_input(); }
  void restore() noexcept override { inner_.restore(); }
  rt::Task<Result<std::size_t>> read_input(std::span<std::byte> into) override { return inner_.read_input(into); }

  /// The word behind "--confirm" in what was printed since the last call; empty when there is none.
  std::string asked_for() {
    const std::string printed = std::exchange(printed_, std::string());
    constexpr std::string_view kAsk = "--confirm";
    const std::size_t at = printed.find(kAsk);
    if (at == std::string::npos) return {};
    const std::size_t begin = printed.find_first_not_of(" \n", at + kAsk.size());  // a narrow terminal breaks the line
    if (begin == std::string::npos) return {};
    return printed.substr(begin, printed.find_first_of(" \n", begin) - begin);
  }

 private:
  static constexpr std::size_t kRememberedMax = 64 * 1024;
  os::Console& inner_;
  std::string printed_;
};

constexpr const char* kPlanWord = "PLAN";  ///< stands for the plan's name that the step before printed

/// One step: what is told, what is typed, which exit codes the world's faults demand.
struct Step {
  Step(std::string t, std::vector<std::string> a, std::vector<int> e)
      : told(std::move(t)), arguments(std::move(a)), expected(std::move(e)) {}
  std::string told;
  std::vector<std::string> arguments;
  std::vector<int> expected;
};

std::vector<Step> story() {
  std::vector<Step> steps;
  steps.emplace_back(
      "A hub account and three target accounts. No SSH, no bastion, no public address: the hub may assume one role in "
      "each. "
      "Can it? AWS says AccessDenied for five different mistakes; postern lists them with the commands that tell them "
      "apart.",
      words_of({"accounts", "check"}), std::vector<int>{kExitTargetFailed});
  steps.emplace_back(
      "One account refuses us, and that is part of the story: everything else goes on without it, and nobody pretends "
      "that its "
      "instances are fine. Which instances are marked for disaster recovery? EC2 knows them, Systems Manager knows who "
      "is online.",
      words_of({"targets", "--select", "@dr"}), std::vector<int>{kExitUnknown});
  steps.emplace_back(
      "Before anything is sent, the plan: who gets the command, in which waves, and who is left out and why. A wave "
      "begins "
      "when the one before it has ended; one target of each platform is the canary, and if it fails nothing else is "
      "sent. Two accounts are tagged env: prod, where --yes is not enough: the plan says what is.",
      words_of({"run", "--select", "all", "--dry-run", "--", "uname -r"}), std::vector<int>{kExitOk});
  steps.emplace_back(
      "Now for real: first on the canary, then on every node that can be reached, in batches of one account and "
      "Region. "
      "Identical "
      "output is printed once, with the nodes that gave it, so the odd one out is easy to see.",
      words_of({"run", "--confirm", kPlanWord, "--select", "all", "--", "uname -r"}), std::vector<int>{kExitUnknown});
  steps.emplace_back(
      "A command that fails somewhere: every node ends in exactly one state, and the exit code says that not all is "
      "well.",
      words_of({"run", "--confirm", "ledger-prod", "--account", "ledger-prod", "--select",
                "state:running and ssm:online", "--", "systemctl is-active nginx"}),
      std::vector<int>{kExitTargetFailed});
  return steps;
}

}  // namespace

rt::Task<Result<int>> play_fleet_story(const Command& command, RunningCloud& cloud, const DemoFolder& folder) {
  CO_TRY(Variables variables, folder.furnish(cloud, cloud.fleet_yaml()));
  DemoEnvironment environment(*command.host().environment, std::move(variables), folder.dir());
  Host host = command.host();
  RememberingConsole console(*command.host().console);
  host.console = &console;
  host.environment = &environment;  // its POSTERN_WORLD keeps every step inside the world
  host.signals = nullptr;           // the outer command listens; its cancellation reaches the steps

  const StoryTeller teller(command);
  teller.open(cloud);
  bool as_designed = true;
  int last_code = kExitOk;
  std::string plan;
  for (Step& step : story()) {
    std::replace(step.arguments.begin(), step.arguments.end(), std::string(kPlanWord), plan);
    teller.tell(step.told);
    teller.prompt(step.arguments);
    std::vector<std::string> arguments = step.arguments;
    const auto separator = std::find(arguments.begin(), arguments.end(), "--");
    const std::vector<std::string> table = words_of({"--output", "table"});
    arguments.insert(separator, table.begin(), table.end());
    for (int i = 0; i < command.invocation().count("--verbose"); ++i) arguments.insert(arguments.begin(), "-v");
    // The cloud ends with the story: whoever interrupts it need not be asked what becomes of its commands.
    if (step.arguments[0] == "run")
      arguments.insert(std::find(arguments.begin(), arguments.end(), "run") + 1, "--on-interrupt=cancel");
    const int code = co_await run_cli(host, std::move(arguments));
    const bool stopped = co_await rt::is_cancelled();
    if (stopped) co_return kExitInterrupted;
    plan = console.asked_for();
    const bool expected = teller.close_step(code, step.expected);
    as_designed = as_designed && expected;
    if (step.arguments[0] == "run") last_code = code;
  }
  std::string last_words = "Something did not go as designed; please report it with the output above.";
  if (as_designed) {
    last_words =
        "Everything went as the world's faults demand. The same commands work on your accounts: begin with "
        "`postern init -O postern.yaml`, which is read-only until you say otherwise. `postern demo --dr` tells the "
        "other story: disaster recovery.";
  }
  co_await end_story(command, teller, folder, last_words);
  if (command.invocation().has("--exit-code")) co_return last_code;
  co_return as_designed ? kExitOk : kExitOther;
}

rt::Task<Result<int>> run_demo(const Command& command) {
  if (command.host().clouds == nullptr)
    co_return fail(ErrorKind::unsupported, "this program has no simulated cloud built in");
  const bool dr = command.invocation().has("--dr");
  Host host = command.host();
  std::optional<rt::HurriedClock> hurried;
  auto* const real = dynamic_cast<rt::RealClock*>(host.clock);
  if (dr && real != nullptr) host.clock = &hurried.emplace(*real);
  // Without the command's deadline: what the cloud leaves behind is removed after it.
  const rt::CallContext ctx(*host.clock, command.ctx().random(), command.ctx().explainer());
  CloudOrder order;
  if (dr) {
    order.world_yaml = dr_world_yaml();
    order.world_file = "the world of demo --dr";
    order.metadata_of = kDrHubHost;
  }
  CO_TRY(std::unique_ptr<RunningCloud> cloud, co_await host.clouds->start(ctx, std::move(order)));
  const Result<DemoFolder> folder = DemoFolder::make(command);
  Result<int> code = fail(ErrorKind::internal, "not played");
  if (!folder) {
    code = fail(folder.error());
  } else if (dr) {
    code = co_await play_dr_story(command, host, *cloud, *folder);
  } else {
    code = co_await play_fleet_story(command, *cloud, *folder);
  }
  if (folder) folder->remove();
  co_await rt::uncancelled(cloud->stop());  // Ctrl-C must not keep the nodes' folders from being removed
  co_return code;
}

}  // namespace postern::cli
