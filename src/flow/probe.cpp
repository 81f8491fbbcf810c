#include "flow/probe.hpp"

#include <array>

namespace postern::flow {
namespace {

// In the order of the enum.
constexpr std::string_view kProbeNames[] = {
    "adopted_by_mark",
    "absent_held",
    "absent_reissued",
    "all_sent_over_budget",
    "batch_resumed_following",
    "batch_resumed_in_doubt",
    "cancel_refused",
    "cancel_taken",
    "count_lacks_command",
    "credentials_hold_following",
    "credentials_hold_sending",
    "decided_adopt",
    "decided_reissue",
    "decided_skip",
    "driver_broken",
    "driver_deadline",
    "fetch_failed",
    "fetch_in_full",
    "fleet_held",
    "gave_up_never_listed",
    "gave_up_time",
    "gave_up_unreadable",
    "held_over_budget",
    "hold_flag_unreadable",
    "left_out_named",
    "look_by_count",
    "look_by_scout",
    "look_when_expected",
    "send_lost",
    "send_never_left",
    "send_refused",
    "send_stays_for_resume",
    "send_throttled",
    "stopped_with_calls",
    "take_over_dead",
};
static_assert(std::size(kProbeNames) == static_cast<std::size_t>(Probe::take_over_dead) + 1);

// Of the process, like coverage counters: nothing in the program reads them.
std::array<std::uint64_t, std::size(kProbeNames)> probe_hits{};

}  // namespace

void hit(Probe probe) noexcept {
  ++probe_hits[static_cast<std::size_t>(probe)];
}

std::map<std::string_view, std::uint64_t> probe_counts() {
  std::map<std::string_view, std::uint64_t> counts;
  for (std::size_t i = 0; i < probe_hits.size(); ++i) counts.emplace(kProbeNames[i], probe_hits[i]);
  return counts;
}

}  // namespace postern::flow
