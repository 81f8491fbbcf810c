#include "rt/sync.hpp"

namespace postern::rt {

Task<bool> WaitQueue::wait() {
  auto entry = entries_.emplace(entries_.end());
  const Wake how = co_await entry->waiter.wait();
  const bool chosen = entry->chosen;
  entries_.erase(entry);
  if (how == Wake::woken) co_return true;
  if (chosen) wake_one();
  co_return false;
}

void WaitQueue::wake_one() {
  for (Entry& entry : entries_) {
    if (entry.chosen) continue;
    entry.chosen = true;
    entry.waiter.wake();
    return;
  }
}

void WaitQueue::wake_all() {
  for (Entry& entry : entries_) {
    entry.chosen = true;
    entry.waiter.wake();
  }
}

Task<Result<void>> Semaphore::acquire() {
  // A permit that is free while others wait belongs to the first of them.
  if (try_acquire()) co_return Result<void>();
  for (;;) {
    const bool woken = co_await queue_.wait();
    if (!woken) co_return fail(ErrorKind::cancelled, "cancelled while waiting for a permit");
    if (permits_ > 0) break;
  }
  --permits_;
  co_return Result<void>();
}

void Semaphore::release() {
  ++permits_;
  queue_.wake_one();
}

Task<Result<void>> Event::wait() {
  while (!set_) {
    const bool woken = co_await queue_.wait();
    if (!woken) co_return fail(ErrorKind::cancelled, "cancelled while waiting for an event");
  }
  co_return Result<void>();
}

}  // namespace postern::rt
