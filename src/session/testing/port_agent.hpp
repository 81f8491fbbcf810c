#pragma once

/// The node's part of a port session, for tests: makes connections for streams (mux) or for input (basic), as AWS's
/// agent does. With FakeService, whose agent it is.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "session/mux_streams.hpp"
#include "session/testing/service.hpp"

namespace postern::session::testing {

class PortAgent {
 public:
  PortAgent(rt::CallContext ctx, FakeService& service, net::Dialer& dialer, net::Endpoint target,
            std::string_view version, rt::Executor executor)
      : ctx_(ctx),
        service_(service),
        dialer_(dialer),
        target_(std::move(target)),
        streams_(ctx, MuxStreamsOptions(MuxSide::server)),
        tasks_(std::move(executor)) {
    is_mux_ = later_than(version, "3.0.196.0");
    service.on_event = [this](AgentEvent& event) { take(event); };
    service.takes_events = [this] { return fed_.empty(); };
    service.on_turn = [this] { turned_.wake(); };
  }
  void start() {
    if (!is_mux_) return;
    tasks_.spawn(feed());
    tasks_.spawn(write());
  }
  rt::Task<void> stop() {
    tasks_.cancel();
    co_await tasks_.join();
  }

  Traffic traffic;
  int dialled = 0;
  int disconnects = 0;  ///< flag 1

 private:
  void take(AgentEvent& event) {
    if (event.kind == AgentEvent::Kind::input) {
      fed_ += event.bytes;
      fed_waiter_.wake();
      if (!is_mux_) tasks_.spawn(basic(std::exchange(fed_, std::string())));
    }
    if (event.kind != AgentEvent::Kind::flag) return;
    if (event.number == 1) {
      ++disconnects;
      if (basic_) basic_->close();
    }
    if (event.number == 2) service_.close_session("");
  }

  // ---- many
  rt::Task<void> feed() {
    for (;;) {
      while (fed_.empty()) {
        const rt::Wake how = co_await fed_waiter_.wait();
        if (how == rt::Wake::cancelled) co_return;
      }
      const Result<void> room = co_await streams_.wait_for_room();
      if (!room) co_return;
      const Result<void> fed = streams_.feed(fed_);
      CHECK(fed.has_value());
      fed_.clear();
      service_.wake();
      while (const auto id = streams_.accept()) tasks_.spawn(carry(*id));
    }
  }
  rt::Task<void> write() {
    for (;;) {
      const Result<void> waited = co_await streams_.wait_for_outgoing();
      if (!waited) co_return;
      while (service_.agent.room() == 0) {
        const rt::Wake how = co_await turned_.wait();
        if (how == rt::Wake::cancelled) co_return;
      }
      service_.agent.send_output(streams_.take_outgoing(service_.agent.room()));
      service_.wake();
    }
  }
  rt::Task<void> carry(std::uint32_t id) {
    ++dialled;
    auto stream = co_await dialer_.dial(ctx_, target_);
    if (!stream) {
      service_.agent.send_flag(Flag::connect_to_port_error);
      streams_.refuse(id);
      service_.wake();
      co_return;
    }
    const MuxStreams::Ended ended = co_await streams_.carry(id, **stream, traffic);
    if (ended == MuxStreams::Ended::by_them) co_await let_go(ctx_, **stream);
  }

  // ---- one
  rt::Task<void> basic(std::string bytes) {
    const Result<void> turn = co_await basic_turn_.acquire();
    if (!turn) co_return;
    const rt::Semaphore::Permit permit(basic_turn_);
    if (!basic_ || !basic_->is_open()) {
      ++dialled;
      auto stream = co_await dialer_.dial(ctx_, target_);
      if (!stream) co_return;
      basic_ = std::shared_ptr<net::Stream>(std::move(*stream));
      tasks_.spawn(basic_read(basic_));
    }
    const std::shared_ptr<net::Stream> to = basic_;
    const Result<void> written = co_await to->write_all(net::as_bytes(bytes));
    static_cast<void>(written);
  }
  rt::Task<void> basic_read(std::shared_ptr<net::Stream> stream) {
    std::vector<std::byte> buffer(1024);
    for (;;) {
      const Result<std::size_t> got = co_await stream->read_some(buffer);
      if (!got || *got == 0) break;
      service_.agent.send_output(net::as_text(std::span<const std::byte>(buffer.data(), *got)));
      service_.wake();
    }
    stream->close();
  }

  rt::CallContext ctx_;
  FakeService& service_;
  net::Dialer& dialer_;
  net::Endpoint target_;
  bool is_mux_ = true;
  MuxStreams streams_;
  std::string fed_;
  rt::Waiter fed_waiter_;
  rt::Waiter turned_;
  std::shared_ptr<net::Stream> basic_;
  rt::Semaphore basic_turn_{1};
  rt::TaskGroup tasks_;  // last: its tasks use the rest
};

}  // namespace postern::session::testing
