#pragma once

/// Waiter: the one way in which our own code suspends a task until somebody wakes it. Clock::sleep, Semaphore, Channel,
/// pipes and the World's devices are built on it, so cancellation is right in one place.

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.hpp"
#include "rt/task.hpp"

namespace postern::rt {

enum class Wake : std::uint8_t { woken, cancelled };

/// True when the running task has been asked to stop. Leaf operations ask before they wait: an earlier cancellation
/// must not be lost.
inline Task<bool> is_cancelled() {
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

/// Goes on in a later turn of the loop, behind everything that is ready now. Never fails: whatever waits next hears of
/// a cancellation.
inline Task<void> next_turn() {
  const Executor executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable_t<Executor>());
}

/// Parks at most one task at a time. Must outlive the wait (its owner is cancelled and joined first) and stay at one
/// address.
class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() { CHECK(!handler_); }

  /// Suspends until wake() or cancellation. A wake() that came before wait() is not remembered: check the condition
  /// first.
  Task<Wake> wait() {
    if (co_await is_cancelled()) co_return Wake::cancelled;
    const auto how = co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Wake)>(
        Initiate(this, Cancellable::yes), asio::use_awaitable_t<Executor>());
    co_return how;
  }

  /// The same, but cancellation does not end it: only for waits that another cancellation is sure to end (joining
  /// children).
  Task<void> wait_always() {
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Wake)>(Initiate(this, Cancellable::no),
                                                                                     asio::use_awaitable_t<Executor>());
  }

  /// Resumes the waiting task in a later turn of the loop; nothing when none waits.
  void wake() { finish(Wake::woken); }
  bool waiting() const noexcept { return handler_ != nullptr; }

 private:
  enum class Cancellable : std::uint8_t { no, yes };
  /// The suspended task, its type erased. (Boost 1.81's any_completion_handler takes the cancellation slot for itself.)
  class Pending {
   public:
    virtual ~Pending() = default;
    virtual void resume(Wake how) = 0;
  };
  template <class H>
  class PendingHandler final : public Pending {
   public:
    explicit PendingHandler(H&& handler) : handler_(std::move(handler)) {}
    void resume(Wake how) override { std::move(handler_)(how); }

   private:
    H handler_;
  };

  // A named functor, not a lambda: g++ 12 destroys some lambda temporaries twice inside co_await.
  class Initiate {
   public:
    Initiate(Waiter* waiter, Cancellable cancellable) : waiter_(waiter), cancellable_(cancellable) {}
    template <class H>
    void operator()(H&& handler) const {
      CHECK(!waiter_->handler_);
      auto slot = asio::get_associated_cancellation_slot(handler);
      if (cancellable_ == Cancellable::yes && slot.is_connected()) {
        Waiter* waiter = waiter_;
        slot.assign([waiter](asio::cancellation_type) { waiter->finish(Wake::cancelled); });
      }
      waiter_->executor_.emplace(asio::get_associated_executor(handler));
      waiter_->handler_ = std::make_unique<PendingHandler<std::decay_t<H>>>(std::forward<H>(handler));
    }

   private:
    Waiter* waiter_;
    Cancellable cancellable_;
  };

  void finish(Wake how) {
    if (!handler_) return;
    // Posted, never run here: the waker's turn ends first, and wake-ups keep their order. The cancellation slot is
    // cleared by the awaitable when it resumes; until then finish() finds no handler and does nothing.
    asio::post(*executor_, Resume(std::move(handler_), how));
  }

  class Resume {
   public:
    Resume(std::unique_ptr<Pending> handler, Wake how) : handler_(std::move(handler)), how_(how) {}
    void operator()() {
      // The task may destroy the Waiter; what runs here belongs to this frame.
      const std::unique_ptr<Pending> handler = std::move(handler_);
      handler->resume(how_);
    }

   private:
    std::unique_ptr<Pending> handler_;
    Wake how_;
  };

  std::unique_ptr<Pending> handler_;
  std::optional<Executor> executor_;
};

}  // namespace postern::rt
