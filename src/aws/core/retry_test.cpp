#include "aws/core/retry.hpp"

#include <gtest/gtest.h>

#include "rt/testing/manual_loop.hpp"

namespace postern::aws {
namespace {

using namespace std::chrono_literals;

Error service_error(std::string code, int status) {
  AwsFault fault;
  fault.code = std::move(code);
  fault.http_status = status;
  const ErrorKind kind = classify(fault.code, status);
  return Error(kind, "no").aws(std::move(fault)).delivered(Delivery::answered);
}

TEST(DecideRetry, ThrottlingIsRetriedWhateverTheOperationDoes) {
  rt::testing::CountingRandom random;
  const Error error = service_error("ThrottlingException", 400);
  for (const Effect effect : {Effect::read, Effect::idempotent_write, Effect::write}) {
    const RetryDecision decision = decide_retry(RetryOptions(), 1, error, effect, random);
    EXPECT_TRUE(decision.retry);
    EXPECT_EQ(decision.cause, RetryClass::throttle);
    EXPECT_LE(decision.delay, 1s);
  }
}

TEST(DecideRetry, AWriteThatMayHaveBeenExecutedIsNeverSentAgain) {
  rt::testing::CountingRandom random;
  const Error answered = service_error("InternalServerError", 500);
  const Error lost = Error(ErrorKind::unavailable, "connection reset").delivered(Delivery::sent);
  const Error unsent = Error(ErrorKind::unavailable, "connection refused").delivered(Delivery::not_sent);
  for (const Error* error : {&answered, &lost}) {
    EXPECT_FALSE(decide_retry(RetryOptions(), 1, *error, Effect::write, random).retry);
    EXPECT_TRUE(decide_retry(RetryOptions(), 1, *error, Effect::read, random).retry);
    EXPECT_TRUE(decide_retry(RetryOptions(), 1, *error, Effect::idempotent_write, random).retry);
  }
  EXPECT_TRUE(decide_retry(RetryOptions(), 1, unsent, Effect::write, random).retry);
}

TEST(DecideRetry, StopsAtTheLastAttemptAndAtRefusals) {
  rt::testing::CountingRandom random;
  const Error throttled = service_error("Throttling", 400);
  EXPECT_TRUE(decide_retry(RetryOptions(), 2, throttled, Effect::read, random).retry);
  EXPECT_FALSE(decide_retry(RetryOptions(), 3, throttled, Effect::read, random).retry);
  EXPECT_FALSE(
      decide_retry(RetryOptions(), 1, service_error("AccessDeniedException", 400), Effect::read, random).retry);
  EXPECT_FALSE(decide_retry(RetryOptions(), 1, service_error("ValidationException", 400), Effect::read, random).retry);
}

TEST(DecideRetry, RetryAfterIsHonouredUpToItsCap) {
  rt::testing::CountingRandom random;
  AwsFault fault;
  fault.code = "ThrottlingException";
  fault.http_status = 429;
  fault.retry_after_ms = 7000;
  const Error soon = Error(ErrorKind::throttled, "slow").aws(fault);
  EXPECT_EQ(decide_retry(RetryOptions(), 1, soon, Effect::read, random).delay, 7s);
  fault.retry_after_ms = 3'600'000;
  const Error late = Error(ErrorKind::throttled, "slow").aws(fault);
  EXPECT_FALSE(decide_retry(RetryOptions(), 1, late, Effect::read, random).retry);
}

TEST(RetryQuota, RunsDryAndFillsUpAgain) {
  RetryQuota quota;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(quota.take(RetryQuota::kCost));
  EXPECT_FALSE(quota.take(RetryQuota::kCost));
  quota.give(RetryQuota::kCost);
  EXPECT_TRUE(quota.take(RetryQuota::kCost));
  quota.give(100'000);
  EXPECT_EQ(quota.available(), RetryQuota::kCapacity);
}

}  // namespace
}  // namespace postern::aws
