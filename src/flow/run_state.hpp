#pragma once

/// The books of one run in memory: every target of the plan is pending, then sent, then ended, and ends exactly once.
/// A value without effects; breaking its rules is a bug and CHECKed.

#include <map>

#include "fleet/batch.hpp"
#include "flow/plan.hpp"
#include "flow/result.hpp"

namespace postern::flow {

class RunState {
 public:
  /// Every target in a batch is pending; the plan's skipped targets have ended as such.
  explicit RunState(const RunPlan& plan);

  /// Some or all of a planned batch: pending -> sent.
  void sent(const fleet::Batch& batch);
  /// pending or sent -> ended.
  void ended(TargetResult result);

  bool complete() const noexcept { return pending_ == 0 && running_ == 0; }
  std::size_t pending() const noexcept { return pending_; }
  /// Sent and not ended.
  std::size_t running() const noexcept { return running_; }
  const Totals& totals() const noexcept { return totals_; }

  /// The results, sorted by target: exactly the plan's. Only when complete; leaves the state empty.
  std::vector<TargetResult> take();

 private:
  enum class Phase : std::uint8_t { pending, sent, ended };
  struct Entry {
    Entry() = default;
    Phase phase = Phase::pending;
    TargetResult result;
  };
  void plan_for(const fleet::TargetRef& target);

  std::map<fleet::TargetRef, Entry> entries_;
  std::size_t pending_ = 0;
  std::size_t running_ = 0;
  Totals totals_;
};

}  // namespace postern::flow
