#include "cli/run_events.hpp"

#include <set>

#include "flow/outputs.hpp"

namespace postern::cli {
namespace run_events {

constexpr Duration kBetweenTotals = std::chrono::seconds(5);

report::PlanEvent plan_of(const flow::RunModel& model) {
  report::PlanEvent event;
  std::set<std::string_view> accounts;
  for (const fleet::ScopePtr& scope : model.plan().scopes) accounts.insert(scope->account.text());
  event.digest = model.header().digest;
  event.accounts = accounts.size();
  event.targets = model.plan().targets.size();
  event.skipped = model.plan().skipped.size();
  for (const flow::WavePlan& wave : model.plan().waves) event.waves.emplace_back(wave.name, wave.targets);
  return event;
}

void fill_from(const flow::OutputText& text, std::span<const ledger::Blob> blobs) {
  if (text.loaded()) return;
  for (const ledger::Blob& blob : blobs) {
    if (blob.digest == *text.place()) return text.fill(blob.bytes);
  }
}

}  // namespace run_events

RunEvents::RunEvents(std::string run_id, const report::RunFacts& facts, Sink sink)
    : writer_(std::move(run_id), facts, report::RunEventOptions()), sink_(std::move(sink)) {}

void RunEvents::write(const std::string& line) {
  if (sink_ && !sink_(line)) sink_ = nullptr;
}

void RunEvents::tell(const flow::TargetResult& target, WallTime at) {
  untold_.erase(target.target.label());
  write(writer_.target(at, target, target.name));
}

rt::Task<Result<void>> RunEvents::tell_stored(rt::CallContext ctx, ledger::Store& store, flow::TargetResult target,
                                              WallTime at) {
  CO_TRY_VOID(co_await flow::load_output_of(ctx, store, target));
  tell(target, at);
  co_return Result<void>();
}

rt::Task<Result<void>> RunEvents::begin(rt::CallContext ctx, ledger::Store& store, const flow::RunModel& model,
                                        WallTime at) {
  begun_ = true;
  write(writer_.plan(at, run_events::plan_of(model)));
  const flow::Plan& plan = model.plan();
  for (const flow::WavePlan& planned : plan.waves) {
    Wave& wave = waves_.emplace_back();
    wave.name = planned.name;
    wave.targets = planned.targets;
    wave.open = planned.targets;
  }
  for (const flow::BatchPlan& batch : plan.batches) {
    for (std::uint32_t i = batch.first; i < batch.first + batch.count; ++i) untold_.insert(plan.ref(batch, i).label());
  }
  for (const flow::SkippedTarget& skipped : plan.skipped) tell(flow::skipped_result(skipped), at);
  for (std::uint32_t batch = 0; batch < plan.batches.size(); ++batch) {
    const std::uint32_t index = plan.batches[batch].wave;
    if (model.batches()[batch].intents == 0 || waves_[index].started) continue;
    wave(index, report::WaveState::started, "", at);
  }
  for (std::uint32_t i = 0; i < plan.targets.size(); ++i) {
    if (!model.targets()[i].ended) continue;
    CO_TRY_VOID(co_await tell_stored(ctx, store, flow::target_result(model, i, ""), at));
    close_wave(plan.batches[model.batch_of_target(i)].wave, 1, at);
  }
  held_ = model.hold().has_value();
  co_return Result<void>();
}

void RunEvents::wave(std::uint32_t index, report::WaveState state, const std::string& reason, WallTime at) {
  if (index >= waves_.size()) return;
  if (state == report::WaveState::started) {
    waves_[index].started = true;
    wave_ = index;
  }
  report::WaveEvent event;
  event.number = index + 1;
  event.name = waves_[index].name;
  event.state = state;
  event.targets = waves_[index].targets;
  event.reason = reason;
  write(writer_.wave(at, event));
}

void RunEvents::close_wave(std::uint32_t index, std::size_t ended, WallTime at) {
  if (index >= waves_.size()) return;
  waves_[index].open -= std::min(waves_[index].open, ended);
  if (waves_[index].open == 0 && waves_[index].started) wave(index, report::WaveState::ended, "", at);
}

void RunEvents::end_target(const flow::RunModel& model, const flow::record::TargetEnd& end,
                           std::span<const ledger::Blob> blobs, WallTime at) {
  const flow::TargetResult target = flow::target_result(model, end.target, "");
  run_events::fill_from(target.out, blobs);
  run_events::fill_from(target.err, blobs);
  tell(target, at);
}

void RunEvents::recorded(const flow::RunModel& model, const flow::RunRecord& record,
                         std::span<const ledger::Blob> blobs, WallTime at) {
  if (const auto* intent = std::get_if<flow::record::Intent>(&record)) {
    const std::uint32_t index = model.plan().batches[intent->batch].wave;
    if (!waves_[index].started) wave(index, report::WaveState::started, "", at);
  } else if (const auto* ended = std::get_if<flow::record::Ended>(&record)) {
    for (const flow::record::TargetEnd& end : ended->targets) {
      end_target(model, end, blobs, at);
      close_wave(model.plan().batches[model.batch_of_target(end.target)].wave, 1, at);
    }
  } else if (const auto* held = std::get_if<flow::record::Held>(&record)) {
    held_ = true;
    wave(wave_.value_or(0), report::WaveState::held, held->why, at);
  } else if (const auto* resumed = std::get_if<flow::record::Resumed>(&record)) {
    if (held_ && resumed->release) wave(wave_.value_or(0), report::WaveState::released, resumed->why, at);
    held_ = held_ && !resumed->release;
  }
}

void RunEvents::progress(const flow::Totals& done, std::size_t running, WallTime at) {
  if (!begun_ || (progress_at_ && at - *progress_at_ < run_events::kBetweenTotals)) return;
  progress_at_ = at;
  const std::size_t open = untold_.size();
  write(writer_.totals(at, done, running, open > running ? open - running : 0));
}

rt::Task<Result<void>> RunEvents::end(rt::CallContext ctx, ledger::Store& store, const flow::RunResult& run,
                                      std::string_view status, std::optional<int> exit_code, WallTime at) {
  for (const flow::TargetResult& target : run.targets) {
    if (untold_.empty()) break;
    if (!untold_.contains(target.target.label())) continue;
    const flow::LoadedOutput loaded(&target);
    CO_TRY_VOID(co_await flow::load_output_of(ctx, store, target));
    tell(target, at);
  }
  write(writer_.end(at, status, run.totals(), exit_code));
  co_return Result<void>();
}

}  // namespace postern::cli
