#include "rt/hurried_clock.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern::rt {
namespace hurried_clock_test {

using namespace std::chrono_literals;

Task<bool> sleep_for(Clock* clock, Duration time) {
  const Result<void> slept = co_await sleep_until(*clock, clock->now() + time);
  co_return slept.has_value();
}

TEST(HurriedClock, HoursPassAtOnceWhenNothingHappens) {
  Loop loop;
  HurriedClock clock(loop.clock());
  const MonoTime began = clock.now();
  const WallTime wall_began = clock.wall_now();
  const MonoTime real = loop.clock().now();
  EXPECT_TRUE(loop.run(sleep_for(&clock, 8h)));
  EXPECT_GE(clock.now() - began, 8h);
  EXPECT_GE(clock.wall_now() - wall_began, 8h) << "both of its clocks move";
  EXPECT_LT(loop.clock().now() - real, 1h);
}

TEST(HurriedClock, TimersFireInTheirOrder) {
  Loop loop;
  HurriedClock clock(loop.clock());
  std::string order;
  clock.schedule(clock.now() + 3h, [&] { order += 'c'; });
  clock.schedule(clock.now() + 1h, [&] {
    order += 'a';
    clock.schedule(clock.now() + 1h, [&] { order += 'b'; });
  });
  const auto removed = clock.schedule(clock.now() + 2h, [&] { order += 'x'; });
  clock.unschedule(removed);
  EXPECT_TRUE(loop.run(sleep_for(&clock, 4h)));
  EXPECT_EQ(order, "abc");
}

/// Keeps the loop busy: so many turns, one after the other.
Task<void> work(HurriedClock* clock, MonoTime began, Duration* passed) {
  const Executor executor = co_await asio::this_coro::executor;
  for (int i = 0; i < 20'000; ++i) co_await asio::post(executor, asio::use_awaitable_t<Executor>());
  *passed = clock->now() - began;
}

Task<bool> work_beside_a_timer(HurriedClock* clock, Duration* passed) {
  bool fired = false;
  const auto timer = clock->schedule(clock->now() + 5h, [&fired] { fired = true; });
  co_await work(clock, clock->now(), passed);
  clock->unschedule(timer);
  co_return fired;
}

TEST(HurriedClock, TimeDoesNotJumpWhileSomethingIsAtWork) {
  Loop loop;
  HurriedClock clock(loop.clock());
  Duration passed{};
  EXPECT_FALSE(loop.run(work_beside_a_timer(&clock, &passed)));
  EXPECT_LT(passed, 5h);
}

}  // namespace hurried_clock_test
}  // namespace postern::rt
