#pragma once

/// Progress: a state becomes a line (pure), and a printer keeps that line at the bottom of a tty.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "os/console.hpp"
#include "term/color.hpp"

namespace postern::term {

struct Progress {
  Progress() = default;
  std::string label;
  std::size_t total = 0;  ///< 0: not known yet, no bar is drawn
  std::size_t succeeded = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  std::size_t unknown = 0;
  std::size_t running = 0;
  Duration elapsed{};
  bool percent = false;  ///< of amounts that are no counts: "34%" instead of "34/100"

  std::size_t done() const noexcept { return succeeded + failed + skipped + unknown; }
};

/// "run [=======>      ] 34/50, 2 failed, 1 unknown, 4 running, 1m20s": fits in `columns`; counts of nothing are left
/// out.
std::string progress_line(const Progress& progress, std::size_t columns, Color color = Color::off);

/// Draws on stderr, and only when that is a tty: otherwise draw() and clear() do nothing.
/// Broken output is ignored: progress is never a reason to fail.
class ProgressPrinter {
 public:
  ProgressPrinter(os::Console& console, Color color);
  /// Clears the line, so that what follows starts at the left.
  ~ProgressPrinter();
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;

  /// Replaces the line; at most ten times a second of `now`, except that a finished progress is always drawn.
  void draw(const Progress& progress, MonoTime now);
  /// A line above the progress (on any stderr, tty or not), ended by a line end here. `text` is printable already.
  void note(std::string_view text);
  void clear();

 private:
  os::Console& console_;
  Color color_;
  bool on_tty_;
  std::string shown_;
  std::optional<MonoTime> drawn_at_;
};

}  // namespace postern::term
