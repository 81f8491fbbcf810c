#include "base/time.hpp"

#include <array>
#include <cmath>

namespace postern {
namespace {

using std::chrono::seconds;

constexpr std::array<const char*, 7> kDayNames = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonthNames = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// The whole seconds that fit WallTime with any fraction added.
constexpr std::int64_t kSecondsMin = -9'223'372'036;
constexpr std::int64_t kSecondsMax = 9'223'372'035;

struct CivilTime {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  unsigned nanosecond = 0;
  unsigned weekday = 0;
};

// The nanosecond within its second, also before 1970.
std::int64_t to_nanosecond(WallTime time) {
  const std::int64_t rest = time.time_since_epoch().count() % 1'000'000'000;
  return rest < 0 ? rest + 1'000'000'000 : rest;
}

CivilTime to_civil(WallTime time) {
  // By way of seconds: the first day of the range begins before WallTime does.
  const auto whole = std::chrono::floor<seconds>(time);
  const auto days = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day date(days);
  const auto second_of_day = static_cast<unsigned>((whole - days).count());
  CivilTime civil;
  civil.year = static_cast<int>(date.year());
  civil.month = static_cast<unsigned>(date.month());
  civil.day = static_cast<unsigned>(date.day());
  civil.hour = second_of_day / 3600;
  civil.minute = second_of_day / 60 % 60;
  civil.second = second_of_day % 60;
  civil.nanosecond = static_cast<unsigned>(to_nanosecond(time));
  civil.weekday = std::chrono::weekday(days).c_encoding();
  return civil;
}

char* put2(char* out, unsigned value) {
  out[0] = static_cast<char>('0' + value / 10 % 10);
  out[1] = static_cast<char>('0' + value % 10);
  return out + 2;
}

char* put4(char* out, int value) {
  const auto number = static_cast<unsigned>(value);
  return put2(put2(out, number / 100), number % 100);
}

char* put3(char* out, const char* name) {
  for (int i = 0; i < 3; ++i) *out++ = name[i];
  return out;
}

char* put_clock(char* out, const CivilTime& civil) {
  out = put2(out, civil.hour);
  *out++ = ':';
  out = put2(out, civil.minute);
  *out++ = ':';
  return put2(out, civil.second);
}

char* put_fraction(char* out, unsigned nanosecond) {
  if (nanosecond == 0) return out;
  *out++ = '.';
  for (unsigned unit = 100'000'000; nanosecond != 0; unit /= 10) {
    *out++ = static_cast<char>('0' + nanosecond / unit);
    nanosecond %= unit;
  }
  return out;
}

// Reads a text from the left; the first mismatch makes everything that follows fail.
class TimeScanner {
 public:
  explicit TimeScanner(std::string_view text) : text_(text) {}

  unsigned digits(std::size_t count) {
    unsigned value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = next();
      if (c < '0' || c > '9') ok_ = false;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return ok_ ? value : 0;
  }

  void expect(std::string_view literal) {
    if (text_.substr(0, literal.size()) != literal)
      ok_ = false;
    else
      text_.remove_prefix(literal.size());
  }

  // 'T' and 'Z' may be lower case in RFC 3339.
  void expect_letter(char upper) {
    const char c = next();
    if (c != upper && c != upper + ('a' - 'A')) ok_ = false;
  }

  // ".5" -> 500,000,000; digits beyond the ninth are dropped.
  unsigned fraction() {
    if (peek() != '.') return 0;
    next();
    if (peek() < '0' || peek() > '9') ok_ = false;
    unsigned value = 0;
    unsigned unit = 100'000'000;
    while (peek() >= '0' && peek() <= '9') {
      value += unit * static_cast<unsigned>(next() - '0');
      unit /= 10;
    }
    return value;
  }

  template <std::size_t N>
  unsigned name(const std::array<const char*, N>& names) {
    for (unsigned i = 0; i < N; ++i) {
      if (text_.substr(0, 3) == names[i]) {
        text_.remove_prefix(3);
        return i;
      }
    }
    ok_ = false;
    return 0;
  }

  char peek() const { return text_.empty() ? '\0' : text_.front(); }
  char next() {
    if (text_.empty()) {
      ok_ = false;
      return '\0';
    }
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }
  bool finished() const { return ok_ && text_.empty(); }

 private:
  std::string_view text_;
  bool ok_ = true;
};

std::optional<WallTime> from_civil(const CivilTime& civil, seconds offset) {
  const std::chrono::year_month_day date(std::chrono::year(civil.year), std::chrono::month(civil.month),
                                         std::chrono::day(civil.day));
  if (!date.ok() || civil.hour > 23 || civil.minute > 59 || civil.second > 60) return std::nullopt;
  const std::int64_t total = std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86400} +
                             civil.hour * 3600 + civil.minute * 60 + civil.second - offset.count();
  // A leap second exists only at the end of a UTC day; it becomes the first second of the next one.
  if (civil.second == 60 && total % 86400 != 0) return std::nullopt;
  if (total < kSecondsMin || total > kSecondsMax) return std::nullopt;
  return WallTime(seconds(total) + Duration(civil.nanosecond));
}

}  // namespace

std::string format_rfc3339(WallTime time) {
  const CivilTime civil = to_civil(time);
  std::array<char, 40> buffer{};
  char* out = put4(buffer.data(), civil.year);
  *out++ = '-';
  out = put2(out, civil.month);
  *out++ = '-';
  out = put2(out, civil.day);
  *out++ = 'T';
  out = put_fraction(put_clock(out, civil), civil.nanosecond);
  *out++ = 'Z';
  return {buffer.data(), out};
}

