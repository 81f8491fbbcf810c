#include "sim/scripted_agents.hpp"

#include <algorithm>

namespace postern::sim {
namespace scripted_agents {

constexpr int kKilledExit = 137;
/// How long an agent takes to stop what it runs.
constexpr std::chrono::milliseconds kStopTime{10};

}  // namespace scripted_agents

ScriptedAgents::~ScriptedAgents() {
  for (auto& [key, record] : records_) ctx_.clock().unschedule(record.timer);
}

void ScriptedAgents::deliver(Work work, WorkListener& listener) {
  const WorkKey key = work.key;
  Record record;
  record.behaviour = decide_(work);
  record.execution_timeout = work.execution_timeout;
  record.listener = &listener;
  record.timer = ctx_.clock().schedule(ctx_.now() + work.pick_up_delay, [this, key] { begin(key); });
  records_[key] = std::move(record);
}

void ScriptedAgents::begin(const WorkKey& key) {
  const auto found = records_.find(key);
  if (found == records_.end()) return;
  Record& record = found->second;
  record.timer = 0;
  if (!record.listener->picked_up(key)) {
    records_.erase(found);
    return;
  }
  record.started = true;
  const auto running = static_cast<std::size_t>(
      std::count_if(records_.begin(), records_.end(), [](const auto& entry) { return entry.second.started; }));
  most_ = std::max(most_, running);
  if (record.behaviour.stalls) return;
  const bool late = record.behaviour.run_time > Duration(record.execution_timeout);
  if (late) return arm(key, record, record.execution_timeout, WorkOutcome::End::timed_out);
  const bool good = record.behaviour.exit_code == 0;
  arm(key, record, record.behaviour.run_time, good ? WorkOutcome::End::success : WorkOutcome::End::failed);
}

void ScriptedAgents::arm(const WorkKey& key, Record& record, Duration delay, WorkOutcome::End how) {
  record.timer = ctx_.clock().schedule(ctx_.now() + delay, [this, key, how] {
    const auto found = records_.find(key);
    if (found == records_.end()) return;
    WorkOutcome outcome;
    outcome.end = how;
    const bool killed = how == WorkOutcome::End::timed_out || how == WorkOutcome::End::cancelled;
    outcome.exit_code = killed ? scripted_agents::kKilledExit : found->second.behaviour.exit_code;
    outcome.output = found->second.behaviour.output;
    outcome.errors = found->second.behaviour.errors;
    end(key, std::move(outcome));
  });
}

void ScriptedAgents::end(const WorkKey& key, WorkOutcome outcome) {
  WorkListener* listener = records_.at(key).listener;
  records_.erase(key);
  listener->finished(key, std::move(outcome));
}

void ScriptedAgents::cancel(const WorkKey& key) {
  const auto found = records_.find(key);
  if (found == records_.end()) return;
  Record& record = found->second;
  if (!record.started) {
    ctx_.clock().unschedule(record.timer);
    records_.erase(found);
    return;
  }
  if (record.behaviour.stalls) return;
  ctx_.clock().unschedule(record.timer);
  arm(key, record, scripted_agents::kStopTime, WorkOutcome::End::cancelled);
}

}  // namespace postern::sim
