#pragma once

/// Pace: how fast an end of a channel may send, and when it takes a message for lost: both from the times that
/// acknowledgements took (protocol.md B1.3). Nothing here waits for a fixed time: what may be on the way follows from
/// what came back, and stops growing when messages begin to wait for each other somewhere on the way.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace postern::session {

class Pace {
 public:
  /// At most `most` bytes are ever on the way.
  explicit Pace(std::size_t most);

  /// `cost` bytes were acknowledged while `flying` (with them) were on the way. `sample`: how long it took, of messages
  /// that were sent once; nobody knows which copy of the others was answered.
  void acknowledged(MonoTime now, std::optional<Duration> sample, std::size_t cost, std::size_t flying);
  /// Somewhere on the way a message was lost. `first` is the oldest number that is not acknowledged, `next` the one
  /// that was not given yet: the losses of one flight count once.
  void lost(std::int64_t first, std::int64_t next);
  /// Nothing came back for repeat_after().
  void timed_out(std::int64_t first, std::int64_t next);
  /// It came back after all: nothing was lost, the other end was slow.
  void was_slow();
  /// Nothing was on the way for a while: what the way carried then says little of what it carries at once.
  void idle();
  /// Nobody has heard yet whether the other end takes anything there: it begins like a way that was idle.
  void reconnected() {
    backed_off_ = 0;
    idle();
  }

  std::size_t window() const noexcept { return window_; }
  Duration round_trip() const noexcept { return rtt_; }
  /// The shortest of the last 10 to 20 seconds.
  Duration shortest() const noexcept;
  Duration repeat_after() const noexcept;
  /// A message is lost when one that was sent so much later has arrived: agents really do swap messages.
  Duration swapped_within() const noexcept;

 private:
  void learn(MonoTime now, Duration sample);
  Duration repeat_max() const noexcept;
  void shrink(std::int64_t first, std::int64_t next, std::size_t to);

  std::size_t most_;
  std::size_t window_;
  std::size_t slow_start_until_;
  Duration rtt_;
  Duration variance_{};
  Duration rto_;
  Duration last_{};
  std::optional<Duration> shortest_now_;
  std::optional<Duration> shortest_before_;
  MonoTime shortest_since_{};
  std::optional<MonoTime> crowded_at_;  ///< the window was made smaller for that
  unsigned backed_off_ = 0;
  std::int64_t recover_ = -1;  ///< losses up to this number have made the window smaller already
  struct Before {
    std::size_t window = 0;
    std::size_t slow_start_until = 0;
    std::int64_t recover = -1;
  };
  std::optional<Before> before_;  ///< the last time-out
};

}  // namespace postern::session
