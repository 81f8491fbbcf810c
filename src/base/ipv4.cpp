#include "base/ipv4.hpp"

#include <charconv>

#include "base/text.hpp"

namespace postern::ipv4 {
namespace {

/// Digits only, no sign, no leading zero, at most `max`.
std::optional<std::uint32_t> address_number(std::string_view text, std::uint32_t max) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  if (text.size() > 15) return std::nullopt;
  const auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  Address address = 0;
  for (const std::string_view part : parts) {
    const auto octet = address_number(part, 255);
    if (!octet) return std::nullopt;
    address = (address << 8U) | *octet;
  }
  return address;
}

std::string to_text(Address address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += std::to_string((address >> static_cast<unsigned>(shift)) & 255U);
    if (shift > 0) text += '.';
  }
  return text;
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto base = parse_address(text.substr(0, slash));
  const auto prefix = address_number(text.substr(slash + 1), 32);
  if (!base || !prefix) return std::nullopt;
  return Cidr(*base, static_cast<int>(*prefix));
}

}  // namespace postern::ipv4
