#include "ws/connection.hpp"

#include <gtest/gtest.h>

#include "http/server.hpp"
#include "net/pipe.hpp"
#include "rt/testing/manual_loop.hpp"
#include "ws/handshake.hpp"

namespace postern::ws {
namespace {

/// Sends back what it hears, until "quit".
class Echo final : public http::Takeover {
 public:
  rt::Task<void> run(rt::CallContext ctx, net::Stream& stream, std::string leftover) override {
    ConnectionOptions options;
    options.limits.message_bytes = 100'000;
    options.leftover = std::move(leftover);
    Connection connection(stream, ctx.random(), std::move(options));
    for (;;) {
      Result<Event> event = co_await connection.receive();
      if (!event || event->kind == Event::Kind::close) co_return;
      if (event->payload == "quit") {
        const Result<void> closed = co_await connection.close(kCloseGoingAway, "as you wish");
        static_cast<void>(closed);
        continue;
      }
      const Result<void> sent = co_await connection.send(event->kind, std::move(event->payload));
      static_cast<void>(sent);
    }
  }
};

class EchoService final : public http::Service {
 public:
  rt::Task<Result<http::Response>> serve(rt::CallContext, http::PeerInfo, http::Request request) override {
    Result<http::Response> response = accept_upgrade(request);
    if (!response) co_return refusal_of(response.error());
    response->takeover = std::make_shared<Echo>();
    co_return response;
  }
};

class Site {
 public:
  explicit Site(rt::testing::ManualLoop& loop)
      : server(loop.executor(), std::move(*network.listen(net::Endpoint("ws", 80))), service, http::PeerInfo()) {
    server.start(loop.context());
  }
  net::MemoryNetwork network;
  EchoService service;
  http::Server server;
};

rt::Task<Result<std::unique_ptr<net::Stream>>> dial_site(Site* site, rt::CallContext ctx) {
  net::Endpoint endpoint("ws", 80);
  return site->network.dialer().dial(ctx, std::move(endpoint));
}

http::Request to_site() {
  http::Request request;
  request.target = "/echo";
  request.headers.set("Host", "ws");
  return request;
}

rt::Task<std::string> talk(Site* site, rt::CallContext ctx) {
  auto stream = std::move(*co_await dial_site(site, ctx));
  http::Request request = to_site();
  auto opened = co_await open_client(ctx, *stream, std::move(request));
  if (!opened) co_return opened.error().to_text();
  Connection& connection = **opened;
  std::string heard;
  std::string large(70'000, 'x');
  co_await connection.send(Event::Kind::ping, "alive?");
  co_await connection.send(Event::Kind::text, "first");
  co_await connection.send(Event::Kind::binary, std::move(large));
  const std::vector<std::string> together = {"one", "two", std::string(200, 'y')};
  co_await connection.send_all(Event::Kind::binary, together);
  co_await connection.send(Event::Kind::text, "quit");
  for (;;) {
    Result<Event> event = co_await connection.receive();
    if (!event) co_return heard + event.error().to_text();
    if (event->kind == Event::Kind::close) {
      heard += "closed " + std::to_string(event->code) + " " + event->payload;
      break;
    }
    heard += (event->kind == Event::Kind::pong ? "pong " : "") + event->payload.substr(0, 10) + " " +
             std::to_string(event->payload.size()) + "; ";
  }
  stream->close();
  co_await site->server.stop();
  co_return heard;
}

TEST(Connection, TalksThroughAnUpgradedServerConnection) {
  rt::testing::ManualLoop loop;
  Site site(loop);
  EXPECT_EQ(loop.run(talk(&site, loop.context())),
            "pong alive? 6; first 5; xxxxxxxxxx 70000; one 3; two 3; yyyyyyyyyy 200; "
            "closed 1001 as you wish");
}

rt::Task<std::string> misbehave(Site* site, rt::CallContext ctx) {
  auto stream = std::move(*co_await dial_site(site, ctx));
  http::Request request = to_site();
  auto opened = co_await open_client(ctx, *stream, std::move(request));
  // An unmasked frame, past our own connection.
  std::string frame;
  write_frame_to(frame, Event::Kind::text, "naked", std::nullopt);
  co_await stream->write_all(net::as_bytes(frame));
  Result<Event> event = co_await (*opened)->receive();
  stream->close();
  co_await site->server.stop();
  if (!event) co_return event.error().to_text();
  co_return std::to_string(event->code) + " " + event->payload;
}

TEST(Connection, TellsAPeerHowItBrokeTheProtocol) {
  rt::testing::ManualLoop loop;
  Site site(loop);
  EXPECT_EQ(loop.run(misbehave(&site, loop.context())), "1002 the frame is not masked");
}

rt::Task<std::string> plain_get(Site* site, rt::CallContext ctx) {
  auto stream = std::move(*co_await dial_site(site, ctx));
  std::string bytes = "GET / HTTP/1.1\r\nHost: ws\r\n\r\n";
  co_await stream->write_all(net::as_bytes(bytes));
  http::MessageReader reader(*stream, http::WireLimits());
  auto answer = co_await reader.read_response(http::Method::other);
  stream->close();
  co_await site->server.stop();
  co_return std::to_string(answer->response.status) + " " + std::string(answer->response.headers.get("Upgrade"));
}

TEST(Connection, APlainRequestIsToldToUpgrade) {
  rt::testing::ManualLoop loop;
  Site site(loop);
  EXPECT_EQ(loop.run(plain_get(&site, loop.context())), "426 websocket");
}

rt::Task<int> stop_while_open(Site* site, rt::CallContext ctx, std::string* heard) {
  auto stream = std::move(*co_await dial_site(site, ctx));
  http::Request request = to_site();
  auto opened = co_await open_client(ctx, *stream, std::move(request));
  co_await site->server.stop();
  const Result<Event> event = co_await (*opened)->receive();
  *heard = event ? "an event" : event.error().to_text();
  co_return 0;
}

TEST(Connection, StopEndsOpenWebSockets) {
  rt::testing::ManualLoop loop;
  Site site(loop);
  std::string heard;
  loop.run(stop_while_open(&site, loop.context(), &heard));
  EXPECT_EQ(heard, "the connection ended without a WebSocket close");
}

}  // namespace
}  // namespace postern::ws
