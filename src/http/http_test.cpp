#include <gtest/gtest.h>

#include "http/pool.hpp"
#include "http/server.hpp"
#include "net/certificates.hpp"
#include "net/pipe.hpp"
#include "net/tcp.hpp"
#include "net/tls.hpp"
#include "rt/combine.hpp"
#include "rt/loop.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::http {
namespace {

using namespace std::chrono_literals;

/// Answers with what it was asked, after the pause that the path names ("/sleep/5").
class Echo final : public Service {
 public:
  rt::Task<Result<Response>> serve(rt::CallContext ctx, PeerInfo peer, Request request) override {
    ++served;
    if (request.target.starts_with("/sleep/")) {
      const auto seconds = std::chrono::seconds(std::stoi(request.target.substr(7)));
      CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.now() + seconds));
    }
    Response response;
    response.headers.set("X-Method", request.method);
    response.headers.set("X-Tls", peer.tls ? "yes" : "no");
    if (request.target == "/close") response.headers.set("Connection", "close");
    if (request.target == "/large" && request.method == "HEAD") response.headers.set("Content-Length", "12345");
    response.body = request.target + "|" + request.body;
    co_return response;
  }
  int served = 0;
};

Origin origin_of(const net::Endpoint& at) {
  Origin origin;
  origin.tls = false;
  origin.host = at.host;
  origin.port = at.port;
  return origin;
}

Request post(std::string target, std::string body) {
  Request request;
  request.method = "POST";
  request.target = std::move(target);
  request.body = std::move(body);
  return request;
}

/// Client and server joined by an in-memory network on a clock that jumps.
class HttpTest : public ::testing::Test {
 protected:
  void serve() {
    auto listener = network.listen(net::Endpoint("api", 80));
    ASSERT_TRUE(listener) << listener.error().to_text();
    server.emplace(loop.executor(), std::move(*listener), echo, PeerInfo());
    server->start(loop.context());
    origin = origin_of(net::Endpoint("api", 80));
  }
  Result<Response> ask(Request request, Duration within = 60s) {
    return loop.run(pool.send(loop.context().within(within), origin, std::move(request)));
  }
  void TearDown() override {
    run_void(pool.close());
    if (server) run_void(server->stop());
  }
  void run_void(rt::Task<void> task) {
    rt::TaskGroup group(loop.executor());
    group.spawn(std::move(task));
    loop.poll();
    ASSERT_EQ(group.size(), 0U);
  }

  rt::testing::ManualLoop loop;
  net::MemoryNetwork network;
  Echo echo;
  ClientPool pool{loop.executor(), loop.clock(), network.dialer(), nullptr};
  std::optional<Server> server;
  Origin origin;
};

TEST_F(HttpTest, RequestsReuseOneConnection) {
  serve();
  for (int i = 0; i < 5; ++i) {
    const Result<Response> response = ask(post("/x", std::to_string(i)));
    ASSERT_TRUE(response) << response.error().to_text();
    EXPECT_EQ(response->body, "/x|" + std::to_string(i));
  }
  EXPECT_EQ(pool.stats().opened, 1U);
  EXPECT_EQ(pool.stats().reused, 4U);
}

TEST_F(HttpTest, TheAnswerToHeadTellsALengthAndHasNoBody) {
  serve();
  Request request;
  request.method = "HEAD";
  for (const auto& [target, length] : {std::pair("/large", "12345"), std::pair("/x", "3")}) {
    request.target = target;
    const Result<Response> response = ask(request);
    ASSERT_TRUE(response) << response.error().to_text();
    EXPECT_EQ(response->headers.get("Content-Length"), length);
    EXPECT_EQ(response->body, "");
  }
  EXPECT_EQ(pool.stats().opened, 1U);
}

TEST_F(HttpTest, AnIdleConnectionIsNotTrustedForLong) {
  serve();
  ASSERT_TRUE(ask(post("/x", "")));
  loop.advance(51s);
  ASSERT_TRUE(ask(post("/x", "")));
  EXPECT_EQ(pool.stats().opened, 2U);
}

TEST_F(HttpTest, AConnectionThatTheServerClosedIsNotReused) {
  serve();
  ASSERT_TRUE(ask(post("/x", "")));
  run_void(server->stop());
  server.reset();
  serve();
  const Result<Response> response = ask(post("/x", ""));
  EXPECT_TRUE(response) << response.error().to_text();
  EXPECT_EQ(echo.served, 2);
}

