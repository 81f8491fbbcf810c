#pragma once

/// Replication as a function of time: nothing ticks, every answer follows from when a server's replication began and
/// from what disturbs it. Pure. Sources: the DRS model of botocore (states, steps, errors); times are assumptions.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace postern::sim::drs {

inline constexpr std::size_t kSteps = 11;
/// In the order in which AWS takes them; as DataReplicationInitiationStepName.
extern const std::array<std::string_view, kSteps> kStepNames;
/// As DataReplicationErrorString.
extern const std::array<std::string_view, 14> kErrorNames;

enum class Disturbing : std::uint8_t { stall, disconnect, lag };

struct Disturbance {
  Disturbance() = default;
  Disturbing kind = Disturbing::stall;
  WallTime from;
  WallTime to = WallTime::max();  ///< never part of it
  std::string error;              ///< of a stall
  std::string raw_error;
  Duration lag{};  ///< of lag: how far it falls behind
};

/// What everything follows from.
struct Course {
  Course() = default;
  std::uint64_t seed = 1;
  WallTime begin;          ///< of the first attempt of the initiation
  std::int64_t bytes = 0;  ///< of all disks
  unsigned pace = 1;
  std::size_t failing_step = kSteps;  ///< none
  unsigned failures = 0;              ///< attempts that fail there; 0 with a failing step: all
  std::string step_error;             ///< raw
  std::vector<Disturbance> disturbances;
};

enum class Phase : std::uint8_t {
  initiating,
  initial_sync,
  creating_snapshot,
  continuous,
  backlog,
  stalled,
  disconnected
};

enum class StepStatus : std::uint8_t { not_started, in_progress, succeeded, failed };

/// How it stands at one moment.
struct Progress {
  Progress() = default;
  Phase phase = Phase::initiating;
  std::array<StepStatus, kSteps> steps{};
  WallTime attempt;                      ///< when the present attempt of the initiation began
  std::optional<WallTime> next_attempt;  ///< after a failed one
  std::optional<WallTime> first_byte;
  std::optional<WallTime> eta;
  std::optional<Duration> lag;  ///< absent before the first snapshot and while disconnected
  std::int64_t replicated = 0;  ///< bytes; never falls
  std::int64_t backlog = 0;     ///< bytes
  std::string error;            ///< as DataReplicationErrorString; empty: none
  std::string raw_error;
  WallTime last_seen;
};

/// `now` is not before the course begins.
Progress progress_of(const Course& course, WallTime now);

/// One rule of a point-in-time policy.
struct PointRule {
  PointRule(Duration every_, Duration kept_) : every(every_), kept(kept_) {}
  Duration every;
  Duration kept;
};

/// Points in time that can be recovered to, oldest first: those that the rules keep, and the newest whatever its age.
/// None before the first snapshot; none was taken while replication was disturbed.
std::vector<WallTime> points_of(const Course& course, const std::vector<PointRule>& rules, WallTime now);

/// "PT0S", "PT6M10S", "PT26H3S".
std::string iso_duration(Duration duration);

/// A stable number below `bound` for a seed and a label.
std::uint64_t pick(std::uint64_t seed, std::string_view label, std::uint64_t bound);
/// `usual` give or take a fifth, by the seed, and `pace` times faster.
Duration varied(Duration usual, std::uint64_t seed, std::string_view label, unsigned pace);

}  // namespace postern::sim::drs
