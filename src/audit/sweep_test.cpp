#include "audit/sweep.hpp"

#include <gtest/gtest.h>

#include <map>

#include "fleet/testing/make.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::audit {
namespace {

/// Pages of values, by Region; every page takes half a second.
class FakeTrail final : public EventSource {
 public:
  std::map<std::string, std::vector<EventPage>> pages;
  std::map<std::string, Error> failing;
  std::size_t asked = 0;

  rt::Task<Result<EventPage>> page(rt::CallContext ctx, fleet::ScopePtr scope, Lookup, std::string token) override {
    ++asked;
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.clock().now() + std::chrono::milliseconds(500)));
    const std::string region = scope->region.text();
    if (const auto wrong = failing.find(region); wrong != failing.end() && !token.empty())
      co_return fail(wrong->second);
    const std::size_t index = token.empty() ? 0 : std::stoul(token);
    EventPage page = pages[region].at(index);
    if (index + 1 < pages[region].size()) page.next = std::to_string(index + 1);
    co_return page;
  }
};

EventPage page_of(int first, int count) {
  EventPage page;
  for (int i = 0; i < count; ++i) {
    TrailEvent& event = page.events.emplace_back();
    event.id = std::to_string(first - i);
    event.time = WallTime(std::chrono::seconds(first - i));
  }
  return page;
}

class SweepTest : public ::testing::Test {
 protected:
  SweepTest() {
    for (const char* region : {"us-east-1", "us-west-2"}) {
      trail.pages[region] = {page_of(100, 10), page_of(90, 10), page_of(80, 10)};
      jobs.emplace_back(fleet::testing::scope("111122223333", region), Lookup(LookupKey::event_name, "AssumeRole"));
    }
  }
  std::vector<SweepResult> run() {
    Result<std::vector<SweepResult>> results = loop.run(sweep(loop.context(), trail, jobs, options));
    CHECK(results.has_value());
    return std::move(*results);
  }
  rt::testing::ManualLoop loop;
  FakeTrail trail;
  std::vector<SweepJob> jobs;
  SweepOptions options;
};

TEST_F(SweepTest, AsksEveryPageOfEveryPlace) {
  std::size_t told = 0;
  options.on_progress = [&told](const SweepProgress& progress) { told = progress.seen; };
  const auto results = run();
  ASSERT_EQ(results.size(), 2U);
  for (const SweepResult& result : results) {
    EXPECT_EQ(result.events.size(), 30U);
    EXPECT_EQ(result.pages, 3U);
    EXPECT_FALSE(result.failure || result.cut_at);
  }
  EXPECT_EQ(told, 60U);
}

TEST_F(SweepTest, StopsWhenThereAreEnough) {
  options.enough = 3;
  options.wanted = [](const TrailEvent& event) { return event.id.ends_with('5'); };
  const auto results = run();
  EXPECT_EQ(results[0].events.size(), 3U);  // 95, 85, 75
  EXPECT_EQ(results[0].seen, 30U);
  options.enough = 1;
  EXPECT_EQ(run()[0].pages, 1U);
}

TEST_F(SweepTest, KeepsWhatItHadBeforeAFailure) {
  trail.failing.emplace("us-west-2", Error(ErrorKind::denied, "no"));
  const auto results = run();
  EXPECT_FALSE(results[0].failure);
  ASSERT_TRUE(results[1].failure);
  EXPECT_EQ(results[1].events.size(), 10U);
}

TEST_F(SweepTest, SaysWhereItGaveUp) {
  options.pages_max = 2;
  const auto results = run();
  ASSERT_TRUE(results[0].cut_at);
  EXPECT_EQ(*results[0].cut_at, WallTime(std::chrono::seconds(81)));
}

}  // namespace
}  // namespace postern::audit
