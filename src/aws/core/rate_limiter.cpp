#include "aws/core/rate_limiter.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace postern::aws {
namespace {

constexpr double kScale = 0.4;
constexpr double kBeta = 0.7;
constexpr double kSmooth = 0.8;
constexpr double kMeasureSeconds = 0.5;
constexpr double kRateMin = 0.5;
// A wait is cut to nanoseconds: without this, its end would miss the token by a hair and wait again.
constexpr double kRounding = 1e-6;

double rate_seconds(MonoTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

struct PublishedRate {
  std::string_view api;
  double burst;
  double per_second;
};

// Only what AWS documents (aws.md 1.10); everything else is learned.
constexpr PublishedRate kPublished[] = {
    {"cloudtrail:LookupEvents", 2, 2},   {"ec2:DescribeInstances", 100, 20}, {"ssm:DescribeSessions", 6, 6},
    {"ssm:GetConnectionStatus", 50, 50}, {"ssm:GetParameter", 40, 40},       {"ssm:PutParameter", 3, 3},
    {"ssm:ResumeSession", 6, 6},         {"ssm:StartSession", 3, 3},         {"ssm:TerminateSession", 6, 6},
};

}  // namespace

AdaptiveRate::AdaptiveRate(double burst, double per_second)
    : limited_(true), fill_rate_(per_second), capacity_(burst), tokens_(burst), ceiling_(per_second) {}

void AdaptiveRate::refill(double now) {
  if (now > refilled_at_) tokens_ = std::min(capacity_, tokens_ + (now - refilled_at_) * fill_rate_);
  refilled_at_ = now;
}

Duration AdaptiveRate::take(MonoTime at) {
  const double now = rate_seconds(at);
  measure(now);
  if (!limited_) return Duration::zero();
  refill(now);
  if (tokens_ >= 1 - kRounding) {
    tokens_ = std::max(0.0, tokens_ - 1);
    return Duration::zero();
  }
  const double wait = (1 - tokens_) / fill_rate_;
  return std::max<Duration>(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(wait)),
                            std::chrono::milliseconds(1));
}

void AdaptiveRate::measure(double now) {
  const double bucket = std::floor(now / kMeasureSeconds) * kMeasureSeconds;
  if (bucket_start_ < 0) bucket_start_ = bucket;
  bucket_count_ += 1;
  if (bucket <= bucket_start_) return;
  const double current = bucket_count_ / (bucket - bucket_start_);
  measured_ = current * kSmooth + measured_ * (1 - kSmooth);
  bucket_count_ = 0;
  bucket_start_ = bucket;
}

void AdaptiveRate::set_rate(double rate, double now) {
  refill(now);
  fill_rate_ = std::max(rate, kRateMin);
  if (ceiling_ > 0) fill_rate_ = std::min(fill_rate_, ceiling_);
  capacity_ = std::max(fill_rate_, 1.0);
  tokens_ = std::min(tokens_, capacity_);
}

void AdaptiveRate::on_throttle(MonoTime at) {
  const double now = rate_seconds(at);
  const double current = limited_ ? std::min(measured_, fill_rate_) : measured_;
  last_max_ = std::max(current, kRateMin);
  throttled_at_ = now;
  window_ = std::cbrt(last_max_ * (1 - kBeta) / kScale);
  if (!limited_) refilled_at_ = now;
  limited_ = true;
  set_rate(last_max_ * kBeta, now);
}

void AdaptiveRate::on_success(MonoTime at) {
  if (!limited_ || last_max_ <= 0) return;
  const double now = rate_seconds(at);
  const double elapsed = now - throttled_at_;
  const double cubic = kScale * std::pow(elapsed - window_, 3) + last_max_;
  // Never more than twice what is really sent: an idle client must not win a burst by waiting.
  set_rate(std::min(cubic, std::max(2 * measured_, kRateMin)), now);
}

AdaptiveRate& RateLimiter::find(const ApiKey& key) {
  const auto found = rates_.find(key);
  if (found != rates_.end()) return found->second;
  if (rates_.size() >= kKeysMax) rates_.clear();
  for (const PublishedRate& published : kPublished) {
    if (published.api == key.api) {
      return rates_.emplace(key, AdaptiveRate(published.burst, published.per_second)).first->second;
    }
  }
  return rates_.emplace(key, AdaptiveRate()).first->second;
}

rt::Task<Result<void>> RateLimiter::acquire(rt::CallContext ctx, const ApiKey& key) {
  for (;;) {
    const Duration wait = find(key).take(ctx.now());
    if (wait == Duration::zero()) co_return Result<void>();
    const MonoTime at = ctx.now() + wait;
    if (at > ctx.deadline().at()) {
      co_return fail(Error(ErrorKind::timeout, "the rate limit of " + key.api + " leaves no time before the deadline")
                         .delivered(Delivery::not_sent));
    }
    if (ctx.explainer().wants("rate")) {
      ctx.explainer().explain("rate", "waiting " + format_duration(wait) + " for a turn at " + key.api + " in " +
                                          key.account + "/" + key.region);
    }
    Result<void> slept = co_await rt::sleep_until(ctx.clock(), at);
    if (!slept) co_return fail(std::move(slept).error().delivered(Delivery::not_sent));
  }
}

void RateLimiter::on_success(MonoTime now, const ApiKey& key) {
  find(key).on_success(now);
}
void RateLimiter::on_throttle(MonoTime now, const ApiKey& key) {
  find(key).on_throttle(now);
}

double RateLimiter::rate(const ApiKey& key) const {
  const auto found = rates_.find(key);
  return found == rates_.end() ? 0 : found->second.rate();
}

}  // namespace postern::aws
