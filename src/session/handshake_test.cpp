#include "session/handshake.hpp"

#include <gtest/gtest.h>

#include "base/encoding.hpp"

namespace postern::session {
namespace handshake_test {

TEST(Version, ComparesByNumbersAndKnowsOnlyFourParts) {
  EXPECT_TRUE(later_than("3.1.1511.1", "3.1.1511.0"));
  EXPECT_TRUE(later_than("3.10.0.0", "3.9.9999.0"));
  EXPECT_FALSE(later_than("3.1.1511.0", "3.1.1511.0"));
  EXPECT_FALSE(later_than("2.9.0.0", "3.0.196.0"));
  for (const char* text : {"", "3", "3.1.1511", "3.1.1511.0.1", "3.1..0", "3.1.x.0", "3.1.1511.0 ", "3.1.-1.0",
                           "3.1.99999999999.0", "..."}) {
    EXPECT_FALSE(Version::parse(text).has_value()) << text;
    EXPECT_FALSE(later_than(text, "0.0.0.0")) << text;
  }
}

/// Agents keep keep-alives inside port sessions on for clients up to 1.2.331.0, print a notice for those up to
/// 1.2.295, and multiplex from 1.1.70 on.
TEST(PitfallD8, TheVersionThatIsSaidPassesEveryGateOfAgents) {
  for (const char* gate : {"1.1.70.0", "1.2.295.0", "1.2.331.0"}) EXPECT_TRUE(later_than(kClientVersion, gate)) << gate;
}

TEST(Open, IsTheFirstTextOfAConnection) {
  OpenRequest client;
  client.request_id = "r";
  client.token = "t";
  client.client_id = "c";
  client.client_version = "1.2.707.0";
  EXPECT_EQ(
      write_open(client),
      R"({"MessageSchemaVersion":"1.0","RequestId":"r","TokenValue":"t","ClientId":"c","ClientVersion":"1.2.707.0"})");
  OpenRequest agent;
  agent.request_id = "r";
  agent.token = "t";
  agent.client_instance_id = "i-1";
  EXPECT_EQ(
      write_open(agent),
      R"({"MessageSchemaVersion":"1.0","RequestId":"r","TokenValue":"t","ClientId":"","ClientInstanceId":"i-1"})");
  // Older clients say no version.
  const Result<OpenRequest> old =
      read_open(R"({"MessageSchemaVersion":"1.0","RequestId":"r","TokenValue":"t","ClientId":"c"})");
  ASSERT_TRUE(old.has_value());
  EXPECT_EQ(old->token, "t");
  EXPECT_EQ(old->client_version, "");
  for (const char* text : {"", "[]", "{}", "null", R"({"TokenValue":""})", R"({"TokenValue":{}})"}) {
    EXPECT_FALSE(read_open(text).has_value()) << text;
  }
}

// The literal JSON of protocol.md B1.4 and B1.5.
constexpr std::string_view kRequest =
    R"({"AgentVersion":"3.3.0.0","RequestedClientActions":[)"
    R"({"ActionType":"SessionType","ActionParameters":{"SessionType":"Standard_Stream","Properties":null}},)"
    R"({"ActionType":"KMSEncryption","ActionParameters":{"KMSKeyId":"arn:aws:kms:k","Challenge":"AAAA"}}]})";
constexpr std::string_view kPortRequest =
    R"({"AgentVersion":"3.3.0.0","RequestedClientActions":[{"ActionType":"SessionType","ActionParameters":)"
    R"({"SessionType":"Port","Properties":{"portNumber":"5432","localPortNumber":"0","host":"db",)"
    R"("type":"LocalPortForwarding"}}}]})";
constexpr std::string_view kResponse =
    R"({"ClientVersion":"1.2.707.0","ProcessedClientActions":[)"
    R"({"ActionType":"SessionType","ActionStatus":1,"ActionResult":null,"Error":""},)"
    R"({"ActionType":"KMSEncryption","ActionStatus":1,"ActionResult":{"KMSCipherTextKey":"a2V5",)"
    R"("KMSCipherTextHash":null,"ChallengeAcknowledgement":true},"Error":""}],"Errors":null})";

TEST(HandshakeRequest, IsReadAndWrittenAsAgentsDo) {
  const Result<HandshakeRequest> read = read_handshake_request(kRequest);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->agent_version, "3.3.0.0");
  EXPECT_EQ(read->type, SessionType::shell);
  EXPECT_TRUE(read->wants_encryption);
  EXPECT_EQ(read->kms_key, "arn:aws:kms:k");
  EXPECT_EQ(read->challenge, "AAAA");
  EXPECT_FALSE(read->port.has_value());
  EXPECT_EQ(write_handshake_request(*read), kRequest);

