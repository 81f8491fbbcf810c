#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <deque>

#include "os/signals.hpp"
#include "rt/waiter.hpp"

namespace postern::os {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMaxQueued = 64;

Signal from_number(int number) {
  if (number == SIGINT) return Signal::interrupt;
  if (number == SIGTERM) return Signal::terminate;
  return number == SIGHUP ? Signal::hang_up : Signal::window_change;
}

// Owned by PosixSignals and by the handler that Asio holds: a handler that was already queued outlives PosixSignals.
struct SignalState : std::enable_shared_from_this<SignalState> {
  explicit SignalState(rt::Executor executor) : set(std::move(executor)) {}

  void arm() {
    set.async_wait([self = shared_from_this()](const boost::system::error_code& error, int number) {
      if (error || self->closed) return;
      if (self->queue.size() < kMaxQueued) self->queue.push_back(from_number(number));
      self->waiter.wake();
      self->arm();
    });
  }

  asio::basic_signal_set<rt::Executor> set;
  std::deque<Signal> queue;
  rt::Waiter waiter;
  bool closed = false;
};

class PosixSignals final : public Signals {
 public:
  explicit PosixSignals(rt::Executor executor) : state_(std::make_shared<SignalState>(std::move(executor))) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) {
      boost::system::error_code ignored;  // these four can always be caught
      state_->set.add(number, ignored);
    }
    state_->arm();
  }
  ~PosixSignals() override {
    state_->closed = true;
    boost::system::error_code ignored;
    state_->set.clear(ignored);
    state_->set.cancel(ignored);
  }

  rt::Task<Result<Signal>> next() override {
    while (state_->queue.empty()) {
      if (co_await state_->waiter.wait() == rt::Wake::cancelled) {
        co_return fail(ErrorKind::cancelled, "cancelled while waiting for a signal");
      }
    }
    const Signal signal = state_->queue.front();
    state_->queue.pop_front();
    co_return signal;
  }

 private:
  std::shared_ptr<SignalState> state_;
};

}  // namespace

std::unique_ptr<Signals> make_posix_signals(rt::Executor executor) {
  return std::make_unique<PosixSignals>(std::move(executor));
}

}  // namespace postern::os
