#include "rt/hurried_clock.hpp"

#include <algorithm>

namespace postern::rt {
namespace {

/// Two looks in a row must have found nothing: what is ready when the first timer fires has had its turn by the second.
constexpr Duration kLookEvery = std::chrono::microseconds(300);
constexpr unsigned kQuietLooks = 2;

}  // namespace

HurriedClock::~HurriedClock() {
  real_.unschedule(watching_);
}

Clock::TimerId HurriedClock::schedule(MonoTime at, std::function<void()> fire) {
  const TimerId id = queue_.add(at, std::move(fire));
  if (watching_ == 0) watch();
  return id;
}

void HurriedClock::unschedule(TimerId id) {
  queue_.remove(id);
}

void HurriedClock::watch() {
  turns_ = real_.turns();
  watching_ = real_.schedule(real_.now() + kLookEvery, [this] { look(); });
}

void HurriedClock::look() {
  watching_ = 0;
  // The turn in which this runs is one.
  quiet_looks_ = real_.turns() - turns_ <= 1 ? quiet_looks_ + 1 : 0;
  if (quiet_looks_ >= kQuietLooks && !queue_.empty()) {
    quiet_looks_ = 0;
    ahead_ += std::max(Duration::zero(), queue_.next() - now());
  }
  const MonoTime due = now();
  while (auto fire = queue_.pop_due(due)) fire();
  if (!queue_.empty() && watching_ == 0) watch();
}

}  // namespace postern::rt
