#pragma once

/// Line: two ends of a data channel joined by a bad way, in virtual time: messages are lost, repeated, swapped, held
/// back; connections break; a reader that is full lets the way fill up. For Channel, ClientSession and AgentSession.

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "rt/random.hpp"
#include "session/channel.hpp"

namespace postern::session::testing {

struct WayOptions {
  WayOptions() = default;
  Duration delay = std::chrono::milliseconds(20);
  Duration swapped_by = std::chrono::milliseconds(30);
  double lose = 0;                   ///< of messages
  double repeat = 0;                 ///< of messages
  double swap = 0;                   ///< of messages: they take longer than those behind them
  std::size_t bytes_per_second = 0;  ///< 0: as much as there is
  std::size_t holds = 512U << 10U;   ///< what it takes of a writer while nobody reads
};

/// One direction.
class Way {
 public:
  Way(rt::Random& random, WayOptions options) : options(options), random_(random) {}

  bool takes_more() const { return bytes_ < options.holds; }

  void put(MonoTime now, std::string message) {
    ++put_;
    if (options.bytes_per_second > 0) {
      const auto takes =
          Duration(static_cast<std::int64_t>(message.size() * 1'000'000'000ULL / options.bytes_per_second));
      busy_until_ = std::max(busy_until_, now) + takes;
      now = busy_until_;
    }
    if (drops && drops(message)) {
      ++counts_["messages to nobody"];
      return;
    }
    if (chance(options.lose)) {
      ++counts_["messages lost"];
      return;
    }
    MonoTime at = now + options.delay;
    if (chance(options.swap)) {
      ++counts_["messages swapped"];
      at += options.swapped_by;
    } else {
      // Otherwise as TCP has it: one after the other.
      at = last_ = std::max(at, last_);
    }
    if (chance(options.repeat)) {
      ++counts_["messages repeated"];
      add(at + options.swapped_by, message);
    }
    add(at, std::move(message));
  }

  /// What has arrived by now.
  std::optional<std::string> take(MonoTime now) {
    if (messages_.empty() || messages_.begin()->first.first > now) return std::nullopt;
    std::string message = std::move(messages_.begin()->second);
    bytes_ -= message.size();
    messages_.erase(messages_.begin());
    return message;
  }
  std::optional<MonoTime> next() const {
    if (messages_.empty()) return std::nullopt;
    return messages_.begin()->first.first;
  }
  /// The connection broke: nothing of what is on the way arrives.
  void cut() {
    messages_.clear();
    bytes_ = 0;
  }
  std::size_t put_count() const { return put_; }
  /// What went wrong with them, by kind.
  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

  WayOptions options;
  std::function<bool(const std::string&)> drops;  ///< loses those for which it says yes

 private:
  void add(MonoTime at, std::string message) {
    bytes_ += message.size();
    messages_.emplace(std::make_pair(at, number_++), std::move(message));
  }
  bool chance(double part) { return part > 0 && random_.unit() < part; }

  rt::Random& random_;
  std::map<std::pair<MonoTime, std::uint64_t>, std::string> messages_;
  std::size_t bytes_ = 0;
  std::uint64_t number_ = 0;
  std::size_t put_ = 0;
  std::map<std::string, std::uint64_t> counts_;
  MonoTime last_{};
  MonoTime busy_until_{};
};

/// Both directions and the two ends. A test turns the crank: step() carries what can be carried now, else time goes on
/// to when something happens next.
template <class Client, class Agent>
class Line {
 public:
  static constexpr std::chrono::milliseconds kLook{50};

  Line(rt::Random& random, WayOptions options, Client& client, Agent& agent)
      : up(random, options), down(random, options), client_(client), agent_(agent) {}

  Moment now() const { return Moment(now_, WallTime(std::chrono::seconds(1'700'000'000) + now_.time_since_epoch())); }

  /// Everything that goes without time passing.
  void carry() {
    for (bool moved = true; moved;) {
      moved = false;
      while (agent_reads && !agent_.is_full()) {
        const std::optional<std::string> message = up.take(now_);
        if (!message) break;
        static_cast<void>(agent_.receive(now(), *message));
        moved = true;
      }
      while (client_reads && !client_.is_full()) {
        const std::optional<std::string> message = down.take(now_);
        if (!message) break;
        static_cast<void>(client_.receive(now(), *message));
        moved = true;
      }
      moved = write(client_, up, client_is_there) || moved;
      moved = write(agent_, down, agent_is_there) || moved;
    }
  }

  /// Time goes on to the next event, at most by `most`. False: nothing will ever happen, and it went on by `most`.
  bool advance(Duration most) {
    const MonoTime end = now_ + most;
    std::optional<MonoTime> at;
    const auto earlier = [&at](std::optional<MonoTime> other) {
      if (other && (!at || *other < *at)) at = other;
    };
    // Who waits to write waits for the way.
    if (client_is_there && up.takes_more()) earlier(client_.wakes_at());
    if (agent_is_there && down.takes_more()) earlier(agent_.wakes_at());
    if (agent_reads && !agent_.is_full()) earlier(up.next());
    if (client_reads && !client_.is_full()) earlier(down.next());
    const bool any = at.has_value();
    // Whoever wants to be woken at once, and then has nothing to say, does not stop the time.
    if (any && *at <= now_) at = now_ + std::chrono::milliseconds(1);
    now_ = any ? std::min(*at, end) : end;
    return any;
  }

  void run_for(Duration time) {
    const MonoTime end = now_ + time;
    for (carry(); now_ < end; carry()) advance(end - now_);
  }
  /// Turns until `done`, at most for `time`; whether it was done. `done` is the application too: it may fetch and send,
  /// and looks again after kLook even when nothing happens.
  bool run_until(const std::function<bool()>& done, Duration time) {
    const MonoTime end = now_ + time;
    for (;;) {
      carry();
      if (done()) return true;
      // What it has said goes out at once.
      carry();
      if (now_ >= end) return false;
      advance(std::min<Duration>(end - now_, kLook));
    }
  }

  /// The client's connection, or the agent's, is a new one.
  void reconnect_client() {
    up.cut();
    down.cut();
    client_.reconnected();
  }
  void reconnect_agent() {
    up.cut();
    down.cut();
    agent_.reconnected();
  }

  Way up;
  Way down;
  bool client_reads = true;
  bool agent_reads = true;
  bool client_is_there = true;  ///< else it writes nothing: its connection is gone
  bool agent_is_there = true;

 private:
  template <class From>
  bool write(From& from, Way& way, bool is_there) {
    bool any = false;
    while (is_there && way.takes_more()) {
      std::optional<std::string> message = from.next_outgoing(now());
      if (!message) break;
      way.put(now_, std::move(*message));
      any = true;
    }
    return any;
  }

  Client& client_;
  Agent& agent_;
  MonoTime now_{std::chrono::seconds(1)};
};

}  // namespace postern::session::testing
