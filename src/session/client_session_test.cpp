#include "session/client_session.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "session/testing/line.hpp"
#include "world/random.hpp"

// The client against an agent that is a bare channel: what it says and when is up to the test.
namespace postern::session {
namespace client_session_test {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = SessionEvent::Kind;

ClientSessionOptions options_for(std::optional<SessionType> expected = std::nullopt) {
  ClientSessionOptions options;
  options.session_id = "user-0abc";
  options.target = "i-0123456789abcdef0";
  options.client_id = "00112233-4455-6677-8899-aabbccddeeff";
  options.expected = expected;
  return options;
}

class ClientSessionTest : public ::testing::Test {
 protected:
  explicit ClientSessionTest(std::optional<SessionType> expected = std::nullopt)
      : client_(random_, options_for(expected)) {}

  void say(PayloadType type, std::string payload) {
    agent_.send(type, std::move(payload));
    settle();
  }
  void settle(Duration time = milliseconds(200)) { line_.run_for(time); }
  void ask(const HandshakeRequest& request) { say(PayloadType::handshake_request, write_handshake_request(request)); }
  static HandshakeRequest request(SessionType type) {
    HandshakeRequest made;
    made.agent_version = "3.3.0.0";
    made.type = type;
    return made;
  }
  void complete() { say(PayloadType::handshake_complete, write_handshake_complete(HandshakeComplete())); }
  /// The session is over, with `output` for the user.
  void close(const std::string& payload) {
    AgentMessage message;
    message.type = "channel_closed";
    message.created_ms = 1;
    message.id = "00112233-4455-6677-8899-aabbccddeeff";
    message.payload = payload;
    ASSERT_TRUE(client_.receive(line_.now(), *encode_message(message)).has_value());
  }

  /// What the client said, as "TYPE PAYLOAD".
  std::vector<std::string> said() {
    std::vector<std::string> all;
    while (const std::optional<Arrived> message = agent_.next()) {
      all.push_back(std::to_string(static_cast<unsigned>(message->type)) + " " + message->payload);
    }
    return all;
  }
  std::vector<Kind> events() {
    std::vector<Kind> all;
    while (std::optional<SessionEvent> event = client_.next_event()) {
      all.push_back(event->kind);
      last_ = std::move(*event);
    }
    return all;
  }

