#include "session/channel.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/ids.hpp"
#include "session/acknowledgement.hpp"

namespace postern::session {
namespace channel {

/// A client that was asked for silence asks that often whether it still holds, with one message.
constexpr std::chrono::seconds kPauseProbe{1};
/// Messages behind one that is never acknowledged; what the other end keeps before its turn has limits.
constexpr std::size_t kSentMax = 4096;
constexpr std::uint64_t kSyn = 1;
constexpr std::uint64_t kSynFin = 3;
/// Acknowledgements that wait to be written; more are dropped, which costs a repetition. Reading does not stop for
/// them: two ends that wait for each other to read would wait for ever.
constexpr std::size_t kAcknowledgementsMax = 10'000;
/// So many are written again on a new connection. An agent of AWS repeats ten messages a second, oldest first: every
/// acknowledgement that it misses costs it a tenth of a second.
constexpr std::size_t kAcknowledgedKept = 512;

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

Channel::Channel(rt::Random& random, ChannelOptions options)
    : random_(random), options_(options), pace_(options.window_bytes) {}

std::string_view Channel::own_type() const noexcept {
  return options_.end == End::client ? channel::kInput : channel::kOutput;
}

std::string_view Channel::other_type() const noexcept {
  return options_.end == End::client ? channel::kOutput : channel::kInput;
}

std::size_t Channel::memory() const noexcept {
  const std::size_t acknowledgements = acknowledgements_.size() + acknowledged_.size();
  return arrived_bytes_ + early_bytes_ + sent_bytes_ + queue_bytes_ + acknowledgements * sizeof(Acknowledgement);
}

// ---- in

Result<void> Channel::receive(Moment now, std::string_view bytes) {
  TRY(AgentMessage message, decode_message(bytes));
  if (closed_) return {};
  if (message.type == channel::kAcknowledge) {
    TRY_VOID(take_acknowledgement(now, message.payload));
    unpause(now);
  } else if (message.type == other_type()) {
    TRY_VOID(take_data(std::move(message)));
    unpause(now);
  } else if (message.type == channel::kClosed) {
    closed_ = std::move(message.payload);
  } else if (message.type == channel::kPause) {
    if (!paused_) paused_at_ = now.mono;
    paused_ = true;
  } else if (message.type == channel::kStart) {
    unpause(now);
  }
  // Types that nobody here knows are newer than we are: ignored, as the other implementations do.
  return {};
}

void Channel::unpause(Moment now) {
  if (!paused_) return;
  paused_ = false;
  // Nobody could answer during the silence.
  unpaused_at_ = timer_from_ = now.mono;
}

Result<void> Channel::take_data(AgentMessage message) {
  if (message.sequence < 0) return fail(ErrorKind::malformed, "a message has a number below zero");
  if (message.sequence < expected_ || early_.contains(message.sequence)) {
    // Its acknowledgement was lost: without another one the sender repeats it for ever, and nothing behind it.
    acknowledge(message);
    return {};
  }
  const std::size_t cost = message.payload.size() + kMessageCost;
  if (message.sequence > expected_) {
    if (early_bytes_ + cost > options_.early_bytes || early_.size() >= options_.early_messages) return {};
    acknowledge(message);
    early_bytes_ += cost;
    Arrived& early = early_[message.sequence];
    early.type = static_cast<PayloadType>(message.payload_type);
    early.payload = std::move(message.payload);
    return {};
  }
  // One is always taken, however large it is.
  if (!arrived_.empty() && arrived_bytes_ + cost > options_.arrived_bytes) return {};
  acknowledge(message);
  take_in(message.payload_type, std::move(message.payload));
  for (auto next = early_.begin(); next != early_.end() && next->first == expected_; next = early_.erase(next)) {
    early_bytes_ -= next->second.cost();
    take_in(static_cast<std::uint32_t>(next->second.type), std::move(next->second.payload));
  }
  return {};
}

void Channel::take_in(std::uint32_t type, std::string payload) {
  Arrived message;
  message.type = static_cast<PayloadType>(type);
  message.payload = std::move(payload);
  arrived_bytes_ += message.cost();
  arrived_.push_back(std::move(message));
  ++expected_;
}

std::optional<Arrived> Channel::next() {
  if (arrived_.empty()) return std::nullopt;
  Arrived message = std::move(arrived_.front());
  arrived_.pop_front();
  arrived_bytes_ -= message.cost();
  return message;
}

void Channel::acknowledge(const AgentMessage& message) {
  if (acknowledgements_.size() >= channel::kAcknowledgementsMax) return;
  Acknowledgement& one = acknowledgements_.emplace_back();
  CHECK(message.id.size() == one.id.size());
  std::ranges::copy(message.id, one.id.begin());
  one.sequence = message.sequence;
}

Result<void> Channel::take_acknowledgement(Moment now, std::string_view payload) {
  const std::optional<std::int64_t> sequence = read_acknowledgement(payload);
  if (!sequence || *sequence < 0 || *sequence >= next_sequence_) {
    return fail(ErrorKind::malformed, "an acknowledgement of a message that was never sent");
  }
  if (*sequence < first_sequence()) return {};
  const auto index = static_cast<std::size_t>(*sequence - first_sequence());
  Sent& message = sent_[index];
  if (message.acknowledged) return {};
  if (was_slow(message, now)) undo_time_out(now);
  std::optional<Duration> sample;
  if (message.times == 1 && !paused_ && message.sent_at >= unpaused_at_) sample = now.mono - message.sent_at;
  const std::size_t cost = message.cost();
  pace_.acknowledged(now.mono, sample, cost, flying_bytes_);
  sent_bytes_ -= cost;
  if (message.in_flight) flying_bytes_ -= cost;
  message.in_flight = false;
  message.doubted = false;
  message.acknowledged = true;
  message.payload = std::string();
  const bool last_copy = message.times == 1 || now.mono - message.sent_at >= pace_.shortest();
  if (index > 0 && last_copy) find_losses(message.sent_at);
  if (index == 0) drop_acknowledged(now);
  return {};
}

/// Whether its acknowledgement says that a time-out was wrong: a repeated message is answered sooner than the way
/// allows, or one that was not repeated and, had nothing been lost but what timed out, would have been answered before.
bool Channel::was_slow(const Sent& message, Moment now) const noexcept {
  if (message.times > 1) return !message.doubted && now.mono - message.sent_at < pace_.shortest();
  return message.doubted && message.sent_at + pace_.shortest() + pace_.swapped_within() < timed_out_at_;
}

/// Agents acknowledge what they have handled: one that stalls for a second is not to get everything twice.
void Channel::undo_time_out(Moment now) {
  pace_.was_slow();
  for (Sent& message : sent_) {
    if (!message.doubted) continue;
    message.doubted = false;
    message.in_flight = true;
    flying_bytes_ += message.cost();
  }
  timer_from_ = now.mono;
}

/// A message that was sent at `arrived_sent_at` has arrived: what went out well before it is lost.
void Channel::find_losses(MonoTime arrived_sent_at) {
  const Duration swapped = pace_.swapped_within();
  std::size_t first = sent_.size();
  for (std::size_t i = sent_.size(); i-- > 0;) {
    Sent& message = sent_[i];
    if (!message.in_flight || message.sent_at + swapped >= arrived_sent_at) continue;
    message.in_flight = false;
    flying_bytes_ -= message.cost();
    first = i;
  }
  if (first == sent_.size()) return;
  cursor_ = std::min(cursor_, first);
  pace_.lost(first_sequence(), next_sequence_);
}

void Channel::drop_acknowledged(Moment now) {
  while (!sent_.empty() && sent_.front().acknowledged) {
    sent_.pop_front();
    if (cursor_ > 0) --cursor_;
  }
  timer_from_ = now.mono;
}

// ---- out

void Channel::repeat_all() {
  for (Sent& message : sent_) message.in_flight = false;
  flying_bytes_ = 0;
  cursor_ = 0;
}

void Channel::reconnected() {
  for (Sent& message : sent_) message.doubted = false;
  acknowledgements_.insert(acknowledgements_.begin(), acknowledged_.begin(), acknowledged_.end());
  acknowledged_.clear();
  repeat_all();
  paused_ = false;
  pace_.reconnected();
}

std::int64_t Channel::first_sequence() const noexcept {
  return next_sequence_ - static_cast<std::int64_t>(sent_.size());
}

std::size_t Channel::room() const noexcept {
  const std::size_t used = sent_bytes_ + queue_bytes_ + kMessageCost;
  return used >= options_.window_bytes ? 0 : options_.window_bytes - used;
}

std::size_t Channel::room_in(std::size_t unit) const noexcept {
  const std::size_t first = room();
  if (first <= unit) return first;
  const std::size_t rest = first - unit;
  const std::size_t last = rest % (unit + kMessageCost);
  return unit + rest / (unit + kMessageCost) * unit + (last > kMessageCost ? last - kMessageCost : 0);
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
  return flying_bytes_ == 0 || flying_bytes_ + message.cost() <= pace_.window();
}

std::optional<std::string> Channel::next_outgoing(Moment now) {
  if (closed_) return std::nullopt;
  if (!acknowledgements_.empty()) return write_acknowledgement(now);
  if (paused_) {
    const std::optional<MonoTime> due = wakes_at();
    if (!due || now.mono < *due) return std::nullopt;
    paused_at_ = now.mono;
    repeat_all();
    if (!sent_.empty()) return write(now, sent_[cursor_++], first_sequence());
  } else if (!sent_.empty() && sent_.front().in_flight && now.mono >= repeats_at()) {
    pace_.timed_out(first_sequence(), next_sequence_);
    timed_out_at_ = now.mono;
    for (Sent& message : sent_) message.doubted = message.doubted || message.in_flight;
    repeat_all();
  }
  return next_data(now);
}

std::optional<std::string> Channel::next_data(Moment now) {
  for (; cursor_ < sent_.size(); ++cursor_) {
    Sent& message = sent_[cursor_];
    if (message.acknowledged || message.in_flight) continue;
    // The oldest always goes: its timer is the one that keeps everything moving.
    if (cursor_ > 0 && !may_send(message)) return std::nullopt;
    return write(now, message, first_sequence() + static_cast<std::int64_t>(cursor_++));
  }
  if (queue_.empty() || sent_.size() >= channel::kSentMax) return std::nullopt;
  if (sent_.empty() && now.mono >= last_sent_ + pace_.repeat_after()) pace_.idle();
  if (!may_send(queue_.front())) return std::nullopt;
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
  CHECK(!message.in_flight);
  message.doubted = false;
  message.sent_at = now.mono;
  message.in_flight = true;
  flying_bytes_ += message.cost();
  last_sent_ = now.mono;
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
  const Acknowledgement next = acknowledgements_.front();
  acknowledgements_.pop_front();
  acknowledged_.push_back(next);
  if (acknowledged_.size() > channel::kAcknowledgedKept) acknowledged_.pop_front();
  AgentMessage out;
  out.type = channel::kAcknowledge;
  out.created_ms = channel::unix_ms(now.wall);
  out.flags = channel::kSynFin;
  out.id = channel::new_id(random_);
  out.payload = write_acknowledgement_of(other_type(), std::string_view(next.id.data(), next.id.size()), next.sequence);
  return channel::encoded(out);
}

MonoTime Channel::repeats_at() const noexcept {
  return std::max(sent_.front().sent_at, timer_from_) + pace_.repeat_after();
}

std::optional<MonoTime> Channel::wakes_at() const {
  if (closed_ || is_settled()) return std::nullopt;
  if (paused_) {
    if (options_.end == End::agent) return std::nullopt;
    return paused_at_ + channel::kPauseProbe;
  }
  if (sent_.empty() || !sent_.front().in_flight) return std::nullopt;
  return repeats_at();
}

}  // namespace postern::session
