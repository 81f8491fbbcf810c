#include "fleet/freeze.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace postern::fleet {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::string_view, 7> kDays = {"monday", "tuesday",  "wednesday", "thursday",
                                                   "friday", "saturday", "sunday"};
constexpr minutes kWeek = hours(7 * 24);

std::optional<int> two_digits(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.size() != 2 || error != std::errc() || end != text.data() + 2 || value < 0 || value > most) {
    return std::nullopt;
  }
  return value;
}

/// "Fri 16:00"
std::optional<minutes> moment_of_week(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const std::string day = to_lower(text.substr(0, blank));
  const auto found = std::find_if(kDays.begin(), kDays.end(),
                                  [&day](std::string_view name) { return day.size() >= 3 && name.starts_with(day); });
  const std::string_view time = trim(text.substr(blank));
  if (found == kDays.end() || time.size() != 5 || time[2] != ':') return std::nullopt;
  const std::optional<int> hour = two_digits(time.substr(0, 2), 23);
  const std::optional<int> minute = two_digits(time.substr(3), 59);
  if (!hour || !minute) return std::nullopt;
  return hours(24 * (found - kDays.begin()) + *hour) + minutes(*minute);
}

std::optional<WallTime> weekly_end(const WeeklySpan& span, const TimeZone& clock, WallTime now) {
  const LocalSeconds local = clock.local(now);
  // 1970-01-01 was a Thursday: three days into its week.
  const seconds since_monday =
      (local + days(3)) % kWeek < seconds(0) ? (local + days(3)) % kWeek + seconds(kWeek) : (local + days(3)) % kWeek;
  const LocalSeconds monday = local - since_monday;
  const bool over_sunday = span.to < span.from;
  if (!over_sunday) {
    if (since_monday < span.from || since_monday >= span.to) return std::nullopt;
    return clock.from_local(monday + span.to);
  }
  if (since_monday >= span.from) return clock.from_local(monday + kWeek + span.to);
  if (since_monday < span.to) return clock.from_local(monday + span.to);
  return std::nullopt;
}

}  // namespace

Result<WeeklySpan> parse_weekly(std::string_view text) {
  const std::size_t dash = text.find('-');
  std::optional<minutes> from;
  std::optional<minutes> to;
  if (dash != std::string_view::npos) {
    from = moment_of_week(trim(text.substr(0, dash)));
    to = moment_of_week(trim(text.substr(dash + 1)));
  }
  if (!from || !to) {
    return fail(ErrorKind::usage, "'" + printable(text, 60) +
                                      "' is no time of the week: it is written as 'Fri 16:00 - "
                                      "Mon 08:00'");
  }
  if (*from == *to) return fail(ErrorKind::usage, "'" + printable(text, 60) + "' ends when it begins");
  return WeeklySpan(*from, *to);
}

std::optional<WallTime> FreezeWindow::ends(WallTime now) const {
  if (from && to) {
    if (now < *from || now >= *to) return std::nullopt;
    return to;
  }
  const TimeZone utc;
  std::optional<WallTime> last;
  for (const WeeklySpan& span : weekly) {
    const std::optional<WallTime> end = weekly_end(span, clock ? *clock : utc, now);
    if (end && (!last || *end > *last)) last = end;
  }
  return last;
}

std::string FreezeWindow::describe(WallTime end) const {
  std::string out = "freeze window " + name + " until " + format_rfc3339(end);
  if (clock && zone != "UTC") {
    // The same on the clocks of those who wrote it.
    const std::string local = format_rfc3339(WallTime(clock->local(end)));
    out += " (" + local.substr(0, 10) + " " + local.substr(11, 5) + " " + zone + ")";
  }
  return out;
}

Result<void> load_zones(std::vector<FreezeWindow>& windows, const ZoneFiles& files) {
  for (FreezeWindow& window : windows) {
    if (window.weekly.empty() || window.zone == "UTC") continue;
    const std::string place = window.where + ": the time zone " + window.zone;
    const Result<std::string> bytes = files(window.zone);
    if (!bytes) {
      return fail(ErrorKind::usage,
                  place + " is not known on this machine (" + bytes.error().message() + "): UTC always is");
    }
    Result<TimeZone> zone = TimeZone::parse(*bytes);
    if (!zone) return fail(ErrorKind::usage, place + " cannot be read: " + zone.error().message());
    window.clock = std::make_shared<const TimeZone>(std::move(*zone));
  }
  return Result<void>();
}

}  // namespace postern::fleet
