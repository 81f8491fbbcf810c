#pragma once

#include <cstdint>
#include <memory>

#include "base/error.hpp"
#include "rt/task.hpp"

namespace postern::os {

enum class Signal : std::uint8_t { interrupt, terminate, hang_up, window_change };

/// Signals as events. While this object lives they have no other effect on the process.
class Signals {
 public:
  virtual ~Signals() = default;
  /// The next signal, also one that came while nobody waited. Of several that came in one turn of the loop the order is
  /// not promised, and one kind may be told once. Fails with cancelled. One waiter at a time.
  virtual rt::Task<Result<Signal>> next() = 0;
};

/// SIGINT, SIGTERM, SIGHUP and SIGWINCH of this process.
std::unique_ptr<Signals> make_posix_signals(rt::Executor executor);

}  // namespace postern::os
