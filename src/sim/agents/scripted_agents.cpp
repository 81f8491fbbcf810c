#include "sim/agents/scripted_agents.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>

#include "base/check.hpp"

namespace postern::sim {
namespace scripted_agents {

constexpr int kKilledExit = 137;
/// How long an agent takes to stop what it runs.
constexpr std::chrono::milliseconds kStopTime{10};
constexpr std::chrono::seconds kRebootTime{60};

}  // namespace scripted_agents

/// Places of records by the key that is in them.
struct ScriptedAgents::Index {
  /// A record's key by its place; a key stands for itself.
  struct Keys {
    using is_transparent = void;
    const std::vector<Record>* records;
    const WorkKey& of(std::uint32_t index) const noexcept { return (*records)[index].key; }
    const WorkKey& of(const WorkKey& key) const noexcept { return key; }
  };
  struct Hash : Keys {
    std::size_t operator()(const auto& one) const noexcept {
      const WorkKey& key = of(one);
      const std::hash<std::string> hash;
      return hash(key.command_id) * 31U + hash(key.instance_id);
    }
  };
  struct Same : Keys {
    bool operator()(const auto& a, const auto& b) const noexcept { return of(a) == of(b); }
  };
  boost::unordered_flat_set<std::uint32_t, Hash, Same> places;

  explicit Index(const std::vector<Record>& records) : places(0, Hash{Keys{&records}}, Same{Keys{&records}}) {}
};

ScriptedAgents::ScriptedAgents(rt::CallContext ctx, Decide decide)
    : ctx_(ctx), decide_(std::move(decide)), by_key_(std::make_unique<Index>(records_)) {}

ScriptedAgents::~ScriptedAgents() {
  for (auto& [tick, slot] : calendar_) ctx_.clock().unschedule(slot.timer);
}

Reach ScriptedAgents::reach(const Instance& instance) const {
  return lost_.contains(instance.id) ? Reach::lost : Agents::reach(instance);
}

void ScriptedAgents::deliver(Work work, WorkListener& listener) {
  if (by_key_->places.contains(work.key)) return;  // agents know the commands that they have
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(records_.size());
    records_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Record& record = records_[index];
  record.used = true;
  record.behaviour = decide_(work);
  record.steps = std::move(work.steps);
  record.listener = &listener;
  record.key = std::move(work.key);
  by_key_->places.insert(index);
  arm(index, work.pick_up_delay);
}

void ScriptedAgents::arm(std::uint32_t index, Duration delay) {
  const MonoTime at = ctx_.now() + std::max(delay, Duration::zero());
  const auto since = std::chrono::ceil<std::chrono::milliseconds>(at.time_since_epoch());
  // Never the present tick: its slot may be being emptied.
  const auto present = std::chrono::floor<std::chrono::milliseconds>(ctx_.now().time_since_epoch()) / kTick;
  const auto tick = static_cast<std::uint64_t>(
      std::max<std::int64_t>((since.count() + kTick.count() - 1) / kTick.count(), present + 1));
  Record& record = records_[index];
  record.due = tick;
  Slot& slot = calendar_[tick];
  slot.entries.push_back(Entry{index, record.generation});
  if (slot.timer == 0) {
    slot.timer = ctx_.clock().schedule(MonoTime(kTick * static_cast<std::int64_t>(tick)), [this, tick] { fire(tick); });
  }
}

void ScriptedAgents::fire(std::uint64_t tick) {
  const auto slot = calendar_.find(tick);
  CHECK(slot != calendar_.end());
  const std::vector<Entry> entries = std::move(slot->second.entries);
  calendar_.erase(slot);
  for (const Entry& entry : entries) {
    const Record& record = records_[entry.index];
    if (!record.used || record.generation != entry.generation || record.due != tick) continue;
    step(entry.index);
  }
}

void ScriptedAgents::step(std::uint32_t index) {
  records_[index].due = 0;
  if (!records_[index].started) return begin(index);
  Record& record = records_[index];
  if (record.behaviour.dies) {
    lost_.insert(record.key.instance_id);
    return release(index);
  }
  if (record.behaviour.reboots > 0 && !record.cancelled) {
    --record.behaviour.reboots;
    return arm(index, scripted_agents::kRebootTime);
  }
  end_step(record);
  run_next(index);
}

void ScriptedAgents::begin(std::uint32_t index) {
  const WorkKey key = records_[index].key;
  WorkListener* listener = records_[index].listener;
  if (!listener->picked_up(key)) return release(index);
  Record& record = records_[index];
  record.started = true;
  most_ = std::max(most_, ++started_);
  if (record.behaviour.stalls) return;
  if (!record.behaviour.refuses.empty()) {
    StepOutcome refused;
    refused.exit_code = 1;
    refused.errors = record.behaviour.refuses;
    record.done.assign(record.steps->size(), refused);
  }
  run_next(index);
}

void ScriptedAgents::run_next(std::uint32_t index) {
  Record& record = records_[index];
  const std::optional<std::size_t> next = next_step(*record.steps, record.done);
  if (next) {
    if (!record.done.empty()) record.listener->progressed(record.key, record.done);
    return arm(index, std::min(record.behaviour.run_time, Duration((*record.steps)[*next].timeout)));
  }
  const WorkKey key = record.key;
  WorkListener* listener = record.listener;
  WorkOutcome outcome(std::move(record.done));
  release(index);
  listener->finished(key, std::move(outcome));
}

void ScriptedAgents::end_step(Record& record) {
  using End = StepOutcome::End;
  const Behaviour& behaviour = record.behaviour;
  StepOutcome outcome;
  const bool late = behaviour.run_time > Duration((*record.steps)[record.done.size()].timeout);
  outcome.end = behaviour.exit_code == 0 ? End::success : End::failed;
  if (late) outcome.end = End::timed_out;
  if (record.cancelled) outcome.end = End::cancelled;
  const bool killed = late || record.cancelled;
  outcome.exit_code = killed ? scripted_agents::kKilledExit : behaviour.exit_code;
  outcome.output = behaviour.output;
  outcome.errors = behaviour.errors;
  record.done.push_back(std::move(outcome));
}

void ScriptedAgents::release(std::uint32_t index) {
  Record& record = records_[index];
  if (record.started) --started_;
  by_key_->places.erase(index);
  const std::uint32_t generation = record.generation + 1;
  record = Record();
  record.generation = generation;
  free_.push_back(index);
}

void ScriptedAgents::cancel(const WorkKey& key) {
  const auto found = by_key_->places.find(key);
  if (found == by_key_->places.end()) return;
  const std::uint32_t index = *found;
  Record& record = records_[index];
  if (!record.started || record.behaviour.stalls) return release(index);
  if (record.behaviour.dies || record.cancelled) return;
  record.cancelled = true;
  arm(index, scripted_agents::kStopTime);
}

}  // namespace postern::sim
