#include "aws/core/rate_limiter.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "rt/combine.hpp"

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
  if (limited_) refill(now);
  if (!limited_ || tokens_ >= 1 - kRounding) {
    measure(now);
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

void AdaptiveRate::on_throttle(MonoTime at, MonoTime sent) {
  const double now = rate_seconds(at);
  if (rate_seconds(sent) < throttled_at_) return;
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

RateLimiter::Place RateLimiter::place_of(const ApiKey& key) {
  Place place;
  place.account = key.account;
  place.region = key.region;
  return place;
}

RateLimiter::Bucket& RateLimiter::find(const ApiKey& key) {
  const Place place = place_of(key);
  if (const auto of_api = buckets_.find(key.api); of_api != buckets_.end()) {
    const auto found = of_api->second.find(place);
    if (found != of_api->second.end()) return found->second;
  }
  if (count_ >= kKeysMax) {
    buckets_.clear();
    memory_.release();
    count_ = 0;
  }
  Bucket& bucket = buckets_.try_emplace(key.api, &memory_).first->second[place];
  ++count_;
  for (const PublishedRate& published : kPublished) {
    if (published.api == key.api) bucket.rate = AdaptiveRate(published.burst, published.per_second);
  }
  return bucket;
}

bool RateLimiter::try_acquire(MonoTime now, const ApiKey& key) {
  Bucket& bucket = find(key);
  const bool others_wait = bucket.turn && bucket.turn->available() == 0;
  return !others_wait && bucket.rate.take(now) == Duration::zero();
}

rt::Task<Result<void>> RateLimiter::acquire(rt::CallContext ctx, const ApiKey& key) {
  std::shared_ptr<rt::Semaphore>& shared = find(key).turn;
  if (!shared) shared = std::make_shared<rt::Semaphore>(1);
  const std::shared_ptr<rt::Semaphore> turn = shared;
  Result<void> token = co_await rt::with_deadline(ctx, next_token(ctx, key, turn));
  if (!token) co_return fail(std::move(token).error().delivered(Delivery::not_sent));
  co_return token;
}

/// One waits for the token and the others for that one, so that they go in order and at what the rate is by then.
rt::Task<Result<void>> RateLimiter::next_token(rt::CallContext ctx, const ApiKey& key,
                                               std::shared_ptr<rt::Semaphore> turn) {
  CO_TRY_VOID(co_await turn->acquire());
  const rt::Semaphore::Permit permit(*turn);
  for (;;) {
    const Duration wait = find(key).rate.take(ctx.now());
    if (wait == Duration::zero()) co_return Result<void>();
    const MonoTime at = ctx.now() + wait;
    if (at > ctx.deadline().at()) {
      co_return fail(Error(ErrorKind::timeout, "the rate limit of " + key.api + " leaves no time before the deadline"));
    }
    if (ctx.explainer().wants("rate")) {
      ctx.explainer().explain("rate", "waiting " + format_duration(wait) + " for a turn at " + key.api + " in " +
                                          key.account + "/" + key.region);
    }
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), at));
  }
}

void RateLimiter::on_success(MonoTime now, const ApiKey& key) {
  find(key).rate.on_success(now);
}
void RateLimiter::on_throttle(MonoTime now, MonoTime sent, const ApiKey& key) {
  find(key).rate.on_throttle(now, sent);
}

double RateLimiter::rate(const ApiKey& key) const {
  const auto of_api = buckets_.find(key.api);
  if (of_api == buckets_.end()) return 0;
  const auto found = of_api->second.find(place_of(key));
  return found == of_api->second.end() ? 0 : found->second.rate.rate();
}

}  // namespace postern::aws
