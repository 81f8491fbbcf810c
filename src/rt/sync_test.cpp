#include "rt/sync.hpp"

#include <gtest/gtest.h>

#include <string>

#include "rt/testing/manual_loop.hpp"

namespace postern::rt {
namespace {

using namespace std::chrono_literals;

Task<void> hold(Semaphore& semaphore, Clock& clock, Duration time, char name, std::string* log) {
  const Result<void> got = co_await semaphore.acquire();
  if (!got) {
    log->append("!").push_back(name);
    co_return;
  }
  const Semaphore::Permit permit(semaphore);
  log->push_back(name);
  (void)co_await sleep_until(clock, clock.now() + time);
}

TEST(Semaphore, ServesInTheOrderOfArrival) {
  testing::ManualLoop loop;
  Semaphore semaphore(2);
  std::string log;
  TaskGroup group(loop.executor());
  for (const char name : {'a', 'b', 'c', 'd'}) group.spawn(hold(semaphore, loop.clock(), 1s, name, &log));
  loop.poll();
  EXPECT_EQ(log, "ab");
  EXPECT_EQ(semaphore.waiting(), 2U);
  loop.advance(10s);
  EXPECT_EQ(log, "abcd");
  EXPECT_EQ(semaphore.available(), 2U);
}

TEST(Semaphore, ACancelledWaiterLosesNoPermit) {
  testing::ManualLoop loop;
  Semaphore semaphore(1);
  std::string log;
  TaskGroup holders(loop.executor());
  TaskGroup waiters(loop.executor());
  holders.spawn(hold(semaphore, loop.clock(), 5s, 'a', &log));
  loop.poll();
  waiters.spawn(hold(semaphore, loop.clock(), 1s, 'b', &log));
  loop.poll();
  waiters.cancel();
  holders.spawn(hold(semaphore, loop.clock(), 1s, 'c', &log));
  loop.advance(10s);
  EXPECT_EQ(log, "a!bc");
  EXPECT_EQ(semaphore.available(), 1U);
}

Task<void> produce(Channel<int>& channel, int count) {
  for (int i = 0; i < count; ++i) (void)co_await channel.send(i);
  channel.close();
}

Task<void> consume(Channel<int>& channel, int* sum, bool* drained) {
  for (;;) {
    const Result<std::optional<int>> got = co_await channel.receive();
    if (!got || !*got) {
      *drained = got.has_value();
      co_return;
    }
    *sum += **got;
  }
}

TEST(Channel, HoldsBackTheSenderAndDrainsAfterClose) {
  testing::ManualLoop loop;
  Channel<int> channel(2);
  int sum = 0;
  bool drained = false;
  TaskGroup group(loop.executor());
  group.spawn(produce(channel, 100));
  loop.poll();
  EXPECT_EQ(channel.size(), 2U);
  group.spawn(consume(channel, &sum, &drained));
  loop.poll();
  EXPECT_EQ(sum, 4950);
  EXPECT_TRUE(drained);
  EXPECT_EQ(group.size(), 0U);
}

Task<void> wait_event(Event& event, int* woken) {
  const Result<void> result = co_await event.wait();
  *woken += result ? 1 : 100;
}

TEST(Event, WakesAllAndPassesAfterwards) {
  testing::ManualLoop loop;
  Event event;
  int woken = 0;
  TaskGroup group(loop.executor());
  group.spawn(wait_event(event, &woken));
  group.spawn(wait_event(event, &woken));
  loop.poll();
  EXPECT_EQ(woken, 0);
  event.set();
  group.spawn(wait_event(event, &woken));
  loop.poll();
  EXPECT_EQ(woken, 3);
}

}  // namespace
}  // namespace postern::rt
