#include "sim/command.hpp"

#include <algorithm>
#include <charconv>

namespace postern::sim {
namespace command_detail {

constexpr std::size_t kPluginOutputMax = 2'500;
constexpr std::size_t kOutputMax = 24'000;
constexpr std::size_t kErrorsMax = 8'000;
constexpr std::string_view kTruncated = "--output truncated--";
constexpr std::string_view kErrorHeading = "\n----------ERROR-------\n";

/// The agent cuts, and its mark counts.
std::string cut(std::string_view text, std::size_t characters) {
  if (first_characters(text, characters).size() == text.size()) return std::string(text);
  return std::string(first_characters(text, characters - kTruncated.size())).append(kTruncated);
}

}  // namespace command_detail

StateText text_of(InvocationState state) {
  switch (state) {
    case InvocationState::pending:
      return StateText("Pending", "Pending");
    case InvocationState::in_progress:
      return StateText("InProgress", "InProgress");
    case InvocationState::delayed:
      return StateText("Delayed", "Delayed");
    case InvocationState::success:
      return StateText("Success", "Success");
    case InvocationState::failed:
      return StateText("Failed", "Failed");
    case InvocationState::execution_timed_out:
      return StateText("TimedOut", "ExecutionTimedOut");
    case InvocationState::delivery_timed_out:
      return StateText("TimedOut", "DeliveryTimedOut");
    case InvocationState::cancelling:
      return StateText("Cancelling", "Cancelling");
    case InvocationState::cancelled:
      return StateText("Cancelled", "Cancelled");
    case InvocationState::terminated:
      return StateText("Cancelled", "Terminated");
    case InvocationState::invalid_platform:
      return StateText("Failed", "InvalidPlatform");
  }
  return StateText("Failed", "Failed");
}

bool is_terminal(InvocationState state) {
  switch (state) {
    case InvocationState::pending:
    case InvocationState::in_progress:
    case InvocationState::delayed:
    case InvocationState::cancelling:
      return false;
    default:
      return true;
  }
}

std::size_t Command::count(InvocationState state) const {
  return static_cast<std::size_t>(
      std::count_if(invocations.begin(), invocations.end(), [&](const Invocation& one) { return one.state == state; }));
}

std::size_t Command::completed() const {
  return static_cast<std::size_t>(std::count_if(invocations.begin(), invocations.end(),
                                                [](const Invocation& one) { return is_terminal(one.state); }));
}

std::size_t Command::errors() const {
  return count(InvocationState::failed) + count(InvocationState::execution_timed_out);
}

StateText Command::state() const {
  using S = InvocationState;
  if (invocations.empty()) return StateText("Failed", "NoInstancesInTag");
  const std::size_t done = completed();
  if (done < invocations.size()) {
    if (cancel_asked) return StateText("Cancelling", "Cancelling");
    const bool begun = done > 0 || count(S::in_progress) > 0 || count(S::delayed) > 0;
    return begun ? StateText("InProgress", "InProgress") : StateText("Pending", "Pending");
  }
  const std::size_t allowed = resolve_limit(spec.max_errors, invocations.size());
  if (cancel_asked && count(S::cancelled) > 0) return StateText("Cancelled", "Cancelled");
  if (count(S::success) == done) return StateText("Success", "Success");
  if (count(S::invalid_platform) == done) return StateText("Failed", "InvalidPlatform");
  if (count(S::success) + count(S::invalid_platform) == done) return StateText("Success", "Success");
  if (errors() > allowed) {
    if (count(S::failed) == 0) return StateText("TimedOut", "ExecutionTimedOut");
    return StateText("Failed", "Failed");
  }
  if (count(S::delivery_timed_out) > allowed) return StateText("TimedOut", "DeliveryTimedOut");
  return StateText("Failed", "Incomplete");
}

Invocation* Command::find(std::string_view instance_id) {
  const auto found = std::find_if(invocations.begin(), invocations.end(),
                                  [&](const Invocation& one) { return one.instance_id == instance_id; });
  return found == invocations.end() ? nullptr : &*found;
}

const Invocation* Command::find(std::string_view instance_id) const {
  return const_cast<Command*>(this)->find(instance_id);
}

std::size_t resolve_limit(std::string_view text, std::size_t total) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return 0;
  return percent ? total * number / 100 : number;
}

std::string_view first_characters(std::string_view text, std::size_t characters) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (begins && seen++ == characters) return text.substr(0, i);
  }
  return text;
}

std::string plugin_output(const Invocation& invocation) {
  using namespace command_detail;
  std::string text = invocation.output;
  if (!invocation.errors.empty()) text.append(kErrorHeading).append(invocation.errors);
  return cut(text, kPluginOutputMax);
}

std::string kept_output(std::string_view text) {
  return command_detail::cut(text, command_detail::kOutputMax);
}

std::string kept_errors(std::string_view text) {
  return std::string(first_characters(text, command_detail::kErrorsMax));
}

}  // namespace postern::sim
