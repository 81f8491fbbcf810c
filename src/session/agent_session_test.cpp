#include "session/agent_session.hpp"

#include <gtest/gtest.h>

#include "session/client_session.hpp"
#include "session/testing/line.hpp"
#include "world/random.hpp"

// The agent's side, with our own client at the other end, and with clients that are older, silent or strange.
namespace postern::session {
namespace agent_session_test {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = AgentEvent::Kind;

AgentSessionOptions options_for(SessionType type, std::string kms_key = "") {
  AgentSessionOptions options;
  options.type = type;
  options.kms_key = std::move(kms_key);
  return options;
}

ClientSessionOptions client_options() {
  ClientSessionOptions options;
  options.session_id = "user-0abc";
  options.target = "i-0123456789abcdef0";
  options.client_id = "00112233-4455-6677-8899-aabbccddeeff";
  return options;
}

/// Both sides, with a KMS that gives every caller with the same context the same key.
class Pair {
 public:
  explicit Pair(AgentSessionOptions agent, ClientSessionOptions client = client_options())
      : client(random, std::move(client)), agent(random, std::move(agent)) {}

  void run(Duration time) {
    line.run_until(
        [this] {
          fetch();
          return false;
        },
        time);
  }
  void fetch() {
    agent.on_time(line.now());
    while (std::optional<SessionEvent> event = client.next_event()) {
      if (event->kind == SessionEvent::Kind::need_key) {
        DataKey key;
        key.plaintext = Secret<std::string>(std::string(64, 'k'));
        key.ciphertext = "blob of " + client.key_request().challenge;
        client.data_key(std::move(key));
      }
      if (event->kind == SessionEvent::Kind::output) output += event->bytes;
      if (event->kind == SessionEvent::Kind::errors) errors += event->bytes;
      client_events.push_back(std::move(*event));
    }
    while (std::optional<AgentEvent> event = agent.next_event()) {
      if (event->kind == Kind::need_key && decrypts) {
        EXPECT_EQ(event->with_challenge, event->bytes != "blob of ");
        agent.data_key(Secret<std::string>(std::string(64, 'k')));
      }
      if (event->kind == Kind::input) input += event->bytes;
      agent_events.push_back(std::move(*event));
    }
  }
  bool has(Kind kind) const {
    return std::ranges::any_of(agent_events, [kind](const AgentEvent& one) { return one.kind == kind; });
  }
  const AgentEvent& last() const { return agent_events.back(); }

