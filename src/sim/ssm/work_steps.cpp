#include "sim/ssm/work_steps.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace postern::sim {
namespace work_steps_detail {

// What the agent accepts; anything else makes it use its default (aws.md 1.4).
constexpr std::int64_t kTimeoutLeast = 5;
constexpr std::int64_t kTimeoutMost = 172'800;
constexpr std::chrono::seconds kTimeoutDefault{3600};

std::string_view name_of(Platform platform) {
  return platform == Platform::windows ? "Windows" : "Linux";
}

std::string text_of(const Json& json) {
  return json.is_string() ? json.as_string() : json.is_null() ? std::string() : json.dump();
}

std::chrono::seconds timeout_of(const Json& inputs) {
  const std::string text = text_of(inputs["timeoutSeconds"]);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number >= kTimeoutLeast && number <= kTimeoutMost ? std::chrono::seconds(number) : kTimeoutDefault;
}

std::vector<std::string> lines_of(const Json& json) {
  std::vector<std::string> lines;
  for (const Json& item : json.items()) lines.push_back(text_of(item));
  if (json.is_string()) lines.push_back(json.as_string());
  return lines;
}

bool is_true(const Json& json) {
  return json.to_bool().value_or(false) || equals_ignore_case(text_of(json), "true");
}

/// Empty when the step's precondition holds.
std::string unmet(const DocumentStep& step, const std::map<std::string, Json>& values, Platform platform) {
  if (step.string_equals.size() != 2) return {};
  const auto operand = [&](const std::string& text) {
    return text == "platformType" ? to_lower(name_of(platform)) : text_of(interpolate(Json(text), values));
  };
  const bool on_platform = step.string_equals[0] == "platformType" || step.string_equals[1] == "platformType";
  const std::string left = operand(step.string_equals[0]);
  const std::string right = operand(step.string_equals[1]);
  if (on_platform ? equals_ignore_case(left, right) : left == right) return {};
  return "Step execution skipped due to unsatisfied preconditions: '\"StringEquals\": [" + step.string_equals[0] +
         ", " + step.string_equals[1] + "]'. Step name: " + step.name;
}

bool runs_on(const DocumentStep& step, Platform platform) {
  if (step.action == "aws:runShellScript") return platform == Platform::linux;
  const bool windows_only =
      step.action == "aws:psModule" || step.action == "aws:applications" || step.action == "aws:cloudWatch";
  return !windows_only || platform == Platform::windows;
}

WorkStep work_step(const Document& document, const DocumentStep& step, const std::map<std::string, Json>& values,
                   Platform platform) {
  using Then = WorkStep::Then;
  WorkStep made;
  made.name = step.name;
  made.action = step.action;
  made.skipped = unmet(step, values, platform);
  if (made.skipped.empty() && !runs_on(step, platform)) {
    const bool conditional = document.schema_version == "2.2";
    (conditional ? made.skipped : made.refused) =
        conditional
            ? "Step execution skipped due to unsupported plugin: " + step.action + ". Step name: " + step.name
            : "Plugin with name " + step.action + " is not supported in current platform. Step name: " + step.name;
  }
  made.inputs = interpolate(step.inputs, values);
  made.commands = lines_of(made.inputs["runCommand"]);
  made.working_directory = text_of(made.inputs["workingDirectory"]);
  made.timeout = timeout_of(made.inputs);
  const std::string failure = text_of(made.inputs["onFailure"]);
  if (failure == "exit") made.on_failure = Then::stop;
  if (failure == "successAndExit") made.on_failure = Then::stop_as_success;
  if (text_of(made.inputs["onSuccess"]) == "exit") made.on_success = Then::stop;
  made.is_finally = is_true(made.inputs["finallyStep"]);
  return made;
}

}  // namespace work_steps_detail

std::vector<WorkStep> work_steps(const Document& document, const DocumentValues& values, Platform platform) {
  const std::map<std::string, Json> bound = bound_values(document, values);
  std::vector<WorkStep> steps;
  for (const DocumentStep& step : document.steps) {
    steps.push_back(work_steps_detail::work_step(document, step, bound, platform));
  }
  return steps;
}

std::chrono::seconds execution_time(const Document& document, const DocumentValues& values) {
  std::chrono::seconds longest{0};
  const std::map<std::string, Json> bound = bound_values(document, values);
  for (const Platform platform : {Platform::linux, Platform::windows}) {
    if (!document.supports(platform)) continue;
    std::chrono::seconds total{0};
    for (const DocumentStep& step : document.steps) {
      if (!work_steps_detail::unmet(step, bound, platform).empty()) continue;
      const Json only = Json::object().set("timeoutSeconds", step.inputs["timeoutSeconds"]);
      total += work_steps_detail::timeout_of(interpolate(only, bound));
    }
    longest = std::max(longest, total);
  }
  return longest;
}

}  // namespace postern::sim
