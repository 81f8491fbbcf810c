#pragma once

/// A loop with a clock that stands still until told: for tests below src/world in rank. Time jumps to the next timer
/// when nothing can run.

#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "rt/context.hpp"
#include "rt/task_group.hpp"

namespace postern::rt::testing {

class ManualClock final : public Clock {
 public:
  MonoTime now() const override { return now_; }
  WallTime wall_now() const override { return WallTime(std::chrono::seconds(1'700'000'000)) + now_.time_since_epoch(); }
  TimerId schedule(MonoTime at, std::function<void()> fire) override { return queue_.add(at, std::move(fire)); }
  void unschedule(TimerId id) override { queue_.remove(id); }

  std::size_t armed() const noexcept { return queue_.size(); }
  /// Moves to `to`, firing what is due on the way. The loop drains between timers.
  template <class Drain>
  void advance_to(MonoTime to, const Drain& drain) {
    drain();
    while (!queue_.empty() && queue_.next() <= to) {
      if (queue_.next() > now_) now_ = queue_.next();
      auto fire = queue_.pop_due(now_);
      fire();
      drain();
    }
    if (to > now_) now_ = to;
  }
  bool jump() {
    if (queue_.empty()) return false;
    if (queue_.next() > now_) now_ = queue_.next();
    auto fire = queue_.pop_due(now_);
    fire();
    return true;
  }

 private:
  MonoTime now_{};
  TimerQueue queue_;
};

/// Counts up; good enough where a test only needs some bits.
class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(next_++ * 37U + 11U);
  }

 private:
  std::uint32_t next_ = 0;
};

class SilentExplainer final : public Explainer {
 public:
  bool wants(std::string_view) const override { return false; }
  void explain(std::string_view, std::string) override {}
};

class ManualLoop {
 public:
  Executor executor() { return io_.get_executor(); }
  ManualClock& clock() { return clock_; }
  CallContext context() { return CallContext(clock_, random_, explainer_); }

  /// Runs what is ready.
  void poll() {
    io_.restart();
    io_.poll();
  }
  void advance(Duration by) {
    clock_.advance_to(clock_.now() + by, [this] { poll(); });
  }
  /// Runs to the end, jumping over waiting times; a deadlock ends the test program.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> value;
    TaskGroup group(executor());
    group.spawn(keep<T>(std::move(task), &value));
    for (poll(); group.size() > 0; poll()) CHECK(clock_.jump());
    return std::move(*value);
  }

 private:
  template <class T>
  static Task<void> keep(Task<T> task, std::optional<T>* into) {
    into->emplace(co_await std::move(task));
  }
  asio::io_context io_;
  ManualClock clock_;
  CountingRandom random_;
  SilentExplainer explainer_;
};

}  // namespace postern::rt::testing
