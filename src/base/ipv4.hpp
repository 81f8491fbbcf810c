#pragma once

/// IPv4 addresses and blocks of them.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::ipv4 {

using Address = std::uint32_t;

/// "10.0.0.4"; absent when it is anything else.
std::optional<Address> parse_address(std::string_view text);
std::string to_text(Address address);

/// The addresses that begin with the first `prefix` bits of `base`; its other bits are 0.
struct Cidr {
  Cidr() = default;
  Cidr(Address first, int bits) : base(first & mask(bits)), prefix(bits) {}
  Address base = 0;
  int prefix = 0;

  static constexpr Address mask(int bits) noexcept { return bits == 0 ? 0 : ~Address{0} << (32 - bits); }
  bool contains(Address address) const noexcept { return (address & mask(prefix)) == base; }
  bool contains(const Cidr& other) const noexcept { return other.prefix >= prefix && contains(other.base); }
  bool overlaps(const Cidr& other) const noexcept { return contains(other) || other.contains(*this); }
  std::uint64_t size() const noexcept { return std::uint64_t{1} << (32 - prefix); }
  std::string text() const { return to_text(base) + "/" + std::to_string(prefix); }
  friend auto operator<=>(const Cidr&, const Cidr&) = default;
};

/// "10.0.0.0/16". Host bits are cut off, as EC2 does in rules and routes.
std::optional<Cidr> parse_cidr(std::string_view text);

}  // namespace postern::ipv4
