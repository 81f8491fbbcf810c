#include "ws/frame.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace postern::ws {
namespace {

using Mask = std::optional<std::array<unsigned char, 4>>;

constexpr std::array<unsigned char, 4> kMask = {0x37, 0xfa, 0x21, 0x3d};

std::string text_of(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text.push_back(static_cast<char>(byte));
  return text;
}

struct Heard {
  Heard() = default;
  std::vector<Event> events;
  std::optional<Violation> violation;
};

Heard hear(Role own, std::string_view bytes, std::size_t step, std::size_t limit = 1000) {
  FrameLimits limits;
  limits.message_bytes = limit;
  FrameReader reader(own, limits);
  Heard heard;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    reader.feed(bytes.substr(at, step));
    for (;;) {
      auto next = reader.next();
      if (!next) {
        heard.violation = next.error();
        return heard;
      }
      if (!next->has_value()) break;
      heard.events.push_back(**next);
    }
  }
  return heard;
}

TEST(Frames, ReadsTheExamplesOfTheRfc) {
  const std::string hello = text_of({0x81, 0x05, 'H', 'e', 'l', 'l', 'o'});
  const std::string fragmented = text_of({0x01, 0x03, 'H', 'e', 'l', 0x80, 0x02, 'l', 'o'});
  const std::string masked = text_of({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58});
  for (const std::size_t step : {1U, 2U, 3U, 100U}) {
    for (const std::string& bytes : {hello, fragmented}) {
      const Heard heard = hear(Role::client, bytes, step);
      ASSERT_EQ(heard.events.size(), 1U);
      EXPECT_EQ(heard.events[0].payload, "Hello");
      EXPECT_EQ(heard.events[0].kind, Event::Kind::text);
    }
    const Heard heard = hear(Role::server, masked, step);
    ASSERT_EQ(heard.events.size(), 1U);
    EXPECT_EQ(heard.events[0].payload, "Hello");
  }
}

TEST(Frames, WritesWhatItReadsAtEveryLengthForm) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 70000U}) {
    std::string payload(size, '\0');
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(i * 7);
    for (const Role reader : {Role::client, Role::server}) {
      std::string bytes;
      write_frame_to(bytes, Event::Kind::binary, payload, reader == Role::server ? Mask(kMask) : Mask());
      const Heard heard = hear(reader, bytes, 4096, 70000);
      ASSERT_EQ(heard.events.size(), 1U) << size;
      EXPECT_EQ(heard.events[0].payload, payload);
      EXPECT_EQ(heard.events[0].kind, Event::Kind::binary);
    }
  }
}

TEST(Frames, ShowsControlFramesBetweenFragments) {
  const std::string bytes = text_of({0x02, 0x01, 'a', 0x89, 0x01, 'p', 0x00, 0x00, 0x80, 0x01, 'b', 0x8A, 0x00});
  const Heard heard = hear(Role::client, bytes, 1);
  ASSERT_EQ(heard.events.size(), 3U);
  EXPECT_EQ(heard.events[0].kind, Event::Kind::ping);
  EXPECT_EQ(heard.events[0].payload, "p");
  EXPECT_EQ(heard.events[1].kind, Event::Kind::binary);
  EXPECT_EQ(heard.events[1].payload, "ab");
  EXPECT_EQ(heard.events[2].kind, Event::Kind::pong);
}

TEST(Frames, ReadsCloses) {
  struct Case {
    std::string bytes;
    std::uint16_t code;
    std::string reason;
  };
  const Case cases[] = {
      {text_of({0x88, 0x00}), kCloseNoStatus, ""},
      {text_of({0x88, 0x02, 0x03, 0xE8}), 1000, ""},
      {text_of({0x88, 0x05, 0x0B, 0xB8, 'b', 'y', 'e'}), 3000, "bye"},
  };
  for (const Case& one : cases) {
    const Heard heard = hear(Role::client, one.bytes + text_of({0x81, 0x01, 'x'}), 1);
    ASSERT_EQ(heard.events.size(), 1U) << "nothing is read after a close";
    EXPECT_EQ(heard.events[0].kind, Event::Kind::close);
    EXPECT_EQ(heard.events[0].code, one.code);
    EXPECT_EQ(heard.events[0].payload, one.reason);
  }
}

