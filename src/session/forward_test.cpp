#include "session/forward.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "net/testing_bytes.hpp"
#include "rt/combine.hpp"
#include "session/testing/port_agent.hpp"
#include "world/testing/seed.hpp"
#include "world/world.hpp"

namespace postern::session {
namespace {

using testing::FakeService;
using testing::PortAgent;

/// One session: its service, its node, its channel.
class PortRig {
 public:
  PortRig(world::World& world, const std::string& host, const std::string& version, const std::string& type)
      : world_(world),
        service(world.ctx(), agent_options(version, type)),
        agent(world.ctx(), service, world.network().dialer("node"), net::Endpoint("db", 5432), version,
              world.executor()),
        server(world.executor(), std::move(*world.network().listen(net::Endpoint(host, 80))), service,
               http::PeerInfo()),
        channel(world.ctx(), dial(), service, FakeService::started(host), channel_options()),
        host_(host) {
    server.start(world.ctx());
    agent.start();
    world.spawn(service.run_agent());
    world.spawn(keep(&channel, &result));
  }
  void stop() {
    static_cast<void>(world_.run(agent.stop()));
    static_cast<void>(world_.run(server.stop()));
  }
  void cut() { world_.network().break_connections("laptop", host_); }

 private:
  static AgentSessionOptions agent_options(const std::string& version, const std::string& type) {
    AgentSessionOptions options;
    options.type = SessionType::port;
    options.agent_version = version;
    options.port.port = "5432";
    options.port.host = "db";
    options.port.type = type;
    return options;
  }
  static DataChannelOptions channel_options() {
    DataChannelOptions options;
    options.session.client_id = "11111111-2222-4333-8444-555555555555";
    return options;
  }
  DataChannel::Dial dial() {
    return [this](rt::CallContext ctx, net::Endpoint endpoint, bool) {
      return world_.network().dialer("laptop").dial(ctx, std::move(endpoint));
    };
  }
  static rt::Task<void> keep(DataChannel* channel, std::optional<Result<void>>* into) {
    into->emplace(co_await channel->run());
  }

  world::World& world_;

 public:
  FakeService service;
  PortAgent agent;
  http::Server server;
  DataChannel channel;
  std::optional<Result<void>> result;

 private:
  std::string host_;
};

/// A laptop with a forwarded port, sessions through it, and a database on the other side.
class Forwarding {
 public:
  explicit Forwarding(std::size_t sessions = 1, const std::string& version = "3.3.0.0",
                      const std::string& type = "LocalPortForwarding",
                      PortForwardOptions options = PortForwardOptions())
      : forward(world.ctx(), options),
        listener(std::move(*world.network().listen(net::Endpoint("localhost", 15432)))),
        database(std::move(*world.network().listen(net::Endpoint("db", 5432)))) {
    world.network().set_default_link(world::Link(std::chrono::milliseconds(10)));
    forward.on_news([this](const ForwardNews& one) {
      if (one.kind != ForwardNews::Kind::accepted) news += one.text + "; ";
    });
    for (std::size_t i = 0; i < sessions; ++i) {
      rigs.push_back(std::make_unique<PortRig>(world, "ssm" + std::to_string(i), version, type));
      add_session(rigs.back()->channel);
    }
    world.spawn(listen(&forward, listener.get()));
  }
  ~Forwarding() {
    world.stop_spawned();
    for (const auto& rig : rigs) rig->stop();
  }

  void add_session(DataChannel& channel) { world.spawn(serve(&forward, &channel, &ends.emplace_back())); }
  /// What the database does with a connection.
  void serve_with(rt::Task<void> (*serve_one)(net::Stream&)) { world.spawn(accept_all(database.get(), serve_one)); }
  rt::Task<Result<std::unique_ptr<net::Stream>>> dial() {
    net::Endpoint here("localhost", 15432);
    co_return co_await world.network().dialer("app").dial(world.ctx(), std::move(here));
  }

  world::World world{world::testing::test_seed()};
  PortForward forward;
  std::unique_ptr<net::Listener> listener;
  std::unique_ptr<net::Listener> database;
  std::vector<std::unique_ptr<PortRig>> rigs;
  std::deque<std::optional<Result<std::string>>> ends;
  std::string news;

