#include "base/ids.hpp"

#include <algorithm>

namespace postern {
namespace {

constexpr char kCrockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr char kUuidHex[] = "0123456789abcdef";

}  // namespace

std::string make_ulid(WallTime time, const std::array<std::uint8_t, 10>& random) {
  const std::int64_t since_epoch =
      std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch() / std::chrono::milliseconds(1);
  // Times before 1970 cannot be expressed; WallTime ends long before 48 bits of milliseconds do.
  auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(since_epoch, 0));
  std::string out(26, '0');
  for (std::size_t i = 10; i-- > 0; ms >>= 5U) out[i] = kCrockford[ms & 31U];
  std::uint32_t bits = 0;
  unsigned count = 0;
  std::size_t at = 10;
  for (const std::uint8_t byte : random) {
    bits = bits << 8U | byte;
    count += 8;
    while (count >= 5) {
      count -= 5;
      out[at++] = kCrockford[bits >> count & 31U];
    }
  }
  return out;
}

std::string make_uuid(std::array<std::uint8_t, 16> random) {
  random[6] = static_cast<std::uint8_t>((random[6] & 0x0FU) | 0x40U);
  random[8] = static_cast<std::uint8_t>((random[8] & 0x3FU) | 0x80U);
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < random.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kUuidHex[random[i] >> 4U];
    out += kUuidHex[random[i] & 0xFU];
  }
  return out;
}

}  // namespace postern
