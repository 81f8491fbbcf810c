#include "http/server.hpp"

#include <gtest/gtest.h>

#include "net/pipe.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::http {
namespace {

using namespace std::chrono_literals;

/// Says what it understood: "METHOD target host [body]".
class Teller final : public Service {
 public:
  rt::Task<Result<Response>> serve(rt::CallContext ctx, PeerInfo, Request request) override {
    ++served;
    if (request.target == "/slow") {
      CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.now() + 5s));
    }
    if (request.target == "/fail") co_return fail(ErrorKind::internal, "secret reason");
    Response response;
    if (request.target == "/evil") response.headers.set("X", "a\r\nb: c");
    if (request.target == "/last") response.headers.set("Connection", "close");
    if (request.target == "/empty") response.status = 204;
    response.body = request.method + " " + request.target + " " + std::string(request.headers.get("Host")) + " [" +
                    request.body + "]";
    co_return response;
  }
  int served = 0;
};

rt::Task<void> collect(net::Stream* stream, std::string* out, bool* ended) {
  std::byte buffer[512];
  for (;;) {
    const Result<std::size_t> got = co_await stream->read_some(std::span<std::byte>(buffer));
    if (!got || *got == 0) break;
    out->append(net::as_text(std::span<const std::byte>(buffer, *got)));
  }
  *ended = true;
}

rt::Task<void> send_text(net::Stream* stream, std::string text) {
  const Result<void> written = co_await stream->write_all(net::as_bytes(text));
  static_cast<void>(written);
}

rt::Task<Result<std::unique_ptr<net::Stream>>> dial_api(net::MemoryNetwork* network, rt::CallContext ctx) {
  net::Endpoint endpoint("api", 80);
  return network->dialer().dial(ctx, std::move(endpoint));
}

/// A raw connection to a running server; everything that the server says is collected.
class RawClient {
 public:
  RawClient(rt::testing::ManualLoop& loop, net::MemoryNetwork& network) : loop_(&loop), tasks_(loop.executor()) {
    stream_ = std::move(*loop.run(dial_api(&network, loop.context())));
    tasks_.spawn(collect(stream_.get(), &got, &ended));
  }
  ~RawClient() {
    stream_->close();
    loop_->poll();
  }
  void say(const std::string& text) {
    tasks_.spawn(send_text(stream_.get(), text));
    loop_->poll();
  }
  std::string got;
  bool ended = false;

 private:
  rt::testing::ManualLoop* loop_;
  std::unique_ptr<net::Stream> stream_;
  rt::TaskGroup tasks_;
};

rt::Task<int> end_server(Server* server) {
  co_await server->stop();
  co_return 0;
}

class ServerTest : public ::testing::Test {
 protected:
  void serve(ServerOptions options = ServerOptions()) {
    server.emplace(loop.executor(), std::move(*network.listen(net::Endpoint("api", 80))), teller, PeerInfo(), options);
    server->start(loop.context());
  }
  /// The answer to raw bytes.
  std::string answer(const std::string& bytes) {
    RawClient client(loop, network);
    client.say(bytes);
    return client.got;
  }
  void TearDown() override {
    if (server) loop.run(end_server(&*server));
  }
  rt::testing::ManualLoop loop;
  net::MemoryNetwork network;
  Teller teller;
  std::optional<Server> server;
};

