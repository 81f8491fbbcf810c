#pragma once

/// Cleaning up in a task that has been cancelled.

#include <utility>

#include "rt/task_group.hpp"

namespace postern::rt {

namespace detail {

inline Task<void> run_and_wake(Task<void> task, bool* done, Waiter* waiter) {
  co_await std::move(task);
  *done = true;
  waiter->wake();
}

}  // namespace detail

/// Runs `task` to its end even when the caller has been, or is being, cancelled. It must end by itself.
inline Task<void> uncancelled(Task<void> task) {
  bool done = false;
  Waiter waiter;
  TaskGroup group(co_await asio::this_coro::executor);
  group.spawn(detail::run_and_wake(std::move(task), &done, &waiter));
  while (!done) co_await waiter.wait_always();
  co_await group.join();
}

}  // namespace postern::rt
