#include "fleet/batch.hpp"

#include <algorithm>

namespace postern::fleet {

std::vector<Batch> Batch::split(std::span<const TargetRef> targets, std::size_t size_max) {
  const std::size_t limit = std::clamp<std::size_t>(size_max, 1, kBatchTargetsEver);
  std::vector<TargetRef> sorted(targets.begin(), targets.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  std::vector<Batch> batches;
  for (const TargetRef& target : sorted) {
    const bool same_scope =
        !batches.empty() && (batches.back().scope_ == target.scope_ptr() || batches.back().scope() == target.scope());
    if (!same_scope || batches.back().ids_.size() == limit) {
      Batch next;
      next.scope_ = target.scope_ptr();
      batches.push_back(std::move(next));
    }
    batches.back().ids_.push_back(target.id());
  }
  return batches;
}

std::vector<TargetRef> Batch::targets() const {
  std::vector<TargetRef> all;
  all.reserve(ids_.size());
  for (const InstanceId& id : ids_) all.emplace_back(scope_, id);
  return all;
}

Batch Batch::without(std::span<const InstanceId> dropped) const {
  Batch rest;
  rest.scope_ = scope_;
  for (const InstanceId& id : ids_) {
    if (std::find(dropped.begin(), dropped.end(), id) == dropped.end()) rest.ids_.push_back(id);
  }
  return rest;
}

}  // namespace postern::fleet
