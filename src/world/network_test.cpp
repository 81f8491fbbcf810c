#include "world/network.hpp"

#include <gtest/gtest.h>

#include <array>

#include "rt/combine.hpp"
#include "world/testing/seed.hpp"
#include "world/world.hpp"

namespace postern::world {
namespace {

using namespace std::chrono_literals;
using StreamPtr = std::unique_ptr<net::Stream>;

/// Two ends of one connection, and the World around them.
struct Joined {
  Joined() = default;
  StreamPtr client;
  StreamPtr server;
};

rt::Task<Result<std::string>> read_text(net::Stream* stream, std::size_t size) {
  std::string text;
  std::array<std::byte, 100> chunk{};
  while (text.size() < size) {
    const std::size_t want = std::min(chunk.size(), size - text.size());
    CO_TRY(const std::size_t got, co_await stream->read_some(std::span(chunk).first(want)));
    if (got == 0) break;
    text.append(net::as_text(std::span(chunk).first(got)));
  }
  co_return text;
}

rt::Task<Result<void>> write_text(net::Stream* stream, std::string text) {
  co_return co_await stream->write_all(net::as_bytes(text));
}

rt::Task<void> keep_read(net::Stream* stream, std::size_t size, std::optional<Result<std::string>>* into) {
  into->emplace(co_await read_text(stream, size));
}

rt::Task<void> keep_write(net::Stream* stream, std::string text, std::optional<Result<void>>* into) {
  into->emplace(co_await write_text(stream, std::move(text)));
}

rt::Task<Result<Joined>> join_hosts(World* world, net::Listener* listener) {
  Joined joined;
  net::Dialer& dialer = world->network().dialer("laptop");
  const net::Endpoint at = listener->local();
  CO_TRY(joined.client, co_await dialer.dial(world->ctx(), at));
  CO_TRY(joined.server, co_await listener->accept());
  co_return joined;
}

class NetworkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    listener = world.network().listen(net::Endpoint("api", 443)).value();
    world.network().set_default_link(Link(50ms));
  }
  Joined join() { return world.run(join_hosts(&world, listener.get())).value(); }
  Result<StreamPtr> dial(net::Endpoint at, Duration within = 1h) {
    return world.run(world.network().dialer("laptop").dial(world.ctx().within(within), at));
  }

  World world{testing::test_seed()};
  std::unique_ptr<net::Listener> listener;
};

TEST_F(NetworkTest, BytesTakeTheLatency) {
  const MonoTime start = world.clock().now();
  Joined joined = join();
  EXPECT_EQ(world.clock().now() - start, 100ms);
  std::optional<Result<std::string>> got;
  world.spawn(keep_read(joined.server.get(), 5, &got));
  ASSERT_TRUE(world.run(write_text(joined.client.get(), "hello")));
  world.advance(49ms);
  EXPECT_FALSE(got.has_value());
  world.advance(1ms);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->value(), "hello");
  EXPECT_EQ(joined.client->peer(), "api:443");
  EXPECT_EQ(joined.server->peer(), "laptop:49152");
}

TEST_F(NetworkTest, BandwidthAndJitterKeepTheOrder) {
  Link link(10ms);
  link.jitter = 500ms;
  link.bytes_per_second = 1000;
  world.network().set_link("api", "laptop", link);
  Joined joined = join();
  const MonoTime start = world.clock().now();
  std::optional<Result<std::string>> got;
  world.spawn(keep_read(joined.server.get(), 300, &got));
  for (const char c : {'a', 'b', 'c'}) ASSERT_TRUE(world.run(write_text(joined.client.get(), std::string(100, c))));
  ASSERT_TRUE(world.run_until([&got] { return got.has_value(); }));
  EXPECT_EQ(got->value(), std::string(100, 'a') + std::string(100, 'b') + std::string(100, 'c'));
  EXPECT_GE(world.clock().now() - start, 310ms);
}

