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
  rate.on_throttle(MonoTime(2s));
  EXPECT_GT(rate.rate(), 0);
}

TEST(AdaptiveRate, SlowsDownToSeventyPercentAndRecovers) {
  AdaptiveRate rate;
  MonoTime now(0s);
  for (int i = 0; i < 200; ++i) {  // 20 calls a second for 10 seconds
    (void)rate.take(now);
    now += 50ms;
  }
  rate.on_throttle(now);
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
  for (int i = 0; i < 50; ++i) rate.on_throttle(MonoTime(std::chrono::seconds(i)));
  EXPECT_DOUBLE_EQ(rate.rate(), 0.5);
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
