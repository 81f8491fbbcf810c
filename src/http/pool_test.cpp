#include "http/pool.hpp"

#include <gtest/gtest.h>

#include "http/server.hpp"
#include "net/certificates.hpp"
#include "net/pipe.hpp"
#include "net/tls.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::http {
namespace {

using namespace std::chrono_literals;

/// What a scripted server does with one connection: for each step, read that many requests' bytes, then write.
struct Step {
  Step() = default;
  Step(std::size_t r, std::string w) : read(r), write(std::move(w)) {}
  std::size_t read = 0;  ///< bytes; whole_request: up to the end of one request
  std::string write;
};
constexpr std::size_t kWholeRequest = SIZE_MAX;
constexpr std::size_t kHang = SIZE_MAX - 1;
using Script = std::vector<Step>;

const char* const kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Reads from a stream until `size` bytes came or, for kWholeRequest, until a request with a body "BODY" is there.
rt::Task<bool> take(net::Stream* stream, std::size_t size, std::string* seen) {
  const std::size_t before = seen->size();
  for (;;) {
    if (size == kWholeRequest && seen->find("BODY", before) != std::string::npos) co_return true;
    if (size != kWholeRequest && seen->size() - before >= size) co_return true;
    std::byte byte[1];
    const Result<std::size_t> got = co_await stream->read_some(std::span<std::byte>(byte));
    if (!got || *got == 0) co_return false;
    seen->append(net::as_text(std::span<const std::byte>(byte)));
  }
}

rt::Task<void> play(std::unique_ptr<net::Stream> stream, Script script, std::string* seen) {
  for (const Step& step : script) {
    const std::size_t size = step.read == kHang ? 1'000'000 : step.read;
    const bool more = co_await take(stream.get(), size, seen);
    if (!more) break;
    const Result<void> written = co_await stream->write_all(net::as_bytes(step.write));
    if (!written) break;
  }
  stream->close();
}

/// A server that plays one script per connection, in order of arrival.
class ScriptedServer {
 public:
  ScriptedServer(rt::Executor executor, std::unique_ptr<net::Listener> listener, std::vector<Script> scripts)
      : listener_(std::move(listener)), scripts_(std::move(scripts)), tasks_(std::move(executor)) {
    seen.resize(scripts_.size());
    tasks_.spawn(run());
  }
  rt::Task<int> stop() {
    listener_->close();
    tasks_.cancel();
    co_await tasks_.join();
    co_return 0;
  }
  std::vector<std::string> seen;
  std::size_t accepted = 0;

 private:
  rt::Task<void> run() {
    for (; accepted < scripts_.size(); ++accepted) {
      Result<std::unique_ptr<net::Stream>> stream = co_await listener_->accept();
      if (!stream) co_return;
      tasks_.spawn(play(std::move(*stream), scripts_[accepted], &seen[accepted]));
    }
  }
  std::unique_ptr<net::Listener> listener_;
  std::vector<Script> scripts_;
  rt::TaskGroup tasks_;
};

Request question() {
  Request request;
  request.method = "POST";
  request.body = "BODY";
  return request;
}

rt::Task<void> ask_into(Client* client, rt::CallContext ctx, Origin origin, std::optional<Result<Response>>* out) {
  Request request = question();
  out->emplace(co_await client->send(ctx, std::move(origin), std::move(request)));
}

/// A pool and a scripted server on a network without buffers: a byte that was not read did not leave.
class PoolTest : public ::testing::Test {
 protected:
  explicit PoolTest(std::size_t capacity = 0) : network(capacity) {
    origin.tls = false;
    origin.host = "api";
    origin.port = 80;
  }
  void play_scripts(std::vector<Script> scripts) {
    stop();
    auto listener = network.listen(net::Endpoint("api", 80));
    ASSERT_TRUE(listener);
    server = std::make_unique<ScriptedServer>(loop.executor(), std::move(*listener), std::move(scripts));
  }
  Result<Response> ask(Duration within = 60s) {
    Request request = question();
    return loop.run(pool->send(loop.context().within(within), origin, std::move(request)));
  }
  void fresh_pool(PoolOptions options = PoolOptions()) {
    pool = std::make_unique<ClientPool>(loop.executor(), loop.clock(), network.dialer(), nullptr, options);
  }
  void stop() {
    if (server) loop.run(server->stop());
    server.reset();
  }
  void SetUp() override { fresh_pool(); }
  void TearDown() override {
    pool.reset();
    stop();
  }

