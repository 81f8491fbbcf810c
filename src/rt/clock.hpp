#pragma once

/// Clock and timers. The real clock and the simulated one differ only in who advances them.

#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/time.hpp"
#include "rt/task.hpp"

namespace postern::rt {

/// The only source of time. `now()` is frozen within a turn of the loop: two reads in one turn agree.
/// Loop thread only.
class Clock {
 public:
  /// Names an armed timer; 0 is none.
  using TimerId = std::uint64_t;

  virtual ~Clock() = default;
  virtual MonoTime now() const = 0;
  virtual WallTime wall_now() const = 0;
  /// Calls `fire` once on the loop, never from inside this call, at or soon after `at`.
  virtual TimerId schedule(MonoTime at, std::function<void()> fire) = 0;
  /// Forgets a timer; one that fired or never was is ignored.
  virtual void unschedule(TimerId id) = 0;
};

/// An absolute point on the monotonic clock by which something must be done. Cheap value.
class Deadline {
 public:
  Deadline() = default;
  explicit Deadline(MonoTime at) : at_(at) {}
  static Deadline never() { return Deadline(); }
  static Deadline after(const Clock& clock, Duration duration) { return Deadline(clock.now() + duration); }

  bool is_never() const noexcept { return at_ == MonoTime::max(); }
  MonoTime at() const noexcept { return at_; }
  bool passed(const Clock& clock) const { return !is_never() && clock.now() >= at_; }
  /// The earlier of the two.
  Deadline sooner(Deadline other) const { return other.at_ < at_ ? other : *this; }

 private:
  MonoTime at_ = MonoTime::max();
};

/// Ordered timers, the common part of every Clock. Equal times fire in the order in which they were armed.
class TimerQueue {
 public:
  Clock::TimerId add(MonoTime at, std::function<void()> fire);
  void remove(Clock::TimerId id);
  bool empty() const noexcept { return timers_.empty(); }
  /// The earliest time; only when not empty.
  MonoTime next() const;
  /// Takes the earliest timer out when it is due at `now`; empty function when none is.
  std::function<void()> pop_due(MonoTime now);
  std::size_t size() const noexcept { return timers_.size(); }

 private:
  using Key = std::pair<MonoTime, Clock::TimerId>;

  std::map<Key, std::function<void()>> timers_;
  std::unordered_map<Clock::TimerId, MonoTime> times_;  // looked up only, never iterated
  Clock::TimerId next_id_ = 1;
};

/// Waits until `at`; cancelled when the task is. Used through the CallContext so that a deadline cuts it short: then
/// the error is timeout.
Task<Result<void>> sleep_until(Clock& clock, MonoTime at);

}  // namespace postern::rt
