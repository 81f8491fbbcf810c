#include "cli/run_progress.hpp"

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/prompt.hpp"
#include "cli/run_interrupt.hpp"

namespace postern::cli {
namespace run_progress {

constexpr std::size_t kFailuresTold = 20;
constexpr Duration kBetweenLines = std::chrono::seconds(30);  ///< in a log
constexpr Duration kTick = std::chrono::seconds(1);

std::vector<std::size_t> wave_sizes(const flow::RunModel& model) {
  std::vector<std::size_t> sizes;
  for (const flow::WavePlan& wave : model.plan().waves) sizes.push_back(wave.targets);
  return sizes;
}

std::vector<std::size_t> ended_of_waves(const flow::RunModel& model) {
  std::vector<std::size_t> ended;
  for (std::uint32_t i = 0; i < model.plan().waves.size(); ++i) {
    ended.push_back(model.plan().waves[i].targets - model.open_of_wave(i));
  }
  return ended;
}

void count(term::Progress& progress, flow::Outcome outcome) {
  switch (outcome) {
    case flow::Outcome::succeeded:
      ++progress.succeeded;
      break;
    case flow::Outcome::failed:
      ++progress.failed;
      break;
    case flow::Outcome::skipped:
      ++progress.skipped;
      break;
    case flow::Outcome::unknown:
      ++progress.unknown;
      break;
  }
}

term::Color color_of(const Command& command) {
  const term::Sink sink = command.host().console->is_tty(os::StdStream::err) ? term::Sink::tty : term::Sink::other;
  const auto choice = term::parse_color_choice(command.invocation().value("--color").value_or("auto"));
  return term::decide_color(choice.value_or(term::ColorChoice::automatic), *command.host().environment, sink);
}

}  // namespace run_progress

RunProgress::RunProgress(const Command& command, const flow::RunModel& model, RunEvents* events, std::string label)
    : command_(command),
      model_(model),
      printer_(*command.host().console, run_progress::color_of(command)),
      time_(run_progress::wave_sizes(model), run_progress::ended_of_waves(model)),
      started_(command.ctx().now()),
      said_(started_),
      events_(events),
      label_(std::move(label)) {
  const flow::Plan& plan = model.plan();
  for (const fleet::ScopePtr& scope : plan.scopes) part_by_scope_.push_back(part_of(*scope));
  for (const flow::BatchPlan& batch : plan.batches) {
    term::Progress& part = progress_.parts[part_by_scope_[batch.scope]];
    part.total += batch.count;
    for (std::uint32_t target = batch.first; target < batch.first + batch.count; ++target) {
      if (model.targets()[target].ended) run_progress::count(part, model.targets()[target].outcome);
    }
  }
  for (const flow::SkippedTarget& skipped : plan.skipped) {
    term::Progress& part = progress_.parts[part_of(skipped.target.scope())];
    ++part.total;
    ++part.skipped;
  }
  progress_.all.label = "run";
  progress_.all.total = plan.targets.size() + plan.skipped.size();
}

void RunProgress::note(std::string_view text) {
  printer_.note(label_.empty() ? std::string(text) : label_ + ": " + std::string(text));
}

std::size_t RunProgress::part_of(const fleet::Scope& scope) {
  const auto [at, fresh] = part_by_account_.emplace(scope.who(), progress_.parts.size());
  if (fresh) progress_.parts.emplace_back().label = at->first;
  return at->second;
}

void RunProgress::on_sent(const fleet::Batch& batch, const std::string& command_id) {
  sent_.emplace_back(batch.scope_ptr(), command_id);
  sent_.back().targets = batch.ids().size();
  if (!command_.ctx().explainer().wants("run")) return;
  command_.ctx().explainer().explain("run", batch.scope().label() + ": " +
                                                std::string(words_of(model_.header().kind).sent) + " " + command_id +
                                                " for " + std::to_string(batch.ids().size()) + " targets");
}

void RunProgress::on_progress(const flow::Totals& done, std::size_t running) {
  progress_.all.succeeded = done.succeeded;
  progress_.all.failed = done.failed;
  progress_.all.skipped = done.skipped;
  progress_.all.unknown = done.unknown;
  progress_.all.running = running;
  show();
  if (events_ != nullptr) events_->progress(done, running, command_.ctx().clock().wall_now());
}

void RunProgress::on_recorded(const flow::RunModel& model, std::span<const flow::RunRecord> records,
                              std::span<const ledger::Blob> blobs) {
  for (const flow::RunRecord& record : records) {
    if (events_ != nullptr) events_->recorded(model, record, blobs, command_.ctx().clock().wall_now());
    if (const auto* intent = std::get_if<flow::record::Intent>(&record)) {
      wave_started(model_.plan().batches[intent->batch].wave);
    } else if (const auto* ended = std::get_if<flow::record::Ended>(&record)) {
      for (const flow::record::TargetEnd& end : ended->targets) count(end);
    }
  }
  show();
}

void RunProgress::wave_started(std::uint32_t wave) {
  if (wave_ && *wave_ >= wave) return;
  wave_ = wave;
  time_.started(wave, command_.ctx().now());
  const std::size_t waves = model_.plan().waves.size();
  if (waves < 2) return;
  const flow::WavePlan& plan = model_.plan().waves[wave];
  progress_.stage =
      "wave " + std::to_string(wave + 1) + " of " + std::to_string(waves) + " (" + printable(plan.name, 40) + ")";
  if (!draws()) note(progress_.stage + ": " + plural(plan.targets, "target"));
}

void RunProgress::count(const flow::record::TargetEnd& end) {
  const flow::BatchPlan& batch = model_.plan().batches[model_.batch_of_target(end.target)];
  run_progress::count(progress_.parts[part_by_scope_[batch.scope]], end.outcome);
  time_.ended(batch.wave, command_.ctx().now());
  if (end.outcome == flow::Outcome::failed || end.outcome == flow::Outcome::unknown) say_failure(end);
}

void RunProgress::say_failure(const flow::record::TargetEnd& end) {
  if (++failures_ > run_progress::kFailuresTold) {
    if (failures_ == run_progress::kFailuresTold + 1) note("more of them are only counted");
    return;
  }
  const flow::TargetResult target = flow::target_result(model_, end.target, "");
  std::string text = std::string(to_string(end.outcome)) + ": " +
                     printable(target.name.empty() ? target.target.id().text() : target.name, 100) + " (" +
                     target.target.scope().label() + ")";
  if (end.exit_code) text += ", exit code " + std::to_string(*end.exit_code);
  if (!end.reason.empty() && end.reason != "Failed") text += ": " + printable(end.reason, 200);
  note(text);
}

void RunProgress::fill_running() {
  for (term::Progress& part : progress_.parts) part.running = 0;
  for (std::size_t i = 0; i < model_.batches().size(); ++i) {
    const flow::BatchState& batch = model_.batches()[i];
    if (batch.phase != flow::BatchPhase::following) continue;
    progress_.parts[part_by_scope_[model_.plan().batches[i].scope]].running += batch.open;
  }
}

void RunProgress::show() {
  const MonoTime now = command_.ctx().now();
  const bool line = !draws() && now - said_ >= run_progress::kBetweenLines;
  if (!line && (!draws() || !printer_.due(now))) return;
  progress_.all.elapsed = now - started_;
  progress_.left = time_.left(now);
  if (line) {
    said_ = now;
    note((label_.empty() ? "run: " : "") + term::fleet_sentence(progress_));
    return;
  }
  fill_running();
  printer_.draw(progress_, now);
}

void RunProgress::tick() {
  show();
}

void RunProgress::on_note(std::string_view text) {
  note(printable(text, 400));
}

void RunProgress::finish() {
  printer_.clear();
}

void RunProgress::left(std::vector<flow::LeftCommand> commands) {
  sent_ = std::move(commands);
}

std::string RunProgress::last_words() const {
  std::string out = "the run can be taken up: postern resume " + model_.header().run_id + "\n";
  if (sent_.empty()) return out;
  if (model_.header().kind == flow::RunKind::command)
    return out + "sent, and may still be running:\n" + stop_lines(sent_);
  for (const flow::LeftCommand& job : sent_)
    out += "goes on: job " + job.command_id + " in " + job.scope->label() + "\n";
  return out;
}

rt::Task<void> keep_ticking(rt::CallContext ctx, RunProgress* progress) {
  for (;;) {
    const Result<void> slept = co_await rt::sleep_until(ctx.clock(), ctx.now() + run_progress::kTick);
    if (!slept) co_return;
    progress->tick();
  }
}

}  // namespace postern::cli
