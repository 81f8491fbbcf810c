#include "world/clock.hpp"

#include <algorithm>

namespace postern::world {
namespace {

Duration drifted(Duration elapsed, double ppm) {
  return Duration(static_cast<Duration::rep>(static_cast<double>(elapsed.count()) * ppm / 1e6));
}

}  // namespace

WallTime VirtualClock::wall_now() const {
  return kEpoch + now_.time_since_epoch() + offset_ + drifted(now_ - drift_from_, drift_ppm_);
}

VirtualClock::TimerId VirtualClock::schedule(MonoTime at, std::function<void()> fire) {
  return queue_.add(at, std::move(fire));
}

void VirtualClock::set_drift_ppm(double ppm) {
  offset_ += drifted(now_ - drift_from_, drift_ppm_);
  drift_from_ = now_;
  drift_ppm_ = ppm;
}

std::optional<MonoTime> VirtualClock::next_timer() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.next();
}

void VirtualClock::move_to(MonoTime to) {
  now_ = std::max(now_, to);
}

bool VirtualClock::fire_due() {
  const auto fire = queue_.pop_due(now_);
  if (!fire) return false;
  fire();
  return true;
}

}  // namespace postern::world
