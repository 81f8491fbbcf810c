#pragma once

/// Probes: interesting branches of the engine, the driver and the journal, counted in builds that test. Whoever runs
/// many seeds learns from them what was never reached. Compiled to nothing unless POSTERN_PROBES is defined.

#include <cstdint>
#include <map>
#include <string_view>

namespace postern::flow {

enum class Probe : std::uint8_t {
  adopted_by_mark,
  absent_held,
  absent_reissued,
  all_sent_over_budget,
  batch_resumed_following,
  batch_resumed_in_doubt,
  cancel_refused,
  cancel_taken,
  count_lacks_command,
  credentials_hold_following,
  credentials_hold_sending,
  decided_adopt,
  decided_reissue,
  decided_skip,
  driver_broken,
  driver_deadline,
  fetch_failed,
  fetch_in_full,
  fleet_held,
  gave_up_never_listed,
  gave_up_time,
  gave_up_unreadable,
  held_over_budget,
  hold_flag_unreadable,
  left_out_named,
  look_by_count,
  look_by_scout,
  look_when_expected,
  send_lost,
  send_never_left,
  send_refused,
  send_stays_for_resume,
  send_throttled,
  stopped_with_calls,
  take_over_dead,
};

void hit(Probe probe) noexcept;
/// Every probe's hits so far in this process, by name. All 0 where they are compiled to nothing.
std::map<std::string_view, std::uint64_t> probe_counts();

}  // namespace postern::flow

#ifdef POSTERN_PROBES
#define POSTERN_PROBE(name) ::postern::flow::hit(::postern::flow::Probe::name)
#else
#define POSTERN_PROBE(name) static_cast<void>(0)
#endif
