#include "flow/pace.hpp"

#include <algorithm>

namespace postern::flow {
namespace {

// What AWS takes to show an end, and the spread of equal commands.
constexpr Duration kMargin = std::chrono::milliseconds(1500);

}  // namespace

void Pace::learn(Duration took) {
  slowest_ = std::max(slowest_.value_or(Duration{}), took);
}

Duration Pace::expected() const {
  const Duration slowest = slowest_.value_or(Duration{});
  return slowest + slowest / 20 + kMargin;
}

Duration Pace::next_look(Duration age) const {
  if (slowest_ && expected() > age) return expected();
  return age + std::clamp<Duration>(age * 3 / 2, range_.first, range_.longest);
}

Duration Pace::next_scouting(Duration age) const {
  return age + std::clamp<Duration>(age / 2, range_.first_scouting, range_.longest);
}

}  // namespace postern::flow
