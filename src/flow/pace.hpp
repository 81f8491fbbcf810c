#pragma once

/// When to look again at a command that runs: learnt from how the commands of this run behave. A look costs a call that
/// AWS counts; a late look costs the operator's time.

#include <optional>

#include "base/time.hpp"

namespace postern::flow {

/// Between two looks: how long at least and at most.
struct PaceRange {
  Duration first_scouting;
  Duration first;
  Duration longest;
};

class Pace {
 public:
  /// The longest time between two looks at a command of which nothing is known: fewer than three a minute, so that
  /// there is room for the lists of commands that are stuck.
  static constexpr Duration kLongestGap = std::chrono::seconds(24);

  Pace() = default;
  explicit Pace(PaceRange range) : range_(range) {}

  /// All of a command's targets had ended, and this one took so long, by AWS's own account.
  void learn(Duration took);

  bool known() const noexcept { return slowest_.has_value(); }
  /// The age at which a command should be seen to have ended; of use when it is known.
  Duration expected() const;

  /// At which age a command is looked at next that is `age` old. When it is known how long they take, just after that;
  /// and for one that is late, or when it is not known, after a gap that grows with the age.
  Duration next_look(Duration age) const;
  /// The same for the one command that is looked at on behalf of all others while nothing is known: its gaps begin at
  /// half a second and grow by half of the age.
  Duration next_scouting(Duration age) const;

 private:
  PaceRange range_{std::chrono::milliseconds(500), std::chrono::seconds(2), kLongestGap};
  std::optional<Duration> slowest_;
};

/// For jobs that take minutes.
inline constexpr PaceRange kJobPace{std::chrono::seconds(10), std::chrono::seconds(10), std::chrono::seconds(60)};

/// For installations, which take minutes and whose end a person waits for: a look every four seconds, which is a
/// quarter of what AWS lets through at one call a second.
inline constexpr PaceRange kInstallPace{std::chrono::seconds(4), std::chrono::seconds(4), std::chrono::seconds(4)};

}  // namespace postern::flow
