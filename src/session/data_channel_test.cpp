#include "session/data_channel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "http/wire.hpp"
#include "net/pipe.hpp"
#include "net/testing_bytes.hpp"
#include "session/testing/rig.hpp"
#include "ws/handshake.hpp"

namespace postern::session {
namespace {

using testing::channel_options;
using testing::keep;
using testing::Rig;

AgentSessionOptions agent_of(SessionType type) {
  AgentSessionOptions options;
  options.type = type;
  options.port.port = "22";
  return options;
}

/// Everything that the session says until it ends: "started; output abc; closed why; ".
rt::Task<void> hear(DataChannel* channel, std::string* heard) {
  constexpr const char* kNames[] = {"output",  "errors", "exit",   "started", "key",
                                    "message", "flag",   "closed", "failed"};
  for (;;) {
    Result<std::optional<SessionEvent>> event = co_await channel->next();
    if (!event || !event->has_value()) co_return;
    const SessionEvent& one = **event;
    *heard += kNames[static_cast<int>(one.kind)];
    if (!one.bytes.empty()) *heard += " " + one.bytes;
    if (one.error) *heard += " " + one.error->to_text();
    *heard += "; ";
  }
}

/// Runs the channel beside; the session's events become a text.
class Running : public Rig {
 public:
  explicit Running(AgentSessionOptions agent, DataChannelOptions options = channel_options())
      : Rig(std::move(agent), std::move(options)) {
    world.spawn(keep(channel.run(), &result));
    world.spawn(hear(&channel, &heard));
  }
  ~Running() { world.stop_spawned(); }

  bool wait(const std::function<bool()>& done, Duration within = std::chrono::minutes(5)) {
    return world.run_until(done, within).has_value();
  }
  bool wait_to_hear(std::string_view part, Duration within = std::chrono::minutes(5)) {
    return wait([&] { return heard.find(part) != std::string::npos; }, within);
  }
  bool wait_to_end(Duration within = std::chrono::minutes(5)) {
    return wait([&] { return result.has_value(); }, within);
  }

