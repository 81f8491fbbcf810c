#include "rt/worker.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

#include "rt/loop.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::rt {
namespace {

Task<void> number(Worker& worker, int value, std::vector<int>* into) {
  const std::function<void()> job = [value, into] { into->push_back(value); };
  co_await worker.run(job);
}

Task<bool> many(Worker& worker, int count, std::vector<int>* into) {
  TaskGroup group(co_await asio::this_coro::executor);
  for (int i = 0; i < count; ++i) group.spawn(number(worker, i, into));
  co_await group.join();
  co_return true;
}

std::vector<int> up_to(int count) {
  std::vector<int> out;
  for (int i = 0; i < count; ++i) out.push_back(i);
  return out;
}

TEST(ThreadWorker, RunsJobsOneAfterTheOtherInTheOrderOfTheCalls) {
  const auto worker = make_thread_worker();
  Loop loop;
  std::vector<int> seen;
  EXPECT_TRUE(loop.run(many(*worker, 2000, &seen)));
  EXPECT_EQ(seen, up_to(2000));
}

TEST(InlineWorker, RunsJobsWhereItIsCalled) {
  const auto worker = make_inline_worker();
  testing::ManualLoop loop;
  std::vector<int> seen;
  EXPECT_TRUE(loop.run(many(*worker, 100, &seen)));
  EXPECT_EQ(seen, up_to(100));
}

Task<std::thread::id> where(Worker& worker) {
  std::thread::id id;
  const std::function<void()> job = [&id] { id = std::this_thread::get_id(); };
  co_await worker.run(job);
  co_return id;
}

TEST(ThreadWorker, HasAThreadOfItsOwnAndTheInlineOneHasNot) {
  const auto threaded = make_thread_worker();
  const auto inlined = make_inline_worker();
  Loop loop;
  const std::thread::id first = loop.run(where(*threaded));
  EXPECT_NE(first, std::this_thread::get_id());
  EXPECT_EQ(loop.run(where(*threaded)), first);
  EXPECT_EQ(loop.run(where(*inlined)), std::this_thread::get_id());
}

struct Held {
  std::promise<void> started;
  std::promise<void> released;
  bool ran = false;
  bool returned = false;
  bool cancelled = false;
};

Task<void> hold_worker(Worker& worker, Held* held) {
  const std::function<void()> job = [held] {
    held->started.set_value();
    held->released.get_future().wait();
    held->ran = true;
  };
  co_await worker.run(job);
  held->returned = true;
  held->cancelled = co_await is_cancelled();
}

Task<bool> cancel_in_the_middle(Worker& worker, Held* held) {
  TaskGroup group(co_await asio::this_coro::executor);
  group.spawn(hold_worker(worker, held));
  // A turn for the task to hand its job over.
  Waiter turn;
  asio::post(group.executor(), [&turn] { turn.wake(); });
  co_await turn.wait_always();
  held->started.get_future().wait();
  group.cancel();
  asio::post(group.executor(), [&turn] { turn.wake(); });
  co_await turn.wait_always();
  EXPECT_FALSE(held->returned);
  held->released.set_value();
  co_await group.join();
  co_return true;
}

TEST(ThreadWorker, ACancellationIsSeenAfterTheJob) {
  const auto worker = make_thread_worker();
  Loop loop;
  Held held;
  EXPECT_TRUE(loop.run(cancel_in_the_middle(*worker, &held)));
  EXPECT_TRUE(held.ran);
  EXPECT_TRUE(held.returned);
  EXPECT_TRUE(held.cancelled);
}

TEST(Worker, RunsTheJobOfACallerThatIsCancelledAlready) {
  const auto worker = make_thread_worker();
  Loop loop;
  std::vector<int> seen;
  TaskGroup group(loop.executor());
  group.spawn(number(*worker, 7, &seen));
  group.cancel();
  const auto joined = [](TaskGroup* children) -> Task<bool> {
    co_await children->join();
    co_return true;
  };
  EXPECT_TRUE(loop.run(joined(&group)));
  EXPECT_EQ(seen, std::vector<int>{7});
}

TEST(ThreadWorker, IsDestroyedWhileItIsIdle) {
  for (int i = 0; i < 50; ++i) make_thread_worker().reset();
}

}  // namespace
}  // namespace postern::rt