  world::SeededRandom random_{1, "session"};
  ClientSession client_;
  Channel agent_{random_, ChannelOptions(End::agent)};
  testing::Line<ClientSession, Channel> line_{random_, testing::WayOptions(), client_, agent_};
  SessionEvent last_;
};

using Strings = std::vector<std::string>;
using Kinds = std::vector<Kind>;

TEST_F(ClientSessionTest, OpensAConnectionWithItsTokenAndItself) {
  const Result<OpenRequest> open = read_open(client_.opening("secret"));
  ASSERT_TRUE(open.has_value());
  EXPECT_EQ(open->token, "secret");
  EXPECT_EQ(open->client_id, "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(open->client_version, kClientVersion);
  EXPECT_NE(open->request_id, read_open(client_.opening("secret"))->request_id);
}

TEST_F(ClientSessionTest, AShellWithoutHandshakeBeginsWithItsFirstOutput) {
  client_.send_size(TerminalSize(80, 24));
  client_.send_size(TerminalSize(132, 43));
  settle(seconds(60));
  EXPECT_EQ(client_.room(), 0U);
  EXPECT_EQ(said(), Strings{});
  say(PayloadType::output, "$ ");
  EXPECT_EQ(events(), (Kinds{Kind::started, Kind::output}));
  EXPECT_EQ(last_.bytes, "$ ");
  EXPECT_EQ(client_.type(), SessionType::shell);
  EXPECT_GT(client_.room(), 1024U);
  client_.send_input("ls\r");
  client_.send_size(TerminalSize(132, 43));
  client_.send_size(TerminalSize(80, 24));
  settle();
  EXPECT_EQ(said(), (Strings{"3 {\"cols\":132,\"rows\":43}", "1 ls\r", "3 {\"cols\":80,\"rows\":24}"}))
      << "the last size, and only when it changed";
  EXPECT_TRUE(client_.is_settled());
}

TEST_F(ClientSessionTest, InputIsCutIntoUnits) {
  say(PayloadType::output, "$ ");
  client_.send_input(std::string(2500, 'x'));
  settle();
  const Strings all = said();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].size(), 1026U);
  EXPECT_EQ(all[2].size(), 2U + 452U);
}

TEST_F(ClientSessionTest, RoomIsWhatFitsIntoTheWindowInUnits) {
  say(PayloadType::output, "$ ");
  line_.client_is_there = false;
  const std::size_t room = client_.room();
  client_.send_input(std::string(room, 'x'));
  EXPECT_EQ(client_.room(), 0U);
  EXPECT_LE(client_.channel().memory(), ChannelOptions().window_bytes + (2U << 10U));
  EXPECT_GT(room, ChannelOptions().window_bytes * 3 / 4);
}

TEST_F(ClientSessionTest, APortBeginsWithItsHandshake) {
  HandshakeRequest port = request(SessionType::port);
  port.port.emplace();
  port.port->port = "5432";
  port.port->type = "LocalPortForwarding";
  ask(port);
  EXPECT_EQ(said(),
            Strings{"6 {\"ClientVersion\":\"1.2.707.0\",\"ProcessedClientActions\":[{\"ActionType\":\"SessionType\","
                    "\"ActionStatus\":1,\"ActionResult\":null,\"Error\":\"\"}],\"Errors\":null}"});
  EXPECT_EQ(events(), Kinds{});
  EXPECT_EQ(client_.room(), 0U);
  client_.send_size(TerminalSize(80, 24));
  HandshakeComplete done;
  done.message = "Please update.";
  say(PayloadType::handshake_complete, write_handshake_complete(done));
  EXPECT_EQ(events(), (Kinds{Kind::started, Kind::message}));
  EXPECT_EQ(last_.bytes, "Please update.");
  EXPECT_EQ(client_.type(), SessionType::port);
  EXPECT_EQ(client_.port().port, "5432");
  EXPECT_EQ(client_.agent_version(), "3.3.0.0");
  say(PayloadType::flag, write_flag(Flag::connect_to_port_error));
  EXPECT_EQ(events(), Kinds{Kind::flag});
  EXPECT_EQ(last_.number, 3U);
  client_.send_flag(Flag::terminate_session);
  settle();
  EXPECT_EQ(said(), Strings{std::string("10 \0\0\0\2", 7)}) << "and no size: there is no terminal";
}

class PitfallD4 : public ClientSessionTest {};

/// The plugin rewrites a payload that is one line feed, in port sessions too, and so corrupts what goes through them.
TEST_F(PitfallD4, ALineFeedStaysALineFeed) {
  for (const SessionType type : {SessionType::port, SessionType::shell}) {
    ClientSession client(random_, options_for());
    Channel agent(random_, ChannelOptions(End::agent));
    testing::Line line(random_, testing::WayOptions(), client, agent);
    agent.send(PayloadType::handshake_request, write_handshake_request(request(type)));
    line.run_for(milliseconds(200));
    agent.send(PayloadType::handshake_complete, write_handshake_complete(HandshakeComplete()));
    line.run_for(milliseconds(200));
    EXPECT_EQ(agent.next()->type, PayloadType::handshake_response);
    for (const char* text : {"A\n", "\n", "\n", "\n"}) client.send_input(text);
    line.run_for(milliseconds(200));
    std::string got;
    while (const std::optional<Arrived> message = agent.next()) got += message->payload;
    EXPECT_EQ(got, "A\n\n\n\n");
  }
}

TEST_F(ClientSessionTest, ACommandTellsItsStreamsApartAndItsExitCode) {
  ask(request(SessionType::command));
  complete();
  say(PayloadType::output, "out");
  say(PayloadType::stderr_output, "err");
  say(PayloadType::exit_code, "EXIT_CODE: 7");
  Strings got;
  while (const std::optional<SessionEvent> event = client_.next_event()) {
    got.push_back(std::to_string(static_cast<int>(event->kind)) + event->bytes + std::to_string(event->exit_code));
  }
  EXPECT_EQ(got, (Strings{"30", "0out0", "1err0", "27"}));
  say(PayloadType::exit_code, "EXIT_CODE: many");
  EXPECT_EQ(events(), Kinds{Kind::message}) << "said, at least";
}

TEST_F(ClientSessionTest, WhatItDoesNotKnowIsAnsweredAsUnsupported) {
  HandshakeRequest odd;
  odd.agent_version = "9.0.0.0";
  odd.type_name = "Hologram";
  odd.other_actions = {"Dance"};
  ask(odd);
  const Result<HandshakeResponse> response = read_handshake_response(said().at(0).substr(2));
  ASSERT_TRUE(response.has_value());
  ASSERT_EQ(response->actions.size(), 2U);
  for (const ActionAnswer& one : response->actions) EXPECT_EQ(one.status, ActionStatus::unsupported);
  EXPECT_EQ(response->actions[0].error, "postern does not know the session type Hologram");
  EXPECT_EQ(response->actions[1].error, "postern does not know the action Dance");
  EXPECT_EQ(events(), Kinds{});
  close(R"({"Output":"Dance failed on client with status 3"})");
  EXPECT_EQ(events(), Kinds{Kind::closed});
  EXPECT_EQ(last_.bytes, "Dance failed on client with status 3");
}

// ---- pitfall D5: agents say nothing of a session without handshake until it prints something

class PitfallD5 : public ClientSessionTest {
 protected:
  PitfallD5() : ClientSessionTest(SessionType::interactive_command) {}
};

TEST_F(PitfallD5, InputAndSizeGoOutBeforeTheFirstOutput) {
  client_.send_size(TerminalSize(80, 24));
  EXPECT_GT(client_.room(), 0U);
  client_.send_input("password\r");
  settle();
  EXPECT_EQ(said(), (Strings{"3 {\"cols\":80,\"rows\":24}", "1 password\r"}));
  say(PayloadType::output, "ok");
  EXPECT_EQ(events(), (Kinds{Kind::started, Kind::output}));
  EXPECT_EQ(client_.type(), SessionType::interactive_command);
  EXPECT_EQ(said(), Strings{}) << "and once";
}

TEST_F(PitfallD5, WhatPrintsNothingForEverTakesAsMuchInputAsThereIs) {
  std::size_t sent = 0;
  const bool done = line_.run_until(
      [&] {
        const std::size_t size = std::min<std::size_t>(client_.room(), (1U << 20U) - sent);
        client_.send_input(std::string(size, 'x'));
        sent += size;
        said();
        return sent == 1U << 20U && client_.is_settled();
      },
      seconds(30));
  EXPECT_TRUE(done) << sent;
  EXPECT_EQ(events(), Kinds{Kind::started}) << "the silence says that there is no handshake";
}

TEST_F(PitfallD5, AHandshakeAfterAllIsAcceptedAndWhatTheAgentIgnoredSaidAgain) {
  client_.send_size(TerminalSize(80, 24));
  client_.send_input("a");
  settle();
  said();
  ask(request(SessionType::interactive_command));
  client_.send_input("b");
  EXPECT_EQ(client_.room(), 0U);
  settle();
  EXPECT_EQ(said().size(), 1U) << "the response alone";
  complete();
  EXPECT_EQ(events(), Kinds{Kind::started});
  EXPECT_EQ(said(), (Strings{"3 {\"cols\":80,\"rows\":24}", "1 ab"}));
}

TEST_F(PitfallD5, AShellThatPrintsNoPromptGetsItsInputAfterAWhile) {
  ClientSession client(random_, options_for(SessionType::shell));
  Channel agent(random_, ChannelOptions(End::agent));
  testing::Line line(random_, testing::WayOptions(), client, agent);
  client.send_size(TerminalSize(80, 24));
  line.run_for(milliseconds(2900));
  EXPECT_EQ(client.room(), 0U);
  EXPECT_FALSE(agent.next().has_value());
  line.run_for(milliseconds(200));
  EXPECT_GT(client.room(), 0U);
  client.send_input("x");
  line.run_for(milliseconds(200));
  EXPECT_EQ(agent.next()->type, PayloadType::size);
  EXPECT_EQ(agent.next()->payload, "x");
  EXPECT_FALSE(client.next_event().has_value());
  line.run_for(seconds(14));
  EXPECT_FALSE(client.next_event().has_value()) << "a handshake may still come";
  line.run_for(seconds(2));
  EXPECT_EQ(client.next_event()->kind, Kind::started);
}

TEST_F(PitfallD5, AHandshakeThatComesTooLateForItsInputFails) {
  client_.send_input("a");
  settle(seconds(16));
  EXPECT_EQ(events(), Kinds{Kind::started});
  ask(request(SessionType::interactive_command));
  EXPECT_EQ(events(), Kinds{Kind::failed}) << "nobody knows what of it was ignored";
}

// ---- encryption

class EncryptedSession : public ClientSessionTest {
 protected:
  void begin(std::string challenge = "") {
    HandshakeRequest shell = request(SessionType::shell);
    shell.wants_encryption = true;
    shell.kms_key = "arn:aws:kms:k";
    shell.challenge = std::move(challenge);
    ask(shell);
    ASSERT_EQ(events(), Kinds{Kind::need_key});
    ASSERT_EQ(said(), Strings{}) << "the answer waits for the key";
  }
  void give_key() {
    DataKey key;
    key.plaintext = key_;
    key.ciphertext = "blob";
    client_.data_key(std::move(key));
    settle();
  }

