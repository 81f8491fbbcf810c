#include "session/channel.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"

namespace postern::session {
namespace channel {

// protocol.md B1.3; both ends use the same.
constexpr std::chrono::milliseconds kFirstRoundTrip{100};
constexpr std::chrono::milliseconds kFirstRepeat{200};
constexpr std::chrono::milliseconds kVarianceMin{10};
constexpr std::chrono::milliseconds kRepeatMax{1000};
constexpr unsigned kBackOffMax = 3;
/// After that many acknowledgements of later messages the first one is taken for lost. Agents really do swap messages,
/// so that one alone says nothing.
constexpr unsigned kOvertakenMax = 8;
/// Somebody who asked for silence is asked again that often whether they still want it: one message.
constexpr std::chrono::seconds kPauseProbe{5};
/// What a message costs beside its payload.
constexpr std::size_t kMessageCost = 192;
constexpr std::size_t kWindowStart = 32U << 10U;
constexpr std::size_t kWindowMin = 4U << 10U;
constexpr std::uint64_t kSyn = 1;
constexpr std::uint64_t kSynFin = 3;
/// Acknowledgements that wait to be written; more are dropped, which costs a repetition.
constexpr std::size_t kAcknowledgementsMax = 20'000;

constexpr std::string_view kInput = "input_stream_data";
constexpr std::string_view kOutput = "output_stream_data";
constexpr std::string_view kAcknowledge = "acknowledge";
constexpr std::string_view kClosed = "channel_closed";
constexpr std::string_view kStart = "start_publication";
constexpr std::string_view kPause = "pause_publication";

std::uint64_t unix_ms(WallTime wall) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(wall).time_since_epoch().count();
  // Zero is not valid on the wire.
  return static_cast<std::uint64_t>(std::max<std::int64_t>(1, ms));
}

std::string new_id(rt::Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return make_uuid(bytes);
}

std::string encoded(const AgentMessage& message) {
  Result<std::string> bytes = encode_message(message);
  // Types and ids are ours.
  CHECK(bytes.has_value());
  return std::move(*bytes);
}

}  // namespace channel

std::size_t Channel::Sent::cost() const noexcept {
  return payload.size() + channel::kMessageCost;
}

Channel::Channel(rt::Random& random, ChannelOptions options)
    : random_(random),
      options_(options),
      rtt_(channel::kFirstRoundTrip),
      rto_(channel::kFirstRepeat),
      window_(std::min(channel::kWindowStart, options.window_bytes)),
      slow_start_until_(options.window_bytes) {}

std::string_view Channel::own_type() const noexcept {
  return options_.end == End::client ? channel::kInput : channel::kOutput;
}

std::string_view Channel::other_type() const noexcept {
  return options_.end == End::client ? channel::kOutput : channel::kInput;
}

Result<void> Channel::receive(Moment now, std::string_view bytes) {
  TRY(AgentMessage message, decode_message(bytes));
  if (message.type == channel::kAcknowledge) {
    paused_ = false;
    take_acknowledgement(now, message.payload);
  } else if (message.type == other_type()) {
    paused_ = false;
    take_data(std::move(message));
  } else if (message.type == channel::kClosed) {
    if (!closed_) closed_ = std::move(message.payload);
  } else if (message.type == channel::kPause) {
    paused_ = true;
    paused_at_ = now.mono;
  } else if (message.type == channel::kStart) {
    paused_ = false;
  }
  // Types that nobody here knows are newer than we are: ignored, as the other implementations do.
  return {};
}

void Channel::take_data(AgentMessage message) {
  if (message.sequence < expected_) {
    // Its acknowledgement was lost: without another one the sender repeats it for ever, and nothing behind it.
    acknowledge(message);
    return;
  }
  const bool fits = arrived_bytes_ + message.payload.size() <= options_.arrived_bytes &&
                    arrived_.size() + early_.size() < options_.arrived_messages;
  if (message.sequence > expected_) {
    if (early_.contains(message.sequence)) {
      acknowledge(message);
      return;
    }
    if (!fits) return;
    acknowledge(message);
    arrived_bytes_ += message.payload.size();
    Arrived& early = early_[message.sequence];
    early.type = static_cast<PayloadType>(message.payload_type);
    early.payload = std::move(message.payload);
    return;
  }
  // The next one is taken even when others, which came too early, hold all the room: nothing would move otherwise.
  if (!fits && !arrived_.empty()) return;
  acknowledge(message);
  arrived_bytes_ += message.payload.size();
  take_in(message.payload_type, std::move(message.payload));
  for (auto next = early_.begin(); next != early_.end() && next->first == expected_; next = early_.erase(next)) {
    arrived_.push_back(std::move(next->second));
    ++expected_;
  }
}

