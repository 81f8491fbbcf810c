#include "cli/run_progress.hpp"

#include "base/text.hpp"
#include "cli/run_interrupt.hpp"

namespace postern::cli {

RunProgress::RunProgress(const Command& command, std::size_t total, std::string run_id)
    : command_(command),
      printer_(*command.host().console, term::Color::off),
      started_(command.ctx().now()),
      run_id_(std::move(run_id)) {
  progress_.label = "run";
  progress_.total = total;
}

void RunProgress::on_sent(const fleet::Batch& batch, const std::string& command_id) {
  sent_.emplace_back(batch.scope_ptr(), command_id);
  sent_.back().instances = batch.ids();
  if (!command_.ctx().explainer().wants("run")) return;
  command_.ctx().explainer().explain("run", batch.scope().label() + ": command " + command_id + " for " +
                                                std::to_string(batch.ids().size()) + " targets");
}

void RunProgress::on_progress(const flow::Totals& done, std::size_t running) {
  progress_.succeeded = done.succeeded;
  progress_.failed = done.failed;
  progress_.skipped = done.skipped;
  progress_.unknown = done.unknown;
  progress_.running = running;
  progress_.elapsed = command_.ctx().now() - started_;
  printer_.draw(progress_, command_.ctx().now());
}

void RunProgress::on_note(std::string_view text) {
  printer_.note(printable(text, 400));
}

void RunProgress::finish() {
  printer_.clear();
}

void RunProgress::left(std::vector<flow::LeftCommand> commands) {
  sent_ = std::move(commands);
}

std::string RunProgress::last_words() const {
  std::string out = "the run can be taken up: postern resume " + run_id_ + "\n";
  if (!sent_.empty()) out += "sent, and may still be running:\n" + stop_lines(sent_);
  return out;
}

}  // namespace postern::cli