  Secret<std::string> key_{std::string(32, 'a') + std::string(32, 'c')};
  SessionCipher cipher_ = *SessionCipher::make(End::agent, key_);
};

TEST_F(EncryptedSession, TheChallengeIsAnsweredAndWhatFollowsEncrypted) {
  begin("Q0hBTExFTkdF");
  const KeyRequest asked = client_.key_request();
  EXPECT_EQ(asked.key_id, "arn:aws:kms:k");
  EXPECT_EQ(asked.session_id, "user-0abc");
  EXPECT_EQ(asked.target, "i-0123456789abcdef0");
  EXPECT_EQ(asked.challenge, "Q0hBTExFTkdF");
  give_key();
  const Result<HandshakeResponse> response = read_handshake_response(said().at(0).substr(2));
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->actions.at(1).cipher_key, "blob");
  EXPECT_TRUE(response->actions.at(1).challenge_known);

  const std::string text(64, 't');
  say(PayloadType::encryption_challenge, write_challenge(cipher_.seal(random_, text)));
  const std::string answer = *read_challenge(said().at(0).substr(2));
  EXPECT_EQ(answer.size(), 92U);
  EXPECT_EQ(cipher_.open(answer).value_or("?"), text);
  complete();
  EXPECT_EQ(events(), Kinds{Kind::started});
  EXPECT_TRUE(client_.is_encrypted());

