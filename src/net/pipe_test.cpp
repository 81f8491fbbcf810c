#include "net/pipe.hpp"

#include <gtest/gtest.h>

#include "net/testing.hpp"

namespace postern::net {
namespace {

using testing::Bench;
using testing::read_exactly;
using testing::read_to_end;
using testing::settle;

rt::Task<void> write_into(Stream* stream, std::string text, std::optional<Result<void>>* result) {
  result->emplace(co_await stream->write_all(as_bytes(text)));
}

rt::Task<void> read_into(Stream* stream, std::size_t size, std::optional<Result<std::string>>* result) {
  std::string text(size, '\0');
  Result<std::size_t> got = co_await stream->read_some(std::as_writable_bytes(std::span<char>(text)));
  if (!got) {
    result->emplace(fail(std::move(got).error()));
  } else {
    text.resize(*got);
    result->emplace(std::move(text));
  }
}

TEST(Pipe, AnUnbufferedWriteEndsWhenTheOtherSideHasReadIt) {
  Bench bench;
  bench.loop.run([](Bench*) -> rt::Task<int> {
    auto ends = make_pipe();
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    std::optional<Result<void>> written;
    group.spawn(write_into(ends.first.get(), "hello", &written));
    co_await settle();
    EXPECT_FALSE(written.has_value());
    EXPECT_EQ(co_await read_exactly(*ends.second, 3), "hel");
    co_await settle();
    EXPECT_FALSE(written.has_value());
    EXPECT_EQ(co_await read_exactly(*ends.second, 2), "lo");
    co_await group.join();
    EXPECT_TRUE(written->has_value());
    co_return 0;
  }(&bench));
}

TEST(Pipe, CapacityLetsThatMuchBeInFlight) {
  Bench bench;
  bench.loop.run([](Bench*) -> rt::Task<int> {
    auto ends = make_pipe(PipeOptions(4));
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    std::optional<Result<void>> written;
    group.spawn(write_into(ends.first.get(), "abcd", &written));
    co_await settle();
    EXPECT_TRUE(written.has_value());
    std::optional<Result<void>> more;
    group.spawn(write_into(ends.first.get(), "efghijkl", &more));
    co_await settle();
    EXPECT_FALSE(more.has_value());
    EXPECT_EQ(co_await read_exactly(*ends.second, 12), "abcdefghijkl");
    co_await group.join();
    EXPECT_TRUE(more->has_value());
    co_return 0;
  }(&bench));
}

TEST(Pipe, ClosingOneEndWakesTheOther) {
  Bench bench;
  bench.loop.run([](Bench*) -> rt::Task<int> {
    auto ends = make_pipe();
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    std::optional<Result<std::string>> read;
    std::optional<Result<void>> written;
    group.spawn(read_into(ends.second.get(), 10, &read));
    group.spawn(write_into(ends.second.get(), "lost", &written));
    co_await settle();
    ends.first->close();
    co_await group.join();
    EXPECT_EQ(read->value(), "");
    EXPECT_EQ(written->error().kind(), ErrorKind::unavailable);
    EXPECT_EQ(written->error().delivery(), Delivery::not_sent);
    EXPECT_FALSE(ends.second->is_open());
    co_return 0;
  }(&bench));
}

TEST(Pipe, ClosingOnesOwnEndEndsItsPendingOperations) {
  Bench bench;
  bench.loop.run([](Bench*) -> rt::Task<int> {
    auto ends = make_pipe();
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    std::optional<Result<std::string>> read;
    std::optional<Result<void>> written;
    group.spawn(read_into(ends.first.get(), 10, &read));
    group.spawn(write_into(ends.first.get(), "abc", &written));
    co_await settle();
    EXPECT_EQ(co_await read_exactly(*ends.second, 1), "a");
    ends.first->close();
    co_await group.join();
    EXPECT_EQ(read->error().kind(), ErrorKind::unavailable);
    EXPECT_EQ(written->error().delivery(), Delivery::sent);
    co_return 0;
  }(&bench));
}

TEST(Pipe, CancelledOperationsLeaveItUsable) {
  Bench bench;
  bench.loop.run([](Bench*) -> rt::Task<int> {
    auto ends = make_pipe();
    std::optional<Result<std::string>> read;
    std::optional<Result<void>> written;
    {
      rt::TaskGroup group(co_await rt::asio::this_coro::executor);
      group.spawn(read_into(ends.first.get(), 10, &read));
      group.spawn(write_into(ends.first.get(), "dropped", &written));
      co_await settle();
      group.cancel();
      co_await group.join();
    }
    EXPECT_EQ(read->error().kind(), ErrorKind::cancelled);
    EXPECT_EQ(written->error().kind(), ErrorKind::cancelled);
    EXPECT_EQ(written->error().delivery(), Delivery::not_sent);
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    group.spawn(testing::write_text(*ends.first, "kept"));
    EXPECT_EQ(co_await read_exactly(*ends.second, 4), "kept");
    co_await group.join();
    co_return 0;
  }(&bench));
}

TEST(Pipe, TakeReadyNeverWaits) {
  Bench bench;
  bench.loop.run([](Bench*) -> rt::Task<int> {
    auto ends = make_pipe(PipeOptions(64));
    std::byte buffer[8];
    EXPECT_EQ(ends.second->take_ready(std::span<std::byte>(buffer)), 0U);
    EXPECT_TRUE(ends.second->is_open());
    co_await testing::write_text(*ends.first, "xy");
    EXPECT_EQ(ends.second->take_ready(std::span<std::byte>(buffer)), 2U);
    const Result<void> ended = co_await ends.first->shutdown_write();
    EXPECT_TRUE(ended.has_value());
    EXPECT_FALSE(ends.second->is_open());
    EXPECT_EQ(co_await read_to_end(*ends.second), "");
    co_return 0;
  }(&bench));
}

TEST(MemoryNetwork, ConnectsByNameAndSaysWhyNot) {
  Bench bench;
  bench.loop.run([](Bench* b) -> rt::Task<int> {
    MemoryNetwork network;
    auto listener = network.listen(Endpoint("sts.test", 443));
    EXPECT_TRUE(listener.has_value());
    EXPECT_FALSE(network.listen(Endpoint("sts.test", 443)).has_value());
    auto client = co_await network.dialer().dial(b->ctx(), Endpoint("sts.test", 443));
    auto server = co_await (*listener)->accept();
    EXPECT_TRUE(client.has_value() && server.has_value());
    co_await testing::write_text(**client, "ping");
    EXPECT_EQ(co_await read_exactly(**server, 4), "ping");

    auto refused = co_await network.dialer().dial(b->ctx(), Endpoint("sts.test", 80));
    EXPECT_EQ(refused.error().message(), "cannot connect to sts.test:80: connection refused");
    auto unknown = co_await network.dialer().dial(b->ctx(), Endpoint("nowhere.test", 80));
    EXPECT_EQ(unknown.error().message(), "cannot connect to nowhere.test:80: name not found: nowhere.test");
    EXPECT_EQ(unknown.error().delivery(), Delivery::not_sent);
    (*listener)->close();
    auto closed = co_await (*listener)->accept();
    EXPECT_EQ(closed.error().kind(), ErrorKind::cancelled);
    co_return 0;
  }(&bench));
}

}  // namespace
}  // namespace postern::net