void Channel::take_in(std::uint32_t type, std::string payload) {
  Arrived message;
  message.type = static_cast<PayloadType>(type);
  message.payload = std::move(payload);
  arrived_.push_back(std::move(message));
  ++expected_;
}

std::optional<Arrived> Channel::next() {
  if (arrived_.empty()) return std::nullopt;
  Arrived message = std::move(arrived_.front());
  arrived_.pop_front();
  arrived_bytes_ -= message.payload.size();
  return message;
}

void Channel::acknowledge(const AgentMessage& message) {
  if (acknowledgements_.size() >= channel::kAcknowledgementsMax) return;
  acknowledgements_.emplace_back(message.type, message.id, message.sequence);
}

void Channel::take_acknowledgement(Moment now, std::string_view payload) {
  const Result<Json> json = Json::parse(payload);
  if (!json) return;
  // The number alone says which: ids and the name of the type are not looked at by anybody.
  const std::optional<std::int64_t> sequence = (*json)["AcknowledgedMessageSequenceNumber"].to_int();
  if (!sequence || *sequence < first_sequence() || *sequence >= next_sequence_) return;
  const std::size_t index = static_cast<std::size_t>(*sequence - first_sequence());
  Sent& message = sent_[index];
  if (message.acknowledged) return;
  // A message that was sent twice says nothing of the way: nobody knows which of the two was answered.
  if (message.times == 1) learn(now.mono - message.sent_at);
  const std::size_t cost = message.cost();
  sent_bytes_ -= cost;
  if (message.in_flight) flying_bytes_ -= cost;
  message.in_flight = false;
  message.acknowledged = true;
  message.payload = std::string();
  backed_off_ = 0;
  if (window_ < slow_start_until_) {
    window_ += cost;
  } else {
    window_ += std::max<std::size_t>(1, cost * cost / window_);
  }
  window_ = std::min(window_, options_.window_bytes);
  if (index > 0) {
    if (sent_.front().in_flight && ++overtaken_ >= channel::kOvertakenMax) {
      overtaken_ = 0;
      flying_bytes_ -= sent_.front().cost();
      sent_.front().in_flight = false;
      cursor_ = 0;
      lose(window_ / 2);
    }
    return;
  }
  drop_acknowledged();
}

void Channel::drop_acknowledged() {
  while (!sent_.empty() && sent_.front().acknowledged) {
    sent_.pop_front();
    if (cursor_ > 0) --cursor_;
  }
  overtaken_ = 0;
}

void Channel::learn(Duration sample) {
  if (sample < Duration::zero()) return;
  const Duration off = sample > rtt_ ? sample - rtt_ : rtt_ - sample;
  variance_ = (variance_ * 3 + off) / 4;
  rtt_ = (rtt_ * 7 + sample) / 8;
  rto_ = std::min<Duration>(channel::kRepeatMax, rtt_ + std::max<Duration>(channel::kVarianceMin, variance_ * 4));
}

/// Something was lost: the way carries less than we thought. One round of losses counts once.
void Channel::lose(std::size_t window) {
  if (first_sequence() <= recover_) return;
  recover_ = next_sequence_ - 1;
  slow_start_until_ = std::max(channel::kWindowMin, window_ / 2);
  window_ = std::max(channel::kWindowMin, window);
}

void Channel::repeat_all() {
  for (Sent& message : sent_) message.in_flight = false;
  flying_bytes_ = 0;
  cursor_ = 0;
  overtaken_ = 0;
}

void Channel::reconnected() {
  // What the old connection carried is gone, in both directions: acknowledgements for what the other end will repeat
  // are made again when it does.
  acknowledgements_.clear();
  repeat_all();
  paused_ = false;
  backed_off_ = 0;
}

