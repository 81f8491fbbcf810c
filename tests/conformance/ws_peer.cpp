// postern_ws_peer: one end of a WebSocket, for a driver that speaks it with a library of others. Not shipped. Usage:
// `postern_ws_peer serve` prints its port and echoes messages on every connection until a signal;
// `postern_ws_peer dial PORT SIZE...` sends a text message of each size and says what came back.

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "http/server.hpp"
#include "net/tcp.hpp"
#include "os/random.hpp"
#include "os/signals.hpp"
#include "rt/loop.hpp"
#include "ws/connection.hpp"
#include "ws/handshake.hpp"

namespace postern::conformance {
namespace {

class SilentExplainer final : public rt::Explainer {
 public:
  bool wants(std::string_view) const override { return false; }
  void explain(std::string_view, std::string) override {}
};

class Echo final : public http::Takeover {
 public:
  rt::Task<void> run(rt::CallContext ctx, net::Stream& stream, std::string leftover) override {
    ws::ConnectionOptions options;
    options.leftover = std::move(leftover);
    ws::Connection connection(stream, ctx.random(), std::move(options));
    for (;;) {
      Result<ws::Event> event = co_await connection.receive();
      if (!event || event->kind == ws::Event::Kind::close) co_return;
      if (event->kind == ws::Event::Kind::pong) continue;
      const Result<void> sent = co_await connection.send(event->kind, std::move(event->payload));
      if (!sent) co_return;
    }
  }
};

class EchoService final : public http::Service {
 public:
  rt::Task<Result<http::Response>> serve(rt::CallContext, http::PeerInfo, http::Request request) override {
    const std::string subprotocol = ws::choose_subprotocol(request, "echo");
    Result<http::Response> response = ws::accept_upgrade(request, subprotocol);
    if (!response) co_return ws::refusal_of(response.error());
    response->takeover = std::make_shared<Echo>();
    co_return response;
  }
};

rt::Task<Result<void>> serve(rt::Loop* loop, rt::CallContext ctx) {
  EchoService service;
  CO_TRY(std::unique_ptr<net::Listener> listener, net::listen_tcp(loop->executor(), net::Endpoint("127.0.0.1", 0)));
  http::Server server(loop->executor(), std::move(listener), service, http::PeerInfo());
  server.start(ctx);
  std::printf("%u\n", static_cast<unsigned>(server.local().port));
  std::fflush(stdout);
  const auto signals = os::make_posix_signals(loop->executor());
  const Result<os::Signal> signal = co_await signals->next();
  static_cast<void>(signal);
  co_await server.stop();
  co_return Result<void>();
}

rt::Task<Result<void>> dial(rt::Loop* loop, rt::CallContext ctx, std::uint16_t port, std::vector<std::size_t> sizes) {
  net::TcpDialer dialer(loop->executor());
  net::Endpoint endpoint("127.0.0.1", port);
  CO_TRY(const std::unique_ptr<net::Stream> stream, co_await dialer.dial(ctx, std::move(endpoint)));
  http::Request request;
  request.target = "/";
  request.headers.set("Host", "127.0.0.1");
  CO_TRY(const std::unique_ptr<ws::Connection> connection,
         co_await ws::open_client(ctx, *stream, std::move(request), "echo"));
  for (const std::size_t size : sizes) {
    const std::string text(size, 'x');
    CO_TRY_VOID(co_await connection->send(ws::Event::Kind::text, text));
    CO_TRY(const ws::Event answer, co_await connection->receive());
    std::printf("%zu %s\n", size, answer.payload == text ? "same" : "different");
  }
  std::string reason = "done";
  CO_TRY_VOID(co_await connection->close(ws::kCloseNormal, std::move(reason)));
  CO_TRY(const ws::Event end, co_await connection->receive());
  std::printf("closed %d\n", static_cast<int>(end.code));
  co_return Result<void>();
}

}  // namespace
}  // namespace postern::conformance

int main(int argc, char** argv) {
  using namespace postern;
  rt::Loop loop;
  os::KernelRandom random;
  conformance::SilentExplainer explainer;
  const rt::CallContext ctx(loop.clock(), random, explainer);
  Result<void> done = fail(ErrorKind::usage, "usage: postern_ws_peer serve | dial PORT SIZE...");
  if (argc == 2 && std::strcmp(argv[1], "serve") == 0) done = loop.run(conformance::serve(&loop, ctx));
  if (argc > 2 && std::strcmp(argv[1], "dial") == 0) {
    std::vector<std::size_t> sizes;
    for (int i = 3; i < argc; ++i) sizes.push_back(static_cast<std::size_t>(std::atoi(argv[i])));
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    done = loop.run(conformance::dial(&loop, ctx, port, std::move(sizes)));
  }
  if (done) return 0;
  std::fprintf(stderr, "postern_ws_peer: %s\n", done.error().to_text().c_str());
  return 1;
}
