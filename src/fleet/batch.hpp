#pragma once

#include <span>
#include <vector>

#include "fleet/types.hpp"

namespace postern::fleet {

/// SendCommand takes at most so many instance ids (SSM API: InstanceIds, 0-50).
inline constexpr std::size_t kBatchTargetsMax = 50;
/// The largest batch of any call: a job of Elastic Disaster Recovery takes so many servers.
inline constexpr std::size_t kBatchTargetsEver = 100;

/// Targets of exactly one scope, 1 to kBatchTargetsEver of them, each once. There is no way to make one from bare ids:
/// the scope comes from the targets themselves, so targets of two accounts cannot mix.
class Batch {
 public:
  /// Groups by scope and cuts into batches of at most `size_max` (clamped to 1..100). Targets may come in any order;
  /// the result is sorted by scope and id, duplicates are dropped.
  static std::vector<Batch> split(std::span<const TargetRef> targets, std::size_t size_max = kBatchTargetsMax);

  const Scope& scope() const noexcept { return *scope_; }
  const ScopePtr& scope_ptr() const noexcept { return scope_; }
  const std::vector<InstanceId>& ids() const noexcept { return ids_; }
  std::vector<TargetRef> targets() const;
  /// The same batch without some ids; may be empty(), and an empty batch is never sent.
  Batch without(std::span<const InstanceId> dropped) const;
  bool empty() const noexcept { return ids_.empty(); }

 private:
  Batch() = default;
  ScopePtr scope_;
  std::vector<InstanceId> ids_;
};

}  // namespace postern::fleet
