#include "rt/clock.hpp"

#include "base/check.hpp"
#include "rt/waiter.hpp"

namespace postern::rt {

Clock::TimerId TimerQueue::add(MonoTime at, std::function<void()> fire) {
  const Clock::TimerId id = next_id_++;
  timers_.emplace(Key(at, id), std::move(fire));
  times_.emplace(id, at);
  return id;
}

void TimerQueue::remove(Clock::TimerId id) {
  const auto found = times_.find(id);
  if (found == times_.end()) return;
  timers_.erase(Key(found->second, id));
  times_.erase(found);
}

MonoTime TimerQueue::next() const {
  CHECK(!timers_.empty());
  return timers_.begin()->first.first;
}

std::function<void()> TimerQueue::pop_due(MonoTime now) {
  if (timers_.empty() || timers_.begin()->first.first > now) return {};
  auto node = timers_.extract(timers_.begin());
  times_.erase(node.key().second);
  return std::move(node.mapped());
}

Task<Result<void>> sleep_until(Clock& clock, MonoTime at) {
  Waiter waiter;
  const Clock::TimerId timer = clock.schedule(at, [&waiter] { waiter.wake(); });
  if (co_await waiter.wait() == Wake::cancelled) {
    clock.unschedule(timer);
    co_return fail(ErrorKind::cancelled, "cancelled while waiting");
  }
  co_return Result<void>();
}

}  // namespace postern::rt
