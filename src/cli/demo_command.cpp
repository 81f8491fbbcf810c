// demo: the real commands, told as a story, against a simulated cloud inside this process.

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.hpp"
#include "cli/command.hpp"
#include "cli/failure.hpp"
#include "rt/uncancelled.hpp"
#include "term/color.hpp"
#include "term/wrap.hpp"

namespace postern::cli {
namespace {

/// The user's environment with the demo's on top and everything of AWS's taken out: nothing real can be reached by
/// mistake.
class DemoEnvironment final : public os::Environment {
 public:
  DemoEnvironment(const os::Environment& base, std::vector<std::pair<std::string, std::string>> extra, std::string home)
      : base_(base), extra_(std::move(extra)), home_(std::move(home)) {}
  std::optional<std::string> get(std::string_view name) const override {
    for (const auto& [key, value] : extra_) {
      if (key == name) return value;
    }
    return hidden(name) ? std::nullopt : base_.get(name);
  }
  std::vector<std::pair<std::string, std::string>> all() const override {
    std::vector<std::pair<std::string, std::string>> variables;
    for (auto& variable : base_.all()) {
      if (!hidden(variable.first)) variables.push_back(std::move(variable));
    }
    variables.insert(variables.end(), extra_.begin(), extra_.end());
    return variables;
  }
  std::string home_dir() const override { return home_; }
  std::string user_name() const override { return base_.user_name(); }
  std::string host_name() const override { return base_.host_name(); }

 private:
  static bool hidden(std::string_view name) {
    return name.starts_with("AWS_") || name.starts_with("POSTERN_") || name == "HTTPS_PROXY" || name == "HTTP_PROXY" ||
           name == "https_proxy" || name == "http_proxy" || name == "SSL_CERT_FILE";
  }
  const os::Environment& base_;
  std::vector<std::pair<std::string, std::string>> extra_;
  std::string home_;
};

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

std::vector<std::string> words(std::initializer_list<const char*> list) {
  return {list.begin(), list.end()};
}

std::vector<Step> story() {
  std::vector<Step> steps;
  steps.emplace_back(
      "A hub account and three target accounts. No SSH, no bastion, no public address: the hub may assume one role in "
      "each. "
      "Can it? AWS says AccessDenied for five different mistakes; postern lists them with the commands that tell them "
      "apart.",
      words({"accounts", "check"}), std::vector<int>{kExitTargetFailed});
  steps.emplace_back(
      "One account refuses us, and that is part of the story: everything else goes on without it, and nobody pretends "
      "that its "
      "instances are fine. Which instances are marked for disaster recovery? EC2 knows them, Systems Manager knows who "
      "is online.",
      words({"targets", "--select", "@dr"}), std::vector<int>{kExitUnknown});
  steps.emplace_back(
      "Before anything is sent, the plan: who gets the command, in which waves, and who is left out and why. A wave "
      "begins "
      "when the one before it has ended; one target of each platform is the canary, and if it fails nothing else is "
      "sent. Two accounts are tagged env: prod, where --yes is not enough: the plan says what is.",
      words({"run", "--select", "all", "--dry-run", "--", "uname -r"}), std::vector<int>{kExitOk});
  steps.emplace_back(
      "Now for real: first on the canary, then on every node that can be reached, in batches of one account and "
      "Region. "
      "Identical "
      "output is printed once, with the nodes that gave it, so the odd one out is easy to see.",
      words({"run", "--confirm", kPlanWord, "--select", "all", "--", "uname -r"}), std::vector<int>{kExitUnknown});
  steps.emplace_back(
      "A command that fails somewhere: every node ends in exactly one state, and the exit code says that not all is "
      "well.",
      words({"run", "--confirm", "ledger-prod", "--account", "ledger-prod", "--select", "state:running and ssm:online",
             "--", "systemctl is-active nginx"}),
      std::vector<int>{kExitTargetFailed});
  return steps;
}

std::string typed(const std::vector<std::string>& arguments) {
  std::string line = "postern";
  for (const std::string& word : arguments) {
    const bool quote = word.find_first_of(" *'\"") != std::string::npos;
    line += quote ? " '" + word + "'" : " " + word;
  }
  return line;
}

class Story {
 public:
  explicit Story(const Command& command) : command_(command) {
    const auto choice = term::parse_color_choice(command.invocation().value("--color").value_or("auto"));
    const bool tty = command.host().console->is_tty(os::StdStream::out);
    color_ = term::decide_color(choice.value_or(term::ColorChoice::automatic), *command.host().environment,
                                tty ? term::Sink::tty : term::Sink::other);
    const auto size = command.host().console->size();
    columns_ = size && size->columns >= 40 ? std::min<std::size_t>(size->columns, 110) : 80;
  }
  void tell(std::string_view text) const { command_.out("\n" + term::wrap_indented(text, columns_, "# ", "# ")); }
  void prompt(const std::vector<std::string>& arguments) const {
    command_.out("\n" + term::styled("$ " + typed(arguments), term::Style::bold, color_) + "\n");
  }
  void plain(std::string_view text) const { command_.out(text); }
  std::size_t columns() const noexcept { return columns_; }

