#include "world/world.hpp"

#include <gtest/gtest.h>

#include "rt/combine.hpp"
#include "rt/sync.hpp"
#include "world/testing/seed.hpp"

namespace postern::world {
namespace {

using namespace std::chrono_literals;

rt::Task<Result<void>> nap(World* world, Duration duration) {
  return rt::sleep_until(world->clock(), world->clock().now() + duration);
}

rt::Task<Result<int>> nap_and_count(World* world) {
  CO_TRY_VOID(co_await nap(world, 1h));
  CO_TRY_VOID(co_await nap(world, 1h));
  co_return 7;
}

rt::Task<Result<void>> wait_for(World* world, rt::Event* event, std::string what) {
  const PendingTable::Entry entry(world->pending(), std::move(what));
  co_return co_await event->wait();
}

rt::Task<void> tick_for_ever(World* world) {
  for (;;) {
    const Result<void> slept = co_await nap(world, 1h);
    if (!slept) co_return;
  }
}

rt::Task<void> set_later(World* world, rt::Event* event) {
  const Result<void> slept = co_await nap(world, 10s);
  if (slept) event->set();
}

TEST(World, RunJumpsOverWaitingAndGivesTheResult) {
  World world(1);
  const MonoTime start = world.clock().now();
  const Result<int> ran = world.run(nap_and_count(&world));
  ASSERT_TRUE(ran) << ran.error().to_text();
  EXPECT_EQ(*ran, 7);
  EXPECT_EQ(world.clock().now() - start, 2h);
  EXPECT_TRUE(world.expect_idle());
}

TEST(World, DeadlockIsAnErrorThatSaysWhoWaitsForWhat) {
  World world(42);
  rt::Event never;
  const Result<void> ran = world.run(wait_for(&world, &never, "the answer of nobody"));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind(), ErrorKind::internal);
  const std::string text = ran.error().to_text();
  EXPECT_NE(text.find("deadlock"), std::string::npos) << text;
  EXPECT_NE(text.find("the answer of nobody"), std::string::npos) << text;
  EXPECT_NE(text.find("seed=42"), std::string::npos) << text;
  // The task has been cancelled and joined: the World goes on.
  EXPECT_EQ(*world.run(nap_and_count(&world)), 7);
}

TEST(World, WaitingForEverWhileSomethingTicksIsAnErrorToo) {
  World world(1);
  rt::Event never;
  world.spawn(tick_for_ever(&world));
  const Result<void> ran = world.run(wait_for(&world, &never, "nobody"));
  ASSERT_FALSE(ran);
  EXPECT_NE(ran.error().to_text().find("only timers of others go on"), std::string::npos);
  world.stop_spawned();
  EXPECT_TRUE(world.expect_idle());
}

TEST(World, AdvanceProvesAbsenceBeforePresence) {
  World world(1);
  rt::Event event;
  world.spawn(set_later(&world, &event));
  world.poll();
  EXPECT_FALSE(event.is_set());
  world.advance(9s);
  EXPECT_FALSE(event.is_set());
  world.advance(1s);
  EXPECT_TRUE(event.is_set());
}

TEST(World, RunUntilStopsWhenItHappenedOrTimeIsUp) {
  World world(1);
  rt::Event event;
  world.spawn(set_later(&world, &event));
  EXPECT_FALSE(world.run_until([&event] { return event.is_set(); }, 5s));
  EXPECT_TRUE(world.run_until([&event] { return event.is_set(); }));
  const Result<void> nothing = world.run_until([] { return false; });
  ASSERT_FALSE(nothing);
  EXPECT_NE(nothing.error().to_text().find("nothing is left to happen"), std::string::npos);
}

TEST(World, ExpectIdleSaysWhatIsLeft) {
  World world(1);
  rt::Event event;
  world.spawn(set_later(&world, &event));
  const Result<void> idle = world.expect_idle();
  ASSERT_FALSE(idle);
  EXPECT_NE(idle.error().to_text().find("1 timers, 1 background tasks"), std::string::npos) << idle.error().to_text();
  EXPECT_TRUE(world.run_until([&event] { return event.is_set(); }));
  EXPECT_TRUE(world.expect_idle());
}

TEST(World, EndsWithTasksThatStillRun) {
  rt::Event never;
  World world(1);
  world.spawn(tick_for_ever(&world));
  world.at(world.clock().now() + 5s, [&never] { never.set(); });
  world.advance(1s);
  EXPECT_FALSE(never.is_set());
}

/// Naps of random length, traced: what a program with a seed looks like.
rt::Task<Result<void>> wander(World* world, std::string name) {
  for (int i = 0; i < 20; ++i) {
    const Duration pause = std::chrono::milliseconds(world->random(name).below(1000));
    CO_TRY_VOID(co_await nap(world, pause));
    world->trace().append("wander", name + " " + std::to_string(i));
  }
  co_return Result<void>();
}

rt::Task<Result<void>> wander_together(World* world) {
  rt::Task<Result<void>> first = wander(world, "a");
  rt::Task<Result<void>> second = wander(world, "b");
  auto raced = co_await rt::race(std::move(first), std::move(second));
  co_return Result<void>();
}

std::uint64_t hash_of(std::uint64_t seed) {
  World world(seed);
  EXPECT_TRUE(world.run(wander_together(&world)));
  return world.trace().hash();
}

TEST(World, OneSeedHasOneHash) {
  const std::uint64_t seed = testing::test_seed();
  POSTERN_SEEDED(seed);
  EXPECT_EQ(hash_of(seed), hash_of(seed));
  EXPECT_NE(hash_of(seed), hash_of(seed + 1));
}

TEST(World, RandomStreamsDoNotDisturbEachOther) {
  World one(5);
  World two(5);
  (void)one.random("net").next_u64();
  (void)one.random("other").next_u64();
  EXPECT_EQ(one.random("backoff").next_u64(), two.random("backoff").next_u64());
  EXPECT_NE(two.random("net").next_u64(), two.random("disk").next_u64());
  World other(6);
  EXPECT_NE(one.random("x").next_u64(), other.random("x").next_u64());
}

TEST(World, ExplanationsAreKept) {
  World world(1);
  world.ctx().explainer().explain("retry", "throttled, waiting 2s");
  EXPECT_TRUE(world.explainer().said("retry", "waiting"));
  EXPECT_FALSE(world.explainer().said("credentials", "waiting"));
}

TEST(VirtualClock, WallStepsAndDriftsWithoutTouchingTimers) {
  World world(1);
  VirtualClock& clock = world.clock();
  const WallTime wall = clock.wall_now();
  const MonoTime mono = clock.now();
  EXPECT_EQ(wall, VirtualClock::kEpoch);
  clock.step_wall(-30min);
  EXPECT_EQ(clock.wall_now(), wall - 30min);
  EXPECT_EQ(clock.now(), mono);
  EXPECT_EQ(*world.run(nap_and_count(&world)), 7);
  EXPECT_EQ(clock.now() - mono, 2h);
  EXPECT_EQ(clock.wall_now(), wall + 90min);
  clock.set_drift_ppm(-500'000);
  world.advance(1h);
  EXPECT_EQ(clock.wall_now(), wall + 2h);
  clock.set_drift_ppm(0);
  clock.set_wall(wall);
  world.advance(1s);
  EXPECT_EQ(clock.wall_now(), wall + 1s);
  SkewedClock agent(clock, 5min);
  EXPECT_EQ(agent.wall_now() - clock.wall_now(), 5min);
  EXPECT_EQ(agent.now(), clock.now());
}

rt::Task<Result<void>> race_deadline(World* world, std::uint64_t number, int* late) {
  const rt::CallContext ctx = world->ctx().within(std::chrono::milliseconds(500));
  rt::Task<Result<void>> task = nap(world, std::chrono::milliseconds(number % 500 * 2 + 1));
  const Result<void> ended = co_await rt::with_deadline(ctx, std::move(task));
  if (!ended && ended.error().kind() == ErrorKind::timeout) ++*late;
  co_return Result<void>();
}

rt::Task<void> race_and_forget(World* world, std::uint64_t number, int* late) {
  const Result<void> raced = co_await race_deadline(world, number, late);
  EXPECT_TRUE(raced);
}

TEST(World, TwentyThousandTasksRaceTheirDeadlines) {
  World world(1);
  int late = 0;
  for (std::uint64_t i = 0; i < 20'000; ++i) world.spawn(race_and_forget(&world, i, &late));
  world.advance(1s);
  EXPECT_TRUE(world.expect_idle());
  EXPECT_EQ(late, 10'000);
}

rt::Task<Result<std::string>> run_program(World* world, std::string name) {
  os::ProcessSpec spec;
  spec.argv = {name, "--flag"};
  CO_TRY(const os::ProcessResult result, co_await world->processes().run(world->ctx().within(10s), std::move(spec)));
  co_return result.output;
}

TEST(ScriptedProcesses, TakeTimeAndObeyTheDeadline) {
  World world(1);
  const auto program = [](const os::ProcessSpec& spec) -> Result<os::ProcessResult> {
    os::ProcessResult result;
    result.exit_code = 0;
    result.output = spec.argv.back();
    return result;
  };
  world.processes().install("quick", program, 1s);
  world.processes().install("slow", program, 1min);
  EXPECT_EQ(world.run(run_program(&world, "quick")).value(), "--flag");
  EXPECT_EQ(world.run(run_program(&world, "slow")).error().kind(), ErrorKind::timeout);
  EXPECT_EQ(world.run(run_program(&world, "none")).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(world.processes().started().size(), 2U);
}

}  // namespace
}  // namespace postern::world
