#include "sim/sessions/data_channels.hpp"

#include <memory>
#include <utility>
#include <vector>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "rt/combine.hpp"
#include "session/agent_message.hpp"
#include "session/handshake.hpp"
#include "sim/agents/gateway_shared.hpp"
#include "sim/sessions/service_message.hpp"
#include "ws/connection.hpp"
#include "ws/handshake.hpp"

namespace postern::sim {
namespace data_channels {

constexpr std::string_view kPath = "/v1/data-channel/";
constexpr std::size_t kMessageMax = 1U << 20U;
constexpr std::size_t kBatchBytes = 128U << 10U;
constexpr std::chrono::seconds kOpenTime{15};
/// Between our goodbye and the end of the connection: what is on its way must not be cut off by a reset.
constexpr std::chrono::seconds kGoodbye{2};

bool is_state(std::string_view message) {
  const Result<session::AgentMessage> read = session::decode_message(message);
  return read && read->type == "agent_session_state";
}

}  // namespace data_channels

/// One end's connection.
class DataChannels::Leg final : public http::Takeover {
 public:
  Leg(Sessions& sessions, SessionPtr session, End end)
      : sessions_(sessions), session_(std::move(session)), line_(session_->line), end_(end) {}

  rt::Task<void> run(rt::CallContext ctx, net::Stream& stream, std::string leftover) override {
    ws::ConnectionOptions options;
    options.limits.message_bytes = data_channels::kMessageMax;
    options.leftover = std::move(leftover);
    ws::Connection connection(stream, ctx.random(), std::move(options));
    const Result<void> opened = co_await open(ctx, &connection);
    if (!opened) co_return co_await gateway::turn_away(&connection, opened.error());
    if (session_->is_over()) co_return co_await tell_end(ctx, &connection);
    fate_ = sessions_.faults().fate(session_->target, end_);
    number_ = line_.connect(end_);
    sessions_.note(*session_);
    co_await rt::race(rt::race(listen(ctx, &connection), speak(ctx, &connection)), live(ctx));
    line_.disconnect(end_, number_);
    sessions_.note(*session_);
  }

 private:
  /// The first message is JSON with a token.
  rt::Task<Result<void>> open(rt::CallContext ctx, ws::Connection* connection) {
    CO_TRY(const ws::Event first,
           co_await rt::with_deadline(ctx.within(data_channels::kOpenTime), connection->receive()));
    const Result<session::OpenRequest> asked = session::read_open(first.payload);
    if (!asked) co_return fail(asked.error());
    const bool admitted = end_ == End::client ? sessions_.admit_client(*session_, asked->token)
                                              : sessions_.admit_agent(*session_, asked->token);
    if (!admitted) co_return fail(ErrorKind::denied, "the first message does not carry the channel's token");
    co_return Result<void>();
  }

  /// It ended before anybody could be told.
  rt::Task<void> tell_end(rt::CallContext ctx, ws::Connection* connection) {
    std::string closed = closed_message(sessions_.cloud(), ctx, *session_);
    const Result<void> told = co_await connection->send(ws::Event::Kind::binary, std::move(closed));
    if (told) co_await rt::race(drain(connection), say_goodbye(ctx, connection, "the session has ended"));
  }

  /// Until the other side has said goodbye.
  rt::Task<Result<void>> drain(ws::Connection* connection) {
    for (;;) {
      CO_TRY(const ws::Event event, co_await connection->receive());
      if (event.kind == ws::Event::Kind::close) co_return Result<void>();
    }
  }

  rt::Task<Result<void>> listen(rt::CallContext ctx, ws::Connection* connection) {
    std::uint64_t received = 0;
    for (;;) {
      CO_TRY(ws::Event event, co_await connection->receive());
      if (event.kind == ws::Event::Kind::close) co_return Result<void>();
      // Binary messages may come in text frames as well (B1.1).
      const bool message = event.kind == ws::Event::Kind::binary || event.kind == ws::Event::Kind::text;
      if (!message) continue;
      received += event.payload.size();
      if (fate_.killed_after_bytes != 0 && received >= fate_.killed_after_bytes) co_return Result<void>();
      if (fate_.bytes_per_second != 0) CO_TRY_VOID(co_await dawdle(ctx, event.payload.size()));
      if (end_ == End::agent && data_channels::is_state(event.payload)) continue;
      const Result<void> sent = co_await line_.send(end_, number_, std::move(event.payload));
      if (sent) continue;
      if (sent.error().kind() == ErrorKind::cancelled || !line_.has_ended()) co_return sent;
      // The session is over: what still comes is read until the other side has said goodbye.
    }
  }

