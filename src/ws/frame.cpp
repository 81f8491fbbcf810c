#include "ws/frame.hpp"

#include "base/check.hpp"
#include "base/text.hpp"

namespace postern::ws {
namespace frames {

constexpr std::uint8_t kContinuation = 0x0;
constexpr std::uint8_t kText = 0x1;
constexpr std::uint8_t kBinary = 0x2;
constexpr std::uint8_t kClose = 0x8;
constexpr std::uint8_t kPing = 0x9;
constexpr std::uint8_t kPong = 0xA;
constexpr unsigned kFinalBit = 0x80;
constexpr unsigned kReservedBits = 0x70;
constexpr unsigned kMaskBit = 0x80;
constexpr std::size_t kControlMax = 125;
constexpr std::size_t kLength16 = 126;
constexpr std::size_t kLength64 = 127;

bool is_control(std::uint8_t opcode) {
  return (opcode & 0x8U) != 0;
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8U) | static_cast<unsigned char>(byte);
  return value;
}

void append_big_endian(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<char>((value >> (8U * i)) & 0xFFU));
}

void apply_mask(char* bytes, std::size_t size, const std::array<unsigned char, 4>& mask) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ mask[i % 4]);
  }
}

std::uint8_t opcode_of(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::text:
      return kText;
    case Event::Kind::binary:
      return kBinary;
    case Event::Kind::ping:
      return kPing;
    case Event::Kind::pong:
      return kPong;
    case Event::Kind::close:
      break;
  }
  return kClose;
}

tl::unexpected<Violation> violation(std::uint16_t code, std::string_view message) {
  return tl::unexpected<Violation>(Violation(code, message));
}

}  // namespace frames

bool is_close_code(std::uint16_t code) noexcept {
  const bool defined = code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
  return defined || (code >= 3000 && code <= 4999);
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload;
  if (code == kCloseNoStatus) return payload;
  frames::append_big_endian(payload, code, 2);
  reason = reason.substr(0, frames::kControlMax - 2);
  payload += reason.substr(0, utf8_prefix(reason));
  return payload;
}

void write_frame_to(std::string& out, Event::Kind kind, std::string_view payload,
                    const std::optional<std::array<unsigned char, 4>>& mask) {
  const std::uint8_t opcode = frames::opcode_of(kind);
  CHECK(!frames::is_control(opcode) || payload.size() <= frames::kControlMax);
  out.reserve(out.size() + payload.size() + 14);
  out.push_back(static_cast<char>(frames::kFinalBit | opcode));
  const unsigned masked = mask ? frames::kMaskBit : 0U;
  if (payload.size() < frames::kLength16) {
    out.push_back(static_cast<char>(masked | payload.size()));
  } else if (payload.size() <= 0xFFFF) {
    out.push_back(static_cast<char>(masked | frames::kLength16));
    frames::append_big_endian(out, payload.size(), 2);
  } else {
    out.push_back(static_cast<char>(masked | frames::kLength64));
    frames::append_big_endian(out, payload.size(), 8);
  }
  if (mask) {
    for (const unsigned char byte : *mask) out.push_back(static_cast<char>(byte));
  }
  const std::size_t begin = out.size();
  out += payload;
  if (mask) frames::apply_mask(out.data() + begin, payload.size(), *mask);
}

void FrameReader::feed(std::string_view bytes) {
  if (ended_) return;
  if (used_ > 0) {
    buffer_.erase(0, used_);
    used_ = 0;
  }
  buffer_ += bytes;
}

tl::expected<std::optional<FrameReader::Header>, Violation> FrameReader::parse_header() const {
  const std::string_view bytes = std::string_view(buffer_).substr(used_);
  if (bytes.size() < 2) return std::optional<Header>();
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  Header header;
  header.final = (first & frames::kFinalBit) != 0;
  header.opcode = first & 0xFU;
  header.size = 2;
  if ((first & frames::kReservedBits) != 0) return frames::violation(kCloseProtocolError, "reserved bits are set");
  std::uint64_t length = second & 0x7FU;
  const std::size_t extra = length == frames::kLength16 ? 2U : length == frames::kLength64 ? 8U : 0U;
  if (extra > 0) {
    if (bytes.size() < header.size + extra) return std::optional<Header>();
    length = frames::big_endian(bytes.substr(header.size, extra));
    header.size += extra;
    if (length < frames::kLength16 || (extra == 8 && length <= 0xFFFF)) {
      return frames::violation(kCloseProtocolError, "the payload length is not written in the shortest form");
    }
    if (extra == 8 && length >> 63U != 0)
      return frames::violation(kCloseProtocolError, "the payload length is negative");
  }
  if (length > limits_.message_bytes) return frames::violation(kCloseTooBig, "the frame is larger than accepted");
  header.payload = static_cast<std::size_t>(length);
  if ((second & frames::kMaskBit) != 0) {
    if (bytes.size() < header.size + 4) return std::optional<Header>();
    auto& mask = header.mask.emplace();
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = static_cast<unsigned char>(bytes[header.size + i]);
    header.size += mask.size();
  }
  return header;
}

