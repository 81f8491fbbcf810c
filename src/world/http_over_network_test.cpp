#include <gtest/gtest.h>

#include <map>

#include "http/pool.hpp"
#include "http/server.hpp"
#include "rt/combine.hpp"
#include "world/testing/seed.hpp"
#include "world/world.hpp"

// The real HTTP client and server on a network that loses connections at the worst moments.

namespace postern::world {
namespace {

using namespace std::chrono_literals;

/// Executes what it is asked, once per request that arrives whole, and takes two seconds for "/slow".
class Counting final : public http::Service {
 public:
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo, http::Request request) override {
    ++executed[request.body];
    if (request.target == "/slow") {
      const MonoTime until = ctx.now() + 2s;
      CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), until));
    }
    http::Response response;
    response.body = "done " + request.body;
    co_return response;
  }
  std::map<std::string, int> executed;
};

/// A server on "api:80", a pool on "laptop".
class Rig {
 public:
  explicit Rig(std::uint64_t seed) : world(seed) {
    world.network().set_default_link(Link(20ms));
    auto listener = world.network().listen(net::Endpoint("api", 80)).value();
    http::PeerInfo peer;
    server.emplace(world.executor(), std::move(listener), service, peer);
    server->start(world.ctx());
    pool.emplace(world.executor(), world.clock(), world.network().dialer("laptop"), nullptr);
  }
  ~Rig() {
    EXPECT_TRUE(world.run(pool->close()));
    EXPECT_TRUE(world.run(server->stop()));
  }

  rt::Task<Result<http::Response>> send(std::string target, std::string body, Duration within) {
    http::Origin origin;
    origin.tls = false;
    origin.host = "api";
    origin.port = 80;
    http::Request request;
    request.method = "POST";
    request.target = std::move(target);
    request.body = std::move(body);
    return pool->send(world.ctx().within(within), std::move(origin), std::move(request));
  }
  Result<http::Response> run(std::string target, std::string body, Duration within = 10s) {
    return world.run(send(std::move(target), std::move(body), within));
  }

  World world;
  Counting service;
  std::optional<http::Server> server;
  std::optional<http::ClientPool> pool;
};

TEST(HttpOverNetwork, KeepsOneConnectionAlive) {
  Rig rig(1);
  for (const char* body : {"a", "b", "c"}) {
    const Result<http::Response> response = rig.run("/", body);
    ASSERT_TRUE(response) << response.error().to_text();
    EXPECT_EQ(response->body, std::string("done ") + body);
  }
  EXPECT_EQ(rig.pool->stats().opened, 1U);
  EXPECT_EQ(rig.pool->stats().reused, 2U);
}

TEST(HttpOverNetwork, TheDeadlineEndsARequestThatWasSent) {
  Rig rig(1);
  const MonoTime start = rig.world.clock().now();
  const Result<http::Response> late = rig.run("/slow", "x", 1s);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind(), ErrorKind::timeout);
  EXPECT_EQ(late.error().delivery(), Delivery::sent);
  EXPECT_EQ(rig.world.clock().now() - start, 1s);
  EXPECT_TRUE(rig.run("/", "next"));
}

TEST(HttpOverNetwork, APartitionAndAHalfOpenConnectionEndAtTheDeadline) {
  Rig rig(1);
  ASSERT_TRUE(rig.run("/", "warm"));
  rig.world.network().silence_connections("laptop", "api");
  const Result<http::Response> silent = rig.run("/", "silent", 5s);
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().kind(), ErrorKind::timeout);
  EXPECT_NE(silent.error().delivery(), Delivery::not_sent);
  rig.world.network().partition("laptop", "api");
  const Result<http::Response> cut = rig.run("/", "cut", 5s);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind(), ErrorKind::timeout);
  EXPECT_EQ(cut.error().delivery(), Delivery::not_sent);
  EXPECT_FALSE(rig.service.executed.contains("cut"));
  rig.world.network().heal("laptop", "api");
  EXPECT_TRUE(rig.run("/", "healed"));
}

rt::Task<void> keep_response(Rig* rig, std::string target, std::string body,
                             std::optional<Result<http::Response>>* into) {
  into->emplace(co_await rig->send(std::move(target), std::move(body), 10s));
}

rt::Task<Result<void>> cancel_after(Rig* rig, Duration pause, std::optional<Result<http::Response>>* into) {
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  group.spawn(keep_response(rig, "/slow", "x", into));
  const MonoTime until = rig->world.clock().now() + pause;
  const Result<void> slept = co_await rt::sleep_until(rig->world.clock(), until);
  group.cancel();
  co_await group.join();
  co_return slept;
}

