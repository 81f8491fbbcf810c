#include "base/time_zone.hpp"

#include <algorithm>

namespace postern {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kHeaderBytes = 44;
constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kOffsetMax = 26 * 3600;  // RFC 9636 asks readers for -25:59:59 to 25:59:59
constexpr std::int64_t kYearsSeconds = std::int64_t{400} * 366 * kDaySeconds;  // beyond it nothing is asked

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Days since 1970-01-01.
std::int64_t day_number(int year, unsigned month, unsigned day) {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  return std::chrono::sys_days(date).time_since_epoch().count();
}

int year_of(std::int64_t second) {
  const std::chrono::sys_days day(std::chrono::floor<std::chrono::days>(seconds(second)));
  return static_cast<int>(std::chrono::year_month_day(day).year());
}

Error no_zone(std::string_view why) {
  return Error(ErrorKind::malformed, "no time zone file: " + std::string(why));
}

}  // namespace

/// Reads bytes from the front; after a mistake everything is zero and ok() false.
class TimeZone::Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool ok() const noexcept { return ok_; }
  std::string_view rest() const noexcept { return rest_; }

  std::string_view take(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  bool next_is(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// At most three digits.
  int number(int most) {
    int value = 0;
    std::size_t digits = 0;
    while (digits < 3 && digits < rest_.size() && is_digit(rest_[digits])) value = value * 10 + (rest_[digits++] - '0');
    rest_.remove_prefix(digits);
    if (digits == 0 || value > most) ok_ = false;
    return ok_ ? value : 0;
  }

  /// [+-]HH[:MM[:SS]]
  seconds duration(int hours_max) {
    const bool negative = next_is('-');
    if (!negative) (void)next_is('+');
    seconds value = hours(number(hours_max));
    if (next_is(':')) value += minutes(number(59));
    if (next_is(':')) value += seconds(number(59));
    return negative ? -value : value;
  }

  /// "CET", "<+03>"
  void zone_name() {
    if (next_is('<')) {
      const std::size_t end = rest_.find('>');
      (void)take(end == std::string_view::npos ? rest_.size() + 1 : end + 1);
      return;
    }
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const std::size_t end =
        static_cast<std::size_t>(std::find_if_not(rest_.begin(), rest_.end(), is_letter) - rest_.begin());
    if (end < 3) ok_ = false;
    (void)take(end);
  }

  /// "M3.5.0/2", "J60", "59"
  Rule rule() {
    Rule rule;
    if (next_is('M')) {
      rule.kind = Rule::Kind::month;
      rule.month = number(12);
      ok_ = ok_ && next_is('.');
      rule.week = number(5);
      ok_ = ok_ && next_is('.');
      rule.day = number(6);
      ok_ = ok_ && rule.month > 0 && rule.week > 0;
    } else if (next_is('J')) {
      rule.kind = Rule::Kind::julian;
      rule.day = number(365);
      ok_ = ok_ && rule.day > 0;
    } else {
      rule.kind = Rule::Kind::day;
      rule.day = number(365);
    }
    if (next_is('/')) rule.time = duration(167);
    return rule;
  }

  /// "CET-1CEST,M3.5.0,M10.5.0/3": west of UTC is positive here.
  Later later() {
    Later later;
    zone_name();
    later.standard = -duration(24);
    if (rest_.empty()) return later;
    later.changes = true;
    zone_name();
    later.summer = later.standard + hours(1);
    if (!rest_.empty() && rest_.front() != ',') later.summer = -duration(24);
    ok_ = ok_ && next_is(',');
    later.begin = rule();
    ok_ = ok_ && next_is(',');
    later.end = rule();
    ok_ = ok_ && rest_.empty();
    return later;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

Result<TimeZone> TimeZone::parse(std::string_view bytes) {
  if (bytes.size() > kBytesMax) return fail(no_zone("it is too large"));
  Reader reader(bytes);
  TimeZone zone;
  std::size_t time_bytes = 4;
  for (;;) {
    const std::string_view header = reader.take(kHeaderBytes);
    if (!reader.ok() || !header.starts_with("TZif")) return fail(no_zone("it has no header"));
    const char version = header[4];
    std::size_t counts[6] = {};
    for (std::size_t i = 0; i < 6; ++i) counts[i] = static_cast<std::size_t>(big_endian(header.substr(20 + 4 * i, 4)));
    const auto [utc, standard, leaps, times, types, chars] = counts;
    for (const std::size_t count : counts) {
      if (count > kBytesMax) return fail(no_zone("a count is too large"));
    }
    const std::string_view moments = reader.take(times * time_bytes);
    const std::string_view indices = reader.take(times);
    const std::string_view kinds = reader.take(types * 6);
    (void)reader.take(chars + leaps * (time_bytes + 4) + standard + utc);
    if (!reader.ok() || types == 0) return fail(no_zone("it ends too early"));
    // The first part has times of 32 bits; the second, where there is one, says the same and more.
    if (time_bytes == 4 && version >= '2') {
      time_bytes = 8;
      continue;
    }
    std::vector<seconds> offsets;
    for (std::size_t i = 0; i < types; ++i) {
      const std::int64_t offset = static_cast<std::int32_t>(big_endian(kinds.substr(6 * i, 4)));
      if (offset < -kOffsetMax || offset > kOffsetMax) return fail(no_zone("an offset is out of range"));
      offsets.emplace_back(offset);
    }
    zone.first_ = offsets.front();
    for (std::size_t i = 0; i < times; ++i) {
      const std::uint64_t raw = big_endian(moments.substr(time_bytes * i, time_bytes));
      const std::int64_t at = time_bytes == 4 ? static_cast<std::int32_t>(raw) : static_cast<std::int64_t>(raw);
      const std::size_t type = static_cast<unsigned char>(indices[i]);
      const bool ascending = zone.times_.empty() || zone.times_.back() < at;
      if (!ascending || type >= types) return fail(no_zone("its changes are in no order"));
      zone.times_.push_back(at);
      zone.offsets_.push_back(offsets[type]);
    }
    break;
  }
  if (time_bytes == 4) return zone;
  const bool begins = reader.next_is('\n');
  const std::size_t end = reader.rest().find('\n');
  if (!begins || end == std::string_view::npos) return fail(no_zone("it has no footer"));
  const std::string_view footer = reader.rest().substr(0, end);
  if (footer.empty()) return zone;
  Reader text(footer);
  zone.later_ = text.later();
  if (!text.ok() || !text.rest().empty()) return fail(no_zone("its footer is no rule"));
  return zone;
}

std::int64_t TimeZone::local_second(const Rule& rule, int year) {
  std::int64_t day = 0;
  const std::int64_t new_year = day_number(year, 1, 1);
  const bool leap = std::chrono::year(year).is_leap();
  if (rule.kind == Rule::Kind::day) {
    day = new_year + rule.day;
  } else if (rule.kind == Rule::Kind::julian) {
    day = new_year + rule.day - 1 + (leap && rule.day >= 60 ? 1 : 0);  // the 29th of February is never counted
  } else {
    const auto month = static_cast<unsigned>(rule.month);
    const std::int64_t first = day_number(year, month, 1);
    const std::int64_t next = month == 12 ? day_number(year + 1, 1, 1) : day_number(year, month + 1, 1);
    const std::int64_t weekday = ((first + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
    day = first + (rule.day - weekday + 7) % 7 + 7 * (rule.week - 1);
    while (day >= next) day -= 7;
  }
  return day * kDaySeconds + rule.time.count();
}

seconds TimeZone::later_offset(std::int64_t time) const {
  const Later& later = *later_;
  if (!later.changes) return later.standard;
  const int year = year_of(time + later.standard.count());
  const std::int64_t begin = local_second(later.begin, year) - later.standard.count();
  const std::int64_t end = local_second(later.end, year) - later.summer.count();
  const bool summer = begin < end ? time >= begin && time < end : time >= begin || time < end;
  return summer ? later.summer : later.standard;
}

seconds TimeZone::offset_at(WallTime time) const {
  const std::int64_t at = std::clamp<std::int64_t>(std::chrono::floor<seconds>(time).time_since_epoch().count(),
                                                   -kYearsSeconds, kYearsSeconds);
  if (times_.empty() || at < times_.front()) {
    return times_.empty() && later_ ? later_offset(at) : first_;
  }
  if (at >= times_.back() && later_) return later_offset(at);
  const auto next = std::upper_bound(times_.begin(), times_.end(), at);
  return offsets_[static_cast<std::size_t>(next - times_.begin()) - 1];
}

LocalSeconds TimeZone::local(WallTime time) const {
  return std::chrono::floor<seconds>(time).time_since_epoch() + offset_at(time);
}

WallTime TimeZone::from_local(LocalSeconds local) const {
  WallTime time(local - offset_at(WallTime(local)));
  // Near a change the first guess used the wrong side's offset.
  time = WallTime(local - offset_at(time));
  return time;
}

}  // namespace postern
