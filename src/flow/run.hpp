#pragma once

/// A plain run: send every batch once, follow the commands to their end, account for every target.

#include <string>

#include "flow/command_port.hpp"
#include "flow/plan.hpp"
#include "flow/result.hpp"

namespace postern::flow {

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
  std::string run_id;            ///< empty: a ULID is made
  std::size_t concurrency = 16;  ///< batches under way at once
  Duration poll_first = std::chrono::milliseconds(500);
  Duration poll_max = std::chrono::seconds(5);
  Duration settle = std::chrono::seconds(30);       ///< how long lists may lag behind
  Duration trouble_max = std::chrono::minutes(5);   ///< how long reading states may fail without a pause
  Duration send_grace = std::chrono::seconds(10);   ///< what a send under way gets to be answered when cancelled
  Duration throttle_max = std::chrono::minutes(5);  ///< how long a throttled send is tried again
};

/// The mark at the beginning of every comment: "postern op=01ARZ3NDEKTSV4RRFFQ69G5FAV ".
std::string comment_mark(std::string_view op_id);
/// Mark and user's comment, at most 100 characters (SSM's limit), cut at a character.
std::string make_comment(std::string_view op_id, std::string_view user_comment);

/// Never fails as a whole: what went wrong is the targets' outcome.
///  * A send that AWS refused is definite: throttled ones are tried again; instances that the refusal names are left
///  out
///    (skipped) and the others sent once more; otherwise the batch's targets are failed with the reason.
///  * A send whose answer was lost is never repeated: the command is looked for by its mark and adopted, or its targets
///    are unknown.
///  * Cancellation and ctx's deadline stop sending; targets not sent are skipped, targets under way unknown.
/// `port` and `observer` outlive the call.
rt::Task<RunResult> run_plain(rt::CallContext ctx, CommandPort& port, RunPlan plan, CommandSpec spec,
                              RunOptions options, RunObserver& observer);

}  // namespace postern::flow