  world::SeededRandom random{1, "pair"};
  ClientSession client;
  AgentSession agent;
  testing::Line<ClientSession, AgentSession> line{random, testing::WayOptions(), client, agent};
  std::vector<SessionEvent> client_events;
  std::vector<AgentEvent> agent_events;
  std::string output;
  std::string errors;
  std::string input;
  bool decrypts = true;
};

TEST(AgentSession, AShellNeedsNoHandshake) {
  Pair pair(options_for(SessionType::shell));
  pair.agent.begin(pair.line.now());
  pair.fetch();
  ASSERT_TRUE(pair.has(Kind::ready));
  pair.client.send_size(TerminalSize(80, 24));
  pair.agent.send_output("$ ");
  pair.run(milliseconds(200));
  pair.client.send_input("ls\r");
  pair.run(milliseconds(200));
  EXPECT_EQ(pair.output, "$ ");
  EXPECT_EQ(pair.input, "ls\r");
  ASSERT_TRUE(pair.has(Kind::size));
  EXPECT_FALSE(pair.client.is_encrypted());
}

TEST(AgentSession, AShellWithAKmsKeyIsEncryptedAfterTheChallenge) {
  for (const char* challenge : {"", "Q0hBTExFTkdF"}) {
    AgentSessionOptions options = options_for(SessionType::shell, "arn:aws:kms:k");
    options.challenge = challenge;
    options.require_challenge = *challenge != '\0';
    Pair pair(std::move(options));
    pair.client.send_size(TerminalSize(80, 24));
    pair.agent.begin(pair.line.now());
    EXPECT_EQ(pair.agent.room(), 0U);
    pair.run(seconds(1));
    ASSERT_TRUE(pair.has(Kind::ready)) << challenge;
    EXPECT_TRUE(pair.client.is_encrypted());
    EXPECT_EQ(pair.agent.client_version(), kClientVersion);
    pair.agent.send_output("$ ");
    pair.client.send_input("ls\r");
    pair.run(milliseconds(200));
    EXPECT_EQ(pair.output, "$ ");
    EXPECT_EQ(pair.input, "ls\r");
    EXPECT_TRUE(pair.has(Kind::size));
  }
}

TEST(AgentSession, ACommandSendsBothStreamsAndItsExitCodeAsText) {
  for (const char* key : {"", "arn:aws:kms:k"}) {
    Pair pair(options_for(SessionType::command, key));
    pair.agent.begin(pair.line.now());
    pair.run(seconds(1));
    ASSERT_TRUE(pair.has(Kind::ready));
    pair.agent.send_output("out");
    pair.agent.send_errors("err");
    pair.agent.send_exit_code(7);
    pair.run(milliseconds(200));
    EXPECT_EQ(pair.output, "out");
    EXPECT_EQ(pair.errors, "err");
    ASSERT_EQ(pair.client_events.back().kind, SessionEvent::Kind::exit_code);
    EXPECT_EQ(pair.client_events.back().exit_code, 7);
    EXPECT_EQ(pair.client.type(), SessionType::command);
    // The way to stop a command: a control byte in the input.
    pair.client.send_input("\x03");
    pair.run(milliseconds(200));
    EXPECT_EQ(pair.input, "\x03");
  }
}

TEST(AgentSession, PortsAreNeverEncrypted) {
  AgentSessionOptions options = options_for(SessionType::port, "arn:aws:kms:k");
  options.port.port = "5432";
  options.port.host = "db";
  Pair pair(std::move(options));
  pair.agent.begin(pair.line.now());
  pair.run(seconds(1));
  ASSERT_TRUE(pair.has(Kind::ready));
  EXPECT_FALSE(pair.client.is_encrypted());
  EXPECT_EQ(pair.client.port().port, "5432");
  EXPECT_EQ(pair.client.port().host, "db");
  pair.client.send_flag(Flag::disconnect_to_port);
  pair.agent.send_flag(Flag::connect_to_port_error);
  pair.run(milliseconds(200));
  ASSERT_EQ(pair.last().kind, Kind::flag);
  EXPECT_EQ(pair.last().number, 1U);
  EXPECT_EQ(pair.client_events.back().number, 3U);
}

/// The agent waits 15 seconds for each answer, from when its own leg is open.
TEST(PitfallD6, AClientThatComesTooLateFindsAFailedSession) {
  for (const auto& [after, works] : {std::pair(milliseconds(14'500), true), std::pair(milliseconds(15'500), false)}) {
    Pair pair(options_for(SessionType::port));
    pair.line.client_reads = false;
    pair.agent.begin(pair.line.now());
    pair.run(after);
    EXPECT_EQ(pair.has(Kind::failed), !works);
    pair.line.client_reads = true;
    pair.run(seconds(2));
    EXPECT_EQ(pair.has(Kind::ready), works);
    if (!works) {
      EXPECT_EQ(pair.last().bytes,
                "Handshake timed out. Please ensure that you have the latest version of the session manager plugin.");
    }
  }
}

TEST(PitfallD6, TheChallengeHasItsOwnFifteenSeconds) {
  Pair pair(options_for(SessionType::shell, "arn:aws:kms:k"));
  pair.decrypts = false;
  pair.agent.begin(pair.line.now());
  pair.run(seconds(14));
  ASSERT_TRUE(pair.has(Kind::need_key));
  pair.run(seconds(60));
  EXPECT_FALSE(pair.has(Kind::failed)) << "KMS's time is not the client's";
  pair.line.client_reads = false;
  pair.agent.data_key(Secret<std::string>(std::string(64, 'k')));
  pair.run(milliseconds(14'900));
  EXPECT_FALSE(pair.has(Kind::failed));
  pair.run(milliseconds(200));
  EXPECT_TRUE(pair.has(Kind::failed));
}

TEST(AgentSession, AFailureOfTheClientsIsTheSessions) {
  Pair pair(options_for(SessionType::shell, "arn:aws:kms:k"));
  pair.agent.begin(pair.line.now());
  pair.line.run_for(milliseconds(200));
  ASSERT_EQ(pair.client.next_event()->kind, SessionEvent::Kind::need_key);
  pair.client.data_key(fail(ErrorKind::denied, "not allowed"));
  pair.run(milliseconds(200));
  ASSERT_EQ(pair.last().kind, Kind::failed);
  EXPECT_EQ(pair.last().bytes, "KMSEncryption failed on client with status 2 error: not allowed");
  EXPECT_EQ(pair.client_events.back().kind, SessionEvent::Kind::failed);
}

TEST(AgentSession, KmsRefusingTheAgentFailsTheSession) {
  Pair pair(options_for(SessionType::shell, "arn:aws:kms:k"));
  pair.decrypts = false;
  pair.agent.begin(pair.line.now());
  pair.run(seconds(1));
  pair.agent.data_key(fail(ErrorKind::denied, "kms:Decrypt is not allowed"));
  pair.fetch();
  ASSERT_EQ(pair.last().kind, Kind::failed);
  EXPECT_EQ(pair.last().bytes, "Fetching data key failed: kms:Decrypt is not allowed");
}

TEST(AgentSession, ADifferentKeyFailsTheChallenge) {
  Pair pair(options_for(SessionType::shell, "arn:aws:kms:k"));
  pair.decrypts = false;
  pair.agent.begin(pair.line.now());
  pair.run(seconds(1));
  pair.agent.data_key(Secret<std::string>(std::string(64, 'x')));
  pair.run(seconds(1));
  EXPECT_EQ(pair.client_events.back().kind, SessionEvent::Kind::failed);
  EXPECT_FALSE(pair.has(Kind::ready));
}

TEST(AgentSession, TheServiceEndsIt) {
  Pair pair(options_for(SessionType::shell));
  pair.agent.begin(pair.line.now());
  AgentMessage closed;
  closed.type = "channel_closed";
  closed.created_ms = 1;
  closed.id = "00112233-4455-6677-8899-aabbccddeeff";
  closed.payload = R"({"Output":"terminated"})";
  ASSERT_TRUE(pair.agent.receive(pair.line.now(), *encode_message(closed)).has_value());
  pair.fetch();
  EXPECT_EQ(pair.last().kind, Kind::closed);
  EXPECT_EQ(pair.last().bytes, "terminated");
  EXPECT_FALSE(pair.agent.next_event().has_value());
}

TEST(AgentSession, APauseStopsOutputAndRoomUntilTheClientSaysSomething) {
  Pair pair(options_for(SessionType::shell));
  pair.agent.begin(pair.line.now());
  pair.agent.send_output("$ ");
  pair.run(milliseconds(200));
  AgentMessage pause;
  pause.type = "pause_publication";
  pause.id = "00112233-4455-6677-8899-aabbccddeeff";
  ASSERT_TRUE(pair.agent.receive(pair.line.now(), *encode_message(pause)).has_value());
  EXPECT_EQ(pair.agent.room(), 0U);
  pair.agent.send_output("more");
  pair.run(seconds(10));
  EXPECT_EQ(pair.output, "$ ");
  pair.client.send_input("x");
  pair.run(milliseconds(200));
  EXPECT_EQ(pair.output, "$ more");
  EXPECT_GT(pair.agent.room(), 0U);
}

// ---- clients that are not ours

class StrangeClient : public ::testing::Test {
 protected:
  void say(PayloadType type, std::string payload) {
    client_.send(type, std::move(payload));
    line_.run_for(milliseconds(200));
  }
  std::vector<Kind> events() {
    std::vector<Kind> all;
    while (std::optional<AgentEvent> event = agent_.next_event()) {
      all.push_back(event->kind);
      last_ = std::move(*event);
    }
    return all;
  }
  void answer(std::string version, ActionStatus status) {
    HandshakeResponse response;
    response.client_version = std::move(version);
    ActionAnswer& one = response.actions.emplace_back();
    one.action = "SessionType";
    one.status = status;
    if (status != ActionStatus::success) one.error = "no";
    say(PayloadType::handshake_response, write_handshake_response(response));
  }

  world::SeededRandom random_{1, "strange"};
  Channel client_{random_, ChannelOptions(End::client)};
  AgentSession agent_{random_, options_for(SessionType::command)};
  testing::Line<Channel, AgentSession> line_{random_, testing::WayOptions(), client_, agent_};
  AgentEvent last_;
};

TEST_F(StrangeClient, ThatIsOldIsAskedToBeNewer) {
  agent_.begin(line_.now());
  answer("1.2.295.0", ActionStatus::success);
  EXPECT_EQ(events(), std::vector<Kind>{Kind::ready});
  EXPECT_EQ(client_.next()->type, PayloadType::handshake_request);
  const Result<HandshakeComplete> complete = read_handshake_complete(client_.next()->payload);
  ASSERT_TRUE(complete.has_value());
  EXPECT_NE(complete->message.find("update"), std::string::npos);
  EXPECT_EQ(complete->nanoseconds, 20'000'000) << "one way: the answer was there first";
}

TEST_F(StrangeClient, ThatDoesNotKnowTheSessionTypeHasNoSession) {
  agent_.begin(line_.now());
  answer("1.2.707.0", ActionStatus::unsupported);
  EXPECT_EQ(events(), std::vector<Kind>{Kind::failed});
  EXPECT_EQ(last_.bytes, "SessionType failed on client with status 3 error: no");
}

TEST_F(StrangeClient, ThatAnswersNothingOrNonsenseHasNoSession) {
  agent_.begin(line_.now());
  say(PayloadType::handshake_response, "{}");
  EXPECT_EQ(events(), std::vector<Kind>{Kind::failed});
  EXPECT_EQ(last_.bytes, "The client did not answer the action SessionType.");
  AgentSession other(random_, options_for(SessionType::port));
  other.begin(line_.now());
  Channel client(random_, ChannelOptions(End::client));
  client.send(PayloadType::handshake_response, "nonsense");
  ASSERT_TRUE(other.receive(line_.now(), *client.next_outgoing(line_.now())).has_value());
  EXPECT_EQ(other.next_event()->kind, Kind::failed);
}

TEST_F(StrangeClient, ThatSendsInputBeforeTheHandshakeIsNotHeard) {
  agent_.begin(line_.now());
  say(PayloadType::output, "early");
  say(PayloadType::size, write_size(TerminalSize(80, 24)));
  EXPECT_TRUE(client_.is_settled()) << "acknowledged all the same";
  answer("1.2.707.0", ActionStatus::success);
  say(PayloadType::output, "late");
  EXPECT_EQ(events(), (std::vector<Kind>{Kind::ready, Kind::input}));
  EXPECT_EQ(last_.bytes, "late");
}

TEST_F(StrangeClient, NothingIsReadBeforeTheAgentsLegIsOpen) {
  say(PayloadType::output, "early");
  EXPECT_FALSE(client_.is_settled());
  EXPECT_EQ(events(), std::vector<Kind>{});
}

TEST_F(StrangeClient, ThatSpeaksPlainlyInAnEncryptedSessionEndsIt) {
  Pair pair(options_for(SessionType::shell, "arn:aws:kms:k"));
  pair.agent.begin(pair.line.now());
  pair.run(seconds(1));
  ASSERT_TRUE(pair.has(Kind::ready));
  AgentMessage plain;
  plain.type = "input_stream_data";
  plain.created_ms = 1;
  plain.id = "00112233-4455-6677-8899-aabbccddeeff";
  plain.payload_type = 1;
  plain.payload = "rm -rf /";
  plain.sequence = pair.agent.channel().expected();
  ASSERT_TRUE(pair.agent.receive(pair.line.now(), *encode_message(plain)).has_value());
  pair.fetch();
  EXPECT_EQ(pair.last().kind, Kind::failed);
  EXPECT_EQ(pair.input, "");
}

}  // namespace agent_session_test
}  // namespace postern::session
