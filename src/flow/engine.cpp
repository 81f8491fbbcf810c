#include "flow/engine.hpp"

#include "base/check.hpp"
#include "base/text.hpp"
#include "flow/engine_turn.hpp"

namespace postern::flow {
namespace {

constexpr std::size_t kReasonMax = 600;  // fifty of them fit into a record whatever they hold

}  // namespace

Engine::Engine(RunModel model, NextId next_id) : model_(std::move(model)), next_id_(std::move(next_id)) {
  CHECK(model_.started());
  live_.resize(model_.batches().size());
  places_.resize(model_.plan().scopes.size());
  pace_.fill(unknown_pace());
  of_scope_.resize(places_.size());
  for (std::size_t i = 0; i < live_.size(); ++i) {
    of_scope_[model_.plan().batches[i].scope].push_back(static_cast<std::uint32_t>(i));
    if (model_.batches()[i].phase == BatchPhase::following) running_ += model_.batches()[i].open;
  }
}

Pace Engine::unknown_pace() const {
  if (model_.header().kind != RunKind::command) return Pace(kJobPace);
  return model_.header().policy.installs ? Pace(kInstallPace) : Pace();
}

Step Engine::begin(Moment now) {
  CHECK(!begun_);
  begun_ = true;
  Turn turn(*this, now);
  turn.begin();
  return turn.finish();
}

Step Engine::on(RunEvent event, Moment now) {
  Turn turn(*this, now);
  std::visit([&turn](auto& one) { turn.on(std::move(one)); }, event);
  return turn.finish();
}

Result<Step> Engine::decide(std::uint32_t batch, record::Decision decision, std::string command_id, std::string by,
                            std::string why, Moment now) {
  CHECK(!begun_);
  const BatchPhase phase = model_.batches()[batch].phase;
  if (phase != BatchPhase::held && phase != BatchPhase::lost && phase != BatchPhase::sending) {
    return fail(ErrorKind::usage, "the send is in no doubt: there is nothing to decide");
  }
  if (decision == record::Decision::adopt && command_id.empty()) {
    return fail(ErrorKind::usage, "to adopt a command its id must be named");
  }
  record::Decided decided;
  decided.op = model_.batches()[batch].op;
  decided.decision = decision;
  decided.command_id = std::move(command_id);
  decided.by = std::move(by);
  decided.why = std::move(why);
  Turn turn(*this, now);
  turn.decide(batch, std::move(decided));
  return turn.finish();
}

Step Engine::cancel(std::string by, std::string why, Moment now) {
  record::Cancelling cancelling;
  cancelling.by = std::move(by);
  cancelling.why = std::move(why);
  Turn turn(*this, now);
  turn.cancel(std::move(cancelling));
  return turn.finish();
}

std::optional<MonoTime> Engine::next_wake() const {
  std::optional<MonoTime> next;
  if (!timers_.empty()) next = timers_.begin()->first;
  for (const std::optional<MonoTime>& timer : {gate_timer_, deadline_timer_}) {
    if (timer && (!next || *timer < *next)) next = timer;
  }
  return next;
}

bool Engine::idle() const {
  // A deadline alone is not waited for: whoever takes a held run up later meets it then.
  return busy_ == 0 && !reading_hold_ && !testing_gate_ && ((timers_.empty() && !gate_timer_) || model_.closed());
}

// --- the turn itself ---

void Engine::Turn::note_down(RunRecord record) {
  const Result<void> applied = e_.model_.apply(record, now_.wall);
  CHECK(applied.has_value());  // the engine makes only records that fit
  step_.records.push_back(std::move(record));
}

void Engine::Turn::end(std::uint32_t target, Outcome outcome, const std::string& reason, bool unreachable,
                       std::optional<ErrorKind> refusal) {
  record::TargetEnd end;
  end.target = target;
  end.outcome = outcome;
  end.reason = printable(reason, kReasonMax);
  end.unreachable = unreachable;
  end.refusal = refusal;
  ends_.push_back(std::move(end));
}

void Engine::Turn::flush_ends() {
  if (ends_.empty()) return;
  record::Ended ended;
  ended.targets = std::move(ends_);
  ends_.clear();
  std::set<std::uint32_t> batches;
  for (const record::TargetEnd& end : ended.targets) {
    const std::uint32_t batch = e_.model_.batch_of_target(end.target);
    if (state(batch).phase == BatchPhase::following) --e_.running_;
    batches.insert(batch);
  }
  note_down(std::move(ended));
  for (const std::uint32_t batch : batches) {
    if (state(batch).phase != BatchPhase::done) continue;
    clear_timer(batch);
    release(batch);
    retire_scout(batch);
  }
}

void Engine::Turn::end_open_targets(std::uint32_t batch, Outcome outcome, const std::string& reason, bool unreachable,
                                    std::optional<ErrorKind> refusal) {
  for (std::uint32_t i = 0; i < plan(batch).count; ++i) {
    const std::uint32_t target = plan(batch).first + i;
    if (is_open(target)) end(target, outcome, reason, unreachable, refusal);
  }
  flush_ends();
}

Step Engine::Turn::finish() {
  flush_ends();
  if (!e_.begun_) {
    close();
    return std::move(step_);
  }
  meet_deadline();
  check_budget();
  for (const std::uint32_t scope : touched_) fill(scope);
  open_scopes();
  advance_waves();
  close();
  watch_deadline();
  return std::move(step_);
}

void Engine::Turn::close() {
  RunModel& model = e_.model_;
  if (model.closed() || model.open() > 0 || e_.busy_ > 0) return;
  record::Closed closed;
  closed.totals = model.totals();
  closed.status = "succeeded";
  if (closed.totals.unknown > 0) closed.status = "unknown";
  if (closed.totals.failed > 0) closed.status = "failed";
  if (model.deadline_passed()) closed.status = "expired";
  if (model.cancelling()) closed.status = "cancelled";
  note_down(std::move(closed));
}

void Engine::Turn::set_timer(std::uint32_t batch, MonoTime at) {
  clear_timer(batch);
  live(batch).timer = at;
  e_.timers_.emplace(at, batch);
}

void Engine::Turn::clear_timer(std::uint32_t batch) {
  if (!live(batch).timer) return;
  e_.timers_.erase(std::pair(*live(batch).timer, batch));
  live(batch).timer.reset();
}

void Engine::Turn::busy(std::uint32_t batch) {
  CHECK(!live(batch).busy);
  live(batch).busy = true;
  ++e_.busy_;
}

void Engine::Turn::not_busy(std::uint32_t batch) {
  CHECK(live(batch).busy);
  live(batch).busy = false;
  --e_.busy_;
}

void Engine::Turn::on(event::Tick) {
  if (e_.gate_timer_ && *e_.gate_timer_ <= now_.mono) e_.gate_timer_.reset();  // finish() goes on
  while (!e_.timers_.empty() && e_.timers_.begin()->first <= now_.mono) {
    const std::uint32_t batch = e_.timers_.begin()->second;
    clear_timer(batch);
    fire(batch);
  }
}

void Engine::Turn::fire(std::uint32_t batch) {
  switch (state(batch).phase) {
    case BatchPhase::waiting:
      send_or_leave(batch);
      break;
    case BatchPhase::sending:
    case BatchPhase::lost:
      look_for(batch);
      break;
    case BatchPhase::following:
      look(batch);
      break;
    case BatchPhase::held:
    case BatchPhase::done:
      break;
  }
}

void Engine::Turn::on(event::Stop event) {
  if (!e_.stopped_.empty()) return;
  e_.stopped_ = std::move(event.why);
  const std::set<std::pair<MonoTime, std::uint32_t>> timers = std::move(e_.timers_);
  e_.timers_.clear();
  e_.gate_timer_.reset();
  for (const auto& [at, batch] : timers) live(batch).timer.reset();
}

std::optional<std::uint32_t> Engine::Turn::target_of(std::uint32_t batch, std::string_view instance_id) const {
  const Plan& all = e_.model_.plan();
  for (std::uint32_t i = 0; i < plan(batch).count; ++i) {
    if (all.targets[plan(batch).first + i].id.view() == instance_id) return plan(batch).first + i;
  }
  return std::nullopt;
}

std::optional<ledger::Digest> Engine::Turn::keep(const std::string& output) {
  if (output.empty()) return std::nullopt;
  ledger::Blob blob;
  blob.digest = ledger::sha256(output);
  blob.bytes = output;
  const ledger::Digest digest = blob.digest;
  step_.blobs.push_back(std::move(blob));
  return digest;
}

}  // namespace postern::flow
