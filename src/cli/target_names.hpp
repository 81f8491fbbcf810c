#pragma once

/// Names that people know, by target.

#include <string>
#include <string_view>
#include <vector>

#include "fleet/inventory.hpp"

namespace postern::cli {

/// Refers to the instances that it was made of: they outlive it and stay where they are. Copies of 100,000 names would
/// take as much room again as the plan of their run.
class TargetNames {
 public:
  TargetNames() = default;
  explicit TargetNames(const std::vector<fleet::Instance>& instances);

  /// Empty: it has none, or was not among the instances.
  std::string_view of(const fleet::TargetRef& target) const;
  /// Its name, or else its id.
  std::string name_or_id(const fleet::TargetRef& target) const;

 private:
  std::vector<const fleet::Instance*> by_target_;
};

}  // namespace postern::cli