TEST(HttpOverNetwork, ACancelledRequestSaysHowFarItGot) {
  for (const Duration pause : {0ms, 10ms, 39ms, 41ms, 59ms, 61ms, 500ms}) {
    Rig rig(1);
    std::optional<Result<http::Response>> response;
    ASSERT_TRUE(rig.world.run(cancel_after(&rig, pause, &response)));
    rig.world.advance(1s);
    ASSERT_TRUE(response.has_value());
    ASSERT_FALSE(*response);
    EXPECT_EQ(response->error().kind(), ErrorKind::cancelled);
    if (response->error().delivery() == Delivery::not_sent) {
      EXPECT_TRUE(rig.service.executed.empty()) << pause.count();
    }
    EXPECT_EQ(response->error().delivery() == Delivery::not_sent, pause < 40ms) << pause.count();
  }
}

/// Four requests one after the other, then three at once, so that faults meet fresh and reused connections.
std::map<std::string, Result<http::Response>> send_seven(Rig& rig) {
  std::map<std::string, Result<http::Response>> answers;
  for (const char* body : {"a", "b", "c", "d"}) answers.emplace(body, rig.run("/", body));
  const std::vector<std::string> bodies = {"e", "f", "g"};
  std::vector<std::optional<Result<http::Response>>> kept(bodies.size());
  rt::TaskGroup group(rig.world.executor());
  for (std::size_t i = 0; i < bodies.size(); ++i) group.spawn(keep_response(&rig, "/slow", bodies[i], &kept[i]));
  EXPECT_TRUE(rig.world.run(group.join()));
  for (std::size_t i = 0; i < bodies.size(); ++i) answers.emplace(bodies[i], std::move(*kept[i]));
  return answers;
}

/// What a caller may conclude from an answer, or from an error's delivery(), must be what happened.
void check_against_truth(const Rig& rig, const std::map<std::string, Result<http::Response>>& answers) {
  for (const auto& [body, answer] : answers) {
    const auto found = rig.service.executed.find(body);
    const int times = found == rig.service.executed.end() ? 0 : found->second;
    EXPECT_LE(times, 1) << body << " was executed twice";
    if (answer) {
      EXPECT_EQ(answer->body, "done " + body);
      EXPECT_EQ(times, 1) << body;
    } else if (answer.error().delivery() == Delivery::not_sent) {
      EXPECT_EQ(times, 0) << body << ": " << answer.error().to_text();
    } else {
      EXPECT_NE(answer.error().delivery(), Delivery::answered) << body;
    }
  }
}

TEST(HttpOverNetwork, ALossAtAnyOperationEndsEveryRequestWithTheTruth) {
  const std::uint64_t seed = testing::test_seed();
  POSTERN_SEEDED(seed);
  std::uint64_t failures = 0;
  for (const Moment moment : {Moment::before, Moment::halfway, Moment::after}) {
    for (std::uint64_t nth = 1;; ++nth) {
      SCOPED_TRACE("operation " + std::to_string(nth) + " moment " + std::to_string(static_cast<int>(moment)));
      Rig rig(seed);
      rig.world.network().break_operation(nth, moment);
      const auto answers = send_seven(rig);
      if (!rig.world.network().fault_done()) {
        EXPECT_GT(nth, 20U);
        break;
      }
      ASSERT_LT(nth, 1000U);
      check_against_truth(rig, answers);
      for (const auto& [body, answer] : answers) failures += answer ? 0 : 1;
    }
  }
  EXPECT_GT(failures, 20U);
}

TEST(HttpOverNetwork, ABadNetworkNeverMakesTheClientWrong) {
  const std::uint64_t seed = testing::test_seed();
  for (std::uint64_t i = 0; i < 30; ++i) {
    POSTERN_SEEDED(seed + i);
    Rig rig(seed + i);
    Link link(20ms);
    link.jitter = 30ms;
    link.window = 64;
    link.bytes_per_second = 20'000;
    link.break_chance = 0.1;
    rig.world.network().set_default_link(link);
    check_against_truth(rig, send_seven(rig));
  }
}

std::uint64_t hash_of_seven(std::uint64_t seed) {
  Rig rig(seed);
  Link link(20ms);
  link.jitter = 30ms;
  link.break_chance = 0.1;
  rig.world.network().set_default_link(link);
  const auto answers = send_seven(rig);
  EXPECT_EQ(answers.size(), 7U);
  return rig.world.trace().hash();
}

TEST(HttpOverNetwork, OneSeedHasOneHash) {
  const std::uint64_t seed = testing::test_seed();
  POSTERN_SEEDED(seed);
  EXPECT_EQ(hash_of_seven(seed), hash_of_seven(seed));
  EXPECT_NE(hash_of_seven(seed), hash_of_seven(seed + 1));
}

}  // namespace
}  // namespace postern::world
