#pragma once

/// Channel: the numbered messages of a data channel, one end of it, without I/O (protocol.md B1.3). What one end sends
/// arrives at the other once and in order, whatever the way between them loses, repeats, swaps or holds back.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"
#include "rt/random.hpp"
#include "session/agent_message.hpp"

namespace postern::session {

/// Which end of a data channel: their messages have other names and flags.
enum class End : std::uint8_t { client, agent };

/// One point in time on both clocks; headers carry the wall clock's.
struct Moment {
  Moment() = default;
  Moment(MonoTime m, WallTime w) : mono(m), wall(w) {}
  MonoTime mono{};
  WallTime wall{};
};

struct ChannelOptions {
  ChannelOptions() = default;
  explicit ChannelOptions(End e) : end(e) {}
  End end = End::client;
  /// Sent and not yet acknowledged, at most; send() beyond it queues and room() is 0. Memory of a session is these
  /// three.
  std::size_t window_bytes = 256U << 10U;
  /// Arrived before their turn, or not fetched yet. What is beyond is neither kept nor acknowledged.
  std::size_t arrived_bytes = 512U << 10U;
  std::size_t arrived_messages = 10'000;
};

/// A message of the other end, in its turn.
struct Arrived {
  Arrived() = default;
  PayloadType type = PayloadType::none;  ///< unknown numbers are kept
  std::string payload;
};

/// Loop thread only; no clock of its own: every call that needs one is told the time.
class Channel {
 public:
  /// `random` makes message ids and outlives the channel.
  Channel(rt::Random& random, ChannelOptions options);

  // ---- what comes in
  /// Takes a WebSocket message. Fails with malformed: it is dropped and nothing has changed; the channel goes on.
  Result<void> receive(Moment now, std::string_view message);
  /// The other end's next message in order.
  std::optional<Arrived> next();
  /// Bytes of arrived messages that nobody fetched. While it is large the owner does not read its connection.
  std::size_t waiting_bytes() const noexcept { return arrived_bytes_; }
  /// The payload of channel_closed; nothing more comes after it.
  const std::optional<std::string>& closed() const noexcept { return closed_; }

  // ---- what goes out
  /// Payload bytes that may be handed to send() now without growing beyond the window.
  std::size_t room() const noexcept;
  /// Queues a message. Control messages (size, flag, handshake) need no room().
  void send(PayloadType type, std::string payload);
  /// The next WebSocket message to write, if one is due: acknowledgements, then what must be repeated, then what is
  /// new. Call until there is none.
  std::optional<std::string> next_outgoing(Moment now);
  /// When next_outgoing() will have something without anything else happening; absent: never.
  std::optional<MonoTime> wakes_at() const;
  /// A new connection took the place of the old one: what was not acknowledged is due again, in order.
  void reconnected();
  /// Everything that was handed to send() has been acknowledged.
  bool is_settled() const noexcept { return sent_.empty() && queue_.empty(); }
  /// The other end asked for silence (pause_publication).
  bool is_paused() const noexcept { return paused_; }

  // ---- how it stands, for progress lines and tests
  Duration round_trip() const noexcept { return rtt_; }
  Duration repeat_after() const noexcept { return rto_; }
  std::size_t window() const noexcept { return window_; }
  std::uint64_t repeated() const noexcept { return repeated_; }
  std::int64_t expected() const noexcept { return expected_; }

 private:
  struct Sent {
    Sent() = default;
    PayloadType type = PayloadType::none;
    std::string payload;
    std::string id;  ///< the same however often it is sent
    MonoTime sent_at{};
    unsigned times = 0;  ///< how often it was sent
    bool in_flight = false;
    bool acknowledged = false;

    /// What it counts for in the window: tiny messages cost memory too.
    std::size_t cost() const noexcept;
  };

  void take_data(AgentMessage message);
  void take_acknowledgement(Moment now, std::string_view payload);
  void take_in(std::uint32_t type, std::string payload);
  void acknowledge(const AgentMessage& message);
  void learn(Duration sample);
  void lose(std::size_t window);
  void repeat_all();
  void drop_acknowledged();
  bool may_send(const Sent& message) const noexcept;
  std::int64_t first_sequence() const noexcept;
  std::string write(Moment now, Sent& message, std::int64_t sequence);
  std::string write_acknowledgement(Moment now);
  std::string_view own_type() const noexcept;
  std::string_view other_type() const noexcept;

  rt::Random& random_;
  ChannelOptions options_;
  // In.
  std::int64_t expected_ = 0;
  std::map<std::int64_t, Arrived> early_;
  std::deque<Arrived> arrived_;
  std::size_t arrived_bytes_ = 0;  ///< of both
  std::optional<std::string> closed_;
  // Out.
  struct Acknowledgement {
    Acknowledgement(std::string t, std::string i, std::int64_t s) : type(std::move(t)), id(std::move(i)), sequence(s) {}
    std::string type;
    std::string id;
    std::int64_t sequence;
  };
  std::deque<Acknowledgement> acknowledgements_;
  std::deque<Sent> sent_;         ///< from the first that is not acknowledged, without gaps
  std::deque<Sent> queue_;        ///< not sent yet
  std::size_t sent_bytes_ = 0;    ///< cost of what is not acknowledged
  std::size_t queue_bytes_ = 0;   ///< cost
  std::size_t flying_bytes_ = 0;  ///< cost of what is in flight
  std::size_t cursor_ = 0;        ///< index in sent_: before it, everything is in flight or acknowledged
  std::int64_t next_sequence_ = 0;
  bool paused_ = false;
  MonoTime paused_at_{};
  unsigned overtaken_ = 0;  ///< acknowledgements of later messages since the front was sent
  unsigned backed_off_ = 0;
  Duration rtt_{};
  Duration variance_{};
  Duration rto_{};
  std::size_t window_ = 0;
  std::size_t slow_start_until_ = 0;
  std::int64_t recover_ = -1;  ///< losses up to this number have shrunk the window already
  std::uint64_t repeated_ = 0;
};

}  // namespace postern::session
