#include "recovery/source_server.hpp"

#include <array>
#include <limits>

namespace postern::recovery {
namespace {

constexpr std::array<std::string_view, 11> kStates = {"STOPPED",           "INITIATING",   "INITIAL_SYNC", "BACKLOG",
                                                      "CREATING_SNAPSHOT", "CONTINUOUS",   "PAUSED",       "RESCAN",
                                                      "STALLED",           "DISCONNECTED", "UNKNOWN"};

/// Seconds of one unit of a duration; 0: no such unit there.
std::int64_t seconds_of(char unit, bool of_time) {
  if (!of_time) return unit == 'D' ? 86'400 : (unit == 'W' ? 604'800 : 0);
  if (unit == 'H') return 3'600;
  if (unit == 'M') return 60;
  return unit == 'S' ? 1 : 0;
}

}  // namespace

std::string_view to_string(ReplicationState state) noexcept {
  return kStates.at(static_cast<std::size_t>(state));
}

ReplicationState parse_replication_state(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates.at(i) == text) return static_cast<ReplicationState>(i);
  }
  return ReplicationState::unknown;
}

std::optional<Duration> parse_iso_duration(std::string_view text) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();  // 68 years
  if (text.size() < 3 || text.front() != 'P') return std::nullopt;
  text.remove_prefix(1);
  std::int64_t seconds = 0;
  bool of_time = false;
  while (!text.empty()) {
    if (text.front() == 'T') {
      if (of_time || text.size() == 1) return std::nullopt;
      of_time = true;
      text.remove_prefix(1);
      continue;
    }
    std::int64_t number = 0;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
      number = number * 10 + (text[digits] - '0');
      if (number > kMax) return std::nullopt;
      ++digits;
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    if (!text.empty() && (text.front() == '.' || text.front() == ',')) {
      // Fractions of a second are less than anybody measures here.
      std::size_t fraction = 1;
      while (fraction < text.size() && text[fraction] >= '0' && text[fraction] <= '9') ++fraction;
      text.remove_prefix(fraction);
      if (text.empty() || text.front() != 'S') return std::nullopt;
    }
    const std::int64_t unit = text.empty() ? 0 : seconds_of(text.front(), of_time);
    if (unit == 0 || number > kMax / unit) return std::nullopt;
    text.remove_prefix(1);
    seconds += number * unit;
    if (seconds > kMax) return std::nullopt;
  }
  return Duration(std::chrono::seconds(seconds));
}

ServersByInstance by_instance(const std::vector<SourceServer>& servers) {
  ServersByInstance out;
  for (const SourceServer& server : servers) {
    if (server.instance_id.empty()) continue;
    out.emplace(std::pair(server.origin_account, server.instance_id), &server);
  }
  return out;
}

}  // namespace postern::recovery
