#pragma once

/// When to look again at a command that runs: learnt from how the commands of this run behave. A look costs a call that
/// AWS counts; a late look costs the operator's time.

#include <optional>

#include "base/time.hpp"

namespace postern::flow {

class Pace {
 public:
  /// A target's command took so long, by AWS's own account.
  void learn(Duration took);
  /// A command of so long an age had not ended.
  void still_running(Duration age);

  bool known() const noexcept { return slowest_.has_value(); }

  /// At which age a command is looked at next that is `age` old and was looked at `looks` times. Before anything is
  /// learnt the gaps grow from half a second by half of the age; afterwards the first look is when the slowest so far
  /// had ended, so that a fleet on which all take the same time costs one look each. Never more than three a minute
  /// once it has run for long.
  Duration next_look(Duration age, unsigned looks) const;

 private:
  std::optional<Duration> slowest_;  ///< of those that ended
  Duration running_{};               ///< the greatest age at which one was still running
};

}  // namespace postern::flow
