#pragma once

/// A Run Command command and its invocations, as the simulated service keeps them.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "sim/agents.hpp"
#include "sim/ssm/document_store.hpp"

namespace postern::sim {

/// The states of aws.md 1.5, each with its Status and StatusDetails.
enum class InvocationState : std::uint8_t {
  pending,
  in_progress,
  delayed,
  success,
  failed,
  execution_timed_out,
  delivery_timed_out,
  cancelling,
  cancelled,
  terminated,
  invalid_platform,
  undeliverable,
  access_denied,
};
inline constexpr std::size_t kInvocationStates = 13;

struct StateText {
  StateText(std::string_view s, std::string_view d) : status(s), details(d) {}
  std::string_view status;   ///< "TimedOut"
  std::string_view details;  ///< "Delivery Timed Out"
};
StateText text_of(InvocationState state);
bool is_terminal(InvocationState state);

struct Invocation {
  Invocation() = default;
  std::string instance_id;
  std::string instance_name;
  InvocationState state = InvocationState::pending;
  bool handed_over = false;  ///< given to an agent, whether it picked it up or not
  /// Steps that ended, in the document's order; output at most 24,000 characters, errors at most 8,000.
  std::vector<StepOutcome> steps;
  std::optional<WallTime> started;
  std::optional<WallTime> finished;
};

/// Why nothing was sent although the command was accepted.
enum class Refusal : std::uint8_t { none, rate_exceeded };

struct CommandTarget {
  CommandTarget() = default;
  std::string key;
  std::vector<std::string> values;
};

/// What SendCommand asks for, checked.
struct CommandSpec {
  CommandSpec() = default;
  std::string account_id;
  std::string region;
  DocumentPtr document;
  std::string document_version = "$DEFAULT";  ///< as the caller gave it
  std::string comment;
  DocumentValues parameters;
  std::vector<std::string> instance_ids;  ///< as the caller gave them
  std::vector<CommandTarget> targets;     ///< as the caller gave them
  std::vector<std::string> resolved;      ///< the instances that both lead to
  std::vector<std::string> denied;        ///< of those: the caller may not reach them; sorted
  std::chrono::seconds delivery_timeout{3600};
  std::chrono::seconds execution_timeout{3600};
  std::string max_concurrency = "50";
  std::string max_errors = "0";
  std::string output_bucket;
  std::string output_prefix;
  std::string log_group;               ///< of CloudWatch Logs, where the output goes too; empty: nowhere
  std::string alarm;                   ///< that stops the command; empty: none
  bool ignores_unknown_alarm = false;  ///< goes on when the alarm cannot be read
};

class Command {
 public:
  Command() = default;
  std::string id;
  CommandSpec spec;
  WallTime requested;
  WallTime expires;
  WallTime visible;  ///< reads find its invocations from here on
  bool cancel_asked = false;
  std::string alarm_seen;  ///< "ALARM" or "UNKNOWN": the state of its alarm that stopped it; empty: none did
  Refusal refusal = Refusal::none;
  std::size_t targets = 0;  ///< also of a refused command, which has no invocations

  /// In the order of the targets. Their states change through set_state() alone.
  const std::vector<Invocation>& invocations() const noexcept { return invocations_; }
  Invocation& invocation(std::size_t index) { return invocations_[index]; }
  /// Invocations are added before any is looked for; every instance once.
  void add(Invocation invocation);
  void set_state(Invocation& invocation, InvocationState state);
  std::optional<std::size_t> index_of(std::string_view instance_id) const;
  Invocation* find(std::string_view instance_id);
  const Invocation* find(std::string_view instance_id) const;

  std::size_t count(InvocationState state) const noexcept { return counts_[static_cast<std::size_t>(state)]; }
  std::size_t completed() const noexcept { return completed_; }
  std::size_t errors() const noexcept;  ///< Failed and Execution Timed Out
  bool is_done() const noexcept { return completed_ == invocations_.size(); }
  /// By aws.md 1.5: the aggregate of the invocations.
  StateText state() const;

 private:
  StateText end_state() const;

  std::vector<Invocation> invocations_;
  mutable std::vector<std::uint32_t> by_id_;  ///< indices, sorted by instance id when first needed
  std::array<std::size_t, kInvocationStates> counts_{};
  std::size_t completed_ = 0;
};

/// "10" or "25%" of `total`, rounded down; percentages of MaxConcurrency are at least 1.
std::size_t resolve_limit(std::string_view text, std::size_t total);

/// The first `characters` characters of UTF-8 text.
std::string_view first_characters(std::string_view text, std::size_t characters);

/// What ListCommandInvocations shows of a step: both streams in at most 2,500 characters.
std::string plugin_output(const StepOutcome& step);
/// What GetCommandInvocation shows of each stream: 24,000 characters with the agent's mark, and 8,000.
std::string kept_output(std::string_view text);
std::string kept_errors(std::string_view text);

}  // namespace postern::sim
