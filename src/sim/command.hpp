#pragma once

/// A Run Command command and its invocations, as the simulated service keeps them.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "sim/documents.hpp"

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
};

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
  int exit_code = -1;
  std::string output;  ///< at most 24,000 characters
  std::string errors;  ///< at most 8,000
  std::optional<WallTime> started;
  std::optional<WallTime> finished;
};

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
  const Document* document = nullptr;
  std::string comment;
  std::map<std::string, std::vector<std::string>> parameters;
  std::vector<std::string> instance_ids;  ///< as the caller gave them
  std::vector<CommandTarget> targets;     ///< as the caller gave them
  std::vector<std::string> resolved;      ///< the instances that both lead to
  std::chrono::seconds delivery_timeout{3600};
  std::chrono::seconds execution_timeout{3600};
  std::string max_concurrency = "50";
  std::string max_errors = "0";
  std::string output_bucket;
  std::string output_prefix;
};

struct Command {
  Command() = default;
  std::string id;
  CommandSpec spec;
  WallTime requested;
  WallTime expires;
  WallTime visible;  ///< reads find its invocations from here on
  std::vector<Invocation> invocations;
  bool cancel_asked = false;

  std::size_t count(InvocationState state) const;
  std::size_t completed() const;
  std::size_t errors() const;  ///< Failed and Execution Timed Out
  bool is_done() const { return completed() == invocations.size(); }
  /// By aws.md 1.5: the aggregate of the invocations.
  StateText state() const;
  Invocation* find(std::string_view instance_id);
  const Invocation* find(std::string_view instance_id) const;
};

/// "10" or "25%" of `total`, rounded down; percentages of MaxConcurrency are at least 1.
std::size_t resolve_limit(std::string_view text, std::size_t total);

/// The first `characters` characters of UTF-8 text.
std::string_view first_characters(std::string_view text, std::size_t characters);

/// What ListCommandInvocations shows of an invocation: both streams in at most 2,500 characters.
std::string plugin_output(const Invocation& invocation);
/// What GetCommandInvocation shows of each stream: 24,000 characters with the agent's mark, and 8,000.
std::string kept_output(std::string_view text);
std::string kept_errors(std::string_view text);

}  // namespace postern::sim
