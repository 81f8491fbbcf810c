#pragma once

/// Hex, base64, percent-encoding and HTML forms.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern {

/// Arbitrary bytes, as opposed to text.
struct Blob {
  Blob() = default;
  explicit Blob(std::string b) : bytes(std::move(b)) {}
  std::string bytes;
  friend bool operator==(const Blob&, const Blob&) = default;
};

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

/// Standard alphabet with padding (RFC 4648 section 4).
std::string to_base64(std::string_view bytes);
/// Accepts input with or without padding; anything else outside the alphabet is refused.
std::optional<std::string> from_base64(std::string_view text);

/// RFC 3986: everything but unreserved characters becomes %XX (upper case). `keep_slash` leaves '/' alone.
enum class Slash : unsigned char { encode, keep };
void percent_encode_to(std::string& out, std::string_view text, Slash slash = Slash::encode);
std::string percent_encode(std::string_view text, Slash slash = Slash::encode);
/// Malformed escapes are refused. '+' stays '+'.
std::optional<std::string> percent_decode(std::string_view text);

/// application/x-www-form-urlencoded: '+' is a space. Malformed escapes are refused. Order is kept.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view body);

}  // namespace postern