  const Result<HandshakeRequest> port = read_handshake_request(kPortRequest);
  ASSERT_TRUE(port.has_value() && port->port.has_value());
  EXPECT_EQ(port->type, SessionType::port);
  EXPECT_EQ(port->port->port, "5432");
  EXPECT_EQ(port->port->local_port, "0");
  EXPECT_EQ(port->port->host, "db");
  EXPECT_EQ(port->port->type, "LocalPortForwarding");
  EXPECT_EQ(port->port->local_unix_socket, "");
  EXPECT_EQ(write_handshake_request(*port), kPortRequest);
}

TEST(HandshakeRequest, SaysHowMuchTheAgentTakes) {
  HandshakeRequest request;
  request.agent_version = "3.3.0.0";
  EXPECT_EQ(write_handshake_request(request), R"({"AgentVersion":"3.3.0.0","RequestedClientActions":[]})");
  request.payload_max = 4096;
  EXPECT_EQ(write_handshake_request(request),
            R"({"AgentVersion":"3.3.0.0","RequestedClientActions":[],"MaxPayloadBytes":4096})");
  EXPECT_EQ(read_handshake_request(write_handshake_request(request))->payload_max, 4096U);
  request.payload_max = 1U << 30U;
  EXPECT_EQ(read_handshake_request(write_handshake_request(request))->payload_max, kPayloadMax);
  EXPECT_EQ(read_handshake_request(R"({"MaxPayloadBytes":-5})")->payload_max, 0U);
  EXPECT_EQ(read_handshake_request(R"({"MaxPayloadBytes":"much"})")->payload_max, 0U);
}

TEST(HandshakeRequest, KeepsWhatItDoesNotKnow) {
  const Result<HandshakeRequest> read = read_handshake_request(
      R"({"AgentVersion":"9.0.0.0","RequestedClientActions":[{"ActionType":"Dance","ActionParameters":[1]},)"
      R"({"ActionType":"SessionType","ActionParameters":{"SessionType":"Hologram"}}]})");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->other_actions, std::vector<std::string>{"Dance"});
  EXPECT_FALSE(read->type.has_value());
  EXPECT_EQ(read->type_name, "Hologram");
  EXPECT_FALSE(read->wants_encryption);
}

TEST(HandshakeResponse, IsReadAndWrittenAsClientsDo) {
  const Result<HandshakeResponse> read = read_handshake_response(kResponse);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->client_version, "1.2.707.0");
  ASSERT_EQ(read->actions.size(), 2U);
  EXPECT_EQ(read->actions[0].action, "SessionType");
  EXPECT_EQ(read->actions[0].status, ActionStatus::success);
  EXPECT_EQ(read->actions[1].cipher_key, "key");
  EXPECT_TRUE(read->actions[1].challenge_known);
  EXPECT_EQ(write_handshake_response(*read), kResponse);
}

/// An old plugin puts the status of an action that it does not know into the result.
TEST(HandshakeResponse, AStatusThatIsMissingSaysUnsupported) {
  const auto status = [](std::string_view action) {
    const Result<HandshakeResponse> read = read_handshake_response(
        R"({"ClientVersion":"1.0.0.0","ProcessedClientActions":[)" + std::string(action) + "]}");
    return read && read->actions.size() == 1 ? read->actions[0].status : ActionStatus::success;
  };
  EXPECT_EQ(status(R"({"ActionType":"Dance","ActionStatus":0,"ActionResult":3,"Error":"no"})"),
            ActionStatus::unsupported);
  EXPECT_EQ(status(R"({"ActionType":"Dance"})"), ActionStatus::unsupported);
  EXPECT_EQ(status(R"({"ActionType":"Dance","ActionStatus":2})"), ActionStatus::failed);
  EXPECT_EQ(status(R"({"ActionType":"Dance","ActionStatus":7})"), ActionStatus::failed);
  EXPECT_EQ(status(R"({"ActionType":"Dance","ActionStatus":3})"), ActionStatus::unsupported);
}

