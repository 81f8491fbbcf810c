#pragma once

/// Cleaning up in a task that has been cancelled.

#include <optional>
#include <utility>

#include "rt/context.hpp"
#include "rt/task_group.hpp"

namespace postern::rt {

namespace detail {

inline Task<void> run_and_wake(Task<void> task, bool* done, Waiter* waiter) {
  co_await std::move(task);
  *done = true;
  waiter->wake();
}

template <class T>
Task<void> store_and_wake(Task<T> task, std::optional<T>* into, Waiter* waiter) {
  into->emplace(co_await std::move(task));
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

/// Runs `task`; a cancellation reaches it only after the grace, so that what is nearly done may end. What it came to is
/// returned in any case.
template <class T>
Task<T> with_grace(CallContext ctx, Task<T> task, Duration grace) {
  std::optional<T> result;
  Waiter waiter;
  TaskGroup group(co_await asio::this_coro::executor);
  group.spawn(detail::store_and_wake<T>(std::move(task), &result, &waiter));
  std::optional<Clock::TimerId> timer;
  while (!result) {
    if (timer) {
      co_await waiter.wait_always();
      continue;
    }
    const Wake how = co_await waiter.wait();
    if (how == Wake::cancelled) timer = ctx.clock().schedule(ctx.now() + grace, [&group] { group.cancel(); });
  }
  if (timer) ctx.clock().unschedule(*timer);
  co_await group.join();
  co_return std::move(*result);
}

}  // namespace postern::rt
