#include "cli/run_interrupt.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"

namespace postern::cli {
namespace {

constexpr Duration kCancelTime = std::chrono::minutes(1);

std::size_t target_count(const std::vector<flow::LeftCommand>& left) {
  std::size_t count = 0;
  for (const flow::LeftCommand& command : left) count += command.instances.size();
  return count;
}

std::string commands_on_targets(const std::vector<flow::LeftCommand>& left) {
  return plural(left.size(), "command") + " on " + plural(target_count(left), "target");
}

std::string as_whom(const fleet::Scope& scope) {
  const fleet::Access& access = scope.access;
  return access.kind == fleet::Access::Kind::role ? ", as " + access.describe() : std::string();
}

rt::Task<void> cancel_them(const Command& command, flow::CommandPort& port, flow::RunResult& run) {
  const rt::CallContext outer = command.ctx();  // its deadline may have passed
  const rt::CallContext ctx(outer.clock(), outer.random(), outer.explainer(),
                            rt::Deadline::after(outer.clock(), kCancelTime));
  const std::string what = commands_on_targets(flow::left_running(run));
  const flow::CancelOptions options;
  const std::vector<flow::CancelProblem> problems = co_await flow::cancel_left_running(ctx, port, run, options);
  for (const flow::CancelProblem& problem : problems) {
    command.err("command " + problem.command.command_id + " in " + problem.command.scope->label() +
                " could not be cancelled: " + described_message(problem.error, 400) + "\n");
  }
  const std::vector<flow::LeftCommand> left = flow::left_running(run);
  if (left.empty()) {
    command.err("cancelled: " + what + "\n");
  } else {
    command.err(commands_on_targets(left) + " may still be running:\n" + stop_lines(left));
  }
}

}  // namespace

OnInterrupt chosen_on_interrupt(const Command& command) {
  const auto choice = command.invocation().value("--on-interrupt");
  if (choice) return *choice == "cancel" ? OnInterrupt::cancel : OnInterrupt::leave;
  return can_ask(command) ? OnInterrupt::ask : OnInterrupt::leave;
}

std::string stop_lines(const std::vector<flow::LeftCommand>& left) {
  std::string out;
  for (std::size_t i = 0; i < std::min(left.size(), kLeftShownMax); ++i) {
    const fleet::Scope& scope = *left[i].scope;
    const bool by_profile = scope.access.kind == fleet::Access::Kind::profile;
    out += "    aws ssm cancel-command";
    if (by_profile) out += " --profile " + printable(scope.access.profile, 80);
    out += " --region " + scope.region.text() + " --command-id " + printable(left[i].command_id, 80) + "   # " +
           plural(left[i].instances.size(), "target") + " of " + scope.who() + as_whom(scope) + "\n";
  }
  if (left.size() > kLeftShownMax) out += "    # and " + std::to_string(left.size() - kLeftShownMax) + " more\n";
  return out;
}

rt::Task<void> settle_left_running(const Command& command, flow::CommandPort& port, flow::RunResult& run,
                                   OnInterrupt choice) {
  const std::vector<flow::LeftCommand> left = flow::left_running(run);
  if (left.empty()) co_return;
  if (!run.interrupted || choice != OnInterrupt::cancel) {
    command.err(commands_on_targets(left) + " may still be running; this stops " + (left.size() == 1 ? "it" : "them") +
                ":\n" + stop_lines(left));
  }
  if (!run.interrupted || choice == OnInterrupt::leave) co_return;
  if (choice == OnInterrupt::ask) {
    const Result<bool> yes =
        co_await ask_yes(command, "Cancel the " + plural(left.size(), "command") + " still running?");
    if (!yes || !*yes) co_return;
  }
  co_await cancel_them(command, port, run);
}

}  // namespace postern::cli