std::int64_t Channel::first_sequence() const noexcept {
  return next_sequence_ - static_cast<std::int64_t>(sent_.size());
}

std::size_t Channel::room() const noexcept {
  const std::size_t used = sent_bytes_ + queue_bytes_;
  return used >= options_.window_bytes ? 0 : options_.window_bytes - used;
}

void Channel::send(PayloadType type, std::string payload) {
  Sent message;
  message.type = type;
  message.payload = std::move(payload);
  queue_bytes_ += message.cost();
  queue_.push_back(std::move(message));
}

/// One message is always let go when nothing else is in flight, however large it is.
bool Channel::may_send(const Sent& message) const noexcept {
  return flying_bytes_ == 0 || flying_bytes_ + message.cost() <= window_;
}

std::optional<std::string> Channel::next_outgoing(Moment now) {
  if (!acknowledgements_.empty()) return write_acknowledgement(now);
  if (paused_) {
    if (now.mono < paused_at_ + channel::kPauseProbe || (sent_.empty() && queue_.empty())) return std::nullopt;
    paused_at_ = now.mono;
    repeat_all();
    if (!sent_.empty()) return write(now, sent_.front(), first_sequence());
  } else if (!sent_.empty() && sent_.front().in_flight &&
             now.mono >= sent_.front().sent_at + std::min<Duration>(channel::kRepeatMax, rto_ * (1U << backed_off_))) {
    lose(channel::kWindowMin);
    backed_off_ = std::min(backed_off_ + 1, channel::kBackOffMax);
    repeat_all();
  }
  for (; cursor_ < sent_.size(); ++cursor_) {
    Sent& message = sent_[cursor_];
    if (message.acknowledged || message.in_flight) continue;
    if (!may_send(message)) return std::nullopt;
    return write(now, message, first_sequence() + static_cast<std::int64_t>(cursor_++));
  }
  if (queue_.empty() || !may_send(queue_.front())) return std::nullopt;
  const std::size_t cost = queue_.front().cost();
  sent_.push_back(std::move(queue_.front()));
  queue_.pop_front();
  queue_bytes_ -= cost;
  sent_bytes_ += cost;
  cursor_ = sent_.size();
  return write(now, sent_.back(), next_sequence_++);
}

std::string Channel::write(Moment now, Sent& message, std::int64_t sequence) {
  if (message.times++ == 0) {
    message.id = channel::new_id(random_);
  } else {
    ++repeated_;
  }
  message.sent_at = now.mono;
  if (!message.in_flight) flying_bytes_ += message.cost();
  message.in_flight = true;
  AgentMessage out;
  out.type = own_type();
  out.created_ms = channel::unix_ms(now.wall);
  out.sequence = sequence;
  out.flags = options_.end == End::agent && sequence == 0 ? channel::kSyn : 0;
  out.id = message.id;
  out.payload_type = static_cast<std::uint32_t>(message.type);
  out.payload = message.payload;
  return channel::encoded(out);
}

std::string Channel::write_acknowledgement(Moment now) {
  const Acknowledgement next = std::move(acknowledgements_.front());
  acknowledgements_.pop_front();
  AgentMessage out;
  out.type = channel::kAcknowledge;
  out.created_ms = channel::unix_ms(now.wall);
  out.flags = channel::kSynFin;
  out.id = channel::new_id(random_);
  out.payload = Json::object()
                    .set("AcknowledgedMessageType", next.type)
                    .set("AcknowledgedMessageId", next.id)
                    .set("AcknowledgedMessageSequenceNumber", next.sequence)
                    .set("IsSequentialMessage", true)
                    .dump();
  return channel::encoded(out);
}

std::optional<MonoTime> Channel::wakes_at() const {
  if (paused_) {
    if (sent_.empty() && queue_.empty()) return std::nullopt;
    return paused_at_ + channel::kPauseProbe;
  }
  if (sent_.empty() || !sent_.front().in_flight) return std::nullopt;
  return sent_.front().sent_at + std::min<Duration>(channel::kRepeatMax, rto_ * (1U << backed_off_));
}

}  // namespace postern::session
