#include "aws/core/retry.hpp"

#include <algorithm>
#include <cmath>

namespace postern::aws {
namespace {

RetryDecision no_retry(std::string_view reason, RetryClass cause) {
  RetryDecision decision;
  decision.reason = reason;
  decision.cause = cause;
  return decision;
}

// rand(0..1) x min(2^(attempt-1), cap): "full jitter", so that a fleet of callers does not come back in step.
Duration backoff(const RetryOptions& options, int attempt, rt::Random& random) {
  const double seconds =
      std::min(std::ldexp(1.0, std::min(attempt - 1, 30)), std::chrono::duration<double>(options.backoff_cap).count());
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(random.unit() * seconds));
}

}  // namespace

bool RetryQuota::take(int cost) noexcept {
  if (available_ < cost) return false;
  available_ -= cost;
  return true;
}

void RetryQuota::give(int amount) noexcept {
  available_ = std::min(kCapacity, available_ + amount);
}

RetryDecision decide_retry(const RetryOptions& options, int attempt, const Error& error, Effect effect,
                           rt::Random& random) {
  const RetryClass cause = retry_class(error);
  if (cause == RetryClass::never) return no_retry("not a failure that passes", cause);
  if (cause != RetryClass::transient && cause != RetryClass::throttle) {
    return no_retry("refused again after the clock or the credentials had been mended", cause);
  }
  if (attempt >= options.attempts_max) return no_retry("no attempts left", cause);
  // Refusals (throttling, skew, expired credentials) come before execution. Everything else is ambiguous once a byte
  // has left.
  const bool ambiguous = cause == RetryClass::transient && error.delivery() != Delivery::not_sent;
  if (ambiguous && effect == Effect::write) return no_retry("it may have been executed: not sent again", cause);

  RetryDecision decision;
  decision.retry = true;
  decision.cause = cause;
  decision.quota_cost = error.kind() == ErrorKind::timeout ? RetryQuota::kTimeoutCost : RetryQuota::kCost;
  decision.delay = backoff(options, attempt, random);
  decision.reason = cause == RetryClass::throttle ? "throttled" : "a failure that passes";
  if (const AwsFault* fault = error.aws(); fault != nullptr && fault->retry_after_ms) {
    const Duration asked = std::chrono::milliseconds(*fault->retry_after_ms);
    if (asked > options.retry_after_cap) return no_retry("the service asked for a longer pause than we wait", cause);
    decision.delay = std::max(decision.delay, asked);
  }
  return decision;
}

}  // namespace postern::aws
