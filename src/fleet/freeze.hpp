#pragma once

/// Freeze windows of the fleet file: times in which no run begins and no wave is opened.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time_zone.hpp"
#include "fleet/selector.hpp"

namespace postern::fleet {

/// From one moment of the week to another; may go over Sunday's end.
struct WeeklySpan {
  WeeklySpan() = default;
  WeeklySpan(std::chrono::minutes f, std::chrono::minutes t) : from(f), to(t) {}
  std::chrono::minutes from{};  ///< since Monday, 00:00
  std::chrono::minutes to{};    ///< never `from`
  friend bool operator==(const WeeklySpan&, const WeeklySpan&) = default;
};

/// "Fri 16:00 - Mon 08:00"; days by their first three letters or more. Errors of kind usage.
Result<WeeklySpan> parse_weekly(std::string_view text);

struct FreezeWindow {
  FreezeWindow() = default;
  std::string name;
  std::string where;  ///< file:line:column
  /// An absolute window has both; it ends before `to`.
  std::optional<WallTime> from;
  std::optional<WallTime> to;
  /// A weekly one has at least one of these.
  std::vector<WeeklySpan> weekly;
  std::string zone = "UTC";               ///< an IANA name
  std::shared_ptr<const TimeZone> clock;  ///< of `zone`; null until load_zones(): then it counts as UTC
  Selector what;                          ///< whom it is about: everybody, unless it says otherwise. Bound.

  /// When the window ends that `now` is in; absent when it is in none.
  std::optional<WallTime> ends(WallTime now) const;
  /// "freeze window quarter-end until 2027-01-04T00:00:00Z"
  std::string describe(WallTime end) const;
};

/// The bytes of a zone's file by its IANA name.
using ZoneFiles = std::function<Result<std::string>(const std::string& name)>;

/// Gives every window its clock. Errors of kind usage, with the place in the fleet file: a zone that is not known here.
Result<void> load_zones(std::vector<FreezeWindow>& windows, const ZoneFiles& files);

}  // namespace postern::fleet