TEST_F(NetworkTest, UnknownNamesClosedPortsAndRefusalsDiffer) {
  const auto text = [](const Result<StreamPtr>& dialled) { return dialled.error().to_text(); };
  EXPECT_EQ(text(dial(net::Endpoint("nowhere", 1))),
            "cannot connect to nowhere:1: name not found: nowhere (endpoint=nowhere:1)");
  EXPECT_EQ(text(dial(net::Endpoint("api", 80))), "cannot connect to api:80: connection refused (endpoint=api:80)");
  world.network().refuse("api");
  const Result<StreamPtr> refused = dial(net::Endpoint("api", 443));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(refused.error().delivery(), Delivery::not_sent);
  world.network().accept_again("api");
  EXPECT_TRUE(dial(net::Endpoint("api", 443)));
  EXPECT_FALSE(world.network().listen(net::Endpoint("api", 443)));
}

TEST_F(NetworkTest, APartitionHoldsDataBackUntilItHeals) {
  Joined joined = join();
  world.network().partition("laptop", "api");
  std::optional<Result<std::string>> got;
  world.spawn(keep_read(joined.server.get(), 5, &got));
  ASSERT_TRUE(world.run(write_text(joined.client.get(), "hello")));
  world.advance(1min);
  EXPECT_FALSE(got.has_value());
  world.network().heal("api", "laptop");
  world.poll();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->value(), "hello");
}

TEST_F(NetworkTest, DiallingOverAPartitionTriesAgainLikeTcp) {
  world.network().partition("laptop", "api");
  const Result<StreamPtr> late = dial(net::Endpoint("api", 443), 10s);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind(), ErrorKind::timeout);
  EXPECT_EQ(late.error().delivery(), Delivery::not_sent);
  const MonoTime start = world.clock().now();
  const Result<StreamPtr> given_up = dial(net::Endpoint("api", 443));
  EXPECT_EQ(given_up.error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(world.clock().now() - start, 127s);
  world.at(world.clock().now() + 5s, [this] { world.network().heal("laptop", "api"); });
  const MonoTime again = world.clock().now();
  EXPECT_TRUE(dial(net::Endpoint("api", 443)));
  EXPECT_EQ(world.clock().now() - again, 7s + 100ms);  // at 1, 3 and 7 seconds
}

TEST_F(NetworkTest, AResetReachesBothEnds) {
  Joined joined = join();
  std::optional<Result<std::string>> got;
  world.spawn(keep_read(joined.server.get(), 5, &got));
  world.poll();
  world.network().break_connections("laptop", "api");
  world.poll();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->error().kind(), ErrorKind::unavailable);
  EXPECT_FALSE(joined.client->is_open());
  const Result<void> written = world.run(write_text(joined.client.get(), "x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().delivery(), Delivery::not_sent);
}

TEST_F(NetworkTest, AHalfOpenConnectionIsSilentAndNewOnesWork) {
  Joined joined = join();
  world.network().silence_connections("laptop", "api");
  EXPECT_TRUE(world.run(write_text(joined.client.get(), "into the void")));
  EXPECT_TRUE(joined.client->is_open());
  const auto read = world.run(read_text(joined.client.get(), 1));
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().to_text().find("deadlock"), std::string::npos);
  Joined fresh = join();
  ASSERT_TRUE(world.run(write_text(fresh.client.get(), "hello")));
  EXPECT_EQ(world.run(read_text(fresh.server.get(), 5)).value(), "hello");
}

TEST_F(NetworkTest, ASlowReaderStopsTheWriter) {
  Link link(1ms);
  link.window = 10;
  world.network().set_default_link(link);
  Joined joined = join();
  std::optional<Result<void>> written;
  world.spawn(keep_write(joined.client.get(), "0123456789abc", &written));
  world.advance(1h);
  EXPECT_FALSE(written.has_value());
  EXPECT_EQ(world.run(read_text(joined.server.get(), 2)).value(), "01");
  world.advance(1s);
  EXPECT_FALSE(written.has_value());
  EXPECT_EQ(world.run(read_text(joined.server.get(), 1)).value(), "2");
  world.poll();
  ASSERT_TRUE(written.has_value());
  EXPECT_TRUE(*written);
  EXPECT_EQ(world.run(read_text(joined.server.get(), 10)).value(), "3456789abc");
}

