#pragma once

// Scripts for the two sides of a session: an input is a list of steps, each a byte that says what happens, and what it
// needs. The numbers of messages are given by the script only when it wants to, so that a fuzzer gets past the first.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "session/channel.hpp"

namespace postern::session::fuzz {

/// Random bits that are the same every time.
class FixedRandom final : public rt::Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    for (std::uint8_t& byte : bytes) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool is_over() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  /// As many bytes as the next two say.
  std::string_view bytes() {
    const std::size_t high = byte();
    const std::size_t low = byte();
    const std::string_view taken = rest_.substr(0, high * 256 + low);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

constexpr const char* kTypes[] = {"input_stream_data", "output_stream_data", "acknowledge",  "channel_closed",
                                  "start_publication", "pause_publication",  "agent_session"};

/// The script's next message. `fitting` is the number that the receiver waits for.
inline std::string message(Script& script, std::int64_t fitting) {
  AgentMessage made;
  made.type = kTypes[script.byte() % std::size(kTypes)];
  made.created_ms = 1;
  made.id = "00112233-4455-6677-8899-aabbccddeeff";
  made.payload_type = script.byte() % 14U;
  const std::uint8_t number = script.byte();
  made.sequence = number < 128 ? fitting + number % 4 : static_cast<std::int64_t>(number) * (number % 2 == 0 ? 1 : -1);
  made.payload = script.bytes();
  return *encode_message(made);
}

/// What the side keeps stays within what its limits say, and a wake-up is never for nothing.
template <class Side>
void check(Side& side, Moment now, std::size_t memory_most) {
  for (int i = 0; i < 1000; ++i) {
    const std::optional<std::string> out = side.next_outgoing(now);
    if (!out) break;
    CHECK(decode_message(*out).has_value());
  }
  CHECK(side.channel().memory() <= memory_most);
}

}  // namespace postern::session::fuzz
