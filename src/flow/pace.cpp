#include "flow/pace.hpp"

#include <algorithm>

namespace postern::flow {
namespace {

constexpr Duration kFirstScouting = std::chrono::milliseconds(500);
constexpr Duration kFirst = std::chrono::seconds(2);
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
  return age + std::clamp<Duration>(age * 3 / 2, kFirst, kLongestGap);
}

Duration Pace::next_scouting(Duration age) {
  return age + std::clamp<Duration>(age / 2, kFirstScouting, kLongestGap);
}

}  // namespace postern::flow
