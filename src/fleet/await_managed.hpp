#pragma once

/// Waiting for instances that Systems Manager does not reach yet.

#include <functional>

#include "fleet/discover.hpp"

namespace postern::fleet {

struct AwaitOptions {
  AwaitOptions() = default;
  Duration limit = std::chrono::minutes(10);        ///< of the whole wait
  Duration first_pause = std::chrono::seconds(10);  ///< between looks; grows by half up to longest_pause
  Duration longest_pause = std::chrono::minutes(1);
  std::size_t concurrency = 16;
  /// Told after every look how many are still missing, and how much time is left.
  std::function<void(std::size_t missing, Duration left)> on_look;
};

/// Whether time may make the instance reachable: it runs, or starts, and Systems Manager does not have it online. A
/// stopped one stays stopped.
bool may_come(const Instance& instance);

/// Looks again and again at the scopes of the instances that may come, until all are online or the limit has passed,
/// and writes into `discovery` what became of them. The list stays as it is: nothing is added, what is gone by then
/// keeps the state that it had. A scope that cannot be asked is asked again. Fails only with cancelled.
rt::Task<Result<void>> await_managed(rt::CallContext ctx, InventorySource& source, const Selector& selector,
                                     Discovery& discovery, AwaitOptions options);

}  // namespace postern::fleet
