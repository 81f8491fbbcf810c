#pragma once

/// Helpers of net's and http's tests: a clock that tests move by hand and a context made of it.

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "net/testing_bytes.hpp"
#include "rt/context.hpp"
#include "rt/loop.hpp"
#include "rt/task_group.hpp"

namespace postern::net::testing {

/// Moves only when told to.
class ManualClock final : public rt::Clock {
 public:
  MonoTime now() const override { return now_; }
  WallTime wall_now() const override { return wall_; }
  TimerId schedule(MonoTime at, std::function<void()> fire) override { return queue_.add(at, std::move(fire)); }
  void unschedule(TimerId id) override { queue_.remove(id); }
  void advance(Duration by) {
    now_ += by;
    wall_ += by;
    while (auto fire = queue_.pop_due(now_)) fire();
  }
  void set_wall(WallTime wall) { wall_ = wall; }
  bool idle() const { return queue_.empty(); }

 private:
  rt::TimerQueue queue_;
  MonoTime now_{std::chrono::seconds(1000)};
  WallTime wall_{std::chrono::seconds(1'800'000'000)};
};

/// Not random: counts.
class CountingRandom final : public rt::Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    for (auto& byte : bytes) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

class SilentExplainer final : public rt::Explainer {
 public:
  bool wants(std::string_view) const override { return false; }
  void explain(std::string_view, std::string) override {}
};

/// A real loop with a hand-moved clock.
class Bench {
 public:
  rt::Loop loop;
  ManualClock clock;
  CountingRandom random;
  SilentExplainer explainer;

  rt::CallContext ctx() { return rt::CallContext(clock, random, explainer); }
  rt::CallContext real_ctx() { return rt::CallContext(loop.clock(), random, explainer); }
};

/// Lets everything that can run do so: what has not happened afterwards waits for a timer or for another host.
inline rt::Task<void> settle() {
  for (int i = 0; i < 200; ++i) co_await rt::next_turn();
}

}  // namespace postern::net::testing