std::optional<Violation> FrameReader::check(const Header& header) const {
  if (header.mask.has_value() != (own_ == Role::server)) {
    return Violation(kCloseProtocolError, own_ == Role::server ? "the frame is not masked" : "the frame is masked");
  }
  switch (header.opcode) {
    case frames::kContinuation:
      if (message_opcode_ == 0) return Violation(kCloseProtocolError, "a continuation without a message");
      break;
    case frames::kText:
    case frames::kBinary:
      if (message_opcode_ != 0) return Violation(kCloseProtocolError, "a new message inside a fragmented one");
      break;
    case frames::kClose:
    case frames::kPing:
    case frames::kPong:
      if (!header.final) return Violation(kCloseProtocolError, "a fragmented control frame");
      if (header.payload > frames::kControlMax) return Violation(kCloseProtocolError, "a control frame is too long");
      break;
    default:
      return Violation(kCloseProtocolError, "an unknown opcode");
  }
  if (header.payload > limits_.message_bytes - message_.size()) {
    return Violation(kCloseTooBig, "the message is larger than accepted");
  }
  return std::nullopt;
}

FrameReader::Parsed FrameReader::control(const Header& header, std::string payload) {
  if (header.opcode == frames::kPing) return Event(Event::Kind::ping, std::move(payload));
  if (header.opcode == frames::kPong) return Event(Event::Kind::pong, std::move(payload));
  ended_ = true;
  Event close(Event::Kind::close, std::string());
  if (payload.empty()) return close;
  if (payload.size() == 1) return frames::violation(kCloseProtocolError, "half a close code");
  close.code = static_cast<std::uint16_t>(frames::big_endian(std::string_view(payload).substr(0, 2)));
  close.payload = payload.substr(2);
  if (!is_close_code(close.code)) return frames::violation(kCloseProtocolError, "a close code that must not be sent");
  if (!is_utf8(close.payload)) return frames::violation(kCloseBadData, "the close reason is not UTF-8");
  return close;
}

FrameReader::Parsed FrameReader::data(const Header& header, std::string payload) {
  if (header.opcode != frames::kContinuation) message_opcode_ = header.opcode;
  if (message_.empty()) {
    message_ = std::move(payload);
  } else {
    message_ += payload;
  }
  if (!header.final) return std::optional<Event>();
  const bool text = message_opcode_ == frames::kText;
  message_opcode_ = 0;
  Event event(text ? Event::Kind::text : Event::Kind::binary, std::exchange(message_, std::string()));
  if (text && !is_utf8(event.payload)) return frames::violation(kCloseBadData, "a text message is not UTF-8");
  return event;
}

tl::expected<std::optional<Event>, Violation> FrameReader::next() {
  while (!ended_) {
    auto header = parse_header();
    if (header && header->has_value()) {
      if (auto wrong = check(**header)) header = tl::unexpected<Violation>(std::move(*wrong));
    }
    if (!header) {
      ended_ = true;
      return tl::unexpected<Violation>(std::move(header).error());
    }
    if (!header->has_value()) break;
    const Header& found = **header;
    if (buffer_.size() - used_ - found.size < found.payload) break;
    std::string payload = buffer_.substr(used_ + found.size, found.payload);
    used_ += found.size + found.payload;
    if (found.mask) frames::apply_mask(payload.data(), payload.size(), *found.mask);
    const bool is_control = frames::is_control(found.opcode);
    Parsed event = is_control ? control(found, std::move(payload)) : data(found, std::move(payload));
    if (!event) ended_ = true;
    if (!event || event->has_value()) return event;
  }
  return std::optional<Event>();
}

}  // namespace postern::ws
