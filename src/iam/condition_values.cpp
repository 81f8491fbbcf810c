// The values that conditions compare: addresses, times, numbers.
#include <arpa/inet.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "iam/condition.hpp"

namespace postern::iam {
namespace {

// Reads decimal digits; a cursor over the text of a time.
struct TimeCursor {
  std::string_view text;

  bool number(std::size_t digits_min, std::size_t digits_max, int& out) noexcept {
    std::size_t n = 0;
    out = 0;
    while (n < text.size() && n < digits_max && text[n] >= '0' && text[n] <= '9') out = out * 10 + (text[n++] - '0');
    text.remove_prefix(n);
    return n >= digits_min;
  }
  bool take(char c) noexcept {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
  }
};

bool read_fraction(TimeCursor& cursor, int& milliseconds) {
  if (!cursor.take('.')) return true;
  std::size_t digits = 0;
  int scale = 100;
  for (; !cursor.text.empty() && cursor.text.front() >= '0' && cursor.text.front() <= '9'; ++digits) {
    milliseconds += (cursor.text.front() - '0') * scale;
    scale /= 10;
    cursor.text.remove_prefix(1);
  }
  return digits > 0 && digits <= 9;
}

// "Z", "+01:00", "-0530", or nothing, which is UTC.
bool read_zone(TimeCursor& cursor, int& offset_minutes) {
  if (cursor.text.empty() || cursor.take('Z') || cursor.take('z')) return true;
  const bool west = cursor.text.front() == '-';
  if (!cursor.take('+') && !cursor.take('-')) return false;
  int hours = 0;
  int minutes = 0;
  if (!cursor.number(2, 2, hours)) return false;
  if ((cursor.take(':') || !cursor.text.empty()) && !cursor.number(2, 2, minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  offset_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
  return true;
}

std::optional<ConditionTime> parse_iso_time(std::string_view text) {
  TimeCursor cursor{text};
  int year = 0;
  int month = 1;
  int day = 1;
  if (!cursor.number(4, 4, year)) return std::nullopt;
  if (cursor.take('-') && !cursor.number(2, 2, month)) return std::nullopt;
  if (cursor.take('-') && !cursor.number(2, 2, day)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int milliseconds = 0;
  int offset_minutes = 0;
  if (cursor.take('T') || cursor.take('t')) {
    if (!cursor.number(2, 2, hour) || !cursor.take(':') || !cursor.number(2, 2, minute)) return std::nullopt;
    if (cursor.take(':') && (!cursor.number(2, 2, second) || !read_fraction(cursor, milliseconds))) return std::nullopt;
    if (hour > 23 || minute > 59 || second > 60 || !read_zone(cursor, offset_minutes)) return std::nullopt;
  }
  if (!cursor.text.empty()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute - offset_minutes) +
         std::chrono::seconds(second) + std::chrono::milliseconds(milliseconds);
}

}  // namespace

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  AddressRange range;
  std::string_view address = text;
  std::optional<int> bits;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    address = text.substr(0, slash);
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value < 0) return std::nullopt;
    bits = value;
  }
  char copy[INET6_ADDRSTRLEN + 1] = {};
  if (address.empty() || address.size() >= sizeof copy) return std::nullopt;
  std::memcpy(copy, address.data(), address.size());
  if (std::memchr(copy, 0, address.size()) != nullptr) return std::nullopt;
  range.v6 = address.find(':') != std::string_view::npos;
  const int width = range.v6 ? 128 : 32;
  if (inet_pton(range.v6 ? AF_INET6 : AF_INET, copy, range.bytes.data()) != 1) return std::nullopt;
  range.bits = bits.value_or(width);
  if (range.bits > width) return std::nullopt;
  return range;
}

bool AddressRange::contains(const AddressRange& other) const noexcept {
  if (v6 != other.v6 || other.bits < bits) return false;
  for (int i = 0; i * 8 < bits; ++i) {
    const int left = bits - i * 8;
    const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xFF : 0xFF << (8 - left));
    const auto at = static_cast<std::size_t>(i);
    if ((bytes[at] & mask) != (other.bytes[at] & mask)) return false;
  }
  return true;
}

std::optional<double> parse_condition_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<ConditionTime> parse_condition_time(std::string_view text) {
  // Four digits are a year: as seconds they would be in 1970.
  const bool iso = text.size() == 4 || (text.find_first_of("-Tt") != std::string_view::npos && !text.starts_with('-'));
  if (iso) return parse_iso_time(text);
  const std::optional<double> seconds = parse_condition_number(text);
  // The last second of the year 9999 bounds what either form can say.
  if (!seconds || std::fabs(*seconds) > 253402300799.0) return std::nullopt;
  return ConditionTime(std::chrono::milliseconds(std::llround(*seconds * 1000.0)));
}

}  // namespace postern::iam
