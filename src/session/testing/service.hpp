#pragma once

/// A session service and its node in one process, for tests of DataChannel: an HTTP service that upgrades, one agent
/// behind it, and the calls that AWS has for sessions. Messages for a client that is not there are dropped, as the
/// real service does.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/server.hpp"
#include "rt/sync.hpp"
#include "rt/waiter.hpp"
#include "session/agent_session.hpp"
#include "session/data_channel.hpp"
#include "session/inbox.hpp"
#include "ws/connection.hpp"
#include "ws/handshake.hpp"

namespace postern::session::testing {

class FakeService final : public http::Service, public SessionService {
 public:
  FakeService(rt::CallContext ctx, AgentSessionOptions options) : agent(ctx.random(), std::move(options)), ctx_(ctx) {}

  // ---- what a test sets and sees
  AgentSession agent;
  std::function<void(AgentEvent&)> on_event;  ///< of the agent, in order
  std::function<bool()> takes_events;         ///< no: they wait in the agent
  std::function<void()> on_turn;              ///< something may have changed: room, say
  std::optional<Error> resume_fails;          ///< with this
  std::optional<Error> key_fails;             ///< with this
  bool forgets = false;                       ///< ResumeSession's token is empty
  bool is_mute = false;                       ///< connections are not read: no pong
  int refuses = 0;                            ///< upgrades, with 503
  std::vector<http::Request> upgrades;
  std::vector<OpenRequest> openings;
  int resumed = 0;
  int terminated = 0;

  static Started started(std::string_view host = "ssmmessages") {
    Started made;
    made.session_id = "ops-0123456789abcdef0";
    made.stream_url =
        "ws://" + std::string(host) + ":80/v1/data-channel/ops-0123456789abcdef0?role=publish_subscribe&cell=a%2Fb";
    made.token = Secret<std::string>("token-0");
    return made;
  }

  /// The service ends the session: the client hears why, if it is there.
  void close_session(std::string why) {
    ChannelClosed closed;
    closed.session_id = started().session_id;
    closed.output = std::move(why);
    AgentMessage message;
    message.type = "channel_closed";
    message.created_ms = 1'700'000'000'000;
    message.id = "00112233-4455-6677-8899-aabbccddeeff";
    message.payload = write_channel_closed(closed);
    last_words_.push_back(*encode_message(message));
    forgets = true;
    wake();
  }
  /// After anything was done to the agent.
  void wake() { waiter_.wake(); }

  /// The agent: until cancelled.
  rt::Task<void> run_agent() {
    agent.begin(now());
    for (;;) {
      do {
        wake_again_ = false;
        turn();
      } while (wake_again_);
      const bool wrote = co_await write_some();
      if (wrote) continue;
      const std::optional<MonoTime> at = agent.wakes_at();
      rt::Clock::TimerId timer = 0;
      if (at) {
        const MonoTime later = std::max(*at, ctx_.now() + std::chrono::milliseconds(1));
        timer = ctx_.clock().schedule(later, [this] { waiter_.wake(); });
      }
      const rt::Wake how = co_await waiter_.wait();
      ctx_.clock().unschedule(timer);
      if (how == rt::Wake::cancelled) co_return;
    }
  }

  // ---- what the client sees
  rt::Task<Result<http::Response>> serve(rt::CallContext, http::PeerInfo, http::Request request) override {
    upgrades.push_back(request);
    if (refuses > 0) {
      --refuses;
      http::Response refused;
      refused.status = 503;
      co_return refused;
    }
    Result<http::Response> response = ws::accept_upgrade(request);
    if (response) response->takeover = std::make_shared<Leg>(*this);
    co_return response;
  }
  rt::Task<Result<Secret<std::string>>> resume(rt::CallContext, std::string) override {
    ++resumed;
    if (resume_fails) co_return fail(*resume_fails);
    if (forgets) co_return Secret<std::string>();
    co_return Secret<std::string>("token-" + std::to_string(resumed));
  }
  rt::Task<Result<void>> terminate(rt::CallContext, std::string) override {
    ++terminated;
    co_return Result<void>();
  }
  rt::Task<Result<DataKey>> data_key(rt::CallContext, KeyRequest request) override {
    asked_for_ = request;
    if (key_fails) co_return fail(*key_fails);
    DataKey key;
    key.plaintext = Secret<std::string>(std::string(64, 'k'));
    key.ciphertext = "sealed";
    co_return key;
  }
  const KeyRequest& asked_for() const { return asked_for_; }