TEST(PitfallD7, WhatGoesAlongHasItsOddForms) {
  HandshakeComplete complete;
  complete.nanoseconds = 1'500'000'000;
  complete.message = "hello";
  EXPECT_EQ(write_handshake_complete(complete), R"({"HandshakeTimeToComplete":1500000000,"CustomerMessage":"hello"})")
      << "nanoseconds";
  EXPECT_EQ(read_handshake_complete(write_handshake_complete(complete))->nanoseconds, 1'500'000'000);
  EXPECT_EQ(write_exit_code(7), "EXIT_CODE: 7") << "text";
  EXPECT_EQ(read_exit_code("EXIT_CODE: 7").value_or(-1), 7);
  EXPECT_EQ(read_exit_code("EXIT_CODE: -1\n").value_or(0), -1);
  EXPECT_EQ(to_hex(write_flag(Flag::terminate_session)), "00000002");
  EXPECT_EQ(read_flag(std::string("\0\0\1\3", 4)).value_or(0), 0x103U) << "known or not";
  EXPECT_EQ(write_challenge("abc"), R"({"Challenge":"YWJj"})");
  EXPECT_EQ(read_challenge(R"({"Challenge":"YWJj"})").value_or(""), "abc");
  EXPECT_EQ(write_size(TerminalSize(300, 100)), R"({"cols":300,"rows":100})");
  EXPECT_EQ(read_size(R"({"cols":300,"rows":100})").value_or(TerminalSize()), TerminalSize(300, 100));
}

TEST(ChannelClosedMessage, HasAllItsMembers) {
  ChannelClosed closed;
  closed.message_id = "m";
  closed.destination_id = "d";
  closed.session_id = "s";
  closed.created = "2026-11-22T08:00:00Z";
  closed.output = "why";
  const std::string text =
      R"({"MessageType":"channel_closed","MessageId":"m","DestinationId":"d","SessionId":"s","SchemaVersion":1,)"
      R"("CreatedDate":"2026-11-22T08:00:00Z","Output":"why"})";
  EXPECT_EQ(write_channel_closed(closed), text);
  EXPECT_EQ(read_channel_closed(text)->output, "why");
}

TEST(Handshake, WhatMakesNoSenseIsMalformed) {
  for (const char* text : {"", "x", "[]", "null", "7", "{", "\xFF"}) {
    EXPECT_FALSE(read_handshake_request(text).has_value()) << text;
    EXPECT_FALSE(read_handshake_response(text).has_value()) << text;
    EXPECT_FALSE(read_handshake_complete(text).has_value()) << text;
    EXPECT_FALSE(read_challenge(text).has_value()) << text;
    EXPECT_FALSE(read_size(text).has_value()) << text;
    EXPECT_FALSE(read_exit_code(text).has_value()) << text;
    EXPECT_EQ(read_flag(text).has_value(), std::string_view(text).size() == 4) << text;
    EXPECT_FALSE(read_channel_closed(text).has_value()) << text;
  }
  EXPECT_FALSE(read_size(R"({"cols":-1,"rows":1})").has_value());
  EXPECT_FALSE(read_size(R"({"cols":80})").has_value());
  EXPECT_FALSE(read_size(R"({"cols":80,"rows":70000})").has_value());
  EXPECT_FALSE(read_exit_code("EXIT_CODE: 99999999999").has_value());
  EXPECT_FALSE(read_exit_code("EXIT_CODE:").has_value());
  EXPECT_FALSE(read_exit_code("EXIT_CODE: 7 or so").has_value());
  EXPECT_FALSE(read_challenge(R"({"Challenge":"?"})").has_value());
  EXPECT_FALSE(
      read_handshake_response(
          R"({"ProcessedClientActions":[{"ActionType":"KMSEncryption","ActionResult":{"KMSCipherTextKey":"?"}}]})")
          .has_value());
  std::string many = R"({"RequestedClientActions":[)";
  for (int i = 0; i < 65; ++i) many += i == 0 ? "{}" : ",{}";
  EXPECT_FALSE(read_handshake_request(many + "]}").has_value());
  // Members of another kind read as if they were not there.
  const Result<HandshakeRequest> odd = read_handshake_request(
      R"({"AgentVersion":{},"RequestedClientActions":[{"ActionType":"SessionType","ActionParameters":[]},7,null]})");
  ASSERT_TRUE(odd.has_value());
  EXPECT_EQ(odd->agent_version, "");
  EXPECT_FALSE(odd->type.has_value());
}

}  // namespace handshake_test
}  // namespace postern::session
