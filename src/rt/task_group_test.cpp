#include "rt/task_group.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "rt/testing/manual_loop.hpp"

namespace postern::rt {
namespace {

using namespace std::chrono_literals;

Task<void> wait_for_ever(Clock& clock, int* cancelled) {
  const Result<void> slept = co_await sleep_until(clock, MonoTime(1000h));
  if (!slept) ++*cancelled;
  // Cancellation stays set: the next wait ends at once as well.
  const Result<void> again = co_await sleep_until(clock, MonoTime(1000h));
  if (!again) ++*cancelled;
}

Task<int> cancel_and_join_hundred(Clock& clock) {
  int cancelled = 0;
  TaskGroup group(co_await asio::this_coro::executor);
  for (int i = 0; i < 100; ++i) group.spawn(wait_for_ever(clock, &cancelled));
  (void)co_await sleep_until(clock, MonoTime(1s));
  group.cancel();
  co_await group.join();
  co_return cancelled;
}

TEST(TaskGroup, CancelReachesEveryTaskAndJoinWaitsForAll) {
  testing::ManualLoop loop;
  EXPECT_EQ(loop.run(cancel_and_join_hundred(loop.clock())), 200);
  EXPECT_EQ(loop.clock().armed(), 0U);
}

Task<void> spawn_after_cancel(Clock& clock, int* cancelled) {
  TaskGroup group(co_await asio::this_coro::executor);
  group.cancel();
  group.spawn(wait_for_ever(clock, cancelled));
  co_await group.join();
}

TEST(TaskGroup, ATaskSpawnedAfterCancelStartsCancelled) {
  testing::ManualLoop loop;
  int cancelled = 0;
  TaskGroup outer(loop.executor());
  outer.spawn(spawn_after_cancel(loop.clock(), &cancelled));
  loop.poll();
  EXPECT_EQ(cancelled, 2);
  EXPECT_EQ(outer.size(), 0U);
}

Task<void> parent(Clock& clock, int* cancelled, bool* joined) {
  TaskGroup group(co_await asio::this_coro::executor);
  for (int i = 0; i < 3; ++i) group.spawn(wait_for_ever(clock, cancelled));
  co_await group.join();
  *joined = true;
}

TEST(TaskGroup, CancellingTheJoinerCancelsItsChildrenFirst) {
  testing::ManualLoop loop;
  int cancelled = 0;
  bool joined = false;
  TaskGroup outer(loop.executor());
  outer.spawn(parent(loop.clock(), &cancelled, &joined));
  loop.poll();
  EXPECT_FALSE(joined);
  outer.cancel();
  loop.poll();
  EXPECT_TRUE(joined);
  EXPECT_EQ(cancelled, 6);
}

Task<void> boom() {
  co_await asio::this_coro::executor;
  throw std::runtime_error("kaboom");
}

TEST(TaskGroupDeathTest, AnEscapedExceptionEndsTheProcessWithItsText) {
  EXPECT_DEATH(
      {
        testing::ManualLoop loop;
        TaskGroup group(loop.executor());
        group.spawn(boom());
        loop.poll();
      },
      "kaboom");
}

}  // namespace
}  // namespace postern::rt
