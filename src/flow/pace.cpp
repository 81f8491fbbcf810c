#include "flow/pace.hpp"

#include <algorithm>

namespace postern::flow {
namespace {

constexpr Duration kFirst = std::chrono::milliseconds(500);
constexpr Duration kLongest = std::chrono::seconds(20);
// What AWS takes to show an end, and the spread of equal commands.
constexpr Duration kMargin = std::chrono::milliseconds(1500);

}  // namespace

void Pace::learn(Duration took) {
  slowest_ = std::max(slowest_.value_or(Duration{}), took);
}

void Pace::still_running(Duration age) {
  running_ = std::max(running_, age);
}

Duration Pace::next_look(Duration age, unsigned looks) const {
  if (slowest_ && looks == 0) {
    // Some were seen running for longer than the slowest known: the truth is beyond that.
    const Duration expected = std::max(*slowest_ + *slowest_ / 20, std::min(running_, *slowest_ * 4)) + kMargin;
    if (expected > age) return expected;
  }
  const Duration gap = std::clamp<Duration>(age / 2, kFirst, kLongest);
  return age + (slowest_ && age > std::chrono::seconds(10) ? std::max<Duration>(gap, *slowest_ / 4) : gap);
}

}  // namespace postern::flow
