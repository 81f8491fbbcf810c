#pragma once

/// Semaphore, Event and Channel for tasks of one loop. First come, first served; every wait can be cancelled.

#include <deque>
#include <list>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "rt/task.hpp"
#include "rt/waiter.hpp"

namespace postern::rt {

/// Tasks that wait for their turn, woken in the order in which they came.
class WaitQueue {
 public:
  WaitQueue() = default;
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;
  ~WaitQueue() { CHECK(entries_.empty()); }

  /// Waits until wake_one() or wake_all() chose this task. False when cancelled first; a wake-up that raced with the
  /// cancellation is handed to the next waiter.
  Task<bool> wait();
  void wake_one();
  void wake_all();
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    Entry() = default;
    Waiter waiter;
    bool chosen = false;
  };
  std::list<Entry> entries_;
};

/// Counts permits.
class Semaphore {
 public:
  explicit Semaphore(std::size_t permits) : permits_(permits) {}
  /// Takes a permit when one is free and nobody waits for it.
  bool try_acquire() noexcept {
    if (permits_ <= queue_.size()) return false;
    --permits_;
    return true;
  }
  /// Takes a permit; fails with cancelled.
  Task<Result<void>> acquire();
  void release();
  std::size_t available() const noexcept { return permits_; }
  std::size_t waiting() const noexcept { return queue_.size(); }

  /// Gives a permit back when it goes out of scope.
  class Permit {
   public:
    explicit Permit(Semaphore& semaphore) : semaphore_(&semaphore) {}
    Permit(Permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
      if (semaphore_ != nullptr) semaphore_->release();
    }

   private:
    Semaphore* semaphore_;
  };

 private:
  std::size_t permits_;
  WaitQueue queue_;
};

/// A latch: once set, every wait passes.
class Event {
 public:
  void set() {
    set_ = true;
    queue_.wake_all();
  }
  bool is_set() const noexcept { return set_; }
  Task<Result<void>> wait();

 private:
  bool set_ = false;
  WaitQueue queue_;
};

/// A bounded queue between tasks.
template <class T>
class Channel {
 public:
  explicit Channel(std::size_t capacity) : capacity_(capacity) { CHECK(capacity > 0); }

  /// Waits for room. Fails with cancelled, or unavailable after close().
  Task<Result<void>> send(T value) {
    while (!closed_ && items_.size() >= capacity_) {
      const bool woken = co_await senders_.wait();
      if (!woken) co_return fail(ErrorKind::cancelled, "cancelled while sending");
    }
    if (closed_) co_return fail(ErrorKind::unavailable, "the channel is closed");
    items_.push_back(std::move(value));
    receivers_.wake_one();
    co_return Result<void>();
  }

  /// The next value; an empty optional when the channel is closed and drained. Fails with cancelled.
  Task<Result<std::optional<T>>> receive() {
    while (items_.empty()) {
      if (closed_) co_return std::optional<T>();
      if (!co_await receivers_.wait()) co_return fail(ErrorKind::cancelled, "cancelled while receiving");
    }
    std::optional<T> value(std::move(items_.front()));
    items_.pop_front();
    senders_.wake_one();
    co_return value;
  }

  void close() {
    closed_ = true;
    senders_.wake_all();
    receivers_.wake_all();
  }
  std::size_t size() const noexcept { return items_.size(); }

 private:
  std::size_t capacity_;
  std::deque<T> items_;
  bool closed_ = false;
  WaitQueue senders_;
  WaitQueue receivers_;
};

}  // namespace postern::rt
