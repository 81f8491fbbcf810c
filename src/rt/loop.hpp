#pragma once

/// Loop: the real event loop with the real clock. The World has its own, with virtual time.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <utility>

#include "rt/clock.hpp"
#include "rt/task_group.hpp"

namespace postern::rt {

/// Reads the system's clocks, once per turn of the loop.
class RealClock final : public Clock {
 public:
  explicit RealClock(asio::io_context& io);
  MonoTime now() const override;
  WallTime wall_now() const override;
  TimerId schedule(MonoTime at, std::function<void()> fire) override;
  void unschedule(TimerId id) override;

  /// The loop calls this before every turn: the next now() reads the clock again.
  void next_turn() noexcept {
    fresh_ = false;
    ++turns_;
  }
  /// How many turns the loop has had.
  std::uint64_t turns() const noexcept { return turns_; }

 private:
  void arm();
  void on_timer();
  void read() const;

  asio::steady_timer timer_;
  TimerQueue queue_;
  MonoTime armed_ = MonoTime::max();
  std::uint64_t turns_ = 0;
  mutable bool fresh_ = false;
  mutable MonoTime now_{};
  mutable WallTime wall_{};
};

/// Owns the io_context of a process. One per process in practice, but nothing is global.
class Loop {
 public:
  Loop();
  Executor executor() { return io_.get_executor(); }
  asio::io_context& io() { return io_; }
  RealClock& clock() { return clock_; }

  /// Runs `task` to its end and returns its value. Other tasks run meanwhile; what is still running afterwards is
  /// frozen, so the caller has joined its groups inside `task`.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> value;
    TaskGroup group(executor());
    group.spawn(keep<T>(std::move(task), &value));
    while (group.size() > 0) turn();
    return std::move(*value);
  }

 private:
  template <class T>
  static Task<void> keep(Task<T> task, std::optional<T>* into) {
    into->emplace(co_await std::move(task));
  }
  void turn();

  asio::io_context io_;
  RealClock clock_;
};

}  // namespace postern::rt
