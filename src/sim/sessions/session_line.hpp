#pragma once

/// SessionLine: what carries the messages between the two ends of one session's data channel. It knows nothing of what
/// is in them: they arrive byte for byte, or not at all.

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "rt/sync.hpp"
#include "session/channel.hpp"

namespace postern::sim {

using session::End;

/// What happens to a message on its way, for faults.
enum class Passage : std::uint8_t { pass, drop, twice, swap_with_next };

/// Each end has at most one connection; a newer one takes the place of the older. A message for an end that is not
/// there is dropped: who sent it sends it again. Loop thread only.
class SessionLine {
 public:
  /// Messages that wait for one end: further senders wait.
  static constexpr std::size_t kWaitingBytesMax = 1U << 20U;
  using Judge = std::function<Passage(End from, std::string_view message)>;

  /// Asked for every message of an end; may be empty.
  void judged_by(Judge judge) { judge_ = std::move(judge); }
  /// The number of the new connection, for the calls below. What waited for an earlier one is dropped.
  std::uint64_t connect(End end);
  void disconnect(End end, std::uint64_t connection);
  bool is_connected(End end) const noexcept { return side(end).connection != 0; }
  bool is_current(End end, std::uint64_t connection) const noexcept;
  /// Once an end has been connected.
  bool was_connected(End end) const noexcept { return side(end).ever; }

  /// Waits until there is room at the other end. Fails with cancelled, and with unavailable when the line has ended or
  /// the sender's connection was replaced.
  rt::Task<Result<void>> send(End from, std::uint64_t connection, std::string message);
  /// Without waiting: dropped when there is no room.
  void send_now(End from, std::string message);
  /// The next message for an end; none when the line has ended or the connection was replaced. Fails with cancelled.
  rt::Task<Result<std::optional<std::string>>> next(End end, std::uint64_t connection);
  /// The same without waiting.
  std::optional<std::string> take(End end);
  /// Called when something came for an end, never from inside take(); for ends that do not wait in next().
  void when_arrived(End end, std::function<void()> told) { side(end).told = std::move(told); }
  /// A message of the service's own.
  void tell(End end, std::string message);
  /// No more is taken; what waits is still handed out.
  void end();
  bool has_ended() const noexcept { return ended_; }

  /// Messages and bytes that an end sent, repetitions and what was dropped included.
  std::uint64_t messages(End from) const noexcept { return side(from).messages; }
  std::uint64_t bytes(End from) const noexcept { return side(from).bytes; }
  /// How often an end connected.
  std::uint64_t connections(End end) const noexcept { return side(end).count; }

 private:
  struct Side {
    Side() = default;
    std::uint64_t connection = 0;  ///< 0: not there
    std::uint64_t count = 0;
    bool ever = false;
    std::deque<std::string> waiting;  ///< for this end
    std::size_t waiting_bytes = 0;
    std::optional<std::string> held;  ///< of this end: goes after its next message
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    rt::WaitQueue arrived;
    rt::WaitQueue room;
    std::function<void()> told;
  };

  Side& side(End end) noexcept { return sides_[end == End::client ? 0 : 1]; }
  const Side& side(End end) const noexcept { return sides_[end == End::client ? 0 : 1]; }
  Side& other(End end) noexcept { return sides_[end == End::client ? 1 : 0]; }
  void carry(End from, std::string message);
  static void put(Side& to, std::string message);

  std::array<Side, 2> sides_;
  std::uint64_t connections_ = 0;
  Judge judge_;
  bool ended_ = false;
};

}  // namespace postern::sim
