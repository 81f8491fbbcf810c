#include "flow/run_state.hpp"

#include "base/check.hpp"

namespace postern::flow {

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::succeeded:
      return "succeeded";
    case Outcome::failed:
      return "failed";
    case Outcome::skipped:
      return "skipped";
    case Outcome::unknown:
      return "unknown";
  }
  return "unknown";
}

void Totals::count(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::succeeded:
      ++succeeded;
      break;
    case Outcome::failed:
      ++failed;
      break;
    case Outcome::skipped:
      ++skipped;
      break;
    case Outcome::unknown:
      ++unknown;
      break;
  }
}

Totals RunResult::totals() const {
  Totals totals;
  for (const TargetResult& target : targets) totals.count(target.outcome);
  return totals;
}

RunState::RunState(const RunPlan& plan) {
  for (const PlannedBatch& planned : plan.batches) {
    for (const fleet::TargetRef& target : planned.batch.targets()) plan_for(target);
  }
  for (const SkippedTarget& skipped : plan.skipped) {
    plan_for(skipped.target);
    TargetResult result(skipped.target, Outcome::skipped, skipped.reason);
    result.unreachable = skipped.unreachable;
    ended(std::move(result));
  }
}

void RunState::plan_for(const fleet::TargetRef& target) {
  const bool fresh = entries_.emplace(target, Entry()).second;
  CHECK(fresh);
  ++pending_;
}

void RunState::sent(const fleet::Batch& batch) {
  for (const fleet::TargetRef& target : batch.targets()) {
    const auto entry = entries_.find(target);
    CHECK(entry != entries_.end() && entry->second.phase == Phase::pending);
    entry->second.phase = Phase::sent;
    --pending_;
    ++running_;
  }
}

void RunState::ended(TargetResult result) {
  const auto entry = entries_.find(result.target);
  CHECK(entry != entries_.end() && entry->second.phase != Phase::ended);
  --(entry->second.phase == Phase::sent ? running_ : pending_);
  entry->second.phase = Phase::ended;
  totals_.count(result.outcome);
  entry->second.result = std::move(result);
}

std::vector<TargetResult> RunState::take() {
  CHECK(complete() && totals_.all() == entries_.size());
  std::vector<TargetResult> results;
  results.reserve(entries_.size());
  for (auto& [target, entry] : entries_) results.push_back(std::move(entry.result));
  entries_.clear();
  totals_ = Totals();
  return results;
}

}  // namespace postern::flow
