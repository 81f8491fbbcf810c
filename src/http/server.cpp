#include "http/server.hpp"

#include <array>

#include "base/check.hpp"
#include "base/text.hpp"
#include "rt/combine.hpp"

namespace postern::http {
namespace {

constexpr Duration kAcceptPause = std::chrono::milliseconds(100);
constexpr Duration kLingerTime = std::chrono::seconds(2);
constexpr int kSwitchingProtocols = 101;
constexpr std::size_t kLingerBytes = 1U << 20U;

Response plain_response(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  response.body = std::string(text) + "\n";
  return response;
}

/// Closes the stream when the time is up; the pending read or write then fails.
class Watchdog {
 public:
  Watchdog(rt::CallContext ctx, net::Stream& stream, Duration time) : clock_(&ctx.clock()) {
    timer_ = clock_->schedule(ctx.now() + time, [&stream] { stream.close(); });
  }
  ~Watchdog() { clock_->unschedule(timer_); }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  rt::Clock* clock_;
  rt::Clock::TimerId timer_;
};

/// Says that no more will come and reads what the peer still sends, for a little while: closing a socket with unread
/// bytes makes the system reset the connection, and the reset can overtake the answer (RFC 9112 section 9.6).
rt::Task<void> linger(rt::CallContext ctx, net::Stream& stream) {
  const Watchdog patience(ctx, stream, kLingerTime);
  const Result<void> ended = co_await stream.shutdown_write();
  std::array<std::byte, 4096> dropped{};
  for (std::size_t total = 0; ended && total < kLingerBytes;) {
    const Result<std::size_t> got = co_await stream.read_some(dropped);
    if (!got || *got == 0) break;
    total += *got;
  }
}

}  // namespace

/// A connection that is being served.
struct Server::Connection {
  Connection(std::unique_ptr<net::Stream> s, WireLimits limits, PeerInfo p)
      : stream(std::move(s)), reader(*stream, limits), peer(std::move(p)) {
    peer.remote = stream->peer();
  }
  std::unique_ptr<net::Stream> stream;
  MessageReader reader;
  PeerInfo peer;
  bool answering = false;
};

Server::Server(rt::Executor executor, std::unique_ptr<net::Listener> listener, Service& service, PeerInfo peer,
               ServerOptions options)
    : listener_(std::move(listener)),
      service_(service),
      peer_(std::move(peer)),
      options_(options),
      tasks_(std::move(executor)) {}

Server::~Server() = default;

void Server::start(rt::CallContext ctx) {
  tasks_.spawn(accept_loop(ctx));
}

net::Endpoint Server::local() const {
  return listener_->local();
}

rt::Task<void> Server::stop() {
  listener_->close();
  tasks_.cancel();
  co_await tasks_.join();
}

rt::Task<void> Server::drain(rt::CallContext ctx) {
  draining_ = true;
  listener_->close();
  for (Connection* connection : connections_) {
    if (!connection->answering && connection->reader.between_messages()) connection->stream->close();
  }
  if (connections_.empty()) drained_.set();
  // Late or cancelled is the same here: what is left is stopped.
  const Result<void> ended = co_await rt::with_deadline(ctx, drained_.wait());
  static_cast<void>(ended);
  co_await stop();
}

rt::Task<void> Server::accept_loop(rt::CallContext ctx) {
  for (;;) {
    // Accepting pauses while too many are served: the kernel's queue holds the rest.
    while (connections_.size() >= options_.connections_max) {
      const bool woken = co_await room_.wait();
      if (!woken) co_return;
    }
    Result<std::unique_ptr<net::Stream>> stream = co_await listener_->accept();
    if (!stream) {
      if (stream.error().kind() == ErrorKind::cancelled) co_return;
      // Out of descriptors, say: wait a little rather than spin.
      const Result<void> slept = co_await rt::sleep_until(ctx.clock(), ctx.now() + kAcceptPause);
      if (!slept) co_return;
      continue;
    }
    auto connection = std::make_unique<Connection>(std::move(*stream), options_.limits, peer_);
    connections_.push_back(connection.get());
    tasks_.spawn(serve_connection(ctx, std::move(connection)));
  }
}

rt::Task<void> Server::serve_connection(rt::CallContext ctx, std::unique_ptr<Connection> connection) {
  for (bool more = true; more;) more = co_await serve_one(ctx, *connection);
  connection->stream->close();
  connections_.remove(connection.get());
  room_.wake_one();
  if (draining_ && connections_.empty()) drained_.set();
}

rt::Task<std::optional<ReceivedRequest>> Server::receive(rt::CallContext ctx, Connection& connection) {
  const Watchdog idle(ctx, *connection.stream, options_.idle_timeout);
  Result<std::optional<ReceivedRequest>> read = co_await connection.reader.read_request();
  if (read) co_return std::move(*read);
  if (read.error().kind() == ErrorKind::malformed) {
    const std::string_view status = read.error().context("status");
    const Response bad = plain_response(status == "413" ? 413 : status == "431" ? 431 : 400, read.error().message());
    std::string refusal;
    const Result<void> encoded = write_response_to(refusal, bad, Persistence::close, Method::other);
    CHECK(encoded.has_value());
    const Result<void> told = co_await connection.stream->write_all(net::as_bytes(refusal));
    if (told) co_await linger(ctx, *connection.stream);
  }
  co_return std::nullopt;
}

rt::Task<bool> Server::serve_one(rt::CallContext ctx, Connection& connection) {
  std::optional<ReceivedRequest> received = co_await receive(ctx, connection);
  if (!received) co_return false;
  connection.answering = true;
  const Method method = received->request.method == "HEAD" ? Method::head : Method::other;
  const rt::CallContext request_ctx = ctx.within(options_.request_timeout);
  Result<Response> response = co_await service_.serve(request_ctx, connection.peer, std::move(received->request));
  if (!response) {
    if (response.error().kind() == ErrorKind::cancelled) co_return false;
    response = plain_response(500, "internal error");
  }
  Persistence persistence = received->persistence;
  if (draining_ || equals_ignore_case(response->headers.get("Connection"), "close")) persistence = Persistence::close;
  if (response->headers.find("Date") == nullptr) {
    response->headers.set("Date", format_http_date(std::chrono::floor<std::chrono::seconds>(ctx.clock().wall_now())));
  }
  std::string bytes;
  const Result<void> encoded = write_response_to(bytes, *response, persistence, method);
  if (!encoded) {
    bytes.clear();
    persistence = Persistence::close;
    const Response broken = plain_response(500, "internal error");
    const Result<void> sure = write_response_to(bytes, broken, persistence, method);
    CHECK(sure.has_value());
  }
  bool written = false;
  {
    const Watchdog slow_reader(ctx, *connection.stream, options_.idle_timeout);
    const Result<void> done = co_await connection.stream->write_all(net::as_bytes(bytes));
    written = done.has_value();
  }
  if (written && encoded && response->status == kSwitchingProtocols && response->takeover != nullptr) {
    co_await hand_over(ctx, connection, std::move(response->takeover));
    co_return false;
  }
  connection.answering = false;
  if (!written) co_return false;
  if (persistence == Persistence::keep) co_return true;
  co_await linger(ctx, *connection.stream);
  co_return false;
}

rt::Task<void> Server::hand_over(rt::CallContext ctx, Connection& connection, std::shared_ptr<Takeover> takeover) {
  std::string leftover = connection.reader.take_leftover();
  co_await takeover->run(ctx, *connection.stream, std::move(leftover));
}

rt::Task<Result<Response>> ServiceClient::send(rt::CallContext ctx, Origin origin, Request request) {
  PeerInfo peer;
  peer.tls = origin.tls;
  if (request.headers.find("Host") == nullptr) request.headers.set("Host", origin.host_header());
  co_return co_await service_.serve(ctx, std::move(peer), std::move(request));
}

}  // namespace postern::http
