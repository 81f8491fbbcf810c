#pragma once

/// Channel: the numbered messages of a data channel, one end of it, without I/O (protocol.md B1.3). What one end sends
/// arrives at the other once and in order, whatever the way between them loses, repeats, swaps or holds back.

#include <array>
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
#include "session/pace.hpp"

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

/// What a message costs in memory beside its payload: it counts in every limit below.
constexpr std::size_t kMessageCost = 192;

struct ChannelOptions {
  ChannelOptions() = default;
  explicit ChannelOptions(End e) : end(e) {}
  End end = End::client;
  /// Sent and not yet acknowledged, at most; send() beyond it queues and room() is 0.
  std::size_t window_bytes = 512U << 10U;
  /// Arrived in order and not fetched yet: is_full() at half of it. What comes when there is no room is neither kept
  /// nor acknowledged.
  std::size_t arrived_bytes = 256U << 10U;
  /// Arrived before their turn. Much, because it fills only after a loss, and agents of AWS then send on while they
  /// repeat no more than ten messages a second: each that has no room here costs a tenth of a second.
  std::size_t early_bytes = 4U << 20U;
  std::size_t early_messages = 10'000;
};

/// A message of the other end, in its turn.
struct Arrived {
  Arrived() = default;
  PayloadType type = PayloadType::none;  ///< unknown numbers are kept
  std::string payload;

  /// What it counts for in the limits.
  std::size_t cost() const noexcept { return payload.size() + kMessageCost; }
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
  /// What arrived in order costs while nobody fetches it.
  std::size_t waiting_bytes() const noexcept { return arrived_bytes_; }
  /// The owner does not read its connection until next() has been called: what is dropped instead comes again, but
  /// late.
  bool is_full() const noexcept { return arrived_bytes_ >= options_.arrived_bytes / 2; }
  /// The payload of channel_closed; nothing more comes after it, and nothing goes out.
  const std::optional<std::string>& closed() const noexcept { return closed_; }
  /// Messages that came before their turn and wait: one before them is missing.
  std::size_t early() const noexcept { return early_.size(); }

  // ---- what goes out
  /// Payload bytes that may be handed to send() as one message now without growing beyond the window. A message of n
  /// bytes takes n + kMessageCost of it.
  std::size_t room() const noexcept;
  /// The same in messages of `unit` bytes each.
  std::size_t room_in(std::size_t unit) const noexcept;
  /// Queues a message. Control messages (size, flag, handshake) need no room().
  void send(PayloadType type, std::string payload);
  /// The next WebSocket message to write, if one is due: acknowledgements, then what must be repeated, then what is
  /// new. Call until there is none.
  std::optional<std::string> next_outgoing(Moment now);
  /// When next_outgoing() will have something without anything else happening; absent: never.
  std::optional<MonoTime> wakes_at() const;
  /// A new connection took the place of the old one: what was not acknowledged is due again, in order, and what came
  /// in last is acknowledged again, as the old connection may have lost that too.
  void reconnected();
  /// Everything that was handed to send() has been acknowledged.
  bool is_settled() const noexcept { return sent_.empty() && queue_.empty(); }
  /// The other end asked for silence (pause_publication). Agents then wait until they are told or hear something else;
  /// a client asks once a second, with the oldest message that it has, whether that still holds.
  bool is_paused() const noexcept { return paused_; }

  // ---- how it stands, for progress lines and tests
  Duration round_trip() const noexcept { return pace_.round_trip(); }
  Duration repeat_after() const noexcept { return pace_.repeat_after(); }
  std::size_t window() const noexcept { return pace_.window(); }
  std::uint64_t repeated() const noexcept { return repeated_; }
  std::int64_t expected() const noexcept { return expected_; }
  /// How many messages the other end has acknowledged, up to the first that it has not.
  std::int64_t acknowledged() const noexcept { return first_sequence(); }
  /// What all that it keeps costs: bounded by the options.
  std::size_t memory() const noexcept;

 private:
  struct Sent {
    Sent() = default;
    PayloadType type = PayloadType::none;
    std::string payload;
    std::string id;  ///< the same however often it is sent
    MonoTime sent_at{};
    unsigned times = 0;  ///< how often it was sent
    bool in_flight = false;
    bool doubted = false;  ///< taken for lost by a time-out, and not sent again yet
    bool acknowledged = false;

    std::size_t cost() const noexcept { return payload.size() + kMessageCost; }
  };
  struct Acknowledgement {
    std::array<char, 36> id{};
    std::int64_t sequence = 0;
  };

  Result<void> take_data(AgentMessage message);
  Result<void> take_acknowledgement(Moment now, std::string_view payload);
  void take_in(std::uint32_t type, std::string payload);
  void acknowledge(const AgentMessage& message);
  void unpause(Moment now);
  void find_losses(MonoTime arrived_sent_at);
  bool was_slow(const Sent& message, Moment now) const noexcept;
  void undo_time_out(Moment now);
  void repeat_all();
  void drop_acknowledged(Moment now);
  bool may_send(const Sent& message) const noexcept;
  std::int64_t first_sequence() const noexcept;
  MonoTime repeats_at() const noexcept;
  std::optional<std::string> next_data(Moment now);
  std::string write(Moment now, Sent& message, std::int64_t sequence);
  std::string write_acknowledgement(Moment now);
  std::string_view own_type() const noexcept;
  std::string_view other_type() const noexcept;

  rt::Random& random_;
  ChannelOptions options_;
  // In.
  std::int64_t expected_ = 0;
  std::map<std::int64_t, Arrived> early_;
  std::size_t early_bytes_ = 0;  ///< cost
  std::deque<Arrived> arrived_;
  std::size_t arrived_bytes_ = 0;  ///< cost
  std::optional<std::string> closed_;
  // Out.
  std::deque<Acknowledgement> acknowledgements_;
  std::deque<Acknowledgement> acknowledged_;  ///< the last ones that were written
  std::deque<Sent> sent_;                     ///< from the first that is not acknowledged, without gaps
  std::deque<Sent> queue_;                    ///< not sent yet
  std::size_t sent_bytes_ = 0;                ///< cost of what is not acknowledged
  std::size_t queue_bytes_ = 0;               ///< cost
  std::size_t flying_bytes_ = 0;              ///< cost of what is in flight
  std::size_t cursor_ = 0;                    ///< index in sent_: before it, everything is in flight or acknowledged
  std::int64_t next_sequence_ = 0;
  bool paused_ = false;
  MonoTime paused_at_{};  ///< or asked again
  MonoTime unpaused_at_{};
  MonoTime timer_from_{};  ///< the oldest message is given repeat_after() from then
  MonoTime last_sent_{};
  MonoTime timed_out_at_{};
  Pace pace_;
  std::uint64_t repeated_ = 0;
};

}  // namespace postern::session
