#pragma once

/// What the fleet needs of the outside; adapters implement it with AWS, tests with values.

#include <string>
#include <vector>

#include "fleet/inventory.hpp"
#include "fleet/selector.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::fleet {

/// Lists the instances of one scope. Both calls page to the end and fail as a whole.
class InventorySource {
 public:
  virtual ~InventorySource() = default;
  /// What EC2 has, filtered as far as EC2 can.
  virtual rt::Task<Result<std::vector<Ec2Record>>> list_instances(rt::CallContext ctx, ScopePtr scope,
                                                                  Ec2Filters filters) = 0;
  /// What Systems Manager manages, unfiltered.
  virtual rt::Task<Result<std::vector<SsmRecord>>> list_managed(rt::CallContext ctx, ScopePtr scope) = 0;
};

}  // namespace postern::fleet