  rt::testing::ManualLoop loop;
  net::MemoryNetwork network;
  std::unique_ptr<ClientPool> pool;
  std::unique_ptr<ScriptedServer> server;
  Origin origin;
};

TEST_F(PoolTest, ARequestCutAtAnyByteSaysWhetherItLeft) {
  play_scripts({{Step(kWholeRequest, kOk)}});
  ASSERT_TRUE(ask());
  const std::size_t size = server->seen[0].size();
  ASSERT_GT(size, 50U);
  for (std::size_t cut = 0; cut < size; cut += cut < 4 ? 1 : 7) {
    fresh_pool();
    play_scripts({{Step(cut, "")}, {Step(kWholeRequest, kOk)}});
    const Result<Response> response = ask();
    ASSERT_FALSE(response) << cut;
    EXPECT_EQ(response.error().kind(), ErrorKind::unavailable) << cut;
    EXPECT_EQ(response.error().delivery(), cut == 0 ? Delivery::not_sent : Delivery::sent) << cut;
    EXPECT_EQ(server->accepted, 1U) << cut;
  }
}

TEST_F(PoolTest, AnAnswerCutAtAnyByteIsAmbiguousAndNeverSentAgain) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t cut = 0; cut < answer.size(); ++cut) {
    fresh_pool();
    // The first answer makes the connection a reused one: even then only an unsent request may go out again.
    play_scripts({{Step(kWholeRequest, kOk), Step(kWholeRequest, answer.substr(0, cut))}, {Step(kWholeRequest, kOk)}});
    ASSERT_TRUE(ask());
    const Result<Response> response = ask();
    ASSERT_FALSE(response) << cut;
    EXPECT_EQ(response.error().kind(), ErrorKind::unavailable) << cut << response.error().to_text();
    EXPECT_EQ(response.error().delivery(), Delivery::sent) << cut;
    EXPECT_EQ(server->accepted, 1U) << cut;
  }
}

/// Two ends whose far one is closed the moment the near one writes: the race that no probe can see.
class LapsingStream final : public net::Stream {
 public:
  LapsingStream(std::unique_ptr<net::Stream> inner, std::size_t good) : inner_(std::move(inner)), good_(good) {}
  rt::Task<Result<std::size_t>> read_some(std::span<std::byte> into) override { return inner_->read_some(into); }
  rt::Task<Result<void>> write_all(std::span<const std::byte> bytes) override {
    if (good_ == 0) inner_->close();
    if (good_ > 0) --good_;
    return inner_->write_all(bytes);
  }
  rt::Task<Result<void>> shutdown_write() override { return inner_->shutdown_write(); }
  void close() noexcept override { inner_->close(); }
  bool is_open() const noexcept override { return inner_->is_open(); }

 private:
  std::unique_ptr<net::Stream> inner_;
  std::size_t good_;
};

class LapsingDialer final : public net::Dialer {
 public:
  LapsingDialer(net::Dialer& inner, std::vector<std::size_t> good) : inner_(&inner), good_(std::move(good)) {}
  rt::Task<Result<std::unique_ptr<net::Stream>>> dial(rt::CallContext ctx, net::Endpoint endpoint) override {
    CO_TRY(std::unique_ptr<net::Stream> stream, co_await inner_->dial(ctx, std::move(endpoint)));
    const std::size_t good = dials < good_.size() ? good_[dials] : 1000;
    ++dials;
    std::unique_ptr<net::Stream> lapsing = std::make_unique<LapsingStream>(std::move(stream), good);
    co_return lapsing;
  }
  std::size_t dials = 0;

