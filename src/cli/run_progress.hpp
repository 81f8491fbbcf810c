#pragma once

/// What is said on stderr while a run goes on: bars on a terminal, else a line now and then.

#include <map>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/run_events.hpp"
#include "flow/left_running.hpp"
#include "flow/run.hpp"
#include "term/fleet_progress.hpp"

namespace postern::cli {

class RunProgress final : public flow::RunObserver {
 public:
  /// `command` and `model`, which is the working engine's, outlive it, and so does `events`, which may be null. With a
  /// label it is one of several at once: lines that begin with it, and no bars.
  RunProgress(const Command& command, const flow::RunModel& model, RunEvents* events, std::string label = {});
  void on_sent(const fleet::Batch& batch, const std::string& command_id) override;
  void on_progress(const flow::Totals& done, std::size_t running) override;
  void on_note(std::string_view text) override;
  flow::Telling telling() const override { return events_ == nullptr ? flow::Telling::records : flow::Telling::all; }
  void on_recorded(const flow::RunModel& model, std::span<const flow::RunRecord> records,
                   std::span<const ledger::Blob> blobs) override;
  /// Time has passed: to be called about once a second.
  void tick();
  /// Takes what it drew off the screen.
  void finish();
  /// The run has ended, and left these behind.
  void left(std::vector<flow::LeftCommand> commands);
  /// For those who leave while it runs.
  std::string last_words() const;

 private:
  std::size_t part_of(const fleet::Scope& scope);
  void count(const flow::record::TargetEnd& end);
  void say_failure(const flow::record::TargetEnd& end);
  void wave_started(std::uint32_t wave);
  void show();
  bool draws() const { return label_.empty() && printer_.on_tty(); }
  void note(std::string_view text);
  void fill_running();

  const Command& command_;
  const flow::RunModel& model_;
  term::FleetPrinter printer_;
  term::FleetProgress progress_;
  term::TimeLeft time_;
  std::map<std::string, std::size_t, std::less<>> part_by_account_;
  std::vector<std::size_t> part_by_scope_;
  std::optional<std::uint32_t> wave_;
  std::size_t failures_ = 0;  ///< told one by one
  MonoTime started_;
  MonoTime said_;  ///< when the last line was printed for a log
  RunEvents* events_;
  std::string label_;
  std::vector<flow::LeftCommand> sent_;
};

/// Calls tick() until it is cancelled.
rt::Task<void> keep_ticking(rt::CallContext ctx, RunProgress* progress);

}  // namespace postern::cli