std::string format_basic(WallTime time) {
  const CivilTime civil = to_civil(time);
  std::array<char, 16> buffer{};
  char* out = put2(put2(put4(buffer.data(), civil.year), civil.month), civil.day);
  *out++ = 'T';
  out = put2(put2(put2(out, civil.hour), civil.minute), civil.second);
  *out++ = 'Z';
  return {buffer.data(), out};
}

std::string format_http_date(WallTime time) {
  const CivilTime civil = to_civil(time);
  std::array<char, 40> buffer{};
  char* out = put3(buffer.data(), kDayNames[civil.weekday]);
  *out++ = ',';
  *out++ = ' ';
  out = put2(out, civil.day);
  *out++ = ' ';
  out = put3(out, kMonthNames[civil.month - 1]);
  *out++ = ' ';
  out = put4(out, civil.year);
  *out++ = ' ';
  out = put_clock(out, civil);
  *out++ = ' ';
  out = put3(out, "GMT");
  return {buffer.data(), out};
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  TimeScanner scan(text);
  CivilTime civil;
  civil.year = static_cast<int>(scan.digits(4));
  scan.expect("-");
  civil.month = scan.digits(2);
  scan.expect("-");
  civil.day = scan.digits(2);
  scan.expect_letter('T');
  civil.hour = scan.digits(2);
  scan.expect(":");
  civil.minute = scan.digits(2);
  scan.expect(":");
  civil.second = scan.digits(2);
  civil.nanosecond = scan.fraction();
  seconds offset(0);
  if (scan.peek() == '+' || scan.peek() == '-') {
    const int sign = scan.next() == '+' ? 1 : -1;
    const unsigned hours = scan.digits(2);
    scan.expect(":");
    const unsigned minutes = scan.digits(2);
    if (hours > 23 || minutes > 59) return std::nullopt;
    offset = seconds(sign * static_cast<int>(hours * 3600 + minutes * 60));
  } else {
    scan.expect_letter('Z');
  }
  if (!scan.finished()) return std::nullopt;
  return from_civil(civil, offset);
}

std::optional<WallTime> parse_basic(std::string_view text) {
  TimeScanner scan(text);
  CivilTime civil;
  civil.year = static_cast<int>(scan.digits(4));
  civil.month = scan.digits(2);
  civil.day = scan.digits(2);
  scan.expect("T");
  civil.hour = scan.digits(2);
  civil.minute = scan.digits(2);
  civil.second = scan.digits(2);
  scan.expect("Z");
  if (!scan.finished()) return std::nullopt;
  return from_civil(civil, seconds(0));
}

std::optional<WallTime> parse_http_date(std::string_view text) {
  TimeScanner scan(text);
  CivilTime civil;
  civil.weekday = scan.name(kDayNames);
  scan.expect(", ");
  civil.day = scan.digits(2);
  scan.expect(" ");
  civil.month = scan.name(kMonthNames) + 1;
  scan.expect(" ");
  civil.year = static_cast<int>(scan.digits(4));
  scan.expect(" ");
  civil.hour = scan.digits(2);
  scan.expect(":");
  civil.minute = scan.digits(2);
  scan.expect(":");
  civil.second = scan.digits(2);
  civil.nanosecond = scan.fraction();
  scan.expect(" GMT");
  if (!scan.finished()) return std::nullopt;
  return from_civil(civil, seconds(0));
}

std::optional<WallTime> from_epoch_seconds(double value) {
  // The comparison is false for NaN too.
  if (!(value >= static_cast<double>(kSecondsMin) && value <= static_cast<double>(kSecondsMax))) return std::nullopt;
  const double whole = std::floor(value);
  // A double of today's size is exact to a quarter of a microsecond, so finer digits would be noise.
  const auto microseconds = static_cast<std::int64_t>(std::llround((value - whole) * 1e6));
  return WallTime(seconds(static_cast<std::int64_t>(whole)) + std::chrono::microseconds(microseconds));
}

double to_epoch_seconds(WallTime time) {
  const std::int64_t count = time.time_since_epoch().count();
  // Dividing whole microseconds, which are exact as a double, rounds once: 1.123 prints as 1.123.
  if (count % 1000 == 0) return static_cast<double>(count / 1000) / 1e6;
  return static_cast<double>(count / 1'000'000'000) + static_cast<double>(count % 1'000'000'000) / 1e9;
}

std::string format_duration(Duration duration) {
  const bool negative = duration.count() < 0;
  const std::uint64_t raw = static_cast<std::uint64_t>(duration.count());
  const std::uint64_t nanos = negative ? 0 - raw : raw;
  const std::uint64_t ms = nanos / 1'000'000;
  const std::uint64_t s = ms / 1000;
  std::string text = negative ? "-" : "";
  const auto two = [&text](std::uint64_t value) {
    if (value < 10) text += '0';
    text += std::to_string(value);
  };
  if (s == 0) {
    text.append(ms == 0 && nanos != 0 ? "<1" : std::to_string(ms)).append("ms");
  } else if (s < 60) {
    text += std::to_string(s);
    if (const std::uint64_t tenth = ms % 1000 / 100; tenth != 0) text.append(".").append(std::to_string(tenth));
    text += 's';
  } else if (s < 3600) {
    text.append(std::to_string(s / 60)).append("m");
    two(s % 60);
    text += 's';
  } else {
    text.append(std::to_string(s / 3600)).append("h");
    two(s / 60 % 60);
    text += 'm';
  }
  return text;
}

}  // namespace postern
