#include "base/error.hpp"

#include <gtest/gtest.h>

#include "base/check.hpp"
#include "base/function_ref.hpp"

namespace postern {
namespace {

Error sample() {
  AwsFault fault;
  fault.code = "ThrottlingException";
  fault.retry_after_ms = 250;
  return Error(ErrorKind::throttled, "rate exceeded")
      .with("account", "111122223333")
      .with("region", "us-east-1")
      .aws(std::move(fault))
      .delivered(Delivery::answered)
      .caused_by(Error(ErrorKind::unavailable, "connection reset").with("peer", "10.0.0.1"));
}

TEST(Error, TextHasMessageContextAndCauses) {
  EXPECT_EQ(sample().to_text(),
            "rate exceeded (account=111122223333, region=us-east-1): connection reset (peer=10.0.0.1)");
  EXPECT_EQ(Error(ErrorKind::usage, "bad flag").to_text(), "bad flag");
}

TEST(Error, CarriesItsParts) {
  const Error error = sample();
  EXPECT_EQ(error.kind(), ErrorKind::throttled);
  EXPECT_EQ(error.delivery(), Delivery::answered);
  EXPECT_EQ(error.context("region"), "us-east-1");
  EXPECT_EQ(error.context("none"), "");
  ASSERT_NE(error.aws(), nullptr);
  EXPECT_EQ(error.aws()->code, "ThrottlingException");
  EXPECT_EQ(error.aws()->retry_after_ms, 250);
  ASSERT_NE(error.cause(), nullptr);
  EXPECT_EQ(error.cause()->kind(), ErrorKind::unavailable);
  EXPECT_EQ(sizeof(Error), sizeof(void*));
}

TEST(Error, CopiesAreIndependent) {
  const Error original = sample();
  Error copy = original;
  copy.with("more", "x");
  copy.delivered(Delivery::not_sent);
  EXPECT_EQ(original.context("more"), "");
  EXPECT_EQ(original.delivery(), Delivery::answered);
  copy = original;
  EXPECT_EQ(copy.to_text(), original.to_text());
  const Error reworded = std::move(copy).as(ErrorKind::timeout).reworded("gave up");
  EXPECT_EQ(reworded.kind(), ErrorKind::timeout);
  EXPECT_EQ(reworded.context("account"), "111122223333");
  EXPECT_TRUE(reworded.to_text().starts_with("gave up (account="));
}

TEST(Error, EveryKindHasItsOwnName) {
  std::vector<std::string_view> names;
  for (auto kind = static_cast<int>(ErrorKind::usage); kind <= static_cast<int>(ErrorKind::internal); ++kind) {
    const std::string_view name = to_string(static_cast<ErrorKind>(kind));
    EXPECT_EQ(std::find(names.begin(), names.end(), name), names.end()) << name;
    names.push_back(name);
  }
  EXPECT_EQ(to_string(Delivery::not_sent), "not_sent");
}

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorKind::usage, "odd");
  return number / 2;
}
Result<int> quarter(int number) {
  TRY(const int once, half(number));
  TRY(int twice, half(once));
  return twice;
}
Result<void> check_even(int number) {
  TRY_VOID(half(number));
  return {};
}

TEST(Result, TryPassesValuesAndErrors) {
  EXPECT_EQ(quarter(8), 2);
  ASSERT_FALSE(quarter(6).has_value());
  EXPECT_EQ(quarter(6).error().message(), "odd");
  EXPECT_TRUE(check_even(2).has_value());
  EXPECT_FALSE(check_even(3).has_value());
}

TEST(FunctionRef, CallsWhatItBorrows) {
  int calls = 0;
  const auto add = [&calls](int n) {
    calls += n;
    return calls;
  };
  const FunctionRef<int(int)> ref = add;
  EXPECT_EQ(ref(2), 2);
  EXPECT_EQ(ref(3), 5);
}

TEST(CheckDeathTest, EndsTheProcessAndNamesTheCondition) {
  const int one = 1;
  CHECK(one == 1);
  EXPECT_DEATH(CHECK(one == 2), "CHECK failed: one == 2");
}

}  // namespace
}  // namespace postern
