#include "session/agent_message.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "base/check.hpp"
#include "base/text.hpp"

namespace postern::session {
namespace {

// Offsets of protocol.md B1.2. HeaderLength does not count the four bytes of PayloadLength.
constexpr std::uint32_t kHeaderLength = 116;
constexpr std::size_t kTypeAt = 4;
constexpr std::size_t kTypeBytes = 32;
constexpr std::size_t kVersionAt = 36;
constexpr std::size_t kCreatedAt = 40;
constexpr std::size_t kSequenceAt = 48;
constexpr std::size_t kFlagsAt = 56;
constexpr std::size_t kIdAt = 64;
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kDigestAt = 80;
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kPayloadTypeAt = 112;
constexpr std::string_view kPadding(" \t\n\v\f\r\0", 7);
/// What the service says about who may send. Readers look at nothing of it but the type.
constexpr std::string_view kUnchecked[] = {"start_publication", "pause_publication"};

struct FreeDigest {
  void operator()(EVP_MD* digest) const noexcept { EVP_MD_free(digest); }
};

std::array<char, kDigestBytes> sha256(std::string_view data) {
  // Looked up once: it takes as long as the digest of a short message.
  static const std::unique_ptr<EVP_MD, FreeDigest> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  std::array<char, kDigestBytes> digest{};
  unsigned size = 0;
  const int done = EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
                              algorithm.get(), nullptr);
  CHECK(done == 1 && size == kDigestBytes);
  return digest;
}

void append_number(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<char>((value >> (8U * i)) & 0xFFU));
}

std::uint64_t read_number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (const char byte : bytes.substr(at, size)) value = (value << 8U) | static_cast<unsigned char>(byte);
  return value;
}

/// Where the digits of a UUID's bytes stand in its text, in the order of the wire: the halves change places.
constexpr std::array<std::uint8_t, kIdBytes> kDigitsAt{19, 21, 24, 26, 28, 30, 32, 34, 0, 2, 4, 6, 9, 11, 14, 16};
constexpr std::string_view kNoId = "00000000-0000-0000-0000-000000000000";

std::string uuid_text(std::string_view wire) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(kNoId);
  for (std::size_t i = 0; i < kIdBytes; ++i) {
    const auto byte = static_cast<unsigned char>(wire[i]);
    text[kDigitsAt[i]] = kDigits[byte >> 4U];
    text[kDigitsAt[i] + 1U] = kDigits[byte & 15U];
  }
  return text;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::array<char, kIdBytes>> uuid_wire(std::string_view text) {
  if (text.size() != kNoId.size()) return std::nullopt;
  for (const std::size_t at : {8U, 13U, 18U, 23U}) {
    if (text[at] != '-') return std::nullopt;
  }
  std::array<char, kIdBytes> wire{};
  for (std::size_t i = 0; i < kIdBytes; ++i) {
    const int high = digit_value(text[kDigitsAt[i]]);
    const int low = digit_value(text[kDigitsAt[i] + 1U]);
    if (high < 0 || low < 0) return std::nullopt;
    wire[i] = static_cast<char>(high << 4 | low);
  }
  return wire;
}

}  // namespace

Result<std::string> encode_message(const AgentMessage& message) {
  if (message.type.empty() || message.type.size() > kTypeBytes) {
    return fail(ErrorKind::usage, "a message type has 1 to 32 bytes: " + printable(message.type, 60));
  }
  const auto id = uuid_wire(message.id);
  if (!id) return fail(ErrorKind::usage, "a message id is a UUID: " + printable(message.id, 60));
  if (message.payload.size() > 0xFFFFFFFFU) return fail(ErrorKind::usage, "the payload is too long");
  std::string out;
  out.reserve(kHeaderBytes + message.payload.size());
  append_number(out, kHeaderLength, 4);
  out += message.type;
  out.append(kTypeBytes - message.type.size(), ' ');
  append_number(out, message.schema_version, 4);
  append_number(out, message.created_ms, 8);
  append_number(out, static_cast<std::uint64_t>(message.sequence), 8);
  append_number(out, message.flags, 8);
  out.append(id->data(), id->size());
  const auto digest = sha256(message.payload);
  out.append(digest.data(), digest.size());
  append_number(out, message.payload_type, 4);
  append_number(out, message.payload.size(), 4);
  out += message.payload;
  return out;
}

Result<AgentMessage> decode_message(std::string_view bytes) {
  const auto bad = [](std::string why) {
    return fail(ErrorKind::malformed, "an agent message cannot be read: " + std::move(why));
  };
  if (bytes.size() < kHeaderBytes) return bad("it is shorter than its header");
  AgentMessage message;
  std::string_view type = bytes.substr(kTypeAt, kTypeBytes);
  // Padded with spaces or NULs, or with both.
  type = type.substr(0, type.find_last_not_of(kPadding) + 1);
  message.type = std::string(trim(type));
  if (message.type.empty()) return bad("it has no type");
  const bool checked = std::ranges::find(kUnchecked, message.type) == std::end(kUnchecked);
  const std::uint64_t header = read_number(bytes, 0, 4);
  // Longer headers are left room for by the field; what they would hold is unknown.
  const bool sane = header >= kHeaderLength && header <= bytes.size() - 4;
  if (checked && !sane) return bad("its header length makes no sense");
  message.schema_version = static_cast<std::uint32_t>(read_number(bytes, kVersionAt, 4));
  message.created_ms = read_number(bytes, kCreatedAt, 8);
  if (checked && message.created_ms == 0) return bad("it has no date");
  message.sequence = static_cast<std::int64_t>(read_number(bytes, kSequenceAt, 8));
  message.flags = read_number(bytes, kFlagsAt, 8);
  message.id = uuid_text(bytes.substr(kIdAt, kIdBytes));
  message.payload_type = static_cast<std::uint32_t>(read_number(bytes, kPayloadTypeAt, 4));
  if (sane) message.payload = std::string(bytes.substr(static_cast<std::size_t>(header) + 4));
  const std::string_view digest = bytes.substr(kDigestAt, kDigestBytes);
  const bool has_digest = digest.find_first_not_of('\0') != std::string_view::npos;
  if (checked && has_digest && !message.payload.empty()) {
    const auto real = sha256(message.payload);
    if (digest != std::string_view(real.data(), real.size())) {
      return bad("its payload does not have the digest that it says");
    }
  }
  return message;
}

}  // namespace postern::session
