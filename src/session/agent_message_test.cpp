#include "session/agent_message.hpp"

#include <gtest/gtest.h>

#include "base/encoding.hpp"

namespace postern::session {
namespace {

AgentMessage sample() {
  AgentMessage message;
  message.type = "agent_job";
  message.created_ms = 0x0102030405060708;
  message.sequence = -2;
  message.flags = 3;
  message.id = "00112233-4455-6677-8899-aabbccddeeff";
  message.payload_type = 1;
  message.payload = "{}";
  return message;
}

TEST(AgentMessage, HasTheLayoutOfTheWire) {
  const Result<std::string> bytes = encode_message(sample());
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ(to_hex(*bytes),
            "00000074"
            "6167656e745f6a6f6220202020202020202020202020202020202020202020"
            "20"
            "00000001"
            "0102030405060708"
            "fffffffffffffffe"
            "0000000000000003"
            "8899aabbccddeeff0011223344556677"
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
            "00000001"
            "00000002"
            "7b7d");
}

TEST(PitfallD7, TheHeaderHasItsOddForms) {
  const std::string bytes = *encode_message(sample());
  EXPECT_EQ(to_hex(std::string_view(bytes).substr(0, 4)), "00000074")
      << "116, although 120 bytes come before the payload";
  EXPECT_EQ(bytes.substr(4, 32), "agent_job" + std::string(23, ' ')) << "padded with spaces";
  EXPECT_EQ(to_hex(std::string_view(bytes).substr(64, 16)), "8899aabbccddeeff0011223344556677") << "halves swapped";
  AgentMessage upper = sample();
  upper.id = "00112233-4455-6677-8899-AABBCCDDEEFF";
  EXPECT_EQ(*encode_message(upper), bytes);
  for (const char* id : {"", "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeeffx",
                         "001122334455-6677-8899-aabbccddeeff0", "0011223x-4455-6677-8899-aabbccddeeff"}) {
    upper.id = id;
    EXPECT_FALSE(encode_message(upper).has_value()) << id;
  }
}

TEST(AgentMessage, ComesBackAsItWas) {
  const Result<AgentMessage> message = decode_message(*encode_message(sample()));
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->type, "agent_job");
  EXPECT_EQ(message->sequence, -2);
  EXPECT_EQ(message->flags, 3U);
  EXPECT_EQ(message->id, sample().id);
  EXPECT_EQ(message->payload, "{}");
}

TEST(AgentMessage, TypesMayBePaddedWithZeros) {
  std::string bytes = *encode_message(sample());
  for (std::size_t i = 13; i < 36; ++i) bytes[i] = '\0';
  EXPECT_EQ(decode_message(bytes)->type, "agent_job");
  bytes[20] = '\v';
  EXPECT_EQ(decode_message(bytes)->type, "agent_job") << "zeros between other padding are padding too";
}

TEST(AgentMessage, RefusesWhatMakesNoSense) {
  struct Case {
    const char* what;
    std::size_t at;
    std::string bytes;
  };
  const Case cases[] = {
      {"header beyond the end", 0, std::string("\x7F\xFF\xFF\xFF", 4)},
      {"header too short", 0, std::string("\0\0\0\x10", 4)},
      {"no type", 4, std::string(32, ' ')},
      {"no date", 40, std::string(8, '\0')},
      {"another payload", 120, "[]"},
  };
  for (const Case& one : cases) {
    std::string bytes = *encode_message(sample());
    bytes.replace(one.at, one.bytes.size(), one.bytes);
    EXPECT_FALSE(decode_message(bytes).has_value()) << one.what;
  }
  const std::string whole = *encode_message(sample());
  for (std::size_t size = 0; size < kHeaderBytes; ++size) {
    EXPECT_FALSE(decode_message(whole.substr(0, size)).has_value()) << size;
  }
  AgentMessage nameless = sample();
  nameless.id = "0011";
  EXPECT_FALSE(encode_message(nameless).has_value());
  nameless = sample();
  nameless.type = std::string(33, 'x');
  EXPECT_FALSE(encode_message(nameless).has_value());
}

TEST(AgentMessage, PausesAreTakenWithoutAnyCheck) {
  for (const char* type : {"start_publication", "pause_publication"}) {
    AgentMessage message = sample();
    message.type = type;
    std::string bytes = *encode_message(message);
    bytes.replace(40, 8, std::string(8, '\0'));  // no date
    bytes.replace(120, 2, "[]");                 // another payload than the digest's
    EXPECT_TRUE(decode_message(bytes).has_value()) << type;
    bytes.replace(0, 4, "\x7F\xFF\xFF\xFF");
    const Result<AgentMessage> read = decode_message(bytes);
    ASSERT_TRUE(read.has_value()) << type;
    EXPECT_EQ(read->type, type);
    EXPECT_EQ(read->payload, "") << "nobody knows where it would begin";
    EXPECT_FALSE(decode_message(bytes.substr(0, kHeaderBytes - 1)).has_value());
  }
}

}  // namespace
}  // namespace postern::session