  rt::Task<Result<void>> dawdle(rt::CallContext ctx, std::size_t bytes) {
    const auto time =
        std::chrono::duration<double>(static_cast<double>(bytes) / static_cast<double>(fate_.bytes_per_second));
    co_return co_await rt::sleep_until(ctx.clock(), ctx.now() + std::chrono::duration_cast<Duration>(time));
  }

  rt::Task<Result<void>> speak(rt::CallContext ctx, ws::Connection* connection) {
    for (;;) {
      CO_TRY(std::optional<std::string> message, co_await line_.next(end_, number_));
      if (!message) break;
      // What waits besides goes in the same write.
      std::vector<std::string> batch;
      std::size_t bytes = 0;
      for (; message; message = line_.take(end_)) {
        bytes += message->size();
        batch.push_back(std::move(*message));
        if (bytes >= data_channels::kBatchBytes) break;
      }
      CO_TRY_VOID(co_await connection->send_all(ws::Event::Kind::binary, batch));
    }
    std::string why = line_.has_ended() ? "the session has ended" : "another connection took this one's place";
    co_return co_await say_goodbye(ctx, connection, std::move(why));
  }

  rt::Task<Result<void>> say_goodbye(rt::CallContext ctx, ws::Connection* connection, std::string why) {
    const std::uint16_t code = session_->is_over() ? ws::kCloseNormal : ws::kCloseGoingAway;
    CO_TRY_VOID(co_await connection->close(code, std::move(why)));
    co_return co_await rt::sleep_until(ctx.clock(), ctx.now() + data_channels::kGoodbye);
  }

  /// Until a fault ends the connection.
  rt::Task<Result<void>> live(rt::CallContext ctx) {
    if (fate_.killed_after == Duration::zero()) co_return co_await never_.wait();
    co_return co_await rt::sleep_until(ctx.clock(), ctx.now() + fate_.killed_after);
  }

  Sessions& sessions_;
  SessionPtr session_;
  SessionLine& line_;
  End end_;
  ConnectionFate fate_;
  std::uint64_t number_ = 0;
  rt::Event never_;
};

rt::Task<Result<void>> DataChannels::check_agent(rt::CallContext ctx, const http::Request& request,
                                                 const Session& session) {
  const bool opens = request.method == "GET";
  const aws::OperationSpec operation = gateway::operation(opens ? "OpenDataChannel" : "CreateDataChannel");
  aws::server::CallInfo info(ctx);
  info.operation = &operation;
  CO_TRY(info.caller, co_await authenticator_.authenticate(ctx, operation, request));
  CO_TRY_VOID(authorize(info));
  const bool own =
      gateway::last_part(info.caller.arn) == session.target && info.caller.account_id == session.account_id;
  if (!own) co_return fail(gateway::not_own(info, request));
  co_return Result<void>();
}

http::Response DataChannels::create(Session& session) {
  if (session.is_over()) {
    // Agents give up when they read this.
    return gateway::refusal(
        aws::server::fault(ErrorKind::conflict, "ValidationException", "Session is already terminated", 400));
  }
  return gateway::created("CreateDataChannelResponse", sessions_.new_agent_token(session));
}

Result<http::Response> DataChannels::open(const http::Request& request, SessionPtr session, End end) {
  Result<http::Response> accepted = ws::accept_upgrade(request);
  if (!accepted) return ws::refusal_of(accepted.error());
  accepted->takeover = std::make_shared<Leg>(sessions_, std::move(session), end);
  return accepted;
}

rt::Task<Result<http::Response>> DataChannels::serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) {
  if (!request.path().starts_with(data_channels::kPath)) {
    co_return co_await inner_.serve(ctx, std::move(peer), std::move(request));
  }
  const std::optional<std::string> id = percent_decode(gateway::last_part(request.path()));
  SessionPtr session = sessions_.find(id.value_or(""));
  if (session == nullptr) {
    co_return gateway::refusal(aws::server::fault(ErrorKind::not_found, "ResourceNotFoundException",
                                                  "There is no session " + printable(id.value_or(""), 100), 404));
  }
  const bool signs = request.method != "GET" || request.headers.find("Authorization") != nullptr;
  if (signs) {
    const Result<void> proven = co_await check_agent(ctx, request, *session);
    if (!proven) {
      if (proven.error().kind() == ErrorKind::cancelled) co_return fail(proven.error());
      co_return gateway::refusal(proven.error());
    }
  }
  if (request.method == "POST") co_return create(*session);
  co_return open(request, std::move(session), signs ? End::agent : End::client);
}

}  // namespace postern::sim
