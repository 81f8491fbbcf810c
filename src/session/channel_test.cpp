#include "session/channel.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "base/json.hpp"
#include "session/testing/line.hpp"
#include "world/random.hpp"
#include "world/testing/seed.hpp"

namespace postern::session {
namespace channel_test {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Line;
using testing::WayOptions;

Moment at(Duration time) {
  return Moment(MonoTime(time), WallTime(seconds(1'700'000'000) + time));
}

AgentMessage decoded(const std::string& bytes) {
  Result<AgentMessage> message = decode_message(bytes);
  EXPECT_TRUE(message.has_value());
  return message ? *message : AgentMessage();
}

std::string data(End from, std::int64_t sequence, std::string payload) {
  AgentMessage message;
  message.type = from == End::client ? "input_stream_data" : "output_stream_data";
  message.created_ms = 1;
  message.sequence = sequence;
  message.id = "00112233-4455-6677-8899-aabbccddeeff";
  message.payload_type = 1;
  message.payload = std::move(payload);
  return *encode_message(message);
}

std::string acknowledgement(std::int64_t sequence) {
  AgentMessage message;
  message.type = "acknowledge";
  message.created_ms = 1;
  message.flags = 3;
  message.id = "00112233-4455-6677-8899-aabbccddeeff";
  message.payload = Json::object().set("AcknowledgedMessageSequenceNumber", sequence).dump();
  return *encode_message(message);
}

std::string control(const char* type, std::string payload = "") {
  AgentMessage message;
  message.type = type;
  message.created_ms = 1;
  message.id = "00112233-4455-6677-8899-aabbccddeeff";
  message.payload = std::move(payload);
  return *encode_message(message);
}

/// Numbers of the data messages that are due now; acknowledgements are counted.
struct Due {
  std::vector<std::int64_t> data;
  std::vector<std::int64_t> acknowledgements;
};
Due due(Channel& channel, Moment now) {
  Due all;
  while (const std::optional<std::string> bytes = channel.next_outgoing(now)) {
    const AgentMessage message = decoded(*bytes);
    if (message.type == "acknowledge") {
      all.acknowledgements.push_back(
          Json::parse(message.payload)->operator[]("AcknowledgedMessageSequenceNumber").as_int());
    } else {
      all.data.push_back(message.sequence);
    }
  }
  return all;
}
using Numbers = std::vector<std::int64_t>;

class ChannelTest : public ::testing::Test {
 protected:
  world::SeededRandom random_{1, "ids"};
  Channel client_{random_, ChannelOptions(End::client)};
  Channel agent_{random_, ChannelOptions(End::agent)};
  /// For run_until(): the client says as much as it may, the agent's user takes it all. Never done.
  std::function<bool()> pump_ = [this] {
    while (client_.room() >= 1024) client_.send(PayloadType::output, std::string(1024, 'x'));
    while (agent_.next()) {
    }
    return false;
  };
};

TEST_F(ChannelTest, MessagesAreThoseOfTheWire) {
  client_.send(PayloadType::output, "ls");
  agent_.send(PayloadType::output, "one");
  agent_.send(PayloadType::stderr_output, "two");
  const AgentMessage input = decoded(*client_.next_outgoing(at(milliseconds(5))));
  EXPECT_EQ(input.type, "input_stream_data");
  EXPECT_EQ(input.flags, 0U);
  EXPECT_EQ(input.created_ms, 1'700'000'000'005U);
  EXPECT_EQ(input.payload_type, 1U);
  const std::string first = *agent_.next_outgoing(at(seconds(0)));
  EXPECT_EQ(decoded(first).type, "output_stream_data");
  EXPECT_EQ(decoded(first).flags, 1U) << "SYN on the first";
  const AgentMessage second = decoded(*agent_.next_outgoing(at(seconds(0))));
  EXPECT_EQ(second.flags, 0U);
  EXPECT_EQ(second.payload_type, 11U);

  ASSERT_TRUE(client_.receive(at(seconds(0)), first).has_value());
  const AgentMessage acknowledgement = decoded(*client_.next_outgoing(at(seconds(0))));
  EXPECT_EQ(acknowledgement.type, "acknowledge");
  EXPECT_EQ(acknowledgement.flags, 3U);
  EXPECT_EQ(acknowledgement.sequence, 0);
  EXPECT_EQ(acknowledgement.payload_type, 0U);
  EXPECT_EQ(acknowledgement.payload,
            "{\"AcknowledgedMessageType\":\"output_stream_data\",\"AcknowledgedMessageId\":\"" + decoded(first).id +
                "\",\"AcknowledgedMessageSequenceNumber\":0,\"IsSequentialMessage\":true}");
}

TEST_F(ChannelTest, WhatComesTooEarlyIsAcknowledgedAndWaits) {
  for (const std::int64_t sequence : {2, 1}) {
    ASSERT_TRUE(client_.receive(at(seconds(0)), data(End::agent, sequence, std::to_string(sequence))).has_value());
  }
  EXPECT_FALSE(client_.next().has_value());
  EXPECT_EQ(client_.early(), 2U);
  ASSERT_TRUE(client_.receive(at(seconds(0)), data(End::agent, 0, "0")).has_value());
  for (const char* payload : {"0", "1", "2"}) EXPECT_EQ(client_.next()->payload, payload);
  EXPECT_FALSE(client_.next().has_value());
  EXPECT_EQ(due(client_, at(seconds(0))).acknowledgements, (Numbers{2, 1, 0}));
  EXPECT_EQ(client_.waiting_bytes(), 0U);
}

class PitfallD3 : public ChannelTest {};

/// The official plugin does not, and an agent then repeats that one message for ever and none behind it.
TEST_F(PitfallD3, DuplicatesAreAcknowledgedAgain) {
  const auto receive = [this](std::int64_t sequence) {
    ASSERT_TRUE(client_.receive(at(seconds(0)), data(End::agent, sequence, "x")).has_value());
  };
  receive(0);
  receive(2);
  EXPECT_EQ(due(client_, at(seconds(0))).acknowledgements, (Numbers{0, 2}));
  receive(0);
  receive(2);
  EXPECT_EQ(due(client_, at(seconds(0))).acknowledgements, (Numbers{0, 2}));
  EXPECT_EQ(client_.next()->payload, "x");
  EXPECT_FALSE(client_.next().has_value()) << "it is not delivered again";
}

/// The whole of it: the acknowledgement is lost with a connection, the agent does not know, and goes on all the same.
TEST_F(PitfallD3, AnAcknowledgementLostAcrossAReconnectBlocksNothing) {
  world::SeededRandom way(1, "way");
  Line line(way, WayOptions(), client_, agent_);
  bool lose = true;
  line.up.drops = [&lose](const std::string&) { return lose; };
  agent_.send(PayloadType::output, "a");
  ASSERT_TRUE(line.run_until([this] { return client_.next().has_value(); }, seconds(1)));
  lose = false;
  client_.reconnected();
  agent_.send(PayloadType::output, "b");
  EXPECT_TRUE(line.run_until([this] { return agent_.is_settled(); }, milliseconds(100)))
      << "the client says again on the new connection what it had acknowledged";
}

TEST_F(ChannelTest, NothingIsTakenBeyondTheLimits) {
  ChannelOptions options(End::client);
  options.arrived_bytes = 10 * (kMessageCost + 1);
  options.early_messages = 3;
  Channel small(random_, options);
  for (std::int64_t sequence = 5; sequence < 15; ++sequence) {
    ASSERT_TRUE(small.receive(at(seconds(0)), data(End::agent, sequence, "x")).has_value());
  }
  EXPECT_EQ(small.early(), 3U);
  EXPECT_EQ(due(small, at(seconds(0))).acknowledgements, (Numbers{5, 6, 7})) << "the others come again";
  for (std::int64_t sequence = 0; sequence < 40; ++sequence) {
    ASSERT_TRUE(small.receive(at(seconds(0)), data(End::agent, sequence, "x")).has_value());
    EXPECT_EQ(small.is_full(), sequence >= 4);
  }
  EXPECT_EQ(small.expected(), 10);
  EXPECT_EQ(due(small, at(seconds(0))).acknowledgements, (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13}));
  while (small.next()) {
  }
  EXPECT_EQ(small.waiting_bytes(), 0U);
  ASSERT_TRUE(small.receive(at(seconds(0)), data(End::agent, 10, "x")).has_value());
  EXPECT_EQ(small.expected(), 14);
}

TEST_F(ChannelTest, OneMessageIsTakenHoweverLargeItIs) {
  ChannelOptions options(End::client);
  options.arrived_bytes = 100;
  Channel small(random_, options);
  ASSERT_TRUE(small.receive(at(seconds(0)), data(End::agent, 0, std::string(1000, 'x'))).has_value());
  EXPECT_TRUE(small.is_full());
  EXPECT_EQ(small.next()->payload.size(), 1000U);
}

TEST_F(ChannelTest, RepeatsAfterTheTimesOfTheProtocol) {
  client_.send(PayloadType::output, "a");
  EXPECT_EQ(due(client_, at(seconds(0))).data, Numbers{0});
  EXPECT_EQ(client_.wakes_at(), MonoTime(milliseconds(200)));
  EXPECT_EQ(due(client_, at(milliseconds(199))).data, Numbers{});
  EXPECT_EQ(due(client_, at(milliseconds(200))).data, Numbers{0});
  EXPECT_EQ(client_.repeated(), 1U);
  // Twice as long each time, at most a second, and never an end.
  Duration time = milliseconds(200);
  for (const int wait : {400, 800, 1000, 1000, 1000}) {
    EXPECT_EQ(client_.wakes_at(), MonoTime(time + milliseconds(wait)));
    time += milliseconds(wait);
    EXPECT_EQ(due(client_, at(time)).data, Numbers{0});
  }
  for (int i = 0; i < 5000; ++i) {
    time += seconds(1);
    ASSERT_EQ(due(client_, at(time)).data, Numbers{0}) << "the official plugin gives up after 3000 times";
  }
  ASSERT_TRUE(client_.receive(at(time), acknowledgement(0)).has_value());
  EXPECT_TRUE(client_.is_settled());
  EXPECT_FALSE(client_.wakes_at().has_value());
  EXPECT_EQ(client_.round_trip(), milliseconds(100)) << "nobody knows which of the copies was answered";
}

TEST_F(ChannelTest, TheRepetitionFollowsTheMeasuredRoundTrip) {
  // rtt 100, variance 0; a sample of 20 ms: variance = 80 / 4 = 20, rtt = 87.5 + 2.5 = 90, then 90 + 4 x 20.
  client_.send(PayloadType::output, "a");
  due(client_, at(seconds(0)));
  ASSERT_TRUE(client_.receive(at(milliseconds(20)), acknowledgement(0)).has_value());
  EXPECT_EQ(client_.round_trip(), milliseconds(90));
  EXPECT_EQ(client_.repeat_after(), milliseconds(170));
  for (int i = 1; i < 200; ++i) {
    client_.send(PayloadType::output, "a");
    due(client_, at(seconds(i)));
    ASSERT_TRUE(client_.receive(at(seconds(i) + milliseconds(20)), acknowledgement(i)).has_value());
  }
  EXPECT_NEAR(static_cast<double>(client_.round_trip().count()), 20e6, 1e5);
  EXPECT_NEAR(static_cast<double>(client_.repeat_after().count()), 30e6, 1e6) << "ten milliseconds at least";
  for (int i = 200; i < 260; ++i) {
    client_.send(PayloadType::output, "a");
    due(client_, at(seconds(i)));
    ASSERT_TRUE(client_.receive(at(seconds(i) + milliseconds(i % 2 == 0 ? 20 : 800)), acknowledgement(i)).has_value());
  }
  EXPECT_EQ(client_.repeat_after(), seconds(1)) << "at most";
}

TEST_F(ChannelTest, AWayThatIsSlowerThanTheProtocolThoughtIsGivenItsTime) {
  for (int i = 0; i < 10; ++i) {
    client_.send(PayloadType::output, "a");
    const Moment sent = at(seconds(2 * i));
    due(client_, sent);
    ASSERT_TRUE(client_.receive(at(seconds(2 * i) + milliseconds(900)), acknowledgement(i)).has_value());
  }
  EXPECT_GT(client_.repeat_after(), seconds(1));
  EXPECT_LT(client_.repeat_after(), milliseconds(1801));
}

/// Agents acknowledge what they have handled: an upload to a disk that stalls is not to go out twice.
TEST_F(ChannelTest, AnAgentThatStallsDoesNotGetEverythingTwice) {
  world::SeededRandom way(1, "way");
  WayOptions options;
  options.holds = 4U << 20U;
  Line line(way, options, client_, agent_);
  line.run_until(pump_, seconds(5));
  const std::size_t window = client_.window();
  ASSERT_EQ(client_.repeated(), 0U);
  line.agent_reads = false;
  line.run_until(pump_, milliseconds(3500));
  line.agent_reads = true;
  line.run_until(pump_, milliseconds(500));
  EXPECT_LT(client_.repeated(), 40U) << "of some hundreds that were on the way";
  EXPECT_GE(client_.window(), window / 2);
}

TEST_F(ChannelTest, AfterANewConnectionAllThatWasNotAcknowledgedGoesAgainInOrder) {
  for (int i = 0; i < 5; ++i) client_.send(PayloadType::output, "a");
  EXPECT_EQ(due(client_, at(seconds(0))).data, (Numbers{0, 1, 2, 3, 4}));
  ASSERT_TRUE(client_.receive(at(milliseconds(1)), acknowledgement(1)).has_value());
  ASSERT_TRUE(client_.receive(at(milliseconds(1)), acknowledgement(3)).has_value());
  client_.reconnected();
  EXPECT_EQ(due(client_, at(milliseconds(2))).data, (Numbers{0, 2, 4}));
}

/// Connections that break after so many bytes, of an agent that takes nothing before it has been heard: whoever says
/// everything at once on each of them never hears it.
TEST_F(ChannelTest, ANewConnectionIsNotFilledBeforeAnythingIsHeardOnIt) {
  world::SeededRandom way(1, "way");
  Line line(way, WayOptions(), client_, agent_);
  line.run_until(pump_, seconds(2));
  const std::size_t window = client_.window();
  ASSERT_GT(window, 256U << 10U);
  client_.reconnected();
  EXPECT_LE(due(client_, at(seconds(2))).data.size(), 32U);
  line.run_until(pump_, seconds(1));
  EXPECT_GE(client_.window(), window / 2) << "what the way carried is soon found again";
}

TEST_F(ChannelTest, WhatWentOutWellBeforeSomethingThatArrivedIsLost) {
  client_.send(PayloadType::output, "a");
  client_.send(PayloadType::output, "b");
  due(client_, at(seconds(0)));
  client_.send(PayloadType::output, "c");
  due(client_, at(milliseconds(26)));
  client_.send(PayloadType::output, "d");
  due(client_, at(milliseconds(150)));
  ASSERT_TRUE(client_.receive(at(milliseconds(160)), acknowledgement(1)).has_value());
  EXPECT_EQ(due(client_, at(milliseconds(160))).data, Numbers{}) << "it was sent together with the one that is missing";
  ASSERT_TRUE(client_.receive(at(milliseconds(160)), acknowledgement(3)).has_value());
  EXPECT_EQ(due(client_, at(milliseconds(160))).data, (Numbers{0, 2}));
  ASSERT_TRUE(client_.receive(at(milliseconds(170)), acknowledgement(2)).has_value());
  EXPECT_EQ(due(client_, at(milliseconds(170))).data, Numbers{}) << "the first copy was answered";
}

TEST_F(ChannelTest, TheOldestIsRepeatedEvenWhenTheWindowIsFull) {
  const std::string kilobyte(1024, 'x');
  for (int i = 0; i < 60; ++i) client_.send(PayloadType::output, kilobyte);
  Due all = due(client_, at(seconds(0)));
  ASSERT_GT(all.data.size(), 10U);
  ASSERT_LT(all.data.size(), 60U) << "the window is full";
  // Every acknowledgement but the first one's, one after the other; then the way goes silent.
  ASSERT_TRUE(client_.receive(at(milliseconds(50)), acknowledgement(1)).has_value());
  due(client_, at(milliseconds(120)));
  ASSERT_TRUE(client_.receive(at(milliseconds(121)), acknowledgement(all.data.back() + 1)).has_value());
  EXPECT_EQ(due(client_, at(milliseconds(121))).data.front(), 0);
  EXPECT_TRUE(client_.wakes_at().has_value());
}

TEST_F(ChannelTest, TheWindowGrowsWhileTheWayIsFreeAndShrinksWithLosses) {
  world::SeededRandom way(1, "way");
  Line line(way, WayOptions(), client_, agent_);
  const std::size_t start = client_.window();
  line.run_until(pump_, seconds(2));
  const std::size_t free = client_.window();
  EXPECT_GT(free, 8 * start);
  EXPECT_EQ(client_.repeated(), 0U);
  line.up.options.lose = 0.05;
  line.run_until(pump_, seconds(2));
  EXPECT_LT(client_.window(), free / 2);
}

/// 100 KB/s with a window of half a megabyte would let a key wait for five seconds.
TEST_F(ChannelTest, ASlowWayIsNotFilledWithMoreThanItCarries) {
  world::SeededRandom way(1, "way");
  WayOptions slow;
  slow.bytes_per_second = 100'000;
  Line line(way, slow, client_, agent_);
  std::size_t taken = 0;
  const auto pump = [&] {
    while (client_.room() >= 1024) client_.send(PayloadType::output, std::string(1024, 'x'));
    while (const std::optional<Arrived> message = agent_.next()) taken += message->payload.size();
    return false;
  };
  line.run_until(pump, seconds(10));
  EXPECT_LT(client_.round_trip(), milliseconds(500));
  EXPECT_GT(taken, 700'000U) << "and yet it is busy all the time";
  EXPECT_EQ(client_.repeated(), 0U);
}

TEST_F(ChannelTest, AnAgentThatIsToldToPauseSaysNothingUntilItHearsSomething) {
  struct Case {
    const char* what;
    std::string message;
  };
  const Case cases[] = {{"start", control("start_publication")},
                        {"input", data(End::client, 0, "x")},
                        {"acknowledge", acknowledgement(0)}};
  for (const Case& one : cases) {
    Channel agent(random_, ChannelOptions(End::agent));
    agent.send(PayloadType::output, "a");
    agent.send(PayloadType::output, "b");
    EXPECT_EQ(due(agent, at(seconds(0))).data, (Numbers{0, 1}));
    ASSERT_TRUE(agent.receive(at(milliseconds(10)), control("pause_publication")).has_value());
    EXPECT_TRUE(agent.is_paused());
    agent.send(PayloadType::output, "c");
    EXPECT_EQ(due(agent, at(seconds(60))).data, Numbers{});
    EXPECT_FALSE(agent.wakes_at().has_value());
    ASSERT_TRUE(agent.receive(at(seconds(61)), one.message).has_value());
    EXPECT_FALSE(agent.is_paused()) << one.what;
    EXPECT_EQ(due(agent, at(seconds(61))).data, Numbers{2}) << one.what;
    EXPECT_EQ(due(agent, at(seconds(62))).data.front(), one.message == cases[2].message ? 1 : 0) << one.what;
  }
}

TEST_F(ChannelTest, APausedEndStillAcknowledges) {
  ASSERT_TRUE(agent_.receive(at(seconds(0)), data(End::client, 0, "x")).has_value());
  ASSERT_TRUE(agent_.receive(at(seconds(0)), control("pause_publication")).has_value());
  EXPECT_EQ(due(agent_, at(seconds(0))).acknowledgements, Numbers{0});
}

TEST_F(ChannelTest, APausedClientAsksOnceASecondWithOneMessage) {
  client_.send(PayloadType::output, "a");
  client_.send(PayloadType::output, "b");
  due(client_, at(seconds(0)));
  ASSERT_TRUE(client_.receive(at(milliseconds(10)), control("pause_publication")).has_value());
  EXPECT_EQ(due(client_, at(milliseconds(900))).data, Numbers{});
  EXPECT_EQ(client_.wakes_at(), MonoTime(milliseconds(1010)));
  EXPECT_EQ(due(client_, at(milliseconds(1010))).data, Numbers{0});
  EXPECT_EQ(due(client_, at(milliseconds(1500))).data, Numbers{});
  ASSERT_TRUE(client_.receive(at(milliseconds(1600)), acknowledgement(0)).has_value());
  EXPECT_EQ(due(client_, at(milliseconds(1600))).data, Numbers{1});
}

TEST_F(ChannelTest, NothingFollowsTheEnd) {
  client_.send(PayloadType::output, "a");
  ASSERT_TRUE(client_.receive(at(seconds(0)), data(End::agent, 0, "last")).has_value());
  ASSERT_TRUE(client_.receive(at(seconds(0)), control("channel_closed", "{\"Output\":\"bye\"}")).has_value());
  EXPECT_EQ(client_.closed(), "{\"Output\":\"bye\"}");
  ASSERT_TRUE(client_.receive(at(seconds(0)), data(End::agent, 1, "x")).has_value());
  ASSERT_TRUE(client_.receive(at(seconds(0)), control("channel_closed", "{}")).has_value());
  EXPECT_EQ(client_.closed(), "{\"Output\":\"bye\"}");
  EXPECT_FALSE(client_.next_outgoing(at(seconds(0))).has_value());
  EXPECT_FALSE(client_.wakes_at().has_value());
  EXPECT_EQ(client_.next()->payload, "last");
  EXPECT_FALSE(client_.next().has_value());
}

TEST_F(ChannelTest, HostileMessagesChangeNothing) {
  client_.send(PayloadType::output, "a");
  due(client_, at(seconds(0)));
  const std::string hostile[] = {
      "",
      "text",
      std::string(200, '\0'),
      control("acknowledge", "no JSON"),
      control("acknowledge", "[]"),
      control("acknowledge", "{\"AcknowledgedMessageSequenceNumber\":\"0\"}"),
      acknowledgement(-1),
      acknowledgement(1),
      acknowledgement(INT64_MAX),
      data(End::agent, -1, "x"),
      data(End::agent, INT64_MIN, "x"),
  };
  for (const std::string& message : hostile) {
    EXPECT_FALSE(client_.receive(at(seconds(0)), message).has_value()) << to_string(ErrorKind::malformed);
  }
  const std::string ignored[] = {control("agent_session_state", "{}"), control("input_stream_data"), control("new")};
  for (const std::string& message : ignored) EXPECT_TRUE(client_.receive(at(seconds(0)), message).has_value());
  ASSERT_TRUE(client_.receive(at(seconds(0)), data(End::agent, INT64_MAX, "x")).has_value());
  EXPECT_FALSE(client_.is_settled());
  EXPECT_EQ(client_.expected(), 0);
  EXPECT_FALSE(client_.next().has_value());
  EXPECT_EQ(due(client_, at(seconds(1))).data, Numbers{0});
}

TEST_F(ChannelTest, AFloodOfRepetitionsCostsBoundedMemory) {
  ASSERT_TRUE(client_.receive(at(seconds(0)), data(End::agent, 0, "x")).has_value());
  const std::string again = data(End::agent, 0, "x");
  for (int i = 0; i < 30'000; ++i) ASSERT_TRUE(client_.receive(at(seconds(0)), again).has_value());
  EXPECT_LT(client_.memory(), 1U << 20U);
  EXPECT_FALSE(client_.is_full()) << "ends that wait for each other to read would wait for ever";
}

// ---- both ends over a bad way

struct Told {
  std::string sent;
  std::string got;
};

/// Random text of `bytes` bytes both ways; what arrived is what was sent, in time.
void exchange(std::uint64_t seed, WayOptions options, std::size_t bytes, Duration within) {
  POSTERN_SEEDED(seed);
  world::SeededRandom ids(seed, "ids");
  world::SeededRandom way(seed, "way");
  world::SeededRandom text(seed, "text");
  Channel client(ids, ChannelOptions(End::client));
  Channel agent(ids, ChannelOptions(End::agent));
  Line line(way, options, client, agent);
  Told up;
  Told down;
  const auto feed = [&](Channel& from, Told& told) {
    while (told.sent.size() < bytes && from.room() > 1024) {
      std::string payload;
      for (std::uint64_t i = text.below(1024) + 1; i > 0; --i) payload.push_back(static_cast<char>(text.below(256)));
      told.sent += payload;
      from.send(PayloadType::output, std::move(payload));
    }
  };
  const auto fetch = [](Channel& to, Told& told) {
    while (const std::optional<Arrived> message = to.next()) told.got += message->payload;
  };
  std::uint64_t turns = 0;
  const bool done = line.run_until(
      [&] {
        feed(client, up);
        feed(agent, down);
        // A reader that is sometimes slow.
        if (text.below(4) == 0) fetch(agent, up);
        if (text.below(4) == 0) fetch(client, down);
        if (++turns % 401 == 0) line.reconnect_client();
        if (++turns % 557 == 0) line.reconnect_agent();
        return up.got.size() >= bytes && down.got.size() >= bytes && client.is_settled() && agent.is_settled();
      },
      within);
  EXPECT_TRUE(done) << up.got.size() << " and " << down.got.size() << " of " << bytes;
  EXPECT_TRUE(up.got == up.sent);
  EXPECT_TRUE(down.got == down.sent);
}

TEST(ChannelOverALine, WhatIsSentArrivesOnceAndInOrder) {
  WayOptions options;
  exchange(world::testing::test_seed(1), options, 300'000, seconds(60));
  options.lose = 0.02;
  exchange(world::testing::test_seed(2), options, 300'000, seconds(120));
  options.repeat = 0.1;
  options.swap = 0.1;
  exchange(world::testing::test_seed(3), options, 300'000, seconds(240));
  options.lose = 0.3;
  exchange(world::testing::test_seed(4), options, 50'000, seconds(600));
}

}  // namespace channel_test
}  // namespace postern::session
