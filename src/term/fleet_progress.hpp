#pragma once

/// Progress over a fleet: bars per account above one for everything. A state becomes lines (pure), and a printer keeps
/// them at the bottom of a tty.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "term/progress.hpp"

namespace postern::term {

struct FleetProgress {
  FleetProgress() = default;
  Progress all;                  ///< of everything, with its label and elapsed time
  std::vector<Progress> parts;   ///< of each account; `elapsed` is not used
  std::string stage;             ///< "wave 2 of 3 (10%)"; empty: none
  std::optional<Duration> left;  ///< an estimate; absent while there is no basis for one
};

/// At most `rows` lines (at least 1), each fit for `columns`. The last is of everything. Above it parts, those with
/// failures first, then those with something running, then those not begun; the others are summed up in one line. A
/// fleet of one part has no bars but its own.
std::vector<std::string> fleet_lines(const FleetProgress& progress, std::size_t columns, std::size_t rows, Color color);

/// The last of those lines, for a log: "164/1000, 2 failed, 12 running, 1m20s, about 4m left, wave 2 of 3 (10%)".
std::string fleet_sentence(const FleetProgress& progress);

/// Draws on stderr, and only when that is a tty; follows the size of the terminal. Broken output is ignored.
class FleetPrinter {
 public:
  FleetPrinter(os::Console& console, Color color);
  ~FleetPrinter();
  FleetPrinter(const FleetPrinter&) = delete;
  FleetPrinter& operator=(const FleetPrinter&) = delete;

  bool on_tty() const noexcept { return on_tty_; }
  /// Whether draw() would draw now: at most ten times a second.
  bool due(MonoTime now) const;
  void draw(const FleetProgress& progress, MonoTime now);
  /// A line above the progress (on any stderr, tty or not), ended by a line end here. `text` is printable already.
  void note(std::string_view text);
  void clear();

 private:
  std::string erase() const;

  os::Console& console_;
  Color color_;
  bool on_tty_;
  std::vector<std::string> shown_;
  std::optional<MonoTime> drawn_at_;
};

/// How long work in waves will still take, from the ends seen so far. Waves follow one another, so that the slow canary
/// says little about the rate of a wave of thousands, and a rate says little about how long the last target takes.
class TimeLeft {
 public:
  /// Targets of each wave, those that ended before included.
  TimeLeft(std::vector<std::size_t> waves, std::vector<std::size_t> ended_before);
  void started(std::size_t wave, MonoTime at);
  void ended(std::size_t wave, MonoTime at);
  /// Absent until enough has ended to tell.
  std::optional<Duration> left(MonoTime now) const;

 private:
  struct Wave {
    Wave() = default;
    std::size_t targets = 0;
    std::size_t before = 0;
    std::size_t ended = 0;
    std::optional<MonoTime> begin;
    std::optional<MonoTime> end;
    std::size_t open() const noexcept { return targets - before - ended; }
  };
  std::vector<Wave> waves_;
};

}  // namespace postern::term
