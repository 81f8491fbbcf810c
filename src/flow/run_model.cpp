#include "flow/run_model.hpp"

#include <algorithm>

namespace postern::flow {
namespace {

tl::unexpected<Error> misfit(std::string why) {
  return fail(ErrorKind::malformed, "the run's records do not fit together: " + std::move(why));
}

}  // namespace

RunModel::RunModel() {
  reasons_.emplace_back();
  reason_index_.emplace("", 0);
  digests_.emplace_back();
}

Result<void> RunModel::apply(const RunRecord& record, WallTime at) {
  now_ = at;
  if (closed_) return misfit("something follows its end");
  TRY_VOID(std::visit([this](const auto& one) { return on(one); }, record));
  last_at_ = at;
  return Result<void>();
}

Result<void> RunModel::on(const record::Opened& record) {
  if (!header_.run_id.empty()) return misfit("it is opened twice");
  if (record.header.run_id.empty()) return misfit("it has no id");
  header_ = record.header;
  opened_ = record;
  opened_at_ = now_;
  return Result<void>();
}

Result<void> RunModel::on(const record::Places& record) {
  if (started_ || !plan_.batches.empty()) return misfit("scopes are added after its targets");
  plan_.scopes.insert(plan_.scopes.end(), record.scopes.begin(), record.scopes.end());
  plan_.waves.insert(plan_.waves.end(), record.waves.begin(), record.waves.end());
  failures_.resize(plan_.waves.size());
  wave_open_.resize(plan_.waves.size());
  return Result<void>();
}

Result<void> RunModel::on(const record::Documents& record) {
  if (started_) return misfit("documents are pinned after its start");
  for (const DocumentPin& pin : record.pins) {
    if (pin.scope >= plan_.scopes.size()) return misfit("a document of no scope");
    plan_.pins.push_back(pin);
  }
  return Result<void>();
}

/// For what the first record announces, but not for whatever a damaged one says: lists that grow by halves are in
/// memory twice, time and again.
void RunModel::make_room() {
  constexpr std::uint32_t kAtOnce = 200'000;
  const std::size_t targets = std::min(opened_.targets, kAtOnce);
  const std::size_t batches = std::min(opened_.batches, kAtOnce);
  plan_.targets.reserve(targets);
  plan_.batches.reserve(batches);
  targets_.reserve(targets);
  batches_.reserve(batches);
}

Result<void> RunModel::on(const record::Targets& record) {
  if (started_) return misfit("targets are added after its start");
  if (plan_.targets.empty()) make_room();
  std::size_t counted = 0;
  for (BatchPlan batch : record.batches) {
    if (batch.scope >= plan_.scopes.size() || batch.wave >= plan_.waves.size())
      return misfit("a batch of no scope or wave");
    if (batch.count == 0 || batch.count > fleet::kBatchTargetsEver) return misfit("a batch of a wrong size");
    batch.first = static_cast<std::uint32_t>(plan_.targets.size() + counted);
    counted += batch.count;
    BatchState state;
    state.open = batch.count;
    wave_open_[batch.wave] += batch.count;
    batches_.push_back(std::move(state));
    plan_.batches.push_back(batch);
  }
  if (counted != record.targets.size()) return misfit("batches and targets differ in number");
  plan_.targets.insert(plan_.targets.end(), record.targets.begin(), record.targets.end());
  targets_.resize(plan_.targets.size());
  open_ += counted;
  return Result<void>();
}

Result<void> RunModel::on(const record::Skipped& record) {
  for (const record::Skipped::One& one : record.targets) {
    TRY(fleet::InstanceId id, fleet::InstanceId::parse(one.instance_id));
    if (one.scope >= record.scopes.size()) return misfit("a skipped target of no scope");
    plan_.skipped.emplace_back(fleet::TargetRef(record.scopes[one.scope], std::move(id)), one.reason);
    plan_.skipped.back().name = one.name;
    plan_.skipped.back().unreachable = one.unreachable;
    totals_.count(Outcome::skipped);
  }
  return Result<void>();
}

Result<void> RunModel::on(const record::Started&) {
  if (started_) return misfit("it starts twice");
  const bool whole = plan_.scopes.size() == opened_.scopes && plan_.waves.size() == opened_.waves &&
                     plan_.batches.size() == opened_.batches && plan_.targets.size() == opened_.targets;
  if (!whole) return misfit("its target list is not complete");
  for (const WavePlan& wave : plan_.waves) {
    if (wave.first_batch > plan_.batches.size() || wave.batches > plan_.batches.size() - wave.first_batch) {
      return misfit("a wave of batches that there are not");
    }
  }
  started_ = true;
  return Result<void>();
}

void RunModel::enter(BatchState& batch, BatchPhase phase) {
  if (batch.phase == BatchPhase::held) --in_doubt_;
  if (phase == BatchPhase::held) ++in_doubt_;
  batch.phase = phase;
}

Result<void> RunModel::on(const record::Intent& record) {
  if (!started_ || record.batch >= batches_.size()) return misfit("an intent for no batch");
  BatchState& batch = batches_[record.batch];
  const bool free = batch.phase == BatchPhase::waiting;
  if (!free || record.op.empty() || ops_.contains(record.op))
    return misfit("an intent for a batch that is not waiting");
  if (!batch.op.empty()) ops_.erase(batch.op);
  enter(batch, BatchPhase::sending);
  batch.op = record.op;
  batch.op_at = now_;
  ++batch.intents;
  ops_.emplace(record.op, record.batch);
  return Result<void>();
}

Result<void> RunModel::on(const record::SendEnded& record) {
  const std::optional<std::uint32_t> index = batch_of(record.op);
  if (!index) return misfit("an outcome without its intent");
  BatchState& batch = batches_[*index];
  if (batch.phase != BatchPhase::sending) return misfit("a second outcome of one intent");
  switch (record.end) {
    case record::SendEnd::accepted:
      enter(batch, BatchPhase::following);
      batch.command_id = record.command_id;
      batch.op_at = now_;  // it may have waited for its turn for long
      return Result<void>();
    case record::SendEnd::refused:
    case record::SendEnd::not_sent:
      enter(batch, BatchPhase::waiting);
      break;
    case record::SendEnd::lost:
      enter(batch, BatchPhase::lost);
      break;
  }
  batch.trouble = record.message;
  batch.trouble_kind = record.kind;
  return Result<void>();
}

Result<void> RunModel::on(const record::Decided& record) {
  const std::optional<std::uint32_t> index = batch_of(record.op);
  if (!index) return misfit("a decision about no intent");
  BatchState& batch = batches_[*index];
  const bool open =
      batch.phase == BatchPhase::sending || batch.phase == BatchPhase::lost || batch.phase == BatchPhase::held;
  if (!open) return misfit("a decision about a send that is not in doubt");
  switch (record.decision) {
    case record::Decision::adopt:
      enter(batch, BatchPhase::following);
      batch.command_id = record.command_id;
      break;
    case record::Decision::absent:
    case record::Decision::skip:
      enter(batch, BatchPhase::held);  // of a skip: until its targets' ends, which follow
      break;
    case record::Decision::reissue:
      enter(batch, BatchPhase::waiting);
      // Unless it is sent again because it was shown not to have been taken.
      batch.may_have_run = !header_.policy.absence_proves || header_.policy.idempotent || !record.by.empty();
      break;
  }
  return Result<void>();
}

Result<void> RunModel::on(const record::Ended& record) {
  for (const record::TargetEnd& end : record.targets) TRY_VOID(end_target(end));
  return Result<void>();
}

Result<void> RunModel::end_target(const record::TargetEnd& end) {
  if (end.target >= targets_.size()) return misfit("the end of no target");
  TargetState& target = targets_[end.target];
  if (target.ended) return misfit("a target ends twice");
  target.ended = true;
  target.outcome = end.outcome;
  target.exit_code = end.exit_code;
  target.unreachable = end.unreachable;
  target.truncated = end.truncated;
  target.refusal = end.refusal;
  target.reason = intern(end.reason);
  target.out = intern(end.out);
  target.err = intern(end.err);
  totals_.count(end.outcome);
  --open_;
  const std::uint32_t index = batch_of_target(end.target);
  const std::uint32_t wave = plan_.batches[index].wave;
  --wave_open_[wave];
  if (end.outcome == Outcome::failed && !end.unreachable) ++failures_[wave];
  BatchState& batch = batches_[index];
  if (--batch.open == 0) enter(batch, BatchPhase::done);
  return Result<void>();
}

Result<void> RunModel::on(const record::Held& record) {
  held_ = record;
  return Result<void>();
}

Result<void> RunModel::on(const record::Resumed& record) {
  if (!record.break_glass.empty()) break_glass_ = record.break_glass;
  if (!record.release) return Result<void>();
  // Whoever lets it go on has seen these failures: those to come count anew.
  if (held_ && held_->cause == record::HoldCause::budget) std::fill(failures_.begin(), failures_.end(), 0);
  // A person at the gate is the gate.
  if (held_ && held_->cause == record::HoldCause::gate && gate_) gate_->passed = true;
  held_.reset();
  return Result<void>();
}

Result<void> RunModel::on(const record::Cancelling& record) {
  if (!cancelling_) cancelling_ = record;
  return Result<void>();
}

Result<void> RunModel::on(const record::Gate& record) {
  if (!started_ || record.wave >= plan_.waves.size()) return misfit("a gate before no wave");
  const bool same = gate_ && gate_->wave == record.wave;
  if (same && gate_->passed) return misfit("a gate is passed twice");
  if (!same) {
    gate_.emplace();
    gate_->wave = record.wave;
    gate_->since = now_;
  }
  gate_->passed = record.passed;
  return Result<void>();
}

Result<void> RunModel::on(const record::DeadlinePassed&) {
  if (!started_) return misfit("its deadline passed before it began");
  deadline_passed_ = true;
  return Result<void>();
}

Result<void> RunModel::on(const record::Closed& record) {
  if (open_ != 0) return misfit("it is closed while targets are open");
  closed_ = record;
  return Result<void>();
}

void RunModel::set_access(std::uint32_t scope, fleet::Access access) {
  fleet::Scope changed = *plan_.scopes[scope];
  changed.access = std::move(access);
  plan_.scopes[scope] = std::make_shared<const fleet::Scope>(std::move(changed));
}

std::optional<std::uint32_t> RunModel::batch_of(std::string_view op) const {
  const auto found = ops_.find(op);
  return found == ops_.end() ? std::nullopt : std::optional<std::uint32_t>(found->second);
}

std::uint32_t RunModel::batch_of_target(std::uint32_t target) const {
  const auto after = std::upper_bound(plan_.batches.begin(), plan_.batches.end(), target,
                                      [](std::uint32_t t, const BatchPlan& batch) { return t < batch.first; });
  return static_cast<std::uint32_t>(after - plan_.batches.begin()) - 1;
}

std::uint32_t RunModel::intern(const std::string& reason) {
  const auto [at, fresh] = reason_index_.emplace(reason, static_cast<std::uint32_t>(reasons_.size()));
  if (fresh) reasons_.push_back(reason);
  return at->second;
}

std::uint32_t RunModel::intern(const std::optional<ledger::Digest>& digest) {
  if (!digest) return 0;
  const auto [at, fresh] = digest_index_.emplace(*digest, static_cast<std::uint32_t>(digests_.size()));
  if (fresh) digests_.push_back(*digest);
  return at->second;
}

}  // namespace postern::flow
