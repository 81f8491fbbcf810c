#include "rt/clock.hpp"

#include <gtest/gtest.h>

#include "rt/loop.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::rt {
namespace {

using namespace std::chrono_literals;

TEST(TimerQueue, FiresInOrderOfTimeThenOfArming) {
  TimerQueue queue;
  std::string order;
  queue.add(MonoTime(2s), [&] { order += 'c'; });
  queue.add(MonoTime(1s), [&] { order += 'a'; });
  queue.add(MonoTime(1s), [&] { order += 'b'; });
  const auto removed = queue.add(MonoTime(1s), [&] { order += 'x'; });
  queue.remove(removed);
  queue.remove(999);
  EXPECT_FALSE(queue.pop_due(MonoTime(999ms)));
  while (auto fire = queue.pop_due(MonoTime(5s))) fire();
  EXPECT_EQ(order, "abc");
  EXPECT_TRUE(queue.empty());
}

TEST(Deadline, NeverIsLaterThanEverything) {
  testing::ManualLoop loop;
  EXPECT_TRUE(Deadline::never().is_never());
  const Deadline soon = Deadline::after(loop.clock(), 5s);
  EXPECT_EQ(soon.sooner(Deadline::never()).at(), soon.at());
  EXPECT_EQ(Deadline::never().sooner(soon).at(), soon.at());
  EXPECT_FALSE(soon.passed(loop.clock()));
  loop.advance(5s);
  EXPECT_TRUE(soon.passed(loop.clock()));
}

TEST(SleepUntil, IsNotDoneBeforeItsTimeAndDoneAtIt) {
  testing::ManualLoop loop;
  bool done = false;
  TaskGroup group(loop.executor());
  const auto sleeper = [](Clock& clock, bool* flag) -> Task<void> {
    const Result<void> slept = co_await sleep_until(clock, MonoTime(10s));
    *flag = slept.has_value();
  };
  group.spawn(sleeper(loop.clock(), &done));
  loop.advance(9s);
  EXPECT_FALSE(done);
  loop.advance(1s);
  EXPECT_TRUE(done);
  EXPECT_EQ(group.size(), 0U);
}

TEST(SleepUntil, CancellationEndsItAndDisarmsTheTimer) {
  testing::ManualLoop loop;
  std::optional<Result<void>> result;
  TaskGroup group(loop.executor());
  const auto sleeper = [](Clock& clock, std::optional<Result<void>>* out) -> Task<void> {
    out->emplace(co_await sleep_until(clock, MonoTime(10s)));
  };
  group.spawn(sleeper(loop.clock(), &result));
  loop.poll();
  EXPECT_EQ(loop.clock().armed(), 1U);
  group.cancel();
  loop.poll();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->error().kind(), ErrorKind::cancelled);
  EXPECT_EQ(loop.clock().armed(), 0U);
}

TEST(RealClock, RunsATimerOnTheRealLoop) {
  Loop loop;
  const auto nap = [](Clock& clock) -> Task<Result<void>> {
    const MonoTime before = clock.now();
    Result<void> slept = co_await sleep_until(clock, before + 1ms);
    if (clock.now() < before + 1ms) co_return fail(ErrorKind::internal, "woke early");
    co_return slept;
  };
  EXPECT_TRUE(loop.run(nap(loop.clock())).has_value());
}

}  // namespace
}  // namespace postern::rt
