#pragma once

/// Worker: where calls that block are made (DESIGN.md section 4): one worker per resource, so that the resource sees
/// one call at a time and the loop never waits for a disk.

#include <functional>
#include <memory>

#include "rt/task.hpp"

namespace postern::rt {

class Worker {
 public:
  virtual ~Worker() = default;
  /// Calls `job` once and returns when it has ended; jobs run one after the other in the order of these calls. A job
  /// that has been handed over is never abandoned: a cancellation of the caller is seen after it. `job` must not throw,
  /// and touches nothing that the loop touches meanwhile.
  virtual Task<void> run(std::function<void()> job) = 0;
};

/// A thread of its own, which its destructor joins: no call may be under way then.
std::unique_ptr<Worker> make_thread_worker();
/// Runs jobs where it is called: for simulation, in which nothing takes time unless the World says so.
std::unique_ptr<Worker> make_inline_worker();

}  // namespace postern::rt
