#include "sim/ssm/command.hpp"

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
    case InvocationState::undeliverable:
      return StateText("Failed", "Undeliverable");
    case InvocationState::access_denied:
      return StateText("Failed", "AccessDenied");
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

void Command::add(Invocation invocation) {
  ++counts_[static_cast<std::size_t>(invocation.state)];
  completed_ += is_terminal(invocation.state) ? 1U : 0U;
  ++targets;
  by_id_.clear();
  invocations_.push_back(std::move(invocation));
}

void Command::set_state(Invocation& invocation, InvocationState state) {
  --counts_[static_cast<std::size_t>(invocation.state)];
  completed_ -= is_terminal(invocation.state) ? 1U : 0U;
  invocation.state = state;
  ++counts_[static_cast<std::size_t>(state)];
  completed_ += is_terminal(state) ? 1U : 0U;
}

std::size_t Command::errors() const noexcept {
  return count(InvocationState::failed) + count(InvocationState::execution_timed_out);
}

StateText Command::state() const {
  using S = InvocationState;
  if (refusal == Refusal::rate_exceeded) return StateText("Failed", "RateExceeded");
  if (invocations_.empty()) return StateText("Failed", "NoInstancesInTag");
  if (is_done()) return end_state();
  if (cancel_asked) return StateText("Cancelling", "Cancelling");
  const bool begun = completed_ > 0 || count(S::in_progress) > 0 || count(S::delayed) > 0;
  return begun ? StateText("InProgress", "InProgress") : StateText("Pending", "Pending");
}

StateText Command::end_state() const {
  using S = InvocationState;
  const std::size_t done = completed_;
  // "The value of MaxErrors or more": of MaxErrors 0 the first one counts.
  const std::size_t enough = std::max<std::size_t>(1, resolve_limit(spec.max_errors, invocations_.size()));
  const std::size_t good = count(S::success);
  if (cancel_asked && count(S::cancelled) > 0) return StateText("Cancelled", "Cancelled");
  if (good == done) return StateText("Success", "Success");
  for (const S state : {S::invalid_platform, S::undeliverable, S::access_denied}) {
    if (count(state) == done) return text_of(state);
  }
  // Those do not count against the others: four of them and one Success are a Success.
  const std::size_t apart = count(S::invalid_platform) + count(S::undeliverable) + count(S::access_denied);
  if (good > 0 && good + apart == done) return StateText("Success", "Success");
  if (errors() >= enough) {
    if (count(S::failed) == 0) return StateText("TimedOut", "ExecutionTimedOut");
    return StateText("Failed", "Failed");
  }
  if (count(S::delivery_timed_out) >= enough) return StateText("TimedOut", "DeliveryTimedOut");
  return StateText("Failed", "Incomplete");
}

std::optional<std::size_t> Command::index_of(std::string_view instance_id) const {
  if (by_id_.empty()) {
    by_id_.resize(invocations_.size());
    for (std::size_t i = 0; i < by_id_.size(); ++i) by_id_[i] = static_cast<std::uint32_t>(i);
    std::sort(by_id_.begin(), by_id_.end(), [this](std::uint32_t a, std::uint32_t b) {
      return invocations_[a].instance_id < invocations_[b].instance_id;
    });
  }
  const auto found = std::lower_bound(
      by_id_.begin(), by_id_.end(), instance_id,
      [this](std::uint32_t index, std::string_view wanted) { return invocations_[index].instance_id < wanted; });
  if (found == by_id_.end() || invocations_[*found].instance_id != instance_id) return std::nullopt;
  return *found;
}

Invocation* Command::find(std::string_view instance_id) {
  const auto index = index_of(instance_id);
  return index ? &invocations_[*index] : nullptr;
}

const Invocation* Command::find(std::string_view instance_id) const {
  const auto index = index_of(instance_id);
  return index ? &invocations_[*index] : nullptr;
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

std::string plugin_output(const StepOutcome& step) {
  using namespace command_detail;
  std::string text = step.output;
  if (!step.errors.empty()) text.append(kErrorHeading).append(step.errors);
  return cut(text, kPluginOutputMax);
}

std::string kept_output(std::string_view text) {
  return command_detail::cut(text, command_detail::kOutputMax);
}

std::string kept_errors(std::string_view text) {
  return std::string(first_characters(text, command_detail::kErrorsMax));
}

}  // namespace postern::sim
