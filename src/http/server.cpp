#include "http/server.hpp"

#include "rt/combine.hpp"

namespace postern::http {
namespace {

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

}  // namespace

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

rt::Task<void> Server::accept_loop(rt::CallContext ctx) {
  for (;;) {
    // Accepting pauses while too many are served: the kernel's queue holds the rest.
    while (tasks_.size() > options_.connections_max) {
      const Result<void> slept = co_await rt::sleep_until(ctx.clock(), ctx.now() + std::chrono::milliseconds(20));
      if (!slept) co_return;
    }
    Result<std::unique_ptr<net::Stream>> stream = co_await listener_->accept();
    if (!stream) {
      if (stream.error().kind() == ErrorKind::cancelled) co_return;
      // Out of descriptors, say: wait a little rather than spin.
      const Result<void> slept = co_await rt::sleep_until(ctx.clock(), ctx.now() + std::chrono::milliseconds(100));
      if (!slept) co_return;
      continue;
    }
    tasks_.spawn(serve_connection(ctx, std::move(*stream)));
  }
}

rt::Task<void> Server::serve_connection(rt::CallContext ctx, std::unique_ptr<net::Stream> stream) {
  MessageReader reader(*stream, options_.limits);
  PeerInfo peer = peer_;
  peer.remote = stream->peer();
  for (;;) {
    const bool more = co_await serve_one(ctx, *stream, reader, peer);
    if (!more) break;
  }
  stream->close();
}

rt::Task<bool> Server::serve_one(rt::CallContext ctx, net::Stream& stream, MessageReader& reader,
                                 const PeerInfo& peer) {
  std::optional<ReceivedRequest> received;
  {
    const Watchdog idle(ctx, stream, options_.idle_timeout);
    Result<std::optional<ReceivedRequest>> read = co_await reader.read_request();
    if (!read && read.error().kind() == ErrorKind::malformed) {
      std::string refusal;
      const Response bad = plain_response(400, read.error().message());
      (void)write_response_to(refusal, bad, Persistence::close, Method::other);
      const Result<void> told = co_await stream.write_all(std::as_bytes(std::span(refusal)));
      if (told) (void)co_await stream.shutdown_write();
      co_return false;
    }
    if (!read || !*read) co_return false;
    received = std::move(*read);
  }
  const Method method = received->request.method == "HEAD" ? Method::head : Method::other;
  const rt::CallContext request_ctx = ctx.within(options_.request_timeout);
  Result<Response> response = co_await service_.serve(request_ctx, peer, std::move(received->request));
  if (!response) {
    if (response.error().kind() == ErrorKind::cancelled) co_return false;
    response = plain_response(500, "internal error");
  }
  std::string bytes;
  Result<void> encoded = write_response_to(bytes, *response, received->persistence, method);
  if (!encoded) {
    bytes.clear();
    const Response broken = plain_response(500, "internal error");
    (void)write_response_to(bytes, broken, Persistence::close, method);
  }
  const Watchdog slow_reader(ctx, stream, options_.idle_timeout);
  const Result<void> written = co_await stream.write_all(std::as_bytes(std::span(bytes)));
  if (!written) co_return false;
  if (received->persistence == Persistence::keep && encoded) co_return true;
  (void)co_await stream.shutdown_write();
  co_return false;
}

rt::Task<Result<Response>> ServiceClient::send(rt::CallContext ctx, Origin origin, Request request) {
  PeerInfo peer;
  peer.tls = origin.tls;
  if (request.headers.find("Host") == nullptr) request.headers.set("Host", origin.host_header());
  co_return co_await service_.serve(ctx, std::move(peer), std::move(request));
}

}  // namespace postern::http
