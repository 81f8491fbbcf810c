#include "aws/core/rate_limiter.hpp"

#include <gtest/gtest.h>

#include "rt/testing/manual_loop.hpp"

namespace postern::aws {
namespace {

using namespace std::chrono_literals;

ApiKey key_of(std::string api, std::string account = "444455556666") {
  ApiKey key;
  key.account = std::move(account);
  key.region = "us-east-1";
  key.api = std::move(api);
  return key;
}

TEST(AdaptiveRate, IsUnlimitedUntilTheFirstThrottle) {
  AdaptiveRate rate;
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(rate.take(MonoTime(1s)), Duration::zero());
  EXPECT_EQ(rate.rate(), 0);
  rate.on_throttle(MonoTime(2s), MonoTime(2s));
  EXPECT_GT(rate.rate(), 0);
}

TEST(AdaptiveRate, SlowsDownToSeventyPercentAndRecovers) {
  AdaptiveRate rate;
  MonoTime now(0s);
  for (int i = 0; i < 200; ++i) {  // 20 calls a second for 10 seconds
    (void)rate.take(now);
    now += 50ms;
  }
  rate.on_throttle(now, now);
  const double slowed = rate.rate();
  EXPECT_GT(slowed, 10);
  EXPECT_LT(slowed, 16);
  for (int i = 0; i < 2000; ++i) {
    if (rate.take(now) == Duration::zero()) rate.on_success(now);
    now += 50ms;
  }
  EXPECT_GT(rate.rate(), slowed);
}

TEST(AdaptiveRate, NeverFallsBelowItsFloor) {
  AdaptiveRate rate;
  for (int i = 0; i < 50; ++i) rate.on_throttle(MonoTime(std::chrono::seconds(i)), MonoTime(std::chrono::seconds(i)));
  EXPECT_DOUBLE_EQ(rate.rate(), 0.5);
}

TEST(AdaptiveRate, SlowsDownOnceForAllThatWereUnderWayTogether) {
  AdaptiveRate rate;
  MonoTime now(0s);
  for (int i = 0; i < 200; ++i) {
    (void)rate.take(now);
    now += 50ms;
  }
  rate.on_throttle(now, now - 1s);
  const double slowed = rate.rate();
  for (int i = 0; i < 40; ++i) rate.on_throttle(now + 200ms, now - 1s);
  EXPECT_DOUBLE_EQ(rate.rate(), slowed);
  rate.on_throttle(now + 300ms, now + 100ms);
  EXPECT_LT(rate.rate(), slowed);
}

TEST(AdaptiveRate, MeasuresWhatIsSentAndNotWhatWaits) {
  AdaptiveRate rate;
  MonoTime now(0s);
  rate.on_throttle(now, now);
  double most = 0;
  for (int i = 0; i < 2000; ++i) {  // asks ten times as often as it may, for 100 seconds
    if (rate.take(now) == Duration::zero()) rate.on_throttle(now, now);
    most = std::max(most, rate.rate());
    now += 50ms;
  }
  EXPECT_LE(most, 1);
}

rt::Task<void> call_many(RateLimiter& limiter, rt::CallContext ctx, ApiKey key, int count, int* done) {
  for (int i = 0; i < count; ++i) {
    const Result<void> turn = co_await limiter.acquire(ctx, key);
    if (turn) ++*done;
  }
}

TEST(RateLimiter, KeepsToThePublishedRatePerAccountAndApi) {
  rt::testing::ManualLoop loop;
  RateLimiter limiter;
  int mine = 0;
  int other = 0;
  rt::TaskGroup group(loop.executor());
  group.spawn(call_many(limiter, loop.context(), key_of("ssm:StartSession"), 9, &mine));
  group.spawn(call_many(limiter, loop.context(), key_of("ssm:StartSession", "777788889999"), 3, &other));
  loop.poll();
  EXPECT_EQ(mine, 3);
  EXPECT_EQ(other, 3);
  loop.advance(1s);
  EXPECT_EQ(mine, 6);
  loop.advance(1s);
  EXPECT_EQ(mine, 9);
  EXPECT_EQ(group.size(), 0U);
}

rt::Task<void> call_in_turn(RateLimiter& limiter, rt::CallContext ctx, ApiKey key, int number,
                            std::vector<int>* order) {
  const Result<void> turn = co_await limiter.acquire(ctx, key);
  if (turn) order->push_back(number);
}

TEST(RateLimiter, FirstComeFirstServed) {
  rt::testing::ManualLoop loop;
  RateLimiter limiter;
  std::vector<int> order;
  rt::TaskGroup group(loop.executor());
  for (int i = 0; i < 12; ++i) {
    group.spawn(call_in_turn(limiter, loop.context(), key_of("ssm:PutParameter"), i, &order));
  }
  loop.poll();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_FALSE(limiter.try_acquire(loop.clock().now(), key_of("ssm:PutParameter")));
  loop.advance(3s);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(group.size(), 0U);
}

TEST(RateLimiter, WhoWaitsInLineFailsAtItsDeadlineAndLetsTheOthersPass) {
  rt::testing::ManualLoop loop;
  RateLimiter limiter;
  std::vector<int> order;
  rt::TaskGroup group(loop.executor());
  for (int i = 0; i < 6; ++i) {
    const rt::CallContext ctx = i == 4 ? loop.context().within(500ms) : loop.context();
    group.spawn(call_in_turn(limiter, ctx, key_of("ssm:PutParameter"), i, &order));
  }
  loop.advance(3s);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 5}));
  EXPECT_EQ(group.size(), 0U);
}

TEST(RateLimiter, AWaitThatWouldPassTheDeadlineFailsAtOnceUnsent) {
  rt::testing::ManualLoop loop;
  RateLimiter limiter;
  int done = 0;
  rt::TaskGroup group(loop.executor());
  group.spawn(call_many(limiter, loop.context().within(500ms), key_of("ssm:StartSession"), 10, &done));
  loop.advance(1s);
  EXPECT_LT(done, 10);
  EXPECT_EQ(group.size(), 0U);
}

}  // namespace
}  // namespace postern::aws
