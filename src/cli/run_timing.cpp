#include "cli/run_timing.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::cli {
namespace run_timing {

constexpr Duration kGateTime = std::chrono::minutes(30);  ///< for the gate's command
constexpr std::chrono::seconds kLongest = std::chrono::hours(24 * 30);
constexpr std::size_t kLastWords = 300;

Result<void> read_deadline(const Command& command, flow::RunPolicy& policy) {
  const Invocation& invocation = command.invocation();
  const auto text = invocation.value("--deadline");
  const auto then = invocation.value("--on-deadline");
  if (!text) {
    if (then) return fail(ErrorKind::usage, "--on-deadline belongs to --deadline");
    return Result<void>();
  }
  const WallTime now = command.ctx().clock().wall_now();
  policy.deadline_cancels = then && *then == "cancel";
  policy.deadline = parse_rfc3339(*text);
  if (!policy.deadline) {
    const Result<std::chrono::seconds> after = parse_duration(*text, "--deadline");
    if (!after || after->count() <= 0 || *after > kLongest) {
      return fail(ErrorKind::usage,
                  "--deadline: '" + printable(*text, 40) +
                      "' is neither a time such as 2026-01-31T22:00:00Z nor a duration such as 2h, at "
                      "most 30d");
    }
    policy.deadline = std::chrono::ceil<std::chrono::seconds>(now + *after);  // as plans and people have it
  }
  if (*policy.deadline > now) return Result<void>();
  return fail(ErrorKind::usage, "--deadline: " + format_rfc3339(*policy.deadline) + " has passed");
}

Result<void> read_gate(const Invocation& invocation, flow::GatePolicy& gate) {
  for (const std::string& text : invocation.values("--gate")) {
    if (text == "pause") {
      gate.pause = true;
    } else if (text.starts_with("wait:")) {
      TRY(const std::chrono::seconds wait, parse_duration(std::string_view(text).substr(5), "--gate wait"));
      if (wait.count() <= 0 || wait > kLongest) return fail(ErrorKind::usage, "--gate wait: 1s to 30d");
      gate.wait = wait;
    } else {
      return fail(ErrorKind::usage, "--gate is pause or wait:DURATION, and not '" + printable(text, 40) + "'");
    }
  }
  gate.command = invocation.value("--gate-command").value_or("");
  if (invocation.has("--gate-command") && trim(gate.command).empty()) {
    return fail(ErrorKind::usage, "--gate-command: no command");
  }
  gate.first_only = invocation.value("--gate-after").value_or("each") == "first";
  if (invocation.has("--gate-after") && !gate.any()) {
    return fail(ErrorKind::usage, "--gate-after belongs to --gate or --gate-command");
  }
  return Result<void>();
}

/// The end of what a command said, on one line.
std::string last_words(const os::ProcessResult& result) {
  std::string_view said = trim(result.errors);
  if (said.empty()) said = trim(result.output);
  if (said.size() > kLastWords) said = said.substr(said.size() - kLastWords);
  return printable(said, 2 * kLastWords);
}

std::vector<std::pair<std::string, std::string>> variables_of(const Command& command, const flow::RunModel& model,
                                                              std::uint32_t wave) {
  std::vector<std::pair<std::string, std::string>> variables = command.host().environment->all();
  std::erase_if(variables, [](const auto& one) { return one.first.starts_with("POSTERN_GATE_"); });
  const flow::Totals& totals = model.totals();
  variables.emplace_back("POSTERN_GATE_RUN", model.header().run_id);
  variables.emplace_back("POSTERN_GATE_WAVE", model.plan().waves[wave].name);
  variables.emplace_back("POSTERN_GATE_SUCCEEDED", std::to_string(totals.succeeded));
  variables.emplace_back("POSTERN_GATE_FAILED", std::to_string(totals.failed));
  variables.emplace_back("POSTERN_GATE_SKIPPED", std::to_string(totals.skipped));
  variables.emplace_back("POSTERN_GATE_UNKNOWN", std::to_string(totals.unknown));
  variables.emplace_back("POSTERN_GATE_OPEN", std::to_string(model.open()));
  return variables;
}

std::string duration_text(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds % 3600 == 0) return std::to_string(seconds / 3600) + " h";
  if (seconds % 60 == 0) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds) + " s";
}

}  // namespace run_timing

Result<void> read_timing(const Command& command, flow::RunPolicy& policy) {
  TRY_VOID(run_timing::read_deadline(command, policy));
  return run_timing::read_gate(command.invocation(), policy.gate);
}

std::string describe_timing(const flow::RunPolicy& policy) {
  std::string out;
  if (policy.deadline) {
    out += "deadline: " + format_rfc3339(*policy.deadline) + ", then nothing more is sent" +
           (policy.deadline_cancels ? " and what runs is cancelled" : "") + "\n";
  }
  if (!policy.gate.any()) return out;
  std::vector<std::string> parts;
  if (policy.gate.wait > Duration{}) parts.push_back("a wait of " + run_timing::duration_text(policy.gate.wait));
  if (!policy.gate.command.empty()) parts.push_back("the command " + printable(policy.gate.command, 160));
  if (policy.gate.pause) parts.emplace_back("a pause until resume --release");
  return out + (policy.gate.first_only ? "after the first wave: " : "between waves: ") + join(parts, ", then ") + "\n";
}

rt::Task<Result<std::optional<std::string>>> LocalGate::test(rt::CallContext ctx, const flow::RunModel& model,
                                                             std::uint32_t wave) {
  const std::string& line = model.header().policy.gate.command;
  std::vector<std::string> words = {"/bin/sh", "-c", line};
  os::ProcessSpec spec(std::move(words));
  spec.environment = run_timing::variables_of(command_, model, wave);
  const rt::CallContext limited(ctx.clock(), ctx.random(), ctx.explainer(),
                                rt::Deadline::after(ctx.clock(), run_timing::kGateTime).sooner(ctx.deadline()));
  CO_TRY(const os::ProcessResult result, co_await command_.host().processes->run(limited, std::move(spec)));
  if (result.succeeded()) co_return std::optional<std::string>();
  const std::string said = run_timing::last_words(result);
  std::string why = result.signal != 0 ? "its command was ended by signal " + std::to_string(result.signal)
                                       : "its command ended with exit code " + std::to_string(result.exit_code);
  if (!said.empty()) why += ": " + said;
  co_return std::optional<std::string>(std::move(why));
}

}  // namespace postern::cli
