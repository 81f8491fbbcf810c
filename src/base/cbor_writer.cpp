#include "base/cbor_writer.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include "base/text.hpp"

namespace postern {

void CborWriter::big_endian(std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out_.push_back(static_cast<char>(value >> shift & 0xFFU));
}

void CborWriter::head(std::uint8_t major, std::uint64_t argument) {
  const auto first = [&](unsigned info) {
    out_.push_back(static_cast<char>(static_cast<unsigned>(major) << 5U | info));
  };
  if (argument < 24) return first(static_cast<unsigned>(argument));
  const int width = argument <= UINT8_MAX ? 0 : argument <= UINT16_MAX ? 1 : argument <= UINT32_MAX ? 2 : 3;
  first(24U + static_cast<unsigned>(width));
  big_endian(argument, 1 << width);
}

void CborWriter::integer(std::int64_t value) {
  if (value >= 0) return head(0, static_cast<std::uint64_t>(value));
  head(1, static_cast<std::uint64_t>(-1 - value));
}

void CborWriter::text(std::string_view value) {
  if (is_utf8(value)) {
    head(3, value.size());
    out_.append(value);
    return;
  }
  const std::string clean = scrub_utf8(value);
  head(3, clean.size());
  out_.append(clean);
}

void CborWriter::bytes(std::string_view value) {
  head(2, value.size());
  out_.append(value);
}

void CborWriter::number(double value) {
  const bool small = !std::isfinite(value) || std::fabs(value) <= std::numeric_limits<float>::max();
  const float narrow = small ? static_cast<float>(value) : 0.0F;
  // Not-a-number compares with nothing, and fits too.
  if (std::isnan(value) || (small && static_cast<double>(narrow) == value)) {
    out_.push_back(static_cast<char>(0xFA));
    return big_endian(std::bit_cast<std::uint32_t>(narrow), 4);
  }
  out_.push_back(static_cast<char>(0xFB));
  big_endian(std::bit_cast<std::uint64_t>(value), 8);
}

void CborWriter::tag(std::uint64_t number) {
  head(6, number);
}

}  // namespace postern