  client_.send_size(TerminalSize(80, 24));
  client_.send_input("ls");
  settle();
  const Strings sent = said();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0], "3 {\"cols\":80,\"rows\":24}") << "sizes are never encrypted";
  EXPECT_EQ(cipher_.open(std::string_view(sent[1]).substr(2)).value_or("?"), "ls");
  say(PayloadType::output, cipher_.seal(random_, "total 0"));
  EXPECT_EQ(events(), Kinds{Kind::output});
  EXPECT_EQ(last_.bytes, "total 0");
}

TEST_F(EncryptedSession, AnAgentThatSendsNoChallengeGetsNoWordOfIt) {
  begin();
  EXPECT_EQ(client_.key_request().challenge, "");
  give_key();
  const Strings sent = said();
  EXPECT_EQ(sent.at(0).find("ChallengeAcknowledgement"), std::string::npos);
}

TEST_F(EncryptedSession, AFailureOfKmsIsToldToTheAgentAndTheUser) {
  begin();
  client_.data_key(fail(ErrorKind::denied, "kms:GenerateDataKey is not allowed"));
  settle();
  const Result<HandshakeResponse> response = read_handshake_response(said().at(0).substr(2));
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->actions.at(1).action, "KMSEncryption");
  EXPECT_EQ(response->actions.at(1).status, ActionStatus::failed);
  EXPECT_EQ(response->actions.at(1).error, "kms:GenerateDataKey is not allowed");
  EXPECT_EQ(events(), Kinds{Kind::failed});
  ASSERT_TRUE(last_.error.has_value());
  EXPECT_EQ(last_.error->kind(), ErrorKind::denied);
  EXPECT_EQ(last_.error->context("kms_key"), "arn:aws:kms:k");
  EXPECT_TRUE(client_.is_settled());
  close("{}");
  EXPECT_EQ(events(), Kinds{}) << "failed was the last";
}

