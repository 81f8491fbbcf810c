#include "session/pace.hpp"

#include <algorithm>

namespace postern::session {
namespace pace {

// protocol.md B1.3; both ends use the same.
constexpr std::chrono::milliseconds kFirstRoundTrip{100};
constexpr std::chrono::milliseconds kFirstRepeat{200};
constexpr std::chrono::milliseconds kVarianceMin{10};
constexpr std::chrono::milliseconds kRepeatMax{1000};
// The rest is ours.
constexpr std::chrono::milliseconds kSlowRepeatMax{4000};
constexpr unsigned kBackOffMax = 3;
constexpr std::size_t kWindowStart = 32U << 10U;
constexpr std::size_t kWindowMin = 4U << 10U;
constexpr std::chrono::seconds kShortestFor{10};
/// So long may messages wait for each other on the way: enough to keep every way busy, little enough for whoever types
/// while a file goes through the same session.
constexpr std::chrono::milliseconds kCrowded{100};
constexpr std::chrono::milliseconds kSwappedMin{10};

}  // namespace pace

Pace::Pace(std::size_t most)
    : most_(most),
      window_(std::min(pace::kWindowStart, most)),
      slow_start_until_(most),
      rtt_(pace::kFirstRoundTrip),
      rto_(pace::kFirstRepeat) {}

void Pace::acknowledged(MonoTime now, std::optional<Duration> sample, std::size_t cost, std::size_t flying) {
  if (sample && *sample >= Duration::zero()) learn(now, *sample);
  backed_off_ = 0;
  const Duration queueing = last_ - shortest();
  if (queueing > pace::kCrowded) {
    // Once a round trip: what was on the way before it became smaller still says the same.
    if (queueing > 2 * pace::kCrowded && (!crowded_at_ || now >= *crowded_at_ + last_)) {
      crowded_at_ = now;
      window_ = std::max(std::min(pace::kWindowStart, most_), window_ - window_ / 8);
      slow_start_until_ = std::min(slow_start_until_, window_);
    }
    return;
  }
  // A window that nobody fills says nothing of what the way carries.
  if (flying < window_ / 2) return;
  window_ += window_ < slow_start_until_ ? cost : std::max<std::size_t>(1, cost * cost / window_);
  window_ = std::min(window_, most_);
}

void Pace::learn(MonoTime now, Duration sample) {
  const Duration off = sample > rtt_ ? sample - rtt_ : rtt_ - sample;
  variance_ = (variance_ * 3 + off) / 4;
  rtt_ = (rtt_ * 7 + sample) / 8;
  last_ = sample;
  if (shortest_now_ && now >= shortest_since_ + pace::kShortestFor) {
    shortest_before_ = shortest_now_;
    shortest_now_.reset();
  }
  if (!shortest_now_) shortest_since_ = now;
  shortest_now_ = std::min(shortest_now_.value_or(sample), sample);
  rto_ = std::min(repeat_max(), rtt_ + std::max<Duration>(pace::kVarianceMin, variance_ * 4));
}

Duration Pace::shortest() const noexcept {
  if (!shortest_now_) return last_;
  return shortest_before_ ? std::min(*shortest_now_, *shortest_before_) : *shortest_now_;
}

void Pace::lost(std::int64_t first, std::int64_t next) {
  if (first > recover_) shrink(first, next, window_ / 2);
}

void Pace::timed_out(std::int64_t first, std::int64_t next) {
  if (!before_ || first > recover_) before_ = Before{window_, slow_start_until_, recover_};
  shrink(first, next, pace::kWindowMin);
  backed_off_ = std::min(backed_off_ + 1, pace::kBackOffMax);
}

void Pace::was_slow() {
  if (!before_) return;
  window_ = std::max(window_, before_->window);
  slow_start_until_ = before_->slow_start_until;
  recover_ = before_->recover;
  before_.reset();
}

/// The way carries less than we thought.
void Pace::shrink(std::int64_t first, std::int64_t next, std::size_t to) {
  if (first > recover_) {
    recover_ = next - 1;
    slow_start_until_ = std::max(pace::kWindowMin, window_ / 2);
  }
  window_ = std::min(most_, std::max(pace::kWindowMin, to));
}

void Pace::idle() {
  if (window_ <= pace::kWindowStart) return;
  slow_start_until_ = std::max(slow_start_until_, window_);
  window_ = pace::kWindowStart;
}

Duration Pace::repeat_after() const noexcept {
  return std::min(repeat_max(), rto_ * (1U << backed_off_));
}

/// The protocol's second, unless the way has not been that fast for a while.
Duration Pace::repeat_max() const noexcept {
  return std::clamp<Duration>(2 * shortest(), pace::kRepeatMax, pace::kSlowRepeatMax);
}

Duration Pace::swapped_within() const noexcept {
  return std::max<Duration>(pace::kSwappedMin, rtt_ / 4);
}

}  // namespace postern::session
