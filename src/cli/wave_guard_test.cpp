#include "cli/wave_guard.hpp"

#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"
#include "world/world.hpp"

namespace postern::cli {
namespace {

class FakeFlag final : public flow::HoldFlag {
 public:
  rt::Task<Result<std::optional<std::string>>> read(rt::CallContext) override {
    ++reads;
    if (broken) co_return fail(ErrorKind::unavailable, "no answer");
    co_return held;
  }
  int reads = 0;
  bool broken = false;
  std::optional<std::string> held;
};

fleet::FreezeWindow window(WallTime from, WallTime to) {
  fleet::FreezeWindow made;
  made.name = "quarter-end";
  made.from = from;
  made.to = to;
  return made;
}

std::string read(world::World& world, WaveGuard& guard) {
  const Result<std::optional<std::string>> got = world.run(guard.read(world.ctx()));
  if (!got) return "error: " + got.error().message();
  return got->value_or("free");
}

TEST(WaveGuard, AsksTheHubOnlyOutsideOfFreezeWindows) {
  world::World world(1);
  const WallTime now = world.ctx().clock().wall_now();
  FakeFlag flag;
  WaveGuard frozen({window(now - std::chrono::hours(1), now + std::chrono::hours(1))}, &flag);
  EXPECT_TRUE(read(world, frozen).starts_with("freeze window quarter-end until "));
  EXPECT_EQ(flag.reads, 0);
  WaveGuard later({window(now + std::chrono::hours(1), now + std::chrono::hours(2))}, &flag);
  EXPECT_EQ(read(world, later), "free");
  flag.held = "held by ada";
  EXPECT_EQ(read(world, later), "held by ada");
  WaveGuard alone({}, nullptr);
  EXPECT_EQ(read(world, alone), "free");
}

TEST(WaveGuard, AHubThatCannotBeReadIsToldOnce) {
  world::World world(1);
  FakeFlag flag;
  flag.broken = true;
  WaveGuard guard({}, &flag);
  EXPECT_EQ(read(world, guard), "error: no answer");
  EXPECT_EQ(read(world, guard), "free");
  flag.broken = false;
  flag.held = "held by ada";
  EXPECT_EQ(read(world, guard), "held by ada");
}

TEST(WindowsFor, KeepsWhatMayBeAboutTheRun) {
  const std::vector<fleet::ScopePtr> scopes = {fleet::testing::scope("444455556666", "us-east-1")};
  std::vector<fleet::FreezeWindow> windows(3);
  windows[1].what = fleet::testing::selector("account:777788889999");
  windows[2].what = fleet::testing::selector("role=db");
  EXPECT_EQ(windows_for(windows, scopes).size(), 2U);
}

}  // namespace
}  // namespace postern::cli
