#pragma once

/// TaskGroup: the nursery. Every background task belongs to one; nothing is detached.

#include <boost/asio/cancellation_signal.hpp>
#include <cstdint>
#include <list>
#include <string>

#include "rt/task.hpp"
#include "rt/waiter.hpp"

namespace postern::rt {

/// Owns running tasks. Declared as the last member of its owner. Loop thread only; stays at one address.
/// Its destructor CHECKs that it is empty: cancel() and co_await join() first.
class TaskGroup {
 public:
  explicit TaskGroup(Executor executor) : executor_(std::move(executor)) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  /// Starts `task` in a later turn. A task that throws is a bug: the process ends with the exception's text.
  /// After cancel(), new tasks start already cancelled.
  void spawn(Task<void> task);
  /// Asks every running task to stop; each sees Error{cancelled} at its current or next wait. Returns at once.
  void cancel();
  /// Waits until every task has ended. Cancelling the joiner cancels the children and still waits for them.
  /// One joiner at a time.
  Task<void> join();
  std::size_t size() const noexcept { return children_.size(); }
  bool cancelled() const noexcept { return cancelled_; }
  const Executor& executor() const noexcept { return executor_; }

 private:
  struct Child {
    Child() = default;
    asio::cancellation_signal signal;
    std::uint64_t id = 0;
  };
  class Done;
  void finished(std::list<Child>::iterator child, std::exception_ptr failure);

  Executor executor_;
  std::list<Child> children_;
  Waiter joiner_;
  bool cancelled_ = false;
};

}  // namespace postern::rt