TEST_F(ServerTest, AnswersWhatIsHttpAndRefusesTheRest) {
  ServerOptions options;
  options.limits.header_bytes = 4096;
  options.limits.body_bytes = 1000;
  serve(options);
  const std::string host = "Host: h\r\n";
  struct Case {
    const char* name;
    std::string bytes;
    int status;
    const char* body;
  };
  const Case cases[] = {
      {"get", "GET /a?b=c HTTP/1.1\r\n" + host + "\r\n", 200, "GET /a?b=c h []"},
      {"post", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc", 200, "POST / h [abc]"},
      {"chunked", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n",
       200, "POST / h [abc]"},
      {"absolute form", "GET http://other/p HTTP/1.1\r\n" + host + "\r\n", 200, "GET /p other []"},
      {"absolute form without path", "GET http://other?q HTTP/1.1\r\n" + host + "\r\n", 200, "GET /?q other []"},
      {"old client", "GET / HTTP/1.0\r\n\r\n", 200, "GET /  []"},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400, nullptr},
      {"two hosts", "GET / HTTP/1.1\r\n" + host + "Host: other\r\n\r\n", 400, nullptr},
      {"no path", "GET nothing HTTP/1.1\r\n" + host + "\r\n", 400, nullptr},
      {"connect", "CONNECT a:443 HTTP/1.1\r\n" + host + "\r\n", 400, nullptr},
      {"not HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, nullptr},
      {"other version", "GET / HTTP/2.7\r\n" + host + "\r\n", 400, nullptr},
      {"two framings",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, nullptr},
      {"two framings, turned",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400, nullptr},
      {"two lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400,
       nullptr},
      {"list of lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3, 4\r\n\r\nabcd", 400, nullptr},
      {"negative length", "POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", 400, nullptr},
      {"bad chunk", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, nullptr},
      {"huge chunk", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 400,
       nullptr},
      {"blank in a name", "GET / HTTP/1.1\r\n" + host + "Content-Length : 3\r\n\r\nabc", 400, nullptr},
      {"control character", "GET / HTTP/1.1\r\n" + host + std::string("X: a\0b\r\n\r\n", 10), 400, nullptr},
      {"large header", "GET / HTTP/1.1\r\n" + host + "X: " + std::string(5000, 'x') + "\r\n\r\n", 431, nullptr},
      {"large body", "POST / HTTP/1.1\r\n" + host + "Content-Length: 1001\r\n\r\n", 413, nullptr},
      {"large chunks",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x'), 413,
       nullptr},
      {"failure", "GET /fail HTTP/1.1\r\n" + host + "\r\n", 500, nullptr},
      {"broken answer", "GET /evil HTTP/1.1\r\n" + host + "\r\n", 500, nullptr},
  };
  for (const Case& test : cases) {
    const std::string got = answer(test.bytes);
    const std::string begin = "HTTP/1.1 " + std::to_string(test.status) + " ";
    EXPECT_EQ(got.substr(0, begin.size()), begin) << test.name << ": " << got;
    if (test.body != nullptr) {
      EXPECT_TRUE(got.ends_with(std::string("\r\n\r\n") + test.body)) << test.name << ": " << got;
    }
    EXPECT_EQ(got.find("secret reason"), std::string::npos);
  }
}

TEST_F(ServerTest, AWholeAnswerLooksLikeThis) {
  serve();
  EXPECT_EQ(answer("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nContent-Length: 10\r\n\r\nGET / h []");
  EXPECT_EQ(answer("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nContent-Length: 11\r\n\r\n");
  EXPECT_EQ(answer("GET /empty HTTP/1.1\r\nHost: h\r\n\r\n"),
            "HTTP/1.1 204 No Content\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n\r\n");
}

TEST_F(ServerTest, RequestsInOnePieceOrByteByByteAreServedInOrder) {
  serve();
  const std::string two =
      "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nabGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string whole = answer(two);
  EXPECT_LT(whole.find("[ab]"), whole.find("GET /2 h []"));
  RawClient client(loop, network);
  for (const char c : two) client.say(std::string(1, c));
  EXPECT_EQ(client.got, whole);
  EXPECT_FALSE(client.ended);
}

TEST_F(ServerTest, EndsTheConnectionWhenAskedTo) {
  serve();
  for (const char* bytes : {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
                            "GET /last HTTP/1.1\r\nHost: h\r\n\r\n", "nonsense\r\n\r\n"}) {
    RawClient client(loop, network);
    client.say(bytes);
    EXPECT_TRUE(client.ended) << bytes;
    EXPECT_NE(client.got.find("Connection: close\r\n"), std::string::npos) << client.got;
  }
}

TEST_F(ServerTest, TellsAClientThatAsksToContinue) {
  serve();
  RawClient client(loop, network);
  client.say("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.got, "HTTP/1.1 100 Continue\r\n\r\n");
  client.say("ab");
  EXPECT_TRUE(client.got.ends_with("POST / h [ab]"));
  // Not when the body is there already.
  EXPECT_EQ(
      answer("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab").find("100 Continue"),
      std::string::npos);
}

TEST_F(ServerTest, SilentAndSlowClientsAreLetGo) {
  serve();
  RawClient silent(loop, network);
  RawClient slow(loop, network);
  slow.say("GET / HT");
  loop.advance(74s);
  slow.say("TP");
  EXPECT_FALSE(silent.ended || slow.ended);
  loop.advance(2s);
  EXPECT_TRUE(silent.ended && slow.ended);
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(ServerTest, FurtherConnectionsWaitWhileItIsFull) {
  ServerOptions options;
  options.connections_max = 1;
  serve(options);
  auto first = std::make_unique<RawClient>(loop, network);
  first->say("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
  RawClient second(loop, network);
  second.say("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(teller.served, 1);
  first.reset();
  EXPECT_EQ(teller.served, 2);
  EXPECT_TRUE(second.got.ends_with("GET /2 h []"));
}

rt::Task<void> drain_into(Server* server, rt::CallContext ctx, bool* done) {
  co_await server->drain(ctx);
  *done = true;
}

TEST_F(ServerTest, DrainingAnswersWhatIsUnderWayAndClosesTheRest) {
  serve();
  RawClient idle(loop, network);
  RawClient begun(loop, network);
  RawClient busy(loop, network);
  idle.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  begun.say("GET /begun HTTP/1.1\r\n");
  busy.say("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  bool done = false;
  rt::TaskGroup group(loop.executor());
  group.spawn(drain_into(&*server, loop.context().within(60s), &done));
  loop.poll();
  EXPECT_TRUE(idle.ended);
  EXPECT_FALSE(begun.ended || busy.ended || done);
  begun.say("Host: h\r\n\r\n");
  EXPECT_NE(begun.got.find("Connection: close"), std::string::npos) << begun.got;
  loop.advance(10s);
  EXPECT_TRUE(busy.got.ends_with("GET /slow h []")) << busy.got;
  EXPECT_TRUE(done);
}

TEST_F(ServerTest, DrainingEndsAtItsDeadline) {
  serve();
  RawClient busy(loop, network);
  busy.say("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  bool done = false;
  rt::TaskGroup group(loop.executor());
  group.spawn(drain_into(&*server, loop.context().within(2s), &done));
  loop.advance(1s);
  EXPECT_FALSE(done);
  loop.advance(2s);
  EXPECT_TRUE(done);
  EXPECT_EQ(busy.got, "");
}

}  // namespace
}  // namespace postern::http
