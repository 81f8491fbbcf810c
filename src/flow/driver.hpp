#pragma once

/// Driver: carries out what the Engine decides. Records first and durable, then calls; answers become events.

#include "flow/engine.hpp"
#include "flow/journal.hpp"
#include "flow/run.hpp"

namespace postern::flow {

/// The flag with which the hub holds all runs of the fleet.
class HoldFlag {
 public:
  virtual ~HoldFlag() = default;
  /// Who holds the fleet and why, if anybody does. An error does not stop a run: the hub's Region may be what is being
  /// recovered from; it is said.
  virtual rt::Task<Result<std::optional<std::string>>> read(rt::CallContext ctx) = 0;
};

/// Runs the command of a gate on this host.
class GateTester {
 public:
  virtual ~GateTester() = default;
  /// Why the gate stays shut; absent: it opens. An error shuts it too; cancelled ends the run's work.
  virtual rt::Task<Result<std::optional<std::string>>> test(rt::CallContext ctx, const RunModel& model,
                                                            std::uint32_t wave) = 0;
};

struct DriveOptions {
  DriveOptions() = default;
  std::size_t calls_at_once = 64;
  /// Sends, and likewise other calls, at once in one scope: one that AWS throttles must not take the turns of all
  /// others, and more than these do not make it faster.
  std::size_t scope_calls_at_once = 3;
  Duration send_grace = std::chrono::seconds(10);  ///< what calls under way get to end when the run is stopped
  Duration renew_every = std::chrono::seconds(20);
  GateTester* gate = nullptr;  ///< none: gates with a command stay shut
};

/// Runs until nothing is under way and nothing will be: the run is closed, held, in doubt, or stopped - by a
/// cancellation of this task or ctx's deadline, after which calls under way are still given send_grace to be answered
/// and are recorded. Fails when the ledger does, or when another process took the run: nothing was done that is not
/// recorded, and the run can be resumed. `journal`, `port`, `hold` and `observer` outlive the call; the leases are
/// given back.
rt::Task<Result<void>> drive(rt::CallContext ctx, Engine& engine, Journal& journal, CommandPort& port, HoldFlag& hold,
                             RunObserver& observer, DriveOptions options);

/// Refused when there is nothing to take up: the run is over, or it ended before its plan was complete and agreed to -
/// nothing was sent then.
Result<void> check_resumable(const RunModel& model);

/// Whether a batch waits to be sent, or may have to be sent again.
bool may_send_more(const RunModel& model);

/// "running", "held", "in doubt", or what closed it.
std::string run_status(const RunModel& model);
/// What lists show of a run (schema of docs/formats/ledger.md).
std::string run_summary(const RunModel& model);

/// The run as results, one for every target. Targets that have not ended are unknown when something was sent to them,
/// else skipped; `why_open` says why it is not over ("the run was interrupted"). What was printed is in the ledger:
/// flow/outputs.hpp reads it.
RunResult result_of_run(const RunModel& model, const std::string& why_open);
/// The same of one of the plan's targets, and of one that the plan skips.
TargetResult target_result(const RunModel& model, std::uint32_t target, const std::string& why_open);
TargetResult skipped_result(const SkippedTarget& skipped);
/// The same with all that was printed in memory: for small runs.
rt::Task<Result<RunResult>> results_of(rt::CallContext ctx, ledger::Store& store, const RunModel& model,
                                       std::string why_open);

}  // namespace postern::flow
