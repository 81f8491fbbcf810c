#pragma once

/// What is said on stderr while a run goes on.

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "flow/left_running.hpp"
#include "flow/run.hpp"
#include "term/progress.hpp"

namespace postern::cli {

class RunProgress final : public flow::RunObserver {
 public:
  /// `total`: of the plan, with those that are skipped. `command` outlives it.
  RunProgress(const Command& command, std::size_t total, std::string run_id);
  void on_sent(const fleet::Batch& batch, const std::string& command_id) override;
  void on_progress(const flow::Totals& done, std::size_t running) override;
  void on_note(std::string_view text) override;
  /// Takes what it drew off the screen.
  void finish();
  /// The run has ended, and left these behind.
  void left(std::vector<flow::LeftCommand> commands);
  /// For those who leave while it runs.
  std::string last_words() const;

 private:
  const Command& command_;
  term::ProgressPrinter printer_;
  term::Progress progress_;
  MonoTime started_;
  std::string run_id_;
  std::vector<flow::LeftCommand> sent_;
};

}  // namespace postern::cli
