#include "rt/combine.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rt/testing/manual_loop.hpp"
#include "rt/uncancelled.hpp"

namespace postern::rt {
namespace {

using namespace std::chrono_literals;

Task<Result<int>> answer_at(Clock& clock, MonoTime at, int value) {
  const Result<void> slept = co_await sleep_until(clock, at);
  if (!slept) co_return fail(slept.error());
  co_return value;
}

TEST(WithDeadline, KeepsAResultThatCameInTime) {
  testing::ManualLoop loop;
  const CallContext ctx = loop.context().within(5s);
  const Result<int> result = loop.run(with_deadline(ctx, answer_at(loop.clock(), MonoTime(3s), 7)));
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(*result, 7);
  EXPECT_EQ(loop.clock().armed(), 0U);
}

TEST(WithDeadline, FailsWithTimeoutAtTheDeadline) {
  testing::ManualLoop loop;
  const CallContext ctx = loop.context().within(5s);
  const Result<int> result = loop.run(with_deadline(ctx, answer_at(loop.clock(), MonoTime(30s), 7)));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::timeout);
  EXPECT_EQ(loop.clock().now(), MonoTime(5s));
}

TEST(WithDeadline, TwentyThousandRacesEndInOrder) {
  testing::ManualLoop loop;
  int timeouts = 0;
  const auto one = [](testing::ManualLoop* owner, int index, int* out) -> Task<void> {
    const CallContext ctx = owner->context().within(std::chrono::milliseconds(index % 97));
    const MonoTime at = owner->clock().now() + std::chrono::milliseconds(index % 89);
    const Result<int> result = co_await with_deadline(ctx, answer_at(owner->clock(), at, index));
    if (!result) ++*out;
  };
  TaskGroup group(loop.executor());
  for (int i = 0; i < 20'000; ++i) group.spawn(one(&loop, i, &timeouts));
  loop.advance(1s);
  EXPECT_EQ(group.size(), 0U);
  EXPECT_GT(timeouts, 0);
  EXPECT_LT(timeouts, 20'000);
}

/// What a task that is cancelled at 2 s comes to, with ten seconds of grace.
Result<int> with_grace_until(testing::ManualLoop& loop, MonoTime ready) {
  std::optional<Result<int>> result;
  const auto keep = [](testing::ManualLoop* owner, MonoTime at, std::optional<Result<int>>* into) -> Task<void> {
    into->emplace(co_await with_grace(owner->context(), answer_at(owner->clock(), at, 7), 10s));
  };
  TaskGroup group(loop.executor());
  group.spawn(keep(&loop, ready, &result));
  loop.advance(2s);
  group.cancel();
  for (loop.poll(); group.size() > 0; loop.poll()) CHECK(loop.clock().jump());
  return std::move(*result);
}

TEST(WithGrace, LetsWhatIsNearlyDoneEnd) {
  testing::ManualLoop early;
  EXPECT_EQ(with_grace_until(early, MonoTime(1s)).value(), 7);
  testing::ManualLoop in_time;
  EXPECT_EQ(with_grace_until(in_time, MonoTime(11s)).value(), 7);
  EXPECT_EQ(in_time.clock().now(), MonoTime(11s));
  EXPECT_EQ(in_time.clock().armed(), 0U);
  testing::ManualLoop late;
  const Result<int> result = with_grace_until(late, MonoTime(60s));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::cancelled);
  EXPECT_EQ(late.clock().now(), MonoTime(12s));
}

TEST(Race, TheFirstWinsAndTheLoserIsCancelled) {
  testing::ManualLoop loop;
  auto raced = loop.run(race(answer_at(loop.clock(), MonoTime(9s), 1), answer_at(loop.clock(), MonoTime(4s), 2)));
  ASSERT_TRUE(raced.second.has_value());
  EXPECT_EQ(raced.second->value(), 2);
  ASSERT_TRUE(raced.first.has_value());
  EXPECT_EQ(raced.first->error().kind(), ErrorKind::cancelled);
  EXPECT_EQ(loop.clock().now(), MonoTime(4s));
}

class Recorder {
 public:
  explicit Recorder(Clock& clock) : clock_(&clock) {}
  Task<void> operator()(std::size_t index) const {
    ++running_;
    most_ = std::max(most_, running_);
    (void)co_await sleep_until(*clock_, clock_->now() + 1s);
    --running_;
    done_.push_back(index);
  }
  Clock* clock_;
  mutable std::size_t running_ = 0;
  mutable std::size_t most_ = 0;
  mutable std::vector<std::size_t> done_;
};

Task<int> run_all(const Recorder& recorder, std::size_t count, std::size_t limit) {
  co_await for_each_bounded(count, limit, recorder);
  co_return 0;
}

TEST(ForEachBounded, NeverRunsMoreThanItsLimitAndDoesEveryIndexOnce) {
  testing::ManualLoop loop;
  const Recorder recorder(loop.clock());
  loop.run(run_all(recorder, 10, 3));
  EXPECT_EQ(recorder.most_, 3U);
  EXPECT_EQ(recorder.done_, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(loop.clock().now(), MonoTime(4s));
}

}  // namespace
}  // namespace postern::rt
