#pragma once

/// HurriedClock: a clock that does not wait. For a process that plays both sides, a client and the server that it
/// asks, so that all that anybody waits for happens in it.

#include "rt/loop.hpp"

namespace postern::rt {

/// Goes with the real clock, but when nothing has happened in the loop for a moment while timers are armed, it jumps to
/// the next one. What happens outside the loop (child processes, other hosts, a disk) takes longer on this clock than
/// it does. The real clock outlives it; no timer may be armed when it goes.
class HurriedClock final : public Clock {
 public:
  explicit HurriedClock(RealClock& real) : real_(real) {}
  ~HurriedClock() override;
  MonoTime now() const override { return real_.now() + ahead_; }
  WallTime wall_now() const override { return real_.wall_now() + ahead_; }
  TimerId schedule(MonoTime at, std::function<void()> fire) override;
  void unschedule(TimerId id) override;

 private:
  void watch();
  void look();

  RealClock& real_;
  TimerQueue queue_;
  Duration ahead_{};          ///< how far it is before the real clock
  TimerId watching_ = 0;      ///< the real timer of the next look
  std::uint64_t turns_ = 0;   ///< of the loop, when the look was ordered
  unsigned quiet_looks_ = 0;  ///< in a row
};

}  // namespace postern::rt
