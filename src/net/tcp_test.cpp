#include "net/tcp.hpp"

#include <gtest/gtest.h>

#include "net/testing.hpp"

namespace postern::net {
namespace {

using testing::Bench;
using testing::read_exactly;

struct TcpPair {
  TcpPair() = default;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Stream> client;
  std::unique_ptr<Stream> server;
};

rt::Task<TcpPair> tcp_pair(Bench* bench) {
  TcpPair pair;
  pair.listener = std::move(*listen_tcp(bench->loop.executor(), Endpoint("127.0.0.1", 0)));
  TcpDialer dialer(bench->loop.executor());
  auto client = co_await dialer.dial(bench->real_ctx(), pair.listener->local());
  auto server = co_await pair.listener->accept();
  EXPECT_TRUE(client.has_value() && server.has_value());
  pair.client = std::move(*client);
  pair.server = std::move(*server);
  co_return pair;
}

rt::Task<void> tcp_dial_into(Dialer* dialer, rt::CallContext ctx, Endpoint endpoint,
                             std::optional<Result<std::unique_ptr<Stream>>>* result) {
  result->emplace(co_await dialer->dial(ctx, std::move(endpoint)));
}

TEST(Tcp, CarriesBytesBothWaysAndTheEnd) {
  Bench bench;
  bench.loop.run([](Bench* b) -> rt::Task<int> {
    TcpPair pair = co_await tcp_pair(b);
    co_await testing::write_text(*pair.client, "question");
    EXPECT_EQ(co_await read_exactly(*pair.server, 8), "question");
    co_await testing::write_text(*pair.server, "answer");
    EXPECT_EQ(co_await read_exactly(*pair.client, 6), "answer");
    const Result<void> ended = co_await pair.server->shutdown_write();
    EXPECT_TRUE(ended.has_value());
    EXPECT_EQ(co_await testing::read_to_end(*pair.client), "");
    EXPECT_FALSE(pair.client->is_open());
    EXPECT_EQ(pair.server->peer().substr(0, 10), "127.0.0.1:");
    co_return 0;
  }(&bench));
}

TEST(Tcp, WritesMoreThanTheSocketHolds) {
  Bench bench;
  bench.loop.run([](Bench* b) -> rt::Task<int> {
    TcpPair pair = co_await tcp_pair(b);
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    const std::size_t size = 20'000'000;
    group.spawn(testing::write_text(*pair.client, std::string(size, 'x')));
    const std::string read = co_await read_exactly(*pair.server, size);
    EXPECT_EQ(read.size(), size);
    co_await group.join();
    co_return 0;
  }(&bench));
}

TEST(Tcp, SeesThatThePeerClosedWithoutReading) {
  Bench bench;
  bench.loop.run([](Bench* b) -> rt::Task<int> {
    TcpPair pair = co_await tcp_pair(b);
    std::byte byte[1];
    EXPECT_EQ(pair.client->take_ready(std::span<std::byte>(byte)), 0U);
    EXPECT_TRUE(pair.client->is_open());
    pair.server->close();
    EXPECT_EQ(pair.client->take_ready(std::span<std::byte>(byte)), 0U);
    EXPECT_FALSE(pair.client->is_open());
    co_return 0;
  }(&bench));
}

TEST(Tcp, TellsAResetThatTakeReadyMetInTheNextRead) {
  Bench bench;
  bench.loop.run([](Bench* b) -> rt::Task<int> {
    TcpPair pair = co_await tcp_pair(b);
    co_await testing::write_text(*pair.client, "unread");
    co_await testing::write_text(*pair.server, "half");
    pair.server->close();  // what it has not read makes it a reset
    std::byte bytes[8];
    EXPECT_EQ(pair.client->take_ready(std::span<std::byte>(bytes)), 4U);
    EXPECT_EQ(pair.client->take_ready(std::span<std::byte>(bytes)), 0U);
    EXPECT_FALSE(pair.client->is_open());
    const Result<std::size_t> got = co_await pair.client->read_some(std::span<std::byte>(bytes));
    EXPECT_FALSE(got.has_value()) << "a reset is no orderly end";
    co_return 0;
  }(&bench));
}

TEST(Tcp, NamesEndpointAndReasonWhenItCannotConnect) {
  Bench bench;
  bench.loop.run([](Bench* b) -> rt::Task<int> {
    auto listener = listen_tcp(b->loop.executor(), Endpoint("127.0.0.1", 0));
    const Endpoint free = (*listener)->local();
    listener->reset();
    TcpDialer dialer(b->loop.executor());
    auto refused = co_await dialer.dial(b->real_ctx(), free);
    EXPECT_EQ(refused.error().kind(), ErrorKind::unavailable);
    EXPECT_EQ(refused.error().message(), "cannot connect to " + free.to_text() + ": connection refused");
    EXPECT_EQ(refused.error().delivery(), Delivery::not_sent);
    auto unknown = co_await dialer.dial(b->real_ctx(), Endpoint("no-such-host.invalid", 443));
    EXPECT_EQ(unknown.error().kind(), ErrorKind::unavailable);
    EXPECT_NE(unknown.error().message().find("no-such-host.invalid"), std::string::npos);
    co_return 0;
  }(&bench));
}

TEST(Tcp, ResolvesNames) {
  Bench bench;
  bench.loop.run([](Bench* b) -> rt::Task<int> {
    auto listener = listen_tcp(b->loop.executor(), Endpoint("127.0.0.1", 0));
    TcpDialer dialer(b->loop.executor());
    auto stream = co_await dialer.dial(b->real_ctx(), Endpoint("localhost", (*listener)->local().port));
    EXPECT_TRUE(stream.has_value()) << stream.error().to_text();
    co_return 0;
  }(&bench));
}

TEST(Tcp, GivesUpAtTheDeadlineAndWhenCancelled) {
  Bench bench;
  bench.loop.run([](Bench* b) -> rt::Task<int> {
    // A listener whose backlog is full answers no more: the system leaves the next one waiting.
    TcpDialer dialer(b->loop.executor());
    std::optional<Result<std::unique_ptr<Stream>>> late;
    std::optional<Result<std::unique_ptr<Stream>>> stopped;
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    rt::TaskGroup doomed(co_await rt::asio::this_coro::executor);
    const rt::CallContext ctx = b->ctx().within(std::chrono::seconds(3));
    // 192.0.2.0/24 is for documentation only (RFC 5737): nothing answers, or this host has no route at all.
    group.spawn(tcp_dial_into(&dialer, ctx, Endpoint("192.0.2.1", 9), &late));
    doomed.spawn(tcp_dial_into(&dialer, b->ctx(), Endpoint("192.0.2.1", 9), &stopped));
    co_await testing::settle();
    b->clock.advance(std::chrono::seconds(4));
    doomed.cancel();
    co_await group.join();
    co_await doomed.join();
    if (late->error().kind() != ErrorKind::unavailable) {
      EXPECT_EQ(late->error().kind(), ErrorKind::timeout);
      EXPECT_EQ(stopped->error().kind(), ErrorKind::cancelled);
    }
    EXPECT_EQ(late->error().delivery(), Delivery::not_sent);
    co_return 0;
  }(&bench));
}

TEST(Tcp, ListeningFailsInPlainWords) {
  Bench bench;
  auto taken = listen_tcp(bench.loop.executor(), Endpoint("127.0.0.1", 0));
  ASSERT_TRUE(taken.has_value());
  auto again = listen_tcp(bench.loop.executor(), (*taken)->local());
  EXPECT_EQ(again.error().message(),
            "cannot listen on " + (*taken)->local().to_text() + ": the address is already in use");
  auto name = listen_tcp(bench.loop.executor(), Endpoint("localhost", 0));
  EXPECT_EQ(name.error().kind(), ErrorKind::usage);
}

TEST(Tcp, CancelledReadsAndClosedListenersEnd) {
  Bench bench;
  bench.loop.run([](Bench* b) -> rt::Task<int> {
    TcpPair pair = co_await tcp_pair(b);
    std::optional<Result<std::size_t>> read;
    std::optional<Result<std::unique_ptr<Stream>>> accepted;
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    group.spawn([](Stream* stream, std::optional<Result<std::size_t>>* into) -> rt::Task<void> {
      std::byte buffer[4];
      into->emplace(co_await stream->read_some(std::span<std::byte>(buffer)));
    }(pair.client.get(), &read));
    rt::TaskGroup accepting(co_await rt::asio::this_coro::executor);
    accepting.spawn([](Listener* listener, std::optional<Result<std::unique_ptr<Stream>>>* into) -> rt::Task<void> {
      into->emplace(co_await listener->accept());
    }(pair.listener.get(), &accepted));
    co_await testing::settle();
    group.cancel();
    pair.listener->close();
    co_await group.join();
    co_await accepting.join();
    EXPECT_EQ(read->error().kind(), ErrorKind::cancelled);
    EXPECT_EQ(accepted->error().kind(), ErrorKind::cancelled);
    co_return 0;
  }(&bench));
}

}  // namespace
}  // namespace postern::net