TEST_F(EncryptedSession, AKeyThatIsNoneFailsLikewise) {
  begin();
  DataKey key;
  key.plaintext = Secret<std::string>("short");
  key.ciphertext = "blob";
  client_.data_key(std::move(key));
  EXPECT_EQ(events(), Kinds{Kind::failed});
  DataKey again;
  again.plaintext = key_;
  again.ciphertext = "blob";
  client_.data_key(std::move(again));
  EXPECT_FALSE(client_.is_encrypted());
}

TEST_F(EncryptedSession, PlainTextIsNotTakenForOutput) {
  begin();
  say(PayloadType::output, "$ ");
  EXPECT_EQ(events(), Kinds{Kind::failed}) << "before there is a key";
}

TEST_F(EncryptedSession, WhatAnotherKeyEncryptedEndsTheSession) {
  begin();
  give_key();
  complete();
  EXPECT_EQ(events(), Kinds{Kind::started});
  say(PayloadType::output, "$ ");
  EXPECT_EQ(events(), Kinds{Kind::failed});
  EXPECT_EQ(client_.room(), 0U);
}

// ---- the end, and what is hostile

TEST_F(ClientSessionTest, TheEndComesAfterTheOutputBeforeIt) {
  say(PayloadType::output, "bye");
  close(R"({"Output":"Session timed out"})");
  EXPECT_EQ(events(), (Kinds{Kind::started, Kind::output, Kind::closed}));
  EXPECT_EQ(last_.bytes, "Session timed out");
  EXPECT_EQ(last_.number, 0U);
  EXPECT_EQ(client_.room(), 0U);
  EXPECT_EQ(events(), Kinds{});
}

TEST_F(ClientSessionTest, TheEndSaysWhatIsMissing) {
  AgentMessage message;
  message.type = "output_stream_data";
  message.created_ms = 1;
  message.sequence = 1;
  message.id = "00112233-4455-6677-8899-aabbccddeeff";
  message.payload_type = 1;
  message.payload = "after the first, which never came";
  ASSERT_TRUE(client_.receive(line_.now(), *encode_message(message)).has_value());
  close("no JSON at all");
  EXPECT_EQ(events(), Kinds{Kind::closed});
  EXPECT_EQ(last_.bytes, "");
  EXPECT_EQ(last_.number, 1U);
}

TEST_F(ClientSessionTest, AHandshakeThatMakesNoSenseFails) {
  say(PayloadType::handshake_request, "{");
  EXPECT_EQ(events(), Kinds{Kind::failed});
  EXPECT_EQ(last_.error->kind(), ErrorKind::malformed);
}

TEST_F(ClientSessionTest, WhatComesOutOfTurnIsIgnored) {
  complete();
  say(PayloadType::encryption_challenge, write_challenge("x"));
  say(PayloadType::handshake_response, "{}");
  say(PayloadType::size, "{}");
  say(PayloadType::parameter, "");
  say(static_cast<PayloadType>(99), "new");
  say(PayloadType::flag, "odd");
  EXPECT_EQ(events(), Kinds{});
  ask(request(SessionType::port));
  said();
  ask(request(SessionType::shell));
  EXPECT_EQ(said(), Strings{}) << "one handshake";
  complete();
  complete();
  EXPECT_EQ(events(), Kinds{Kind::started});
  EXPECT_EQ(client_.type(), SessionType::port);
}

TEST_F(ClientSessionTest, AFloodBeforeTheStartWaitsInTheChannel) {
  for (int i = 0; i < 5000; ++i) {
    agent_.send(PayloadType::flag, write_flag(Flag::connect_to_port_error));
  }
  settle(seconds(20));
  EXPECT_TRUE(client_.is_full());
  EXPECT_LT(client_.channel().memory(), 1U << 20U);
  std::size_t flags = 0;
  line_.run_until(
      [&] {
        flags += events().size();
        return flags == 5000;
      },
      seconds(60));
  EXPECT_EQ(flags, 5000U);
}

}  // namespace client_session_test
}  // namespace postern::session
