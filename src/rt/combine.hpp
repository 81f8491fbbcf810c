#pragma once

/// Running several tasks as one: deadlines, races, bounded loops. All of them join what they started before they
/// return.

#include <optional>
#include <utility>

#include "rt/context.hpp"
#include "rt/task_group.hpp"

namespace postern::rt {

namespace detail {

template <class T>
Task<void> store(Task<T> task, std::optional<T>* into) {
  into->emplace(co_await std::move(task));
}

template <class T>
Task<void> store_first(Task<T> task, std::optional<T>* into, TaskGroup* group) {
  into->emplace(co_await std::move(task));
  group->cancel();
}

template <class Fn>
Task<void> pull(std::size_t* next, std::size_t count, const Fn* fn) {
  while (*next < count) {
    const std::size_t index = (*next)++;
    co_await (*fn)(index);
    if (co_await is_cancelled()) co_return;
  }
}

}  // namespace detail

/// Runs `task` until ctx's deadline; then cancels it, waits for it to end, and fails with timeout. A result that the
/// task produced all the same is kept.
template <class T>
Task<Result<T>> with_deadline(CallContext ctx, Task<Result<T>> task) {
  if (ctx.deadline().is_never()) co_return co_await std::move(task);
  std::optional<Result<T>> result;
  bool late = false;
  TaskGroup group(co_await asio::this_coro::executor);
  group.spawn(detail::store<Result<T>>(std::move(task), &result));
  const Clock::TimerId timer = ctx.clock().schedule(ctx.deadline().at(), [&late, &group] {
    late = true;
    group.cancel();
  });
  co_await group.join();
  ctx.clock().unschedule(timer);
  if (late && !result->has_value() && result->error().kind() == ErrorKind::cancelled) {
    co_return fail(Error(ErrorKind::timeout, "the deadline passed").delivered(result->error().delivery()));
  }
  co_return std::move(*result);
}

/// What a race left behind: the winner's value is there; the loser's too when it had one by the time it was cancelled.
template <class A, class B>
struct Raced {
  Raced() = default;
  std::optional<A> first;
  std::optional<B> second;
};

/// Runs both; the first to end cancels the other, and both have ended when this returns.
template <class A, class B>
Task<Raced<A, B>> race(Task<A> first, Task<B> second) {
  Raced<A, B> raced;
  TaskGroup group(co_await asio::this_coro::executor);
  group.spawn(detail::store_first<A>(std::move(first), &raced.first, &group));
  group.spawn(detail::store_first<B>(std::move(second), &raced.second, &group));
  co_await group.join();
  co_return raced;
}

/// Calls `fn(index)` -> Task<void> for 0..count-1, at most `limit` at once, in order of index. `fn` outlives the call
/// (the caller names it). Stops starting new ones when cancelled.
template <class Fn>
Task<void> for_each_bounded(std::size_t count, std::size_t limit, const Fn& fn) {
  std::size_t next = 0;
  TaskGroup group(co_await asio::this_coro::executor);
  const std::size_t workers = limit < count ? limit : count;
  for (std::size_t i = 0; i < workers; ++i) group.spawn(detail::pull<Fn>(&next, count, &fn));
  co_await group.join();
}

}  // namespace postern::rt
