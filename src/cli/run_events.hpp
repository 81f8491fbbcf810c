#pragma once

/// The live stream of a run's events (docs/formats/run-events.md), made from its records: of a run under way as they
/// become durable, of one in the ledger as they are read.

#include <functional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "flow/driver.hpp"
#include "report/run_events.hpp"

namespace postern::cli {

class RunEvents {
 public:
  /// Takes complete lines; false when it will take no more.
  using Sink = std::function<bool(std::string_view lines)>;

  RunEvents(std::string run_id, const report::RunFacts& facts, Sink sink);

  /// The plan, those that it skips, and the targets that ended before: a stream tells of every target once.
  rt::Task<Result<void>> begin(rt::CallContext ctx, ledger::Store& store, const flow::RunModel& model, WallTime at);
  /// A record of a run whose plan was told. `model` has applied it, perhaps also later ones. What targets printed is
  /// among `blobs`.
  void recorded(const flow::RunModel& model, const flow::RunRecord& record, std::span<const ledger::Blob> blobs,
                WallTime at);
  /// How far it is; at most every few seconds.
  void progress(const flow::Totals& done, std::size_t running, WallTime at);
  /// What was not told yet, and the end; `exit_code` is absent for a run of the ledger.
  rt::Task<Result<void>> end(rt::CallContext ctx, ledger::Store& store, const flow::RunResult& run,
                             std::string_view status, std::optional<int> exit_code, WallTime at);
  bool begun() const noexcept { return begun_; }

 private:
  struct Wave {
    Wave() = default;
    std::string name;
    std::size_t targets = 0;
    std::size_t open = 0;
    bool started = false;
  };
  void write(const std::string& line);
  void tell(const flow::TargetResult& target, WallTime at);
  rt::Task<Result<void>> tell_stored(rt::CallContext ctx, ledger::Store& store, flow::TargetResult target, WallTime at);
  void wave(std::uint32_t index, report::WaveState state, const std::string& reason, WallTime at);
  void close_wave(std::uint32_t index, std::size_t ended, WallTime at);
  void end_target(const flow::RunModel& model, const flow::record::TargetEnd& end, std::span<const ledger::Blob> blobs,
                  WallTime at);

  report::RunEventWriter writer_;
  Sink sink_;
  std::vector<Wave> waves_;
  std::set<std::string, std::less<>> untold_;  ///< labels of targets
  std::optional<std::uint32_t> wave_;          ///< the last that started
  std::optional<WallTime> progress_at_;
  bool begun_ = false;
  bool held_ = false;
};

}  // namespace postern::cli