TEST(Frames, RefusesWhatTheRfcForbids) {
  struct Case {
    const char* what;
    Role own;
    std::string bytes;
    std::uint16_t code;
  };
  const Case cases[] = {
      {"reserved bit", Role::client, text_of({0xC1, 0x00}), 1002},
      {"unknown data opcode", Role::client, text_of({0x83, 0x00}), 1002},
      {"unknown control opcode", Role::client, text_of({0x8B, 0x00}), 1002},
      {"unmasked to a server", Role::server, text_of({0x81, 0x00}), 1002},
      {"masked to a client", Role::client, text_of({0x81, 0x80, 1, 2, 3, 4}), 1002},
      {"continuation of nothing", Role::client, text_of({0x80, 0x00}), 1002},
      {"message in a message", Role::client, text_of({0x01, 0x00, 0x81, 0x00}), 1002},
      {"fragmented ping", Role::client, text_of({0x09, 0x00}), 1002},
      {"long ping", Role::client, text_of({0x89, 126, 0, 126}), 1002},
      {"16-bit length of a short payload", Role::client, text_of({0x82, 126, 0, 125}), 1002},
      {"64-bit length of a short payload", Role::client, text_of({0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}), 1002},
      {"negative length", Role::client, text_of({0x82, 127, 0x80, 0, 0, 0, 0, 1, 0, 0}), 1002},
      {"huge frame", Role::client, text_of({0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}), 1009},
      {"close with one byte", Role::client, text_of({0x88, 0x01, 3}), 1002},
      {"close with code 1005", Role::client, text_of({0x88, 0x02, 0x03, 0xED}), 1002},
      {"close with code 999", Role::client, text_of({0x88, 0x02, 0x03, 0xE7}), 1002},
      {"close reason not UTF-8", Role::client, text_of({0x88, 0x03, 0x03, 0xE8, 0xFF}), 1007},
      {"text not UTF-8", Role::client, text_of({0x81, 0x02, 0xC3, 0x28}), 1007},
      {"text that ends inside a character", Role::client, text_of({0x01, 0x01, 0xC3, 0x80, 0x00}), 1007},
  };
  for (const Case& one : cases) {
    for (const std::size_t step : {1U, 100U}) {
      const Heard heard = hear(one.own, one.bytes, step);
      ASSERT_TRUE(heard.violation.has_value()) << one.what;
      EXPECT_EQ(heard.violation->code, one.code) << one.what << ": " << heard.violation->message;
    }
  }
}

TEST(Frames, TextMayBreakACharacterBetweenFragments) {
  const Heard heard = hear(Role::client, text_of({0x01, 0x01, 0xC3, 0x80, 0x01, 0xA4}), 1);
  ASSERT_EQ(heard.events.size(), 1U);
  EXPECT_EQ(heard.events[0].payload, "\xC3\xA4");
}

TEST(Frames, FragmentsTogetherKeepTheLimit) {
  std::string bytes;
  for (int i = 0; i < 11; ++i) bytes += text_of({i == 0 ? 0x02 : 0x00, 100}) + std::string(100, 'x');
  const Heard heard = hear(Role::client, bytes, 50);
  ASSERT_TRUE(heard.violation.has_value());
  EXPECT_EQ(heard.violation->code, kCloseTooBig);
}

TEST(Frames, CloseReasonsAreCutAtACharacter) {
  std::string reason(122, 'x');
  reason += "\xC3\xA4";
  EXPECT_EQ(close_payload(1000, reason).size(), 124U);
  EXPECT_EQ(close_payload(kCloseNoStatus, "dropped"), "");
}

}  // namespace
}  // namespace postern::ws