TEST_F(HttpTest, ADeadlineEndsTheWaitAndSaysThatTheRequestWasSent) {
  serve();
  const Result<Response> response = ask(post("/sleep/30", "x"), 5s);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::timeout);
  EXPECT_EQ(response.error().delivery(), Delivery::sent);
  EXPECT_EQ(response.error().context("origin"), "http://api");
  EXPECT_EQ(loop.clock().now(), MonoTime(5s));
}

TEST_F(HttpTest, NobodyListeningIsUnavailableAndNothingWasSent) {
  origin = origin_of(net::Endpoint("nowhere", 80));
  const Result<Response> response = ask(post("/x", ""));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(response.error().delivery(), Delivery::not_sent);
}

TEST_F(HttpTest, HeadersThatWouldBreakTheirLineAreRefused) {
  serve();
  Request request = post("/x", "");
  request.headers.set("X-Evil", "a\r\nInjected: b");
  const Result<Response> response = ask(std::move(request));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::usage);
  EXPECT_EQ(echo.served, 0);
}

TEST_F(HttpTest, CancellationEndsARequest) {
  serve();
  std::optional<Result<Response>> result;
  const auto send = [](ClientPool* client, rt::CallContext ctx, Origin to,
                       std::optional<Result<Response>>* out) -> rt::Task<void> {
    Request request = post("/sleep/100", "");
    out->emplace(co_await client->send(ctx, std::move(to), std::move(request)));
  };
  rt::TaskGroup group(loop.executor());
  group.spawn(send(&pool, loop.context(), origin, &result));
  loop.advance(1s);
  EXPECT_FALSE(result);
  group.cancel();
  loop.poll();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error().kind(), ErrorKind::cancelled);
  EXPECT_EQ(result->error().delivery(), Delivery::sent);
}

/// A peer that sends fixed bytes to whoever connects and reads what comes.
rt::Task<void> raw_peer(std::unique_ptr<net::Stream> stream, std::string bytes) {
  (void)co_await stream->write_all(std::as_bytes(std::span(bytes)));
  (void)co_await stream->shutdown_write();
}

struct RawCase {
  const char* name;
  std::string bytes;
  const char* body;  // null: fails
  ErrorKind kind = ErrorKind::internal;
};

Result<ReceivedResponse> read_raw(const std::string& bytes, WireLimits limits = WireLimits()) {
  rt::testing::ManualLoop loop;
  auto [near, far] = net::make_pipe(net::PipeOptions(1U << 20U));
  rt::TaskGroup group(loop.executor());
  group.spawn(raw_peer(std::move(far), bytes));
  MessageReader reader(*near, limits);
  Result<ReceivedResponse> received = loop.run(reader.read_response(Method::other));
  loop.poll();
  return received;
}

TEST(MessageReader, ReadsWhatServersSendAndRefusesTheRest) {
  const RawCase cases[] = {
      {"length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"},
      {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "abc"},
      {"until the end", "HTTP/1.1 200 OK\r\n\r\nabc", "abc"},
      {"no content", "HTTP/1.1 204 No Content\r\n\r\n", ""},
      {"interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "x"},
      {"short", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", nullptr, ErrorKind::unavailable},
      {"nothing", "", nullptr, ErrorKind::unavailable},
      {"half a header", "HTTP/1.1 200 OK\r\nContent-Le", nullptr, ErrorKind::unavailable},
      {"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", nullptr, ErrorKind::malformed},
      {"two framings", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", nullptr,
       ErrorKind::malformed},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", nullptr,
       ErrorKind::malformed},
      {"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", nullptr, ErrorKind::malformed},
      {"huge header", "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n", nullptr, ErrorKind::malformed},
      {"huge body", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", nullptr, ErrorKind::malformed},
  };
  for (const RawCase& test : cases) {
    const Result<ReceivedResponse> received = read_raw(test.bytes);
    ASSERT_EQ(received.has_value(), test.body != nullptr) << test.name;
    if (received) {
      EXPECT_EQ(received->response.body, test.body) << test.name;
    } else {
      EXPECT_EQ(received.error().kind(), test.kind) << test.name << ": " << received.error().to_text();
    }
  }
}

TEST(MessageReader, SaysWhatCameInsteadOfHttp) {
  const Result<ReceivedResponse> received = read_raw("SSH-2.0-OpenSSH\x1b[31m\r\n\r\n");
  ASSERT_FALSE(received);
  EXPECT_NE(received.error().message().find("SSH-2.0-OpenSSH\\x1b[31m"), std::string::npos)
      << received.error().message();
}

TEST(ParseUrl, TakesUrlsApart) {
  const Result<Url> url = parse_url("https://Example.com:8443/base?x=1#f");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->origin.host, "example.com");
  EXPECT_EQ(url->origin.port, 8443);
  EXPECT_EQ(url->target, "/base?x=1");
  EXPECT_EQ(url->origin.to_text(), "https://example.com:8443");
  const Result<Url> v6 = parse_url("http://[::1]:8080");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->origin.host_header(), "[::1]:8080");
  EXPECT_EQ(v6->target, "/");
  for (const char* bad : {"", "ftp://x", "https://", "https://a b", "https://user:pw@host", "https://h:0",
                          "https://h:99999", "https://[::1"}) {
    EXPECT_FALSE(parse_url(bad)) << bad;
  }
}

