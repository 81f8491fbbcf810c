#pragma once

/// What goes wrong on data channels when a faults file says so; seeded, so that a run can be repeated.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "sim/sessions/session_line.hpp"

namespace postern::sim {

enum class SessionFaultKind : std::uint8_t {
  drop,       ///< a message is lost
  duplicate,  ///< a message comes twice
  reorder,    ///< a message comes after the next one
  pause,      ///< the agent is told to publish nothing for `time`
  kill,       ///< a connection ends without a word after `bytes` from that end, or after `time`
  slow,       ///< a connection is read at `bytes` a second
  vanish,     ///< the agent is never heard of again after `bytes` from it
  expire,     ///< ResumeSession answers that it has forgotten the session
};
std::string_view to_string(SessionFaultKind kind) noexcept;
std::optional<SessionFaultKind> parse_session_fault_kind(std::string_view text) noexcept;
std::vector<std::string> session_fault_kind_names();

struct SessionFaultRule {
  static constexpr std::uint64_t kForever = UINT64_MAX;
  SessionFaultRule() = default;
  SessionFaultKind kind = SessionFaultKind::drop;
  std::optional<End> from;  ///< whose messages or connection; absent: both ends'
  std::string target;       ///< instance id; empty: any
  std::uint64_t skip = 0;   ///< messages, connections or calls that pass first
  std::uint64_t count = kForever;
  double probability = 1.0;
  std::uint64_t bytes = 0;
  Duration time{};
};

/// What befalls one connection.
struct ConnectionFate {
  ConnectionFate() = default;
  std::uint64_t killed_after_bytes = 0;  ///< 0: never
  Duration killed_after{};               ///< 0: never
  std::uint64_t bytes_per_second = 0;    ///< 0: as they come
};

/// Loop thread only.
class SessionFaults {
 public:
  explicit SessionFaults(std::uint64_t seed) : seed_(seed) {}
  void set_seed(std::uint64_t seed) noexcept { seed_ = seed; }
  void add(SessionFaultRule rule) { rules_.emplace_back(std::move(rule)); }
  void clear() { rules_.clear(); }
  bool none() const noexcept { return rules_.empty(); }
  std::uint64_t applied() const noexcept { return applied_; }

  /// Of a message; `from_agent` is how many bytes came from the agent so far.
  Passage passage(std::string_view target, End from, std::uint64_t from_agent);
  ConnectionFate fate(std::string_view target, End end);
  bool expires(std::string_view target);
  /// How long the agent is to publish nothing, when that is to happen now.
  std::optional<Duration> pause(std::string_view target);

 private:
  struct Armed {
    explicit Armed(SessionFaultRule r) : rule(std::move(r)) {}
    SessionFaultRule rule;
    std::uint64_t seen = 0;
    std::uint64_t hit = 0;
  };
  bool hits(std::size_t place, std::string_view target, std::optional<End> from);

  std::vector<Armed> rules_;
  std::uint64_t seed_;
  std::uint64_t applied_ = 0;
};

}  // namespace postern::sim
