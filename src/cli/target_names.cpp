#include "cli/target_names.hpp"

#include <algorithm>

namespace postern::cli {

TargetNames::TargetNames(const std::vector<fleet::Instance>& instances) {
  by_target_.reserve(instances.size());
  for (const fleet::Instance& instance : instances) by_target_.push_back(&instance);
  const auto in_order = [](const fleet::Instance* a, const fleet::Instance* b) { return a->ref < b->ref; };
  // Discovery gives them in order.
  if (std::is_sorted(by_target_.begin(), by_target_.end(), in_order)) return;
  std::sort(by_target_.begin(), by_target_.end(), in_order);
}

std::string_view TargetNames::of(const fleet::TargetRef& target) const {
  const auto before = [](const fleet::Instance* instance, const fleet::TargetRef& wanted) {
    return instance->ref < wanted;
  };
  const auto found = std::lower_bound(by_target_.begin(), by_target_.end(), target, before);
  return found == by_target_.end() || !((*found)->ref == target) ? std::string_view() : (*found)->name;
}

std::string TargetNames::name_or_id(const fleet::TargetRef& target) const {
  const std::string_view name = of(target);
  return name.empty() ? target.id().text() : std::string(name);
}

}  // namespace postern::cli
