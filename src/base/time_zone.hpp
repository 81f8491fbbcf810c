#pragma once

/// Time zones as files have them (TZif, RFC 9636): how far local clocks are from UTC at a moment. Pure: whoever has the
/// files reads them.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace postern {

/// What a clock on the wall shows, without its zone: seconds since 1970-01-01 00:00 there.
using LocalSeconds = std::chrono::seconds;

class TimeZone {
 public:
  /// UTC.
  TimeZone() = default;
  /// Bytes of a file below /usr/share/zoneinfo. Malformed when they are none.
  static Result<TimeZone> parse(std::string_view bytes);
  static constexpr std::size_t kBytesMax = 64 * 1024;  ///< the largest of all has 4 KiB

  /// East of UTC is positive.
  std::chrono::seconds offset_at(WallTime time) const;
  LocalSeconds local(WallTime time) const;
  /// When clocks there show `local`. Of a time that is shown twice one of the two; of one that is skipped a moment
  /// within an hour of it.
  WallTime from_local(LocalSeconds local) const;

 private:
  /// A day of the year on which clocks change, and when on it.
  struct Rule {
    Rule() = default;
    enum class Kind : std::uint8_t { julian, day, month };
    Kind kind = Kind::month;
    int month = 1;  ///< 1 to 12
    int week = 1;   ///< 1 to 5; 5 is the last
    int day = 0;    ///< of the week, 0 is Sunday; or of the year
    std::chrono::seconds time = std::chrono::hours(2);
  };
  /// What holds after the last change that the file lists: a POSIX TZ text.
  struct Later {
    Later() = default;
    std::chrono::seconds standard{};
    bool changes = false;
    std::chrono::seconds summer{};
    Rule begin;
    Rule end;
  };
  class Reader;

  std::chrono::seconds later_offset(std::int64_t time) const;
  static std::int64_t local_second(const Rule& rule, int year);

  std::vector<std::int64_t> times_;            ///< of changes, ascending
  std::vector<std::chrono::seconds> offsets_;  ///< from each of them on
  std::chrono::seconds first_{};               ///< before the first of them
  std::optional<Later> later_;
};

}  // namespace postern
