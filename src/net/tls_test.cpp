#include "net/tls.hpp"

#include <gtest/gtest.h>

#include "net/certificates.hpp"
#include "net/pipe.hpp"
#include "net/tcp.hpp"
#include "net/testing.hpp"

namespace postern::net {
namespace {

using testing::Bench;
using testing::read_exactly;

constexpr WallTime tls_now{std::chrono::seconds(1'800'000'000)};  // where ManualClock begins
const Validity tls_valid(tls_now - std::chrono::hours(1), tls_now + std::chrono::hours(24));

/// A CA, a server with a certificate of it, and a client that trusts it.
struct TlsWorld {
  TlsWorld() : TlsWorld({"sts.test", "127.0.0.1", "*.wild.test"}, tls_valid) {}
  TlsWorld(std::vector<std::string> names, Validity validity) {
    ca = *make_ca("Postern test CA", tls_valid);
    serve(*issue_server_certificate(ca, names, validity));
    client = trusting(ca.certificate_pem);
  }
  void serve(const CertifiedKey& key) {
    TlsServerConfig config;
    config.certificate_chain_pem = key.certificate_pem;
    config.private_key_pem = key.key_pem;
    server = *TlsServer::create(std::move(config));
  }
  static std::shared_ptr<TlsClient> trusting(const std::string& pem) {
    TlsClientConfig config;
    config.ca.pem = pem;
    config.ca.origin = "test-ca.pem";
    return *TlsClient::create(std::move(config));
  }
  CertifiedKey ca;
  std::shared_ptr<TlsServer> server;
  std::shared_ptr<TlsClient> client;
};

rt::Task<void> tls_echo(std::unique_ptr<Stream> stream) {
  std::byte buffer[5000];
  for (;;) {
    const Result<std::size_t> got = co_await stream->read_some(std::span<std::byte>(buffer));
    if (!got || *got == 0) break;
    const Result<void> written = co_await stream->write_all(std::span<const std::byte>(buffer, *got));
    if (!written) break;
  }
  const Result<void> ended = co_await stream->shutdown_write();
  static_cast<void>(ended);
}

/// Connects to the world's server over a pipe and says what came of it: "ok", or the error's text.
rt::Task<std::string> tls_try(Bench* bench, TlsWorld* world, std::string host) {
  auto ends = make_pipe(PipeOptions(65536));
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  group.spawn(tls_echo(world->server->wrap(std::move(ends.second))));
  std::string outcome = "ok";
  auto stream = co_await world->client->connect(bench->ctx(), std::move(ends.first), Endpoint(host, 443));
  if (stream) {
    co_await testing::write_text(**stream, "hello");
    if (co_await read_exactly(**stream, 5) != "hello") outcome = "wrong echo";
    (*stream)->close();
  } else {
    EXPECT_EQ(stream.error().delivery(), Delivery::not_sent);
    outcome = std::string(to_string(stream.error().kind())) + ": " + stream.error().message();
  }
  co_await group.join();
  co_return outcome;
}

std::string tls_outcome(TlsWorld& world, const std::string& host) {
  Bench bench;
  return bench.loop.run(tls_try(&bench, &world, host));
}

TEST(Tls, ConnectsByNameAddressAndWildcard) {
  TlsWorld world;
  EXPECT_EQ(tls_outcome(world, "sts.test"), "ok");
  EXPECT_EQ(tls_outcome(world, "127.0.0.1"), "ok");
  EXPECT_EQ(tls_outcome(world, "a.wild.test"), "ok");
}

TEST(Tls, RefusesAWrongHostAndNamesWhatTheCertificateIsFor) {
  TlsWorld world;
  EXPECT_EQ(tls_outcome(world, "ssm.test"),
            "refused: the TLS certificate of ssm.test:443 was refused: its certificate is for sts.test, 127.0.0.1, "
            "*.wild.test, not for ssm.test");
  EXPECT_NE(tls_outcome(world, "10.0.0.1").find("not for 10.0.0.1"), std::string::npos);
  EXPECT_NE(tls_outcome(world, "a.b.wild.test").find("refused"), std::string::npos);
}

TEST(Tls, RefusesExpiredAndEarlyCertificatesByTheGivenClock) {
  TlsWorld expired({"sts.test"}, Validity(tls_now - std::chrono::hours(9), tls_now - std::chrono::hours(1)));
  EXPECT_EQ(
      tls_outcome(expired, "sts.test"),
      "refused: the TLS certificate of sts.test:443 was refused: its certificate expired at 2027-01-15T07:00:00Z; "
      "this host's clock says 2027-01-15T08:00:00Z");
  TlsWorld early({"sts.test"}, Validity(tls_now + std::chrono::hours(1), tls_now + std::chrono::hours(9)));
  EXPECT_EQ(tls_outcome(early, "sts.test"),
            "refused: the TLS certificate of sts.test:443 was refused: its certificate is valid only from "
            "2027-01-15T09:00:00Z; this host's clock says 2027-01-15T08:00:00Z: check the clock");
}

TEST(Tls, RefusesUnknownAuthoritiesNamingTheBundleAndTheRemedy) {
  TlsWorld world;
  world.client = TlsWorld::trusting(make_ca("Another CA", tls_valid)->certificate_pem);
  const std::string text = tls_outcome(world, "sts.test");
  EXPECT_EQ(
      text.find("refused: the TLS certificate of sts.test:443 was refused: its certificate was issued by the unknown "
                "authority \"Postern test CA\" (trusted roots: test-ca.pem); "),
      0U)
      << text;
  EXPECT_NE(text.find("AWS_CA_BUNDLE"), std::string::npos);
}

TEST(Tls, RefusesSelfSignedCertificates) {
  TlsWorld world;
  world.serve(*make_self_signed({"sts.test"}, tls_valid));
  const std::string text = tls_outcome(world, "sts.test");
  EXPECT_NE(text.find("its certificate is self-signed and not trusted (trusted roots: test-ca.pem)"), std::string::npos)
      << text;
}

TEST(Tls, ResumesSessions) {
  TlsWorld world;
  EXPECT_EQ(tls_outcome(world, "sts.test"), "ok");
  EXPECT_EQ(world.client->resumed(), 0U);
  EXPECT_EQ(tls_outcome(world, "sts.test"), "ok");
  EXPECT_EQ(world.client->resumed(), 1U);
  // A session is kept per server: another name starts afresh, and is checked afresh.
  EXPECT_NE(tls_outcome(world, "other.test"), "ok");
  EXPECT_EQ(world.client->resumed(), 1U);
}

rt::Task<void> tls_try_ok(Bench* bench, TlsWorld* world) {
  EXPECT_EQ(co_await tls_try(bench, world, "sts.test"), "ok");
}

TEST(Tls, ConnectionsThatAreOpenedAtOnceShareATicket) {
  TlsWorld world;
  EXPECT_EQ(tls_outcome(world, "sts.test"), "ok");
  Bench bench;
  bench.loop.run([](Bench* b, TlsWorld* w) -> rt::Task<int> {
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    for (int i = 0; i < 3; ++i) group.spawn(tls_try_ok(b, w));
    co_await group.join();
    co_return 0;
  }(&bench, &world));
  EXPECT_EQ(world.client->resumed(), 3U);
}

rt::Task<std::string> tls_against(Bench* bench, TlsWorld* world, std::string answer, rt::Deadline deadline) {
  auto ends = make_pipe(PipeOptions(65536));
  if (!answer.empty()) co_await testing::write_text(*ends.second, answer);
  if (deadline.is_never()) {
    const Result<void> ended = co_await ends.second->shutdown_write();
    static_cast<void>(ended);
  }
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  std::string outcome;
  group.spawn(
      [](Bench* b, TlsWorld* w, std::unique_ptr<Stream> inner, rt::Deadline by, std::string* out) -> rt::Task<void> {
        auto stream = co_await w->client->connect(b->ctx().until(by), std::move(inner), Endpoint("sts.test", 443));
        *out = stream ? "ok" : std::string(to_string(stream.error().kind())) + ": " + stream.error().message();
      }(bench, world, std::move(ends.first), deadline, &outcome));
  co_await testing::settle();
  bench->clock.advance(std::chrono::seconds(30));
  co_await group.join();
  co_return outcome;
}

TEST(Tls, SaysWhatAPeerThatIsNotTlsSent) {
  TlsWorld world;
  Bench bench;
  EXPECT_EQ(bench.loop.run(tls_against(&bench, &world, "HTTP/1.1 400 Bad Request\r\n\r\n", rt::Deadline::never())),
            "malformed: no TLS connection to sts.test:443: the peer does not speak TLS (it sent \"HTTP/1.1 400 Bad "
            "Request\")");
  EXPECT_EQ(bench.loop.run(tls_against(&bench, &world, "", rt::Deadline::never())),
            "unavailable: no TLS connection to sts.test:443: the peer closed the connection during the TLS handshake");
}

TEST(Tls, AStalledHandshakeEndsAtTheDeadline) {
  TlsWorld world;
  Bench bench;
  const rt::Deadline deadline = rt::Deadline::after(bench.clock, std::chrono::seconds(5));
  EXPECT_EQ(bench.loop.run(tls_against(&bench, &world, "", deadline)),
            "timeout: the deadline passed during the TLS handshake with sts.test:443");
}

TEST(Tls, CarriesLargeMessagesAndAnOrderlyEnd) {
  TlsWorld world;
  Bench bench;
  bench.loop.run([](Bench* b, TlsWorld* w) -> rt::Task<int> {
    auto ends = make_pipe(PipeOptions(1000));
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    group.spawn(tls_echo(w->server->wrap(std::move(ends.second))));
    auto stream = co_await w->client->connect(b->ctx(), std::move(ends.first), Endpoint("sts.test", 443));
    if (!stream) co_return 1;
    std::string big(300'000, 'a');
    for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>('a' + i % 23);
    group.spawn(testing::write_text(**stream, big));
    const std::string back = co_await read_exactly(**stream, big.size());
    EXPECT_EQ(back == big, true);
    const Result<void> ended = co_await (*stream)->shutdown_write();
    EXPECT_TRUE(ended.has_value());
    std::byte byte[1];
    const Result<std::size_t> end = co_await (*stream)->read_some(std::span<std::byte>(byte));
    EXPECT_EQ(end.value(), 0U);
    co_await group.join();
    co_return 0;
  }(&bench, &world));
}

TEST(Tls, ACutConnectionIsNotAnOrderlyEnd) {
  TlsWorld world;
  Bench bench;
  bench.loop.run([](Bench* b, TlsWorld* w) -> rt::Task<int> {
    auto ends = make_pipe(PipeOptions(65536));
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    std::unique_ptr<Stream> server = w->server->wrap(std::move(ends.second));
    group.spawn([](Stream* s) -> rt::Task<void> {
      std::byte byte[1];
      const Result<std::size_t> got = co_await s->read_some(std::span<std::byte>(byte));
      EXPECT_TRUE(got.has_value());
      s->close();
    }(server.get()));
    auto stream = co_await w->client->connect(b->ctx(), std::move(ends.first), Endpoint("sts.test", 443));
    if (!stream) co_return 1;
    co_await testing::write_text(**stream, "x");
    std::byte byte[1];
    const Result<std::size_t> got = co_await (*stream)->read_some(std::span<std::byte>(byte));
    EXPECT_EQ(got.error().message(), "the peer cut the TLS connection without saying goodbye");
    EXPECT_FALSE((*stream)->is_open());
    co_await group.join();
    co_return 0;
  }(&bench, &world));
}

TEST(Tls, AnIdleConnectionSeesTicketsAsNothingAndFarewellsAsTheEnd) {
  TlsWorld world;
  Bench bench;
  bench.loop.run([](Bench* b, TlsWorld* w) -> rt::Task<int> {
    auto ends = make_pipe(PipeOptions(65536));
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    std::unique_ptr<Stream> server = w->server->wrap(std::move(ends.second));
    group.spawn([](Stream* s) -> rt::Task<void> { co_await read_exactly(*s, 1); }(server.get()));
    auto stream = co_await w->client->connect(b->ctx(), std::move(ends.first), Endpoint("sts.test", 443));
    if (!stream) co_return 1;
    co_await testing::write_text(**stream, "x");
    co_await group.join();  // the server's tickets are in flight now
    std::byte byte[1];
    EXPECT_EQ((*stream)->take_ready(std::span<std::byte>(byte)), 0U);
    EXPECT_TRUE((*stream)->is_open());
    const Result<void> ended = co_await server->shutdown_write();
    EXPECT_TRUE(ended.has_value());
    EXPECT_EQ((*stream)->take_ready(std::span<std::byte>(byte)), 0U);
    EXPECT_FALSE((*stream)->is_open());
    co_return 0;
  }(&bench, &world));
}

TEST(Tls, WorksOverRealSockets) {
  Bench bench;
  bench.loop.run([](Bench* b) -> rt::Task<int> {
    TlsWorld world;
    TlsListener listener(std::move(*listen_tcp(b->loop.executor(), Endpoint("127.0.0.1", 0))), world.server);
    TcpDialer tcp(b->loop.executor());
    TlsDialer dialer(tcp, world.client);
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    group.spawn([](Listener* l) -> rt::Task<void> {
      auto accepted = co_await l->accept();
      co_await tls_echo(std::move(*accepted));
    }(&listener));
    auto stream = co_await dialer.dial(b->ctx(), listener.local());
    EXPECT_TRUE(stream.has_value()) << stream.error().to_text();
    if (!stream) co_return 1;
    co_await testing::write_text(**stream, "over the wire");
    EXPECT_EQ(co_await read_exactly(**stream, 13), "over the wire");
    stream->reset();
    co_await group.join();
    co_return 0;
  }(&bench));
}

TEST(TlsConfig, SaysWhatIsWrongWithABundleOrAKey) {
  TlsClientConfig config;
  config.ca.pem = "no certificate\n";
  config.ca.origin = "AWS_CA_BUNDLE=/x.pem";
  EXPECT_EQ(TlsClient::create(config).error().message(),
            "the CA bundle AWS_CA_BUNDLE=/x.pem has no certificate in PEM form");
  const CertifiedKey ca = *make_ca("A", tls_valid);
  config.ca.pem = ca.certificate_pem + "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(TlsClient::create(config).error().message(),
            "the CA bundle AWS_CA_BUNDLE=/x.pem is damaged after certificate 1");
  TlsServerConfig server;
  server.certificate_chain_pem = ca.certificate_pem;
  server.private_key_pem = make_ca("B", tls_valid)->key_pem;
  EXPECT_EQ(TlsServer::create(server).error().kind(), ErrorKind::usage);
}

TEST(TlsConfig, FindsTheSystemsBundle) {
  const auto only = [](const std::string& path) -> Result<std::string> {
    if (path == "/etc/pki/tls/certs/ca-bundle.crt") return std::string("PEM");
    return fail(ErrorKind::not_found, "no such file: " + path);
  };
  const Result<CaBundle> found = find_ca_bundle("", only);
  EXPECT_EQ(found->origin, "/etc/pki/tls/certs/ca-bundle.crt");
  EXPECT_EQ(find_ca_bundle("/mine.pem", only).error().message(), "cannot read SSL_CERT_FILE=/mine.pem");
  const auto none = [](const std::string&) -> Result<std::string> { return fail(ErrorKind::not_found, "no"); };
  EXPECT_EQ(find_ca_bundle("", none).error().kind(), ErrorKind::credentials);
}

TEST(Certificates, NamesAreChecked) {
  const CertifiedKey ca = *make_ca("A", tls_valid);
  EXPECT_FALSE(issue_server_certificate(ca, {}, tls_valid).has_value());
  EXPECT_FALSE(issue_server_certificate(ca, {"a,DNS:b"}, tls_valid).has_value());
  EXPECT_TRUE(issue_server_certificate(ca, {"::1", "localhost"}, tls_valid).has_value());
}

}  // namespace
}  // namespace postern::net