 private:
  net::Dialer* inner_;
  std::vector<std::size_t> good_;
};

TEST_F(PoolTest, ARequestOfWhichNothingLeftGoesToAFreshConnection) {
  LapsingDialer dialer(network.dialer(), {1});
  pool = std::make_unique<ClientPool>(loop.executor(), loop.clock(), dialer, nullptr);
  play_scripts({{Step(kWholeRequest, kOk), Step(kWholeRequest, kOk)}, {Step(kWholeRequest, kOk)}});
  ASSERT_TRUE(ask());
  const Result<Response> second = ask();
  EXPECT_TRUE(second) << second.error().to_text();
  EXPECT_EQ(dialer.dials, 2U);
}

TEST_F(PoolTest, AFreshConnectionThatFailsIsNotTriedAgain) {
  LapsingDialer dialer(network.dialer(), {0});
  pool = std::make_unique<ClientPool>(loop.executor(), loop.clock(), dialer, nullptr);
  play_scripts({{Step(kWholeRequest, kOk)}, {Step(kWholeRequest, kOk)}});
  const Result<Response> response = ask();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().delivery(), Delivery::not_sent);
  EXPECT_EQ(dialer.dials, 1U);
}

TEST_F(PoolTest, WhatAServerSendsUnaskedEndsTheConnection) {
  play_scripts({{Step(kWholeRequest, std::string(kOk) + "HTTP/1.1 200 OK\r\n")}, {Step(kWholeRequest, kOk)}});
  ASSERT_TRUE(ask());
  ASSERT_TRUE(ask());
  EXPECT_EQ(pool->stats().opened, 2U);
  EXPECT_EQ(pool->stats().reused, 0U);
}

TEST_F(PoolTest, AServerThatClosesAfterItsAnswerIsNoticed) {
  play_scripts({{Step(kWholeRequest, kOk)}, {Step(kWholeRequest, kOk)}});
  ASSERT_TRUE(ask());
  ASSERT_TRUE(ask());  // no timer passed in between
  EXPECT_EQ(pool->stats().opened, 2U);
}

TEST_F(PoolTest, IdleConnectionsAreClosedWhenTheirTimeIsUp) {
  play_scripts({{Step(kWholeRequest, kOk), Step(kHang, "")}});
  ASSERT_TRUE(ask());
  EXPECT_EQ(loop.clock().armed(), 1U);
  loop.advance(49s);
  EXPECT_EQ(loop.clock().armed(), 1U);
  loop.advance(2s);
  EXPECT_EQ(loop.clock().armed(), 0U);
}

TEST_F(PoolTest, OldConnectionsAreReplaced) {
  PoolOptions options;
  options.max_age = 100s;
  fresh_pool(options);
  play_scripts({Script(9, Step(kWholeRequest, kOk)), Script(9, Step(kWholeRequest, kOk))});
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(ask());
    loop.advance(40s);
  }
  EXPECT_EQ(pool->stats().opened, 2U);
}