TEST_F(NetworkTest, TheEndArrivesAfterTheData) {
  Joined joined = join();
  ASSERT_TRUE(world.run(write_text(joined.client.get(), "bye")));
  joined.client->close();
  EXPECT_TRUE(joined.server->is_open());  // the end is still on its way
  EXPECT_EQ(world.run(read_text(joined.server.get(), 99)).value(), "bye");
  EXPECT_FALSE(joined.server->is_open());
  // Nobody reads on the other side: the first write is sent, and its answer is a reset.
  EXPECT_TRUE(world.run(write_text(joined.server.get(), "too late")));
  world.advance(100ms);
  EXPECT_EQ(world.run(write_text(joined.server.get(), "x")).error().delivery(), Delivery::not_sent);
}

TEST_F(NetworkTest, ShutdownEndsOneDirection) {
  Joined joined = join();
  ASSERT_TRUE(world.run(joined.client->shutdown_write()));
  EXPECT_EQ(world.run(read_text(joined.server.get(), 1)).value(), "");
  ASSERT_TRUE(world.run(write_text(joined.server.get(), "answer")));
  EXPECT_EQ(world.run(read_text(joined.client.get(), 6)).value(), "answer");
  EXPECT_FALSE(world.run(write_text(joined.client.get(), "x")));
}

TEST_F(NetworkTest, FaultsStrikeBeforeHalfwayAndAfterAWrite) {
  struct Case {
    Moment moment;
    bool written;
    Delivery delivery;
    const char* arrived;
  };
  const Case cases[] = {{Moment::before, false, Delivery::not_sent, ""},
                        {Moment::halfway, false, Delivery::sent, "abc"},
                        {Moment::after, true, Delivery::unknown, "abcdef"}};
  for (const Case& one : cases) {
    Joined joined = join();
    std::optional<Result<std::string>> got;
    world.network().break_operation(1, one.moment);
    const Result<void> written = world.run(write_text(joined.client.get(), "abcdef"));
    EXPECT_TRUE(world.network().fault_done());
    EXPECT_EQ(written.has_value(), one.written);
    if (!written) EXPECT_EQ(written.error().delivery(), one.delivery);
    world.advance(1s);
    std::array<std::byte, 20> space{};
    EXPECT_EQ(joined.server->take_ready(space), std::string_view(one.arrived).size());
    EXPECT_FALSE(joined.server->is_open());
  }
}

TEST_F(NetworkTest, ChanceBreaksSomeWritesAndOneSeedAlwaysTheSame) {
  const auto broken = [](std::uint64_t seed) {
    World other(seed);
    const auto at = other.network().listen(net::Endpoint("api", 443)).value();
    Link link;
    link.break_chance = 0.3;
    other.network().set_default_link(link);
    std::string pattern;
    for (int i = 0; i < 40; ++i) {
      Joined joined = other.run(join_hosts(&other, at.get())).value();
      const Result<void> written = other.run(write_text(joined.client.get(), "0123456789"));
      pattern += written && joined.client->is_open() ? '.' : 'x';
    }
    return pattern;
  };
  const std::uint64_t seed = testing::test_seed();
  POSTERN_SEEDED(seed);
  EXPECT_EQ(broken(seed), broken(seed));
  EXPECT_NE(broken(seed), broken(seed + 1));
  EXPECT_NE(broken(seed).find('x'), std::string::npos);
  EXPECT_NE(broken(seed).find('.'), std::string::npos);
}

rt::Task<Result<std::string>> read_in_time(World* world, net::Stream* stream, Duration within) {
  const rt::CallContext ctx = world->ctx().within(within);
  rt::Task<Result<std::string>> read = read_text(stream, 1);
  co_return co_await rt::with_deadline(ctx, std::move(read));
}

TEST_F(NetworkTest, ACancelledReadLosesNothing) {
  Joined joined = join();
  EXPECT_EQ(world.run(read_in_time(&world, joined.server.get(), 10ms)).error().kind(), ErrorKind::timeout);
  ASSERT_TRUE(world.run(write_text(joined.client.get(), "a")));
  EXPECT_EQ(world.run(read_in_time(&world, joined.server.get(), 60ms)).value(), "a");
}

TEST_F(NetworkTest, AcceptEndsWhenTheListenerCloses) {
  world.at(world.clock().now() + 1s, [this] { listener->close(); });
  EXPECT_EQ(world.run(listener->accept()).error().kind(), ErrorKind::cancelled);
  EXPECT_FALSE(dial(net::Endpoint("api", 443)));
  EXPECT_TRUE(world.expect_idle());
}

}  // namespace
}  // namespace postern::world
