#pragma once

/// SingleFlight: many ask, one goes. Whoever comes while an attempt is under way waits for its result.

#include <memory>
#include <optional>
#include <utility>

#include "rt/combine.hpp"
#include "rt/context.hpp"
#include "rt/sync.hpp"
#include "rt/task.hpp"

namespace postern::aws::auth {

/// The first caller (the leader) runs the attempt within its own task and deadline; the others get a copy of its
/// result, errors too. Nothing is remembered afterwards. When the leader gives up for reasons of its own (cancelled,
/// its deadline), one of the others leads instead. Loop thread only; outlives its callers.
template <class T>
class SingleFlight {
 public:
  bool under_way() const noexcept { return flight_ != nullptr; }

  /// `attempt` is called as Task<Result<T>>() at most once per leading; the caller names it and keeps it alive.
  template <class Attempt>
  rt::Task<Result<T>> run(rt::CallContext ctx, const Attempt& attempt) {
    while (flight_ != nullptr) {
      const std::shared_ptr<Flight> joined = flight_;
      rt::Task<Result<void>> waiting = landed(joined);
      Result<void> waited = co_await rt::with_deadline(ctx, std::move(waiting));
      if (!waited) co_return fail(std::move(waited).error());
      if (joined->result && !gave_up(*joined->result)) co_return *joined->result;
    }
    const std::shared_ptr<Flight> own = std::make_shared<Flight>();
    flight_ = own;
    const Landing landing(this, own);
    Result<T> result = co_await attempt();
    own->result.emplace(result);
    co_return result;
  }

 private:
  /// Shared by the leader and those who wait: the last of them frees it.
  struct Flight {
    Flight() = default;
    bool landed = false;
    std::optional<Result<T>> result;
    rt::WaitQueue queue;
  };

  /// Wakes the others however the leader's attempt ends, an exception or a dropped task included.
  class Landing {
   public:
    Landing(SingleFlight* owner, std::shared_ptr<Flight> flight) : owner_(owner), flight_(std::move(flight)) {}
    Landing(const Landing&) = delete;
    Landing& operator=(const Landing&) = delete;
    ~Landing() {
      owner_->flight_.reset();
      flight_->landed = true;
      flight_->queue.wake_all();
    }

   private:
    SingleFlight* owner_;
    std::shared_ptr<Flight> flight_;
  };

  static bool gave_up(const Result<T>& result) {
    return !result && (result.error().kind() == ErrorKind::cancelled || result.error().kind() == ErrorKind::timeout);
  }

  static rt::Task<Result<void>> landed(std::shared_ptr<Flight> flight) {
    while (!flight->landed) {
      const bool chosen = co_await flight->queue.wait();
      if (!chosen) co_return fail(ErrorKind::cancelled, "cancelled while waiting for another call");
    }
    co_return Result<void>();
  }

  std::shared_ptr<Flight> flight_;
};

}  // namespace postern::aws::auth