  std::optional<Result<void>> result;
  std::string heard;
};

TEST(DataChannel, OpensAConnectionAsTheServiceExpects) {
  Running rig(agent_of(SessionType::port));
  ASSERT_TRUE(rig.wait_to_hear("started")) << rig.heard;
  EXPECT_EQ(rig.dialled, "ssmmessages:80");
  ASSERT_EQ(rig.service.upgrades.size(), 1U);
  const http::Request& upgrade = rig.service.upgrades[0];
  EXPECT_EQ(upgrade.target, "/v1/data-channel/ops-0123456789abcdef0?role=publish_subscribe&cell=a%2Fb") << "verbatim";
  EXPECT_EQ(upgrade.headers.get("Host"), "ssmmessages");
  EXPECT_EQ(upgrade.headers.find("Authorization"), nullptr);
  EXPECT_EQ(upgrade.headers.find("Origin"), nullptr);
  EXPECT_EQ(upgrade.headers.find("Sec-WebSocket-Protocol"), nullptr);
  ASSERT_EQ(rig.service.openings.size(), 1U);
  EXPECT_EQ(rig.service.openings[0].token, "token-0");
  EXPECT_EQ(rig.service.openings[0].client_id, "11111111-2222-4333-8444-555555555555");
  EXPECT_EQ(rig.service.openings[0].client_version, kClientVersion);
  EXPECT_EQ(rig.news, "connected ");
}

rt::Task<Result<std::unique_ptr<net::Stream>>> hand_out(std::unique_ptr<net::Stream>* stream) {
  co_return std::move(*stream);
}

/// A service that looks at frames itself: what the client says first, by kind and text.
rt::Task<std::string> look_at_frames(net::Stream* stream, std::size_t count) {
  http::MessageReader reader(*stream, http::WireLimits());
  auto request = co_await reader.read_request();
  if (!request || !request->has_value()) co_return "no request";
  Result<http::Response> response = ws::accept_upgrade((*request)->request);
  if (!response) co_return response.error().to_text();
  std::string bytes;
  CHECK(http::write_response_to(bytes, *response, http::Persistence::keep, http::Method::other).has_value());
  co_await net::testing::write_text(*stream, std::move(bytes));
  ws::FrameReader frames(ws::Role::server, ws::FrameLimits());
  frames.feed(reader.take_leftover());
  std::string seen;
  while (count > 0) {
    auto event = frames.next();
    if (!event) co_return seen + event.error().message;
    if (!event->has_value()) {
      std::vector<std::byte> buffer(1000);
      const Result<std::size_t> got = co_await stream->read_some(buffer);
      if (!got || *got == 0) break;
      frames.feed(net::as_text(std::span<const std::byte>(buffer.data(), *got)));
      continue;
    }
    const ws::Event& one = **event;
    seen += one.kind == ws::Event::Kind::text ? "text " : one.kind == ws::Event::Kind::ping ? "ping " : "other ";
    seen += one.payload.substr(0, 23) + "; ";
    --count;
  }
  co_return seen;
}

TEST(DataChannel, PingsAtOnce) {
  world::World world{world::testing::test_seed()};
  testing::FakeService service(world.ctx(), agent_of(SessionType::port));
  auto pipe = net::make_pipe(net::PipeOptions(64U << 10U));
  std::unique_ptr<net::Stream> mine = std::move(pipe.first);
  const auto dial = [&mine](rt::CallContext, net::Endpoint, bool) -> rt::Task<Result<std::unique_ptr<net::Stream>>> {
    return hand_out(&mine);
  };
  DataChannel channel(world.ctx(), dial, service, testing::FakeService::started(), channel_options());
  std::optional<Result<void>> result;
  world.spawn(keep(channel.run(), &result));
  const Result<std::string> seen = world.run(look_at_frames(pipe.second.get(), 2));
  EXPECT_EQ(*seen, "text {\"MessageSchemaVersion\"; ping keepalive; ");
  world.stop_spawned();
}

TEST(DataChannel, CarriesInputAndOutput) {
  Running rig(agent_of(SessionType::port));
  std::string input;
  rig.service.on_event = [&](AgentEvent& event) {
    if (event.kind == AgentEvent::Kind::input) input += event.bytes;
  };
  ASSERT_TRUE(rig.wait_to_hear("started"));
  ASSERT_TRUE(rig.world.run(rig.channel.write("question\n")).has_value());
  ASSERT_TRUE(rig.world.run(rig.channel.settle()).has_value());
  EXPECT_EQ(input, "question\n");
  rig.service.agent.send_output("answer");
  rig.service.wake();
  EXPECT_TRUE(rig.wait_to_hear("output answer"));
}

TEST(DataChannel, PutsMoreIntoAMessageForAgentsThatTakeMore) {
  for (const std::size_t unit : {1024UL, 16'384UL, 500'000UL}) {
    AgentSessionOptions agent = agent_of(SessionType::port);
    agent.unit = unit;
    Running rig(std::move(agent));
    std::vector<std::size_t> sizes;
    rig.service.on_event = [&](AgentEvent& event) {
      if (event.kind == AgentEvent::Kind::input) sizes.push_back(event.bytes.size());
    };
    ASSERT_TRUE(rig.wait_to_hear("started"));
    ASSERT_TRUE(rig.world.run(rig.channel.write(std::string(40'000, 'x'))).has_value());
    ASSERT_TRUE(rig.world.run(rig.channel.settle()).has_value());
    ASSERT_TRUE(rig.wait([&] { return std::accumulate(sizes.begin(), sizes.end(), 0UL) == 40'000UL; }));
    EXPECT_EQ(*std::max_element(sizes.begin(), sizes.end()), std::min(unit, kPayloadMax));
  }
}

TEST(DataChannel, EndsWithWhatTheServiceSays) {
  Running rig(agent_of(SessionType::port));
  ASSERT_TRUE(rig.wait_to_hear("started"));
  rig.service.agent.send_output("last");
  rig.service.close_session("Session timed out");
  ASSERT_TRUE(rig.wait_to_end());
  EXPECT_TRUE(rig.result->has_value());
  EXPECT_TRUE(rig.wait_to_hear("closed"));
  EXPECT_EQ(rig.heard, "started; output last; closed Session timed out; ");
  EXPECT_EQ(rig.world.run(rig.channel.write("x")).error().message(), "the session has ended");
  EXPECT_TRUE(rig.world.run(rig.channel.settle()).has_value());
  EXPECT_TRUE(rig.world.run(rig.channel.terminate()).has_value());
  EXPECT_EQ(rig.service.resumed, 0);
}

TEST(DataChannel, FetchesTheKeyOfAnEncryptedSession) {
  AgentSessionOptions agent = agent_of(SessionType::shell);
  agent.kms_key = "arn:aws:kms:us-east-1:111122223333:key/k";
  Running rig(std::move(agent));
  rig.service.on_event = [&](AgentEvent& event) {
    if (event.kind == AgentEvent::Kind::need_key) {
      rig.service.agent.data_key(Secret<std::string>(std::string(64, 'k')));
      rig.service.wake();
    }
  };
  ASSERT_TRUE(rig.wait_to_hear("started")) << rig.heard;
  EXPECT_TRUE(rig.channel.session().is_encrypted());
  EXPECT_EQ(rig.service.asked_for().key_id, "arn:aws:kms:us-east-1:111122223333:key/k");
  EXPECT_EQ(rig.service.asked_for().target, "i-0123456789abcdef0");
  rig.service.agent.send_output("secret");
  rig.service.wake();
  EXPECT_TRUE(rig.wait_to_hear("output secret"));
}

TEST(DataChannel, ASessionWhoseKeyMayNotBeUsedIsEndedAtTheService) {
  AgentSessionOptions agent = agent_of(SessionType::shell);
  agent.kms_key = "key";
  Running rig(std::move(agent));
  rig.service.key_fails = Error(ErrorKind::denied, "not authorized to perform kms:GenerateDataKey");
  std::string told;
  rig.service.on_event = [&](AgentEvent& event) {
    if (event.kind == AgentEvent::Kind::failed) told = event.bytes;
  };
  ASSERT_TRUE(rig.wait_to_end());
  EXPECT_TRUE(rig.wait_to_hear("failed"));
  EXPECT_NE(rig.heard.find("kms:GenerateDataKey"), std::string::npos) << rig.heard;
  EXPECT_EQ(rig.service.terminated, 1);
  EXPECT_TRUE(rig.wait([&] { return told.starts_with("KMSEncryption failed on client"); })) << told;
}

TEST(DataChannel, ComesBackWithANewTokenAndTheSameIdAtTheSameUrl) {
  Running rig(agent_of(SessionType::port));
  ASSERT_TRUE(rig.wait_to_hear("started"));
  rig.cut();
  ASSERT_TRUE(rig.wait([&] { return rig.service.openings.size() == 2; }));
  EXPECT_EQ(rig.service.openings[1].token, "token-1");
  EXPECT_EQ(rig.service.openings[1].client_id, rig.service.openings[0].client_id);
  EXPECT_EQ(rig.service.upgrades[1].target, rig.service.upgrades[0].target);
  EXPECT_EQ(rig.news, "connected lost resumed ");
  EXPECT_EQ(rig.channel.reconnections(), 1U);
}

rt::Task<void> write_lots(DataChannel* channel, const std::string* bytes, bool* done) {
  for (std::size_t at = 0; at < bytes->size(); at += 100'000) {
    std::string part = bytes->substr(at, 100'000);
    const Result<void> written = co_await channel->write(std::move(part));
    if (!written) co_return;
  }
  const Result<void> settled = co_await channel->settle();
  *done = settled.has_value();
}

TEST(DataChannel, AHundredLossesLoseNoByteAndDoubleNone) {
  Running rig(agent_of(SessionType::port));
  ASSERT_TRUE(rig.wait_to_hear("started"));
  std::string up;
  rig.service.on_event = [&](AgentEvent& event) {
    if (event.kind == AgentEvent::Kind::input) up += event.bytes;
  };
  const std::string sent = [] {
    std::string text;
    for (int i = 0; text.size() < 3'000'000; ++i) text += std::to_string(i) + ",";
    return text;
  }();
  bool up_done = false;
  rig.world.spawn(write_lots(&rig.channel, &sent, &up_done));
  // Down, as fast as the agent may.
  rig.heard.clear();
  std::size_t given = 0;
  const auto give = [&] {
    while (given < sent.size() && rig.service.agent.room() > 0) {
      const std::size_t part = std::min(rig.service.agent.room(), sent.size() - given);
      rig.service.agent.send_output(std::string_view(sent).substr(given, part));
      given += part;
    }
    rig.service.wake();
  };
  world::SeededRandom& random = rig.world.random("cuts");
  int cuts = 0;
  while (!up_done || given < sent.size() || !rig.service.agent.is_settled()) {
    give();
    rig.world.advance(std::chrono::milliseconds(20 + random.below(60)));
    ASSERT_LT(rig.world.clock().now(), MonoTime(std::chrono::hours(2)));
    if (cuts < 100 && rig.channel.is_connected()) {
      rig.cut();
      ++cuts;
    }
  }
  EXPECT_EQ(cuts, 100);
  EXPECT_EQ(rig.channel.reconnections(), 100U);
  EXPECT_TRUE(up == sent) << up.size();
  ASSERT_TRUE(rig.wait([&] { return rig.channel.session().channel().waiting_bytes() == 0; }));
  std::string down = rig.heard;
  std::erase_if(down, [](char c) { return c != ',' && (c < '0' || c > '9'); });
  EXPECT_TRUE(down == sent) << down.size();
}

TEST(DataChannel, ForgottenSessionsEnd) {
  Running rig(agent_of(SessionType::port));
  ASSERT_TRUE(rig.wait_to_hear("started"));
  rig.service.forgets = true;
  rig.cut();
  ASSERT_TRUE(rig.wait_to_end());
  EXPECT_TRUE(rig.result->has_value());
  EXPECT_TRUE(rig.wait_to_hear("closed"));
  EXPECT_EQ(rig.heard, "started; closed the session ended while the connection to it was lost; ");
}

TEST(DataChannel, DoesNotGiveUpWhileTheServiceCannotBeReached) {
  Running rig(agent_of(SessionType::port));
  ASSERT_TRUE(rig.wait_to_hear("started"));
  rig.service.resume_fails = Error(ErrorKind::unavailable, "name not found: ssm.us-east-1.amazonaws.com");
  rig.cut();
  rig.world.advance(std::chrono::hours(10));
  EXPECT_FALSE(rig.result.has_value());
  // At most every 30 s: that is kind to the API's limits.
  EXPECT_GT(rig.service.resumed, 1000);
  EXPECT_LT(rig.service.resumed, 1300);
  EXPECT_EQ(rig.last_news.kind, ConnectionNews::Kind::waiting);
  EXPECT_EQ(rig.last_news.wait, std::chrono::seconds(30));
  EXPECT_EQ(rig.last_news.text, "name not found: ssm.us-east-1.amazonaws.com");
  rig.service.resume_fails.reset();
  ASSERT_TRUE(rig.wait([&] { return rig.channel.is_connected(); }));
  rig.service.agent.send_output("still here");
  rig.service.wake();
  EXPECT_TRUE(rig.wait_to_hear("output still here"));
}

TEST(DataChannel, AResumeThatIsDeniedEndsItAndSaysWhy) {
  for (const ErrorKind kind : {ErrorKind::denied, ErrorKind::credentials}) {
    Running rig(agent_of(SessionType::port));
    ASSERT_TRUE(rig.wait_to_hear("started"));
    rig.service.resume_fails = Error(kind, "the security token is expired");
    rig.cut();
    ASSERT_TRUE(rig.wait_to_end());
    ASSERT_FALSE(rig.result->has_value());
    EXPECT_EQ(rig.result->error().kind(), kind);
    EXPECT_EQ(rig.result->error().to_text(),
              "the connection was lost and the session cannot be resumed: the security token is expired");
  }
}

TEST(DataChannel, TheFirstConnectionIsTriedFiveTimesMore) {
  DataChannelOptions options = channel_options();
  Rig rig(agent_of(SessionType::port), std::move(options));
  rig.service.refuses = 100;
  const Result<void> result = rig.world.run(rig.channel.run());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(rig.service.upgrades.size(), 6U);
  EXPECT_EQ(result.error().kind(), ErrorKind::service);
  EXPECT_EQ(result.error().to_text(),
            "the session's connection cannot be opened: this computer must reach ssmmessages on port 80: "
            "the server refused the WebSocket (status=503)");
  EXPECT_EQ(rig.news, "waiting waiting waiting waiting waiting ");
}

TEST(DataChannel, TheFirstConnectionSurvivesADisturbance) {
  Running rig(agent_of(SessionType::port));
  rig.service.refuses = 3;
  EXPECT_TRUE(rig.wait_to_hear("started"));
  EXPECT_EQ(rig.service.openings.size(), 1U);
  EXPECT_EQ(rig.service.openings[0].token, "token-0");
}

TEST(DataChannel, AServiceThatNeverAnswersThePingIsLeft) {
  Running rig(agent_of(SessionType::port));
  ASSERT_TRUE(rig.wait_to_hear("started"));
  rig.world.network().silence_connections("laptop", "ssmmessages");
  // The next ping is due five minutes after the first.
  rig.world.advance(std::chrono::minutes(5) + std::chrono::seconds(25));
  EXPECT_EQ(rig.news, "connected ");
  rig.world.advance(std::chrono::seconds(10));
  EXPECT_EQ(rig.news, "connected lost resumed ");
}

TEST(DataChannel, KeepsAQuietConnection) {
  Running rig(agent_of(SessionType::port));
  ASSERT_TRUE(rig.wait_to_hear("started"));
  rig.world.advance(std::chrono::hours(5));
  EXPECT_EQ(rig.news, "connected ");
}

TEST(DataChannel, AsksSoonerWhenWhatIsSentIsNotAcknowledged) {
  Running rig(agent_of(SessionType::port));
  ASSERT_TRUE(rig.wait_to_hear("started"));
  rig.world.network().silence_connections("laptop", "ssmmessages");
  ASSERT_TRUE(rig.world.run(rig.channel.write("typed")).has_value());
  rig.world.advance(std::chrono::seconds(50));
  EXPECT_EQ(rig.news, "connected lost resumed ");
  EXPECT_TRUE(rig.world.run(rig.channel.settle()).has_value());
}

TEST(DataChannel, ALaptopThatSleptAsksAtOnce) {
  Running rig(agent_of(SessionType::port));
  ASSERT_TRUE(rig.wait_to_hear("started"));
  rig.world.network().silence_connections("laptop", "ssmmessages");
  // Only the wall clock goes on while a computer sleeps.
  rig.world.clock().step_wall(std::chrono::hours(8));
  rig.world.advance(std::chrono::seconds(40));
  EXPECT_EQ(rig.news, "connected lost resumed ");
}

TEST(DataChannel, ASlowUserHoldsTheAgentBackAndIsNotTakenForADeadService) {
  std::optional<Result<void>> result;
  std::string heard;
  Rig rig(agent_of(SessionType::port));
  rig.world.spawn(keep(rig.channel.run(), &result));
  ASSERT_TRUE(rig.world.run_until([&] { return rig.service.agent.room() > 0; }).has_value());
  std::size_t given = 0;
  for (int i = 0; i < 400; ++i) {
    const std::size_t room = rig.service.agent.room();
    rig.service.agent.send_output(std::string(room, 'x'));
    given += room;
    rig.service.wake();
    rig.world.advance(std::chrono::seconds(2));
  }
  EXPECT_EQ(rig.news, "connected ");
  EXPECT_LT(given, 3U << 20U) << "bounded by the windows on the way";
  EXPECT_LT(rig.channel.session().channel().memory(), 1U << 20U);
  rig.world.spawn(hear(&rig.channel, &heard));
  ASSERT_TRUE(rig.world.run_until([&] { return rig.service.agent.is_settled(); }).has_value());
  rig.world.advance(std::chrono::seconds(1));
  EXPECT_EQ(static_cast<std::size_t>(std::count(heard.begin(), heard.end(), 'x')), given);
  rig.world.stop_spawned();
}

TEST(DataChannel, AUserWhoOnlyWritesIsHeard) {
  std::optional<Result<void>> result;
  std::string heard;
  std::size_t got = 0;
  std::string sent(1'000'000, 'u');
  bool done = false;
  Rig rig(agent_of(SessionType::port));
  rig.service.on_event = [&](AgentEvent& event) { got += event.bytes.size(); };
  rig.world.spawn(keep(rig.channel.run(), &result));
  ASSERT_TRUE(rig.world.run_until([&] { return rig.service.agent.room() > 0; }).has_value());
  // Nobody fetches what the agent says; acknowledgements for what the user says stand behind it.
  std::size_t given = 0;
  rig.service.on_turn = [&] {
    const std::size_t room = given < 1'500'000 ? rig.service.agent.room() : 0;
    rig.service.agent.send_output(std::string(room, 'x'));
    given += room;
  };
  rig.service.wake();
  rig.world.advance(std::chrono::seconds(5));
  rig.world.spawn(write_lots(&rig.channel, &sent, &done));
  ASSERT_TRUE(rig.world.run_until([&] { return done; }, std::chrono::minutes(2)).has_value()) << got;
  EXPECT_EQ(got, sent.size());
  EXPECT_EQ(rig.news, "connected ");
  rig.world.spawn(hear(&rig.channel, &heard));
  ASSERT_TRUE(rig.world.run_until([&] { return rig.service.agent.is_settled(); }).has_value());
  rig.world.advance(std::chrono::seconds(1));
  EXPECT_EQ(static_cast<std::size_t>(std::count(heard.begin(), heard.end(), 'x')), given);
  rig.world.stop_spawned();
}

TEST(DataChannel, EndsAPortSessionWithTheFlag) {
  Running rig(agent_of(SessionType::port));
  ASSERT_TRUE(rig.wait_to_hear("started"));
  std::uint32_t flag = 0;
  rig.service.on_event = [&](AgentEvent& event) {
    if (event.kind != AgentEvent::Kind::flag) return;
    flag = event.number;
    rig.service.close_session("");
  };
  EXPECT_TRUE(rig.world.run(rig.channel.terminate()).has_value());
  EXPECT_EQ(flag, 2U);
  EXPECT_EQ(rig.service.terminated, 0);
  EXPECT_TRUE(rig.wait_to_end());
}

TEST(DataChannel, EndsOtherSessionsAndOldAgentsWithTheCall) {
  AgentSessionOptions old = agent_of(SessionType::port);
  old.agent_version = "2.3.722.0";
  for (AgentSessionOptions agent : {agent_of(SessionType::command), old}) {
    Running rig(std::move(agent));
    ASSERT_TRUE(rig.wait_to_hear("started"));
    EXPECT_TRUE(rig.world.run(rig.channel.terminate()).has_value());
    EXPECT_EQ(rig.service.terminated, 1);
    EXPECT_TRUE(rig.wait_to_end());
    EXPECT_TRUE(rig.wait_to_hear("closed"));
  }
}

TEST(DataChannel, AnAgentThatIgnoresTheFlagIsEndedWithTheCall) {
  Running rig(agent_of(SessionType::port));
  ASSERT_TRUE(rig.wait_to_hear("started"));
  EXPECT_TRUE(rig.world.run(rig.channel.terminate()).has_value());
  EXPECT_EQ(rig.service.terminated, 1);
  EXPECT_TRUE(rig.wait_to_end());
}

TEST(DataChannel, CanBeEndedWhileItIsNotConnected) {
  Running rig(agent_of(SessionType::port));
  ASSERT_TRUE(rig.wait_to_hear("started"));
  rig.service.resume_fails = Error(ErrorKind::unavailable, "no network");
  rig.cut();
  rig.world.advance(std::chrono::minutes(2));
  EXPECT_TRUE(rig.world.run(rig.channel.terminate()).has_value());
  EXPECT_TRUE(rig.wait_to_end(std::chrono::milliseconds(100))) << "it does not wait for the next attempt";
  EXPECT_TRUE(rig.result->has_value());
}

TEST(DataChannel, CanBeCancelledAtAnyTime) {
  for (int after_ms = 0; after_ms < 400; after_ms += 13) {
    Rig rig(agent_of(SessionType::port));
    std::optional<Result<void>> result;
    std::string heard;
    rt::TaskGroup group(rig.world.executor());
    group.spawn(keep(rig.channel.run(), &result));
    group.spawn(hear(&rig.channel, &heard));
    rig.world.advance(std::chrono::milliseconds(after_ms));
    if (after_ms > 200) rig.cut();
    rig.world.advance(std::chrono::milliseconds(after_ms % 5));
    group.cancel();
    static_cast<void>(rig.world.run(group.join()));
    ASSERT_TRUE(result.has_value()) << after_ms;
    EXPECT_EQ(result->error().kind(), ErrorKind::cancelled) << after_ms;
  }
}

}  // namespace
}  // namespace postern::session
