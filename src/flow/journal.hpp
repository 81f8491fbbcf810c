#pragma once

/// Journal: the ledger's side of one run. One process at a time writes it (a lease on the run, and one on the plan, so
/// that two operators cannot start the same plan at once); anybody may read it.

#include <functional>
#include <memory>

#include "flow/run_model.hpp"
#include "ledger/store.hpp"

namespace postern::flow {

struct JournalOptions {
  JournalOptions() = default;
  std::string world;
  std::string holder;  ///< JSON: who, host, pid ...; shown to those who are refused
  /// Whether the holder of a lease that has not expired is known to be dead, so that a resume after a crash need not
  /// wait for the expiry. Empty: never.
  std::function<bool(const std::string& holder)> is_dead;
  Duration lease_time = std::chrono::seconds(60);
};

/// The stream of a run: "run/01ARZ3NDEKTSV4RRFFQ69G5FAV".
std::string run_stream(std::string_view run_id);
/// The stream in which every run's head is noted when it is opened and closed: a run that is removed is missed.
inline constexpr std::string_view kHeadsStream = "heads";

class Journal {
 public:
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Opens a new run: leases, then its opening records, durable. Conflict when another process has the plan (context
  /// "holder"); usage when what was asked for is larger than the ledger takes. The run has not started: append
  /// record::Started.
  static rt::Task<Result<std::unique_ptr<Journal>>> create(rt::CallContext ctx, ledger::Store& store, RunHeader header,
                                                           const Plan& plan, JournalOptions options);
  /// Takes a run up that is there. Conflict when another process has it; not_found; malformed when its records or their
  /// chain make no sense.
  static rt::Task<Result<std::unique_ptr<Journal>>> take_up(rt::CallContext ctx, ledger::Store& store,
                                                            std::string run_id, JournalOptions options);

  /// The model of the records so far; append() does not change it: the engine has its own.
  RunModel& model() noexcept { return *model_; }

  /// Returns when they are durable. Usage when one is larger than the ledger takes.
  rt::Task<Result<void>> append(rt::CallContext ctx, std::vector<RunRecord> records, std::vector<ledger::Blob> blobs,
                                std::string summary);
  /// Conflict when somebody else has the run by now.
  rt::Task<Result<void>> renew(rt::CallContext ctx);
  /// Gives the leases back, and notes the head of a run that is closed.
  rt::Task<void> close(rt::CallContext ctx, bool run_closed);

 private:
  struct Writer;
  Journal(ledger::Store& store, JournalOptions options);
  rt::Task<Result<ledger::Lease>> acquire(rt::CallContext ctx, std::string name);
  rt::Task<Result<void>> note_head(rt::CallContext ctx, std::string_view what);

  ledger::Store& store_;
  JournalOptions options_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<RunModel> model_;
};

/// Notes in the chain of heads what became of a run that is at `at` ("opened", "closed", "pruned").
rt::Task<Result<void>> note_run_head(rt::CallContext ctx, ledger::Store& store, std::string world, std::string run_id,
                                     std::string what, ledger::StreamInfo at);

/// The same of a stream that is no run's: `at` names it.
rt::Task<Result<void>> note_stream_head(rt::CallContext ctx, ledger::Store& store, std::string world, std::string what,
                                        ledger::StreamInfo at);

/// Told of each record of a run while it is read, once it has been checked.
using RecordSeen = std::function<void(const RunRecord& record, WallTime at)>;

/// Reads a run and checks its chain. Errors as take_up(), without conflict.
rt::Task<Result<std::unique_ptr<RunModel>>> read_run(rt::CallContext ctx, ledger::Store& store, std::string world,
                                                     std::string run_id, RecordSeen seen = nullptr);

}  // namespace postern::flow