struct Loopback {
  Loopback() = default;
  std::string plain;
  std::string tls;
};

rt::Task<Result<Loopback>> ask_over_loopback(rt::Executor executor, rt::CallContext ctx, Echo* echo,
                                             std::string ca_name) {
  const net::Validity validity(ctx.clock().wall_now() - 1h, ctx.clock().wall_now() + 24h);
  CO_TRY(const net::CertifiedKey ca, net::make_ca("postern test", validity));
  const std::vector<std::string> names(1, ca_name);
  CO_TRY(const net::CertifiedKey server_key, net::issue_server_certificate(ca, names, validity));
  net::TlsServerConfig server_config;
  server_config.certificate_chain_pem = server_key.certificate_pem;
  server_config.private_key_pem = server_key.key_pem;
  CO_TRY(std::shared_ptr<net::TlsServer> tls_server, net::TlsServer::create(std::move(server_config)));
  const net::Endpoint any("127.0.0.1", 0);
  CO_TRY(std::unique_ptr<net::Listener> plain_listener, net::listen_tcp(executor, any));
  CO_TRY(std::unique_ptr<net::Listener> tls_inner, net::listen_tcp(executor, any));
  auto tls_listener = std::make_unique<net::TlsListener>(std::move(tls_inner), tls_server);
  Server plain_server(executor, std::move(plain_listener), *echo, PeerInfo());
  PeerInfo secure;
  secure.tls = true;
  Server secure_server(executor, std::move(tls_listener), *echo, secure);
  plain_server.start(ctx);
  secure_server.start(ctx);

  net::TlsClientConfig client_config;
  client_config.ca.pem = ca.certificate_pem;
  client_config.ca.origin = "test CA";
  CO_TRY(std::shared_ptr<net::TlsClient> tls_client, net::TlsClient::create(std::move(client_config)));
  net::TcpDialer tcp(executor);
  net::TlsDialer tls(tcp, tls_client);
  ClientPool pool(executor, ctx.clock(), tcp, &tls);
  Origin plain_origin = origin_of(plain_server.local());
  Origin tls_origin = origin_of(secure_server.local());
  tls_origin.tls = true;
  Loopback answers;
  for (int i = 0; i < 3; ++i) {
    Request first = post("/plain", "1");
    Result<Response> plain = co_await pool.send(ctx, plain_origin, std::move(first));
    Request second = post("/tls", std::string(200'000, 'b'));
    Result<Response> secured = co_await pool.send(ctx, tls_origin, std::move(second));
    answers.plain = plain ? plain->body + plain->headers.fields()[1].second : plain.error().to_text();
    answers.tls = secured ? std::to_string(secured->body.size()) + secured->headers.fields()[1].second
                          : secured.error().to_text();
  }
  co_await pool.close();
  co_await plain_server.stop();
  co_await secure_server.stop();
  co_return answers;
}

TEST(Loopback, PlainAndTlsOverRealSockets) {
  rt::Loop loop;
  rt::testing::CountingRandom random;
  rt::testing::SilentExplainer explainer;
  const rt::CallContext ctx(loop.clock(), random, explainer);
  Echo echo;
  const Result<Loopback> answers = loop.run(ask_over_loopback(loop.executor(), ctx, &echo, "127.0.0.1"));
  ASSERT_TRUE(answers) << answers.error().to_text();
  EXPECT_EQ(answers->plain, "/plain|1no");
  EXPECT_EQ(answers->tls, "200005yes");
  EXPECT_EQ(echo.served, 6);
}

TEST(Loopback, ACertificateForAnotherNameIsRefused) {
  rt::Loop loop;
  rt::testing::CountingRandom random;
  rt::testing::SilentExplainer explainer;
  const rt::CallContext ctx(loop.clock(), random, explainer);
  Echo echo;
  const Result<Loopback> answers = loop.run(ask_over_loopback(loop.executor(), ctx, &echo, "other.example"));
  ASSERT_TRUE(answers) << answers.error().to_text();
  EXPECT_NE(answers->tls.find("certificate"), std::string::npos) << answers->tls;
}

}  // namespace
}  // namespace postern::http
