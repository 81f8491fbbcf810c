#pragma once

/// What happened in a World, in order. Two runs of one seed have the same hash, or something is not deterministic.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "rt/clock.hpp"

namespace postern::world {

struct TraceEvent {
  TraceEvent() = default;
  MonoTime at;
  std::string topic;
  std::string text;
};

class Trace {
 public:
  explicit Trace(const rt::Clock& clock);
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
  /// Adds an event at the present virtual time. `text` holds nothing that differs from run to run (addresses, pids).
  void append(std::string_view topic, std::string_view text);
  /// Adds to the hash only: for what happens too often to be kept.
  void mix(std::uint64_t value) noexcept;

  /// Of everything so far.
  std::uint64_t hash() const noexcept { return hash_; }
  std::uint64_t count() const noexcept { return count_; }
  /// The newest events, at most kept_max of them.
  const std::deque<TraceEvent>& events() const noexcept { return events_; }
  void set_kept_max(std::size_t kept_max);
  /// The kept events as lines "1.250s net: dial a -> b:443".
  std::string to_text() const;

 private:
  const rt::Clock& clock_;
  std::deque<TraceEvent> events_;
  std::size_t kept_max_ = 10'000;
  std::uint64_t hash_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace postern::world
