#pragma once

/// WebSocket framing (RFC 6455 section 5) without I/O: bytes in, events out; and the other way round.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace postern::ws {

enum class Role : std::uint8_t { client, server };

/// Close codes that are used here (section 7.4.1).
constexpr std::uint16_t kCloseNormal = 1000;
constexpr std::uint16_t kCloseGoingAway = 1001;
constexpr std::uint16_t kCloseProtocolError = 1002;
constexpr std::uint16_t kCloseNoStatus = 1005;  ///< never on the wire: the peer's close frame had no code
constexpr std::uint16_t kCloseBadData = 1007;
constexpr std::uint16_t kClosePolicy = 1008;
constexpr std::uint16_t kCloseTooBig = 1009;

struct Event {
  enum class Kind : std::uint8_t { text, binary, ping, pong, close };
  Event() = default;
  Event(Kind k, std::string p) : kind(k), payload(std::move(p)) {}
  Kind kind = Kind::binary;
  std::string payload;                  ///< the whole message; of a close: the reason
  std::uint16_t code = kCloseNoStatus;  ///< of a close
};

/// How the peer broke the protocol, and the code to close with.
struct Violation {
  Violation(std::uint16_t c, std::string_view m) : code(c), message(m) {}
  std::uint16_t code;
  std::string message;
};

struct FrameLimits {
  FrameLimits() = default;
  std::size_t message_bytes = 1U << 20U;  ///< of one message, all its fragments together
};

/// Takes what a peer sends apart. Buffers at most one frame and one message, each within the limit.
class FrameReader {
 public:
  /// `own` is this end's role: a server wants masked frames, a client unmasked ones.
  FrameReader(Role own, FrameLimits limits) : own_(own), limits_(limits) {}
  void feed(std::string_view bytes);
  /// Bytes were fed that next() has not used.
  bool has_more() const noexcept { return used_ < buffer_.size(); }
  /// The next message or control frame; nothing until more is fed. After a violation or a close nothing is read any
  /// more.
  tl::expected<std::optional<Event>, Violation> next();

 private:
  struct Header {
    Header() = default;
    bool final = false;
    std::uint8_t opcode = 0;
    std::size_t size = 0;  ///< of the header
    std::size_t payload = 0;
    std::optional<std::array<unsigned char, 4>> mask;
  };
  using Parsed = tl::expected<std::optional<Event>, Violation>;

  tl::expected<std::optional<Header>, Violation> parse_header() const;
  std::optional<Violation> check(const Header& header) const;
  Parsed control(const Header& header, std::string payload);
  Parsed data(const Header& header, std::string payload);

  Role own_;
  FrameLimits limits_;
  std::string buffer_;
  std::size_t used_ = 0;  ///< of buffer_
  std::string message_;
  std::uint8_t message_opcode_ = 0;  ///< 0: no message has begun
  bool ended_ = false;
};

/// Appends one unfragmented frame. `mask` is given by clients only. Control payloads hold at most 125 bytes (CHECK).
void write_frame_to(std::string& out, Event::Kind kind, std::string_view payload,
                    const std::optional<std::array<unsigned char, 4>>& mask);
/// The payload of a close frame; the reason is cut to what fits.
std::string close_payload(std::uint16_t code, std::string_view reason);
/// Whether a code may stand in a close frame on the wire.
bool is_close_code(std::uint16_t code) noexcept;

}  // namespace postern::ws
