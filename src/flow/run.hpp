#pragma once

/// A plain run: send every batch once, follow the commands to their end, account for every target.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/command_port.hpp"
#include "flow/plan.hpp"

namespace postern::flow {

enum class Outcome : std::uint8_t { succeeded, failed, skipped, unknown };
std::string_view to_string(Outcome outcome) noexcept;

/// A target's one final state.
struct TargetResult {
  TargetResult() = default;
  fleet::TargetRef target;
  Outcome outcome = Outcome::unknown;
  std::string reason;  ///< a sentence unless it succeeded; why for skipped and unknown
  std::optional<int> exit_code;
  std::string command_id;
  std::string out;
  std::string err;
  bool truncated = false;
  bool unreachable = false;
};

struct Totals {
  Totals() = default;
  std::size_t succeeded = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  std::size_t unknown = 0;
  std::size_t all() const noexcept { return succeeded + failed + skipped + unknown; }
};

struct RunResult {
  RunResult() = default;
  std::string run_id;
  std::vector<TargetResult> targets;  ///< sorted; exactly the plan's targets and skipped
  bool interrupted = false;
  Totals totals() const;
};

/// Told as things happen; must not fail.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void on_sent(const fleet::Batch& batch, const std::string& command_id) {}
  /// `running` counts targets that are sent and not done.
  virtual void on_progress(const Totals& done, std::size_t running) {}
  virtual void on_note(std::string_view text) {}
};

struct RunOptions {
  RunOptions() = default;
  std::size_t concurrency = 16;  ///< batches under way at once
  Duration poll_first = std::chrono::milliseconds(500);
  Duration poll_max = std::chrono::seconds(5);
  Duration settle = std::chrono::seconds(30);  ///< how long lists may lag behind
};

/// The mark at the beginning of every comment: "postern op=01ARZ3NDEKTSV4RRFFQ69G5FAV ".
std::string comment_mark(std::string_view op_id);
/// Mark and user's comment, at most 100 characters (SSM's limit), cut at a character.
std::string make_comment(std::string_view op_id, std::string_view user_comment);

/// Never fails as a whole: what went wrong is the targets' outcome. Cancellation stops sending; what was sent is
/// unknown.
rt::Task<RunResult> run_plain(rt::CallContext ctx, CommandPort& port, RunPlan plan, CommandSpec spec,
                              RunOptions options, RunObserver& observer);

}  // namespace postern::flow
