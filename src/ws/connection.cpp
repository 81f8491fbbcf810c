#include "ws/connection.hpp"

#include <array>

#include "http/wire.hpp"
#include "ws/handshake.hpp"

namespace postern::ws {
namespace connection {

constexpr std::size_t kReadBytes = 16U << 10U;
constexpr std::size_t kAnswerBytesMax = 64U << 10U;
constexpr std::size_t kFrameHeaderMax = 14;

std::span<const std::string> one(const std::string& payload) {
  return std::span<const std::string>(&payload, 1);
}

}  // namespace connection

Connection::Connection(net::Stream& stream, rt::Random& random, ConnectionOptions options)
    : stream_(stream), random_(random), role_(options.role), reader_(options.role, options.limits) {
  reader_.feed(options.leftover);
}

rt::Task<Result<void>> Connection::write(Event::Kind kind, std::span<const std::string> payloads) {
  CO_TRY_VOID(co_await writing_.acquire());
  const rt::Semaphore::Permit permit(writing_);
  // Asked again: a close may have been sent while this waited its turn.
  if (close_sent_) co_return fail(ErrorKind::usage, "the WebSocket has been closed");
  if (kind == Event::Kind::close) close_sent_ = true;
  std::string bytes;
  std::size_t size = 0;
  for (const std::string& payload : payloads) size += payload.size() + connection::kFrameHeaderMax;
  bytes.reserve(size);
  for (const std::string& payload : payloads) {
    std::optional<std::array<unsigned char, 4>> mask;
    if (role_ == Role::client) random_.fill(mask.emplace());
    write_frame_to(bytes, kind, payload, mask);
  }
  co_return co_await stream_.write_all(net::as_bytes(bytes));
}

rt::Task<Result<void>> Connection::send(Event::Kind kind, std::string payload) {
  if (close_sent_) co_return fail(ErrorKind::usage, "the WebSocket has been closed");
  co_return co_await write(kind, connection::one(payload));
}

rt::Task<Result<void>> Connection::send_all(Event::Kind kind, const std::vector<std::string>& payloads) {
  if (close_sent_) co_return fail(ErrorKind::usage, "the WebSocket has been closed");
  co_return co_await write(kind, payloads);
}

rt::Task<Result<void>> Connection::close(std::uint16_t code, std::string reason) {
  if (close_sent_) co_return Result<void>();
  const std::string payload = close_payload(code, reason);
  co_return co_await write(Event::Kind::close, connection::one(payload));
}

rt::Task<Result<Event>> Connection::receive() {
  if (ended_) co_return fail(ErrorKind::usage, "the WebSocket has ended");
  std::array<std::byte, connection::kReadBytes> buffer;
  for (;;) {
    auto event = reader_.next();
    if (!event) {
      ended_ = true;
      const Result<void> told = co_await close(event.error().code, event.error().message);
      static_cast<void>(told);
      co_return fail(Error(ErrorKind::malformed, "the peer broke the WebSocket protocol: " + event.error().message)
                         .with("close", std::to_string(event.error().code)));
    }
    if (!event->has_value()) {
      Result<std::size_t> got = co_await stream_.read_some(buffer);
      if (!got || *got == 0) ended_ = true;
      if (!got) co_return fail(std::move(got).error());
      if (*got == 0) co_return fail(ErrorKind::unavailable, "the connection ended without a WebSocket close");
      reader_.feed(net::as_text(std::span<const std::byte>(buffer.data(), *got)));
      continue;
    }
    Event& found = **event;
    if (found.kind == Event::Kind::ping) {
      if (close_sent_) continue;
      const Result<void> answered = co_await write(Event::Kind::pong, connection::one(found.payload));
      if (!answered && answered.error().kind() != ErrorKind::usage) co_return fail(answered.error());
      continue;
    }
    if (found.kind == Event::Kind::close) {
      ended_ = true;
      const Result<void> echoed = co_await close(found.code, std::string());
      static_cast<void>(echoed);
    }
    co_return std::move(found);
  }
}

rt::Task<Result<std::unique_ptr<Connection>>> open_client(rt::CallContext ctx, net::Stream& stream,
                                                          http::Request request, std::string subprotocols,
                                                          FrameLimits limits) {
  const std::string key = make_key(ctx.random());
  set_upgrade_headers(request, key, subprotocols);
  std::string bytes;
  CO_TRY_VOID(http::write_request_to(bytes, request));
  CO_TRY_VOID(co_await stream.write_all(net::as_bytes(bytes)));
  http::WireLimits wire;
  wire.body_bytes = connection::kAnswerBytesMax;
  http::MessageReader reader(stream, wire);
  CO_TRY(http::ReceivedResponse received, co_await reader.read_response(http::Method::other));
  CO_TRY_VOID(check_accepted(received.response, key, subprotocols));
  ConnectionOptions options;
  options.role = Role::client;
  options.limits = limits;
  options.leftover = reader.take_leftover();
  co_return std::make_unique<Connection>(stream, ctx.random(), std::move(options));
}

}  // namespace postern::ws
