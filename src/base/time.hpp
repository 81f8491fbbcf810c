#pragma once

/// Time types. The wall clock is for people and signatures, the monotonic clock for waiting; neither is read here:
/// rt::Clock is the only source of both.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

using Duration = std::chrono::nanoseconds;

/// UTC since the Unix epoch.
using WallTime = std::chrono::sys_time<Duration>;

/// Tag of the monotonic clock; its epoch means nothing. No now(): ask rt::Clock.
struct MonotonicTag {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTag>;
  static constexpr bool is_steady = true;
};
using MonoTime = MonotonicTag::time_point;

/// "2026-11-21T03:04:05Z", or with a fraction of up to nine digits (trailing zeroes dropped) when there is one.
std::string format_rfc3339(WallTime time);
/// "20261121T030405Z", the form of SigV4.
std::string format_basic(WallTime time);
/// "Sat, 21 Nov 2026 03:04:05 GMT", the form of HTTP's Date (RFC 9110 section 5.6.7).
std::string format_http_date(WallTime time);

/// RFC 3339 with optional fraction and offset ("Z", "+01:00"); absent when it is anything else.
std::optional<WallTime> parse_rfc3339(std::string_view text);
/// "20261121T030405Z".
std::optional<WallTime> parse_basic(std::string_view text);
/// IMF-fixdate, with an optional fraction of a second as AWS's protocol tests have it.
std::optional<WallTime> parse_http_date(std::string_view text);

/// Seconds since the epoch, as a number with a fraction, to and from WallTime; out-of-range input is absent.
std::optional<WallTime> from_epoch_seconds(double seconds);
double to_epoch_seconds(WallTime time);

/// "350ms", "4.2s", "3m10s", "2h05m": short, for people.
std::string format_duration(Duration duration);

}  // namespace postern