 private:
  static rt::Task<void> serve(PortForward* forward, DataChannel* channel, std::optional<Result<std::string>>* end) {
    end->emplace(co_await forward->serve(*channel));
  }
  static rt::Task<void> listen(PortForward* forward, net::Listener* listener) {
    const Result<void> ended = co_await forward->listen(*listener);
    static_cast<void>(ended);
  }
  static rt::Task<void> one(std::unique_ptr<net::Stream> stream, rt::Task<void> (*serve_one)(net::Stream&)) {
    co_await serve_one(*stream);
  }
  static rt::Task<void> accept_all(net::Listener* listener, rt::Task<void> (*serve_one)(net::Stream&)) {
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    for (;;) {
      Result<std::unique_ptr<net::Stream>> stream = co_await listener->accept();
      if (!stream) break;
      group.spawn(one(std::move(*stream), serve_one));
    }
    group.cancel();
    co_await group.join();
  }
};

rt::Task<void> echo(net::Stream& stream) {
  std::vector<std::byte> buffer(3000);
  for (;;) {
    const Result<std::size_t> got = co_await stream.read_some(buffer);
    if (!got || *got == 0) co_return;
    const Result<void> written = co_await stream.write_all(std::span<const std::byte>(buffer.data(), *got));
    if (!written) co_return;
  }
}

/// Reads to the end, then answers: how a half-closed connection is used.
rt::Task<void> answer_at_end(net::Stream& stream) {
  const std::string question = co_await net::testing::read_to_end(stream);
  co_await net::testing::write_text(stream, "heard " + std::to_string(question.size()));
}

/// Answers each request once it has come, and closes.
rt::Task<void> answer_once(net::Stream& stream) {
  std::string request;
  while (!request.ends_with("\n")) {
    const std::string more = co_await net::testing::read_exactly(stream, 1);
    if (more.empty()) co_return;
    request += more;
  }
  std::string answer = "200 " + request + std::string(50'000, 'b');
  co_await net::testing::write_text(stream, std::move(answer));
}

rt::Task<std::string> ask(Forwarding* forwarding, std::string request, bool closes) {
  auto stream = co_await forwarding->dial();
  if (!stream) co_return stream.error().to_text();
  co_await net::testing::write_text(**stream, request);
  if (closes) {
    const Result<void> shut = co_await (*stream)->shutdown_write();
    static_cast<void>(shut);
  }
  co_return co_await net::testing::read_to_end(**stream);
}

TEST(PortForward, CarriesAConnection) {
  Forwarding forwarding;
  forwarding.serve_with(answer_once);
  const Result<std::string> answer = forwarding.world.run(ask(&forwarding, "GET /\n", false));
  ASSERT_TRUE(answer.has_value()) << answer.error().to_text();
  EXPECT_EQ(*answer, "200 GET /\n" + std::string(50'000, 'b'));
  const ForwardStats stats = forwarding.forward.stats();
  EXPECT_EQ(stats.up, 6U);
  EXPECT_EQ(stats.down, answer->size());
  EXPECT_EQ(stats.accepted, 1U);
  EXPECT_EQ(stats.refused, 0U);
  EXPECT_EQ(stats.sessions, 1U);
  EXPECT_GT(stats.round_trip, Duration::zero());
  forwarding.world.advance(std::chrono::seconds(10));
  EXPECT_EQ(forwarding.forward.stats().open, 0U);
}

TEST(PortForward, AConnectionThatWritesNoMoreStillHearsTheAnswer) {
  // Pitfall D11: with FIN at once, as the other clients have it, the answer is lost.
  Forwarding forwarding;
  forwarding.serve_with(answer_once);
  const Result<std::string> answer = forwarding.world.run(ask(&forwarding, "GET /\n", true));
  EXPECT_EQ(answer->size(), 10U + 50'000U);
}

TEST(PortForward, AServerThatWaitsForTheEndHearsItInTheEnd) {
  Forwarding forwarding;
  forwarding.serve_with(answer_at_end);
  const MonoTime began = forwarding.world.clock().now();
  const Result<std::string> answer = forwarding.world.run(ask(&forwarding, std::string(100'000, 'x'), true));
  // The way back is closed with it, as smux has it; what was sent has arrived.
  EXPECT_EQ(*answer, "");
  const Duration took = forwarding.world.clock().now() - began;
  EXPECT_GT(took, std::chrono::seconds(10));
  EXPECT_LT(took, std::chrono::seconds(13));
  EXPECT_EQ(forwarding.rigs[0]->agent.traffic.down, 100'000U);
}

rt::Task<void> echo_through(Forwarding* forwarding, std::size_t size, int number, std::size_t* good) {
  auto stream = co_await forwarding->dial();
  if (!stream) co_return;
  std::string sent;
  while (sent.size() < size) sent += std::to_string(number) + ":" + std::to_string(sent.size()) + ",";
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  group.spawn(net::testing::write_text(**stream, sent));
  const std::string heard = co_await net::testing::read_exactly(**stream, sent.size());
  co_await group.join();
  if (heard == sent) ++*good;
}

rt::Task<void> many(Forwarding* forwarding, int count, std::size_t size, std::size_t* good) {
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  for (int i = 0; i < count; ++i) group.spawn(echo_through(forwarding, size, i, good));
  co_await group.join();
}

TEST(PortForward, AThousandConnectionsAtOnceKeepTheirBytesApart) {
  std::size_t good = 0;
  Forwarding forwarding;
  forwarding.serve_with(echo);
  ASSERT_TRUE(forwarding.world.run(many(&forwarding, 1000, 2000, &good)).has_value());
  EXPECT_EQ(good, 1000U);
  EXPECT_EQ(forwarding.rigs[0]->agent.dialled, 1000);
}

TEST(PortForward, LosesNothingWhenTheConnectionBreaksAgainAndAgain) {
  std::size_t good = 0;
  bool over = false;
  Forwarding forwarding;
  forwarding.serve_with(echo);
  const auto all = [](Forwarding* f, std::size_t* g, bool* done) -> rt::Task<void> {
    co_await many(f, 5, 400'000, g);
    *done = true;
  };
  ASSERT_TRUE(forwarding.world.run_until([&] { return forwarding.forward.stats().sessions == 1; }).has_value());
  forwarding.world.spawn(all(&forwarding, &good, &over));
  world::SeededRandom& random = forwarding.world.random("cuts");
  int cuts = 0;
  while (!over && forwarding.world.clock().now() < MonoTime(std::chrono::hours(1))) {
    forwarding.world.advance(std::chrono::milliseconds(50 + random.below(100)));
    if (cuts < 100 && forwarding.rigs[0]->channel.is_connected()) {
      forwarding.rigs[0]->cut();
      ++cuts;
    }
  }
  EXPECT_EQ(good, 5U);
  EXPECT_EQ(cuts, 100);
}

TEST(PortForward, SessionsShareTheConnections) {
  Forwarding forwarding(4);
  forwarding.serve_with(echo);
  ASSERT_TRUE(forwarding.world.run_until([&] { return forwarding.forward.stats().sessions == 4; }).has_value());
  std::size_t good = 0;
  ASSERT_TRUE(forwarding.world.run(many(&forwarding, 40, 5000, &good)).has_value());
  EXPECT_EQ(good, 40U);
  for (const auto& rig : forwarding.rigs) EXPECT_EQ(rig->agent.dialled, 10);
}

TEST(PortForward, WhatTheNodeCannotReachIsSaid) {
  Forwarding forwarding;
  forwarding.database.reset();
  const Result<std::string> answer = forwarding.world.run(ask(&forwarding, "GET /\n", false));
  EXPECT_EQ(*answer, "");
  EXPECT_EQ(forwarding.news, "the node could not connect to port db:5432: does anything listen there?; ");
  EXPECT_EQ(forwarding.forward.stats().refused, 1U);
  EXPECT_FALSE(forwarding.ends[0].has_value()) << "the session stays";
}

TEST(PortForward, ConnectionsEndWithTheirSession) {
  std::string heard[2];
  Forwarding forwarding(2);
  forwarding.serve_with(echo);
  ASSERT_TRUE(forwarding.world.run_until([&] { return forwarding.forward.stats().sessions == 2; }).has_value());
  const auto hold = [](Forwarding* f, std::string* into) -> rt::Task<void> {
    auto stream = co_await f->dial();
    co_await net::testing::write_text(**stream, "hello");
    *into = co_await net::testing::read_to_end(**stream) + " ended";
  };
  forwarding.world.spawn(hold(&forwarding, &heard[0]));
  forwarding.world.advance(std::chrono::seconds(1));
  forwarding.world.spawn(hold(&forwarding, &heard[1]));
  forwarding.world.advance(std::chrono::seconds(1));
  forwarding.rigs[0]->service.close_session("Session timed out");
  forwarding.world.advance(std::chrono::seconds(1));
  ASSERT_TRUE(forwarding.ends[0].has_value());
  EXPECT_EQ(**forwarding.ends[0], "Session timed out");
  EXPECT_EQ(heard[0], "hello ended");
  EXPECT_EQ(heard[1], "");
  EXPECT_EQ(forwarding.forward.stats().sessions, 1U);
  EXPECT_EQ(forwarding.forward.stats().open, 1U);
}

TEST(PortForward, AConnectionWaitsForASession) {
  PortForwardOptions options;
  options.session_within = std::chrono::seconds(20);
  Forwarding forwarding(0, "3.3.0.0", "LocalPortForwarding", options);
  forwarding.serve_with(answer_once);
  const Result<std::string> none = forwarding.world.run(ask(&forwarding, "x\n", false));
  EXPECT_EQ(*none, "");
  EXPECT_EQ(forwarding.news, "no session was there for 20s: the connection was closed; ");
}

TEST(PortForward, ASlowReaderHoldsBackNobodyElseForEver) {
  std::size_t slow_heard = 0;
  Forwarding forwarding;
  const auto flood = [](net::Stream& stream) -> rt::Task<void> {
    const std::string lots(2'000'000, 'f');
    co_await net::testing::write_text(stream, lots);
  };
  forwarding.serve_with(flood);
  const auto slow = [](Forwarding* f, std::size_t* into) -> rt::Task<void> {
    auto stream = co_await f->dial();
    for (;;) {
      const std::string some = co_await net::testing::read_exactly(**stream, 20'000);
      *into += some.size();
      if (some.size() < 20'000) co_return;
      const Result<void> slept =
          co_await rt::sleep_until(f->world.clock(), f->world.clock().now() + std::chrono::milliseconds(200));
      if (!slept) co_return;
    }
  };
  forwarding.world.spawn(slow(&forwarding, &slow_heard));
  forwarding.world.advance(std::chrono::seconds(1));
  const Result<std::string> quick = forwarding.world.run(ask(&forwarding, "", false));
  EXPECT_EQ(quick->size(), 2'000'000U);
  ASSERT_TRUE(forwarding.world.run_until([&] { return slow_heard == 2'000'000; }).has_value()) << slow_heard;
}

/// Answers what is typed and swallows what is copied.
rt::Task<void> echo_of_little(net::Stream& stream) {
  std::vector<std::byte> buffer(3000);
  for (;;) {
    const Result<std::size_t> got = co_await stream.read_some(buffer);
    if (!got || *got == 0) co_return;
    if (*got > 100) continue;
    const Result<void> written = co_await stream.write_all(std::span<const std::byte>(buffer.data(), *got));
    if (!written) co_return;
  }
}

rt::Task<void> send_lots(Forwarding* forwarding, bool* done) {
  auto stream = co_await forwarding->dial();
  co_await net::testing::write_text(**stream, std::string(8'000'000, 'l'));
  *done = true;
}

TEST(PortForward, WhoTypesDoesNotWaitBehindWhatIsCopied) {
  bool copied = false;
  std::size_t good = 0;
  Forwarding forwarding;
  forwarding.serve_with(echo_of_little);
  ASSERT_TRUE(forwarding.world.run_until([&] { return forwarding.forward.stats().sessions == 1; }).has_value());
  world::Link slow(std::chrono::milliseconds(20));
  slow.bytes_per_second = 1'000'000;
  forwarding.world.network().set_link("laptop", "ssm0", slow);
  forwarding.rigs[0]->cut();
  forwarding.world.spawn(send_lots(&forwarding, &copied));
  forwarding.world.advance(std::chrono::seconds(4));
  const MonoTime began = forwarding.world.clock().now();
  forwarding.world.spawn(many(&forwarding, 1, 5, &good));
  ASSERT_TRUE(forwarding.world.run_until([&] { return good == 1; }, std::chrono::minutes(1)).has_value());
  const Duration took = forwarding.world.clock().now() - began;
  EXPECT_FALSE(copied);
  EXPECT_LT(took, std::chrono::milliseconds(500)) << format_duration(took);
}

/// Both directions are as full as they can be: neither end may wait for the other to take something.
TEST(PortForward, WhatFloodsBothWaysComesThrough) {
  std::size_t good = 0;
  Forwarding forwarding;
  forwarding.serve_with(echo);
  world::Link slow(std::chrono::milliseconds(20));
  slow.bytes_per_second = 1'000'000;
  forwarding.world.network().set_default_link(slow);
  ASSERT_TRUE(forwarding.world.run_until([&] { return forwarding.forward.stats().sessions == 1; }).has_value());
  forwarding.world.spawn(echo_through(&forwarding, 3'000'000, 1, &good));
  ASSERT_TRUE(forwarding.world.run_until([&] { return good == 1; }, std::chrono::minutes(1)).has_value());
}

TEST(PortForward, OldAgentsCarryOneConnectionAfterTheOther) {
  Forwarding forwarding(1, "3.0.196.0");
  forwarding.serve_with(answer_once);
  for (int i = 1; i <= 3; ++i) {
    const Result<std::string> answer = forwarding.world.run(ask(&forwarding, std::to_string(i) + "\n", true));
    EXPECT_EQ(*answer, "200 " + std::to_string(i) + "\n" + std::string(50'000, 'b'));
    EXPECT_EQ(forwarding.rigs[0]->agent.dialled, i);
    // Told when the connection here has ended.
    ASSERT_TRUE(forwarding.world.run_until([&] { return forwarding.rigs[0]->agent.disconnects == i; }).has_value());
  }
}

TEST(PortForward, AgentsAreTakenForOldWhoseVersionIsNotFourNumbers) {
  EXPECT_FALSE(later_than("3.1", kNoMuxUntil));
  EXPECT_FALSE(later_than("3.0.196.0", kNoMuxUntil));
  EXPECT_TRUE(later_than("3.0.196.1", kNoMuxUntil));
  EXPECT_FALSE(later_than("3.1.1511.0", kNeedsNopsUntil));
  EXPECT_TRUE(later_than("3.1.1511.1", kNeedsNopsUntil));
}

TEST(PortForward, TakesASessionWhoseBeginningSomebodyElseHasHeard) {
  Forwarding forwarding(0);
  forwarding.serve_with(answer_once);
  forwarding.rigs.push_back(std::make_unique<PortRig>(forwarding.world, "ssm0", "3.3.0.0", "LocalPortForwarding"));
  DataChannel& channel = forwarding.rigs[0]->channel;
  const Result<std::optional<SessionEvent>> first = forwarding.world.run(channel.next());
  ASSERT_TRUE(first.has_value() && first->has_value());
  EXPECT_EQ((*first)->kind, SessionEvent::Kind::started);
  forwarding.add_session(channel);
  const Result<std::string> answer = forwarding.world.run(ask(&forwarding, "GET /\n", false));
  EXPECT_EQ(answer->size(), 10U + 50'000U);
}

TEST(PortForward, SaysNothingToAgentsThatNeedNoKeepAlive) {
  for (const char* version : {"3.1.1511.0", "3.3.0.0"}) {
    Forwarding forwarding(1, version);
    ASSERT_TRUE(forwarding.world.run_until([&] { return forwarding.forward.stats().sessions == 1; }).has_value());
    const std::int64_t before = forwarding.rigs[0]->channel.session().channel().acknowledged();
    forwarding.world.advance(std::chrono::seconds(65));
    const std::int64_t said = forwarding.rigs[0]->channel.session().channel().acknowledged() - before;
    EXPECT_EQ(said, version == std::string_view("3.3.0.0") ? 0 : 6) << version;
  }
}

TEST(PortForward, SessionsThatForwardNoPortAreRefused) {
  Forwarding forwarding(1, "3.3.0.0", "");
  forwarding.world.advance(std::chrono::seconds(1));
  ASSERT_TRUE(forwarding.ends[0].has_value());
  EXPECT_EQ(forwarding.ends[0]->error().kind(), ErrorKind::unsupported);
}

TEST(PortForward, CanBeCancelledAtAnyTime) {
  for (int after_ms = 0; after_ms < 600; after_ms += 71) {
    std::size_t good = 0;
    Forwarding forwarding(2);
    forwarding.serve_with(echo);
    forwarding.world.spawn(many(&forwarding, 20, 100'000, &good));
    forwarding.world.advance(std::chrono::milliseconds(after_ms));
    forwarding.world.stop_spawned();
    EXPECT_EQ(forwarding.forward.stats().open, 0U) << after_ms;
    EXPECT_EQ(forwarding.forward.stats().sessions, 0U) << after_ms;
  }
}

}  // namespace
}  // namespace postern::session