TEST_F(PoolTest, HalfAnAnswerEndsAtTheDeadline) {
  play_scripts({{Step(kWholeRequest, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"), Step(kHang, "")}});
  const Result<Response> response = ask(7s);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::timeout);
  EXPECT_EQ(response.error().delivery(), Delivery::sent);
  EXPECT_EQ(loop.clock().now(), MonoTime(7s));
}

TEST_F(PoolTest, AServerThatReadsNothingEndsAtTheDeadlineUnsent) {
  play_scripts({{Step(0, "")}});
  stop();
  auto listener = network.listen(net::Endpoint("api", 80));  // nobody accepts
  ASSERT_TRUE(listener);
  const Result<Response> response = ask(7s);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), ErrorKind::timeout);
  EXPECT_EQ(response.error().delivery(), Delivery::not_sent);
}

TEST_F(PoolTest, RequestsWaitTheirTurnInOrderAndTheirDeadlineCounts) {
  PoolOptions options;
  options.connections_per_origin = 1;
  fresh_pool(options);
  play_scripts({{Step(kWholeRequest, kOk), Step(kWholeRequest, kOk), Step(kHang, "")}});
  std::optional<Result<Response>> answers[4];
  rt::TaskGroup group(loop.executor());
  const rt::CallContext ctx = loop.context();
  group.spawn(ask_into(pool.get(), ctx.within(60s), origin, &answers[0]));
  group.spawn(ask_into(pool.get(), ctx.within(60s), origin, &answers[1]));
  group.spawn(ask_into(pool.get(), ctx.within(20s), origin, &answers[2]));
  group.spawn(ask_into(pool.get(), ctx.within(10s), origin, &answers[3]));
  loop.advance(1s);
  ASSERT_TRUE(answers[0] && answers[1]);
  EXPECT_TRUE(*answers[0] && *answers[1]);
  EXPECT_FALSE(answers[2] || answers[3]);
  loop.advance(30s);
  ASSERT_TRUE(answers[2] && answers[3]);
  EXPECT_EQ(answers[2]->error().delivery(), Delivery::sent);
  EXPECT_EQ(answers[3]->error().kind(), ErrorKind::timeout);
  EXPECT_EQ(answers[3]->error().delivery(), Delivery::not_sent);
  EXPECT_EQ(group.size(), 0U);
}

/// Answers after a second.
class Slow final : public Service {
 public:
  rt::Task<Result<Response>> serve(rt::CallContext ctx, PeerInfo, Request request) override {
    most = std::max(most, ++now);
    const Result<void> slept = co_await rt::sleep_until(ctx.clock(), ctx.now() + 1s);
    --now;
    if (!slept) co_return fail(slept.error());
    Response response;
    response.body = std::move(request.body);
    co_return response;
  }
  int now = 0;
  int most = 0;
};

rt::Task<int> stop_server(Server* running) {
  co_await running->stop();
  co_return 0;
}

TEST(PoolOverTls, SixtyFourRequestsShareFewConnections) {
  rt::testing::ManualLoop loop;
  const WallTime now = loop.clock().wall_now();
  const net::Validity validity(now - 1h, now + 1h);
  const Result<net::CertifiedKey> ca = net::make_ca("postern test", validity);
  const Result<net::CertifiedKey> key =
      net::issue_server_certificate(*ca, std::vector<std::string>(1, "api"), validity);
  net::TlsServerConfig server_config;
  server_config.certificate_chain_pem = key->certificate_pem;
  server_config.private_key_pem = key->key_pem;
  net::TlsClientConfig client_config;
  client_config.ca.pem = ca->certificate_pem;
  client_config.ca.origin = "the test's CA";
  net::MemoryNetwork network;
  Slow slow;
  PeerInfo peer;
  peer.tls = true;
  Server server(loop.executor(),
                std::make_unique<net::TlsListener>(std::move(*network.listen(net::Endpoint("api", 443))),
                                                   *net::TlsServer::create(std::move(server_config))),
                slow, peer);
  server.start(loop.context());
  net::TlsDialer tls(network.dialer(), *net::TlsClient::create(std::move(client_config)));
  PoolOptions options;
  options.connections_per_origin = 8;
  ClientPool pool(loop.executor(), loop.clock(), network.dialer(), &tls, options);
  Origin origin;
  origin.host = "api";
  std::vector<std::optional<Result<Response>>> answers(64);
  rt::TaskGroup group(loop.executor());
  for (auto& answer : answers) group.spawn(ask_into(&pool, loop.context().within(60s), origin, &answer));
  loop.advance(10s);
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ((*answer)->body, "BODY");
  }
  EXPECT_EQ(slow.most, 8);
  EXPECT_EQ(pool.stats().opened, 8U);
  EXPECT_EQ(pool.stats().reused, 56U);
  EXPECT_EQ(pool.stats().requests, 64U);
  loop.run(stop_server(&server));
}

}  // namespace
}  // namespace postern::http