 private:
  const Command& command_;
  term::Color color_ = term::Color::off;
  std::size_t columns_ = 80;
};

/// A folder for the CA file, the fleet file and the ledger, removed at the end.
Result<std::string> make_demo_dir(const Command& command) {
  std::array<std::uint8_t, 8> random{};
  command.ctx().random().fill(random);
  const std::string suffix = to_hex(std::string_view(reinterpret_cast<const char*>(random.data()), random.size()));
  const std::string base = command.host().environment->get("TMPDIR").value_or("/tmp");
  const std::string dir = os::join_path(base, "postern-demo-" + suffix);
  TRY_VOID(command.host().files->make_dirs(dir, 0700));
  return dir;
}

void remove_demo_dir(const Command& command, const std::string& dir) {
  for (const char* name : {"ca.pem", "postern.yaml", "env", "ledger.db", "ledger.db-wal", "ledger.db-shm"})
    (void)command.host().files->remove(os::join_path(dir, name));
  (void)command.host().files->remove(dir);
}

rt::Task<Result<int>> play(const Command& command, RunningCloud& cloud, const std::string& dir) {
  os::Files& files = *command.host().files;
  const std::string ca_file = os::join_path(dir, "ca.pem");
  const std::string fleet_file = os::join_path(dir, "postern.yaml");
  CO_TRY_VOID(files.write_atomically(ca_file, cloud.ca_pem(), 0600));
  CO_TRY_VOID(files.write_atomically(fleet_file, cloud.fleet_yaml(), 0600));
  std::vector<std::pair<std::string, std::string>> variables = cloud.environment();
  variables.emplace_back("AWS_CA_BUNDLE", ca_file);
  variables.emplace_back("POSTERN_FLEET", fleet_file);
  variables.emplace_back("POSTERN_LEDGER", os::join_path(dir, "ledger.db"));
  std::string exports;
  for (const auto& [key, value] : variables) exports += "export " + key + "='" + value + "'\n";
  CO_TRY_VOID(files.write_atomically(os::join_path(dir, "env"), exports, 0600));
  DemoEnvironment environment(*command.host().environment, variables, dir);
  Host host = command.host();
  RememberingConsole console(*command.host().console);
  host.console = &console;
  host.environment = &environment;  // its POSTERN_WORLD keeps every step inside the world
  host.signals = nullptr;           // the outer command listens; its cancellation reaches the steps

  const Story story_teller(command);
  story_teller.plain(term::wrap_indented("SIMULATED: a cloud inside this process (" + cloud.world_id() + " at " +
                                             cloud.endpoint_url() + "); no AWS account is contacted.",
                                         story_teller.columns(), "", "  "));
  bool as_designed = true;
  int last_code = kExitOk;
  std::string plan;
  for (Step& step : story()) {
    std::replace(step.arguments.begin(), step.arguments.end(), std::string(kPlanWord), plan);
    story_teller.tell(step.told);
    story_teller.prompt(step.arguments);
    std::vector<std::string> arguments = step.arguments;
    const auto separator = std::find(arguments.begin(), arguments.end(), "--");
    const std::vector<std::string> table = words({"--output", "table"});
    arguments.insert(separator, table.begin(), table.end());
    for (int i = 0; i < command.invocation().count("--verbose"); ++i) arguments.insert(arguments.begin(), "-v");
    // The cloud ends with the story: whoever interrupts it need not be asked what becomes of its commands.
    if (step.arguments[0] == "run")
      arguments.insert(std::find(arguments.begin(), arguments.end(), "run") + 1, "--on-interrupt=cancel");
    const int code = co_await run_cli(host, std::move(arguments));
    const bool stopped = co_await rt::is_cancelled();
    if (stopped) co_return kExitInterrupted;
    plan = console.asked_for();
    const bool expected = std::find(step.expected.begin(), step.expected.end(), code) != step.expected.end();
    story_teller.plain("(exit code " + std::to_string(code) +
                       (expected ? ")\n" : ": not what this world should give)\n"));
    as_designed = as_designed && expected;
    if (step.arguments[0] == "run") last_code = code;
  }
  story_teller.tell(
      as_designed ? "Everything went as the world's faults demand. The same commands work on your accounts: begin with "
                    "`postern init -O postern.yaml`, which is read-only until you say otherwise."
                  : "Something did not go as designed; please report it with the output above.");
  if (command.invocation().has("--keep")) {
    story_teller.tell("The cloud stays until Ctrl-C. In another terminal: . " + os::join_path(dir, "env"));
    (void)co_await rt::sleep_until(command.ctx().clock(), MonoTime::max());
  }
  if (command.invocation().has("--exit-code")) co_return last_code;
  co_return as_designed ? kExitOk : kExitOther;
}

}  // namespace

rt::Task<Result<int>> run_demo(const Command& command) {
  if (command.host().clouds == nullptr)
    co_return fail(ErrorKind::unsupported, "this program has no simulated cloud built in");
  // Without the command's deadline: what the cloud leaves behind is removed after it.
  const rt::CallContext ctx(command.ctx().clock(), command.ctx().random(), command.ctx().explainer());
  CloudOrder order;
  CO_TRY(std::unique_ptr<RunningCloud> cloud, co_await command.host().clouds->start(ctx, std::move(order)));
  Result<std::string> dir = make_demo_dir(command);
  Result<int> code = fail(ErrorKind::internal, "not played");
  if (dir) {
    code = co_await play(command, *cloud, *dir);
    remove_demo_dir(command, *dir);
  } else {
    code = fail(std::move(dir).error());
  }
  co_await rt::uncancelled(cloud->stop());  // Ctrl-C must not keep the nodes' folders from being removed
  co_return code;
}

}  // namespace postern::cli
