#pragma once

/// Virtual time: it moves only when the World moves it.

#include <cstddef>
#include <optional>

#include "rt/clock.hpp"

namespace postern::world {

/// The World's clock. Both clocks stand still while handlers run, so two reads in one turn agree.
class VirtualClock final : public rt::Clock {
 public:
  /// Where the wall clock of a new World stands: 2026-01-01T00:00:00Z.
  static constexpr WallTime kEpoch{std::chrono::seconds(1'767'225'600)};

  MonoTime now() const override { return now_; }
  WallTime wall_now() const override;
  TimerId schedule(MonoTime at, std::function<void()> fire) override;
  void unschedule(TimerId id) override { queue_.remove(id); }

  /// Sets the wall clock, as an administrator or NTP does; waiting is not affected.
  void step_wall(Duration by) { offset_ += by; }
  void set_wall(WallTime to) { offset_ += to - wall_now(); }
  /// How much the wall clock gains from now on, in parts per million (negative: loses).
  void set_drift_ppm(double ppm);

  std::size_t armed() const noexcept { return queue_.size(); }
  std::optional<MonoTime> next_timer() const;
  /// For the World: moves to `to` (never back) and, separately, fires one timer that is due. False when none is.
  void move_to(MonoTime to);
  bool fire_due();

 private:
  rt::TimerQueue queue_;
  MonoTime now_{};
  Duration offset_{};  ///< wall time minus kEpoch minus monotonic time, without the drift since drift_from_
  MonoTime drift_from_{};
  double drift_ppm_ = 0;
};

/// The same clock as a host sees it whose wall clock is wrong by `offset`.
class SkewedClock final : public rt::Clock {
 public:
  SkewedClock(rt::Clock& inner, Duration offset) : inner_(inner), offset_(offset) {}
  MonoTime now() const override { return inner_.now(); }
  WallTime wall_now() const override { return inner_.wall_now() + offset_; }
  TimerId schedule(MonoTime at, std::function<void()> fire) override { return inner_.schedule(at, std::move(fire)); }
  void unschedule(TimerId id) override { inner_.unschedule(id); }
  void set_offset(Duration offset) { offset_ = offset; }

 private:
  rt::Clock& inner_;
  Duration offset_;
};

}  // namespace postern::world