 private:
  /// One connection of the client's.
  class Leg final : public http::Takeover {
   public:
    explicit Leg(FakeService& service) : service_(service) {}
    rt::Task<void> run(rt::CallContext ctx, net::Stream& stream, std::string leftover) override {
      ws::ConnectionOptions options;
      options.leftover = std::move(leftover);
      ws::Connection connection(stream, ctx.random(), std::move(options));
      Result<ws::Event> first = co_await connection.receive();
      if (!first || first->kind != ws::Event::Kind::text) co_return;
      Result<OpenRequest> open = read_open(first->payload);
      if (!open) co_return;
      service_.openings.push_back(*open);
      service_.client_ = &connection;
      service_.wake();
      co_await service_.listen(connection);
      if (service_.client_ == &connection) service_.client_ = nullptr;
      stream.close();
      while (service_.sending_ == &connection) co_await service_.sent_.wait_always();
    }

   private:
    FakeService& service_;
  };

  rt::Task<void> listen(ws::Connection& connection) {
    Inbox inbox;
    for (;;) {
      while (is_mute || inbox.is_full()) {
        const Result<void> slept = co_await rt::sleep_until(ctx_.clock(), ctx_.now() + std::chrono::milliseconds(10));
        if (!slept) co_return;
        take_waiting(inbox);
      }
      inbox_ = &inbox;
      Result<ws::Event> event = co_await connection.receive();
      inbox_ = nullptr;
      if (!event || event->kind == ws::Event::Kind::close) co_return;
      if ((agent.is_full() || !inbox.empty()) && !Inbox::passes(event->payload)) {
        inbox.keep(std::move(event->payload));
      } else {
        const Result<void> taken = agent.receive(now(), event->payload);
        static_cast<void>(taken);
      }
      take_waiting(inbox);
      wake();
    }
  }
  void take_waiting(Inbox& inbox) {
    while (!agent.is_full()) {
      const std::optional<std::string> message = inbox.take();
      if (!message) return;
      const Result<void> taken = agent.receive(now(), *message);
      static_cast<void>(taken);
    }
  }

  void turn() {
    agent.on_time(now());
    while (!takes_events || takes_events()) {
      std::optional<AgentEvent> event = agent.next_event();
      if (!event) break;
      if (on_event) on_event(*event);
    }
    if (inbox_ != nullptr && !inbox_->empty() && !agent.is_full()) {
      take_waiting(*inbox_);
      wake_again_ = true;
    }
    if (on_turn) on_turn();
  }
  /// Whether there was anything to say.
  rt::Task<bool> write_some() {
    std::vector<std::string> batch;
    while (batch.size() < 64) {
      std::optional<std::string> message = agent.next_outgoing(now());
      if (!message) break;
      batch.push_back(std::move(*message));
    }
    if (batch.empty() && client_ != nullptr) batch = std::exchange(last_words_, {});
    if (batch.empty()) co_return false;
    ws::Connection* const to = client_;
    if (to == nullptr) co_return true;
    sending_ = to;
    const Result<void> sent = co_await to->send_all(ws::Event::Kind::binary, batch);
    sending_ = nullptr;
    sent_.wake();
    if (!sent && client_ == to) client_ = nullptr;
    co_return true;
  }
  Moment now() const { return Moment(ctx_.clock().now(), ctx_.clock().wall_now()); }

  rt::CallContext ctx_;
  ws::Connection* client_ = nullptr;
  ws::Connection* sending_ = nullptr;
  rt::Waiter sent_;
  Inbox* inbox_ = nullptr;  ///< of the connection that is read
  bool wake_again_ = false;
  std::vector<std::string> last_words_;
  KeyRequest asked_for_;
  rt::Waiter waiter_;
};

}  // namespace postern::session::testing
