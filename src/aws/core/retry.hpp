#pragma once

/// Retry: when a failed attempt may be made again, and after how long. Pure decisions; the loop is in invoker.cpp.
/// Rules: AWS SDKs' "standard" mode (aws.md 7.4), made stricter by Effect: what may have been executed is not sent
/// twice.

#include <cstdint>
#include <string>
#include <string_view>

#include "aws/core/error_class.hpp"
#include "aws/core/spec.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "rt/random.hpp"

namespace postern::aws {

struct RetryOptions {
  RetryOptions() = default;
  int attempts_max = 3;                                ///< AWS_MAX_ATTEMPTS, the first attempt included
  Duration backoff_cap = std::chrono::seconds(20);     ///< longest computed pause
  Duration retry_after_cap = std::chrono::minutes(1);  ///< a longer Retry-After ends the retrying
};

/// A bucket that all calls of a process share, so that a broken service is not hammered by everybody's retries.
class RetryQuota {
 public:
  static constexpr int kCapacity = 500;
  static constexpr int kCost = 5;
  static constexpr int kTimeoutCost = 10;
  /// False when the bucket is too empty: then the failure stands.
  bool take(int cost) noexcept;
  /// A retried call that succeeded gives its last cost back; a first success gives 1.
  void give(int amount) noexcept;
  int available() const noexcept { return available_; }

 private:
  int available_ = kCapacity;
};

/// What an attempt's failure leads to.
struct RetryDecision {
  RetryDecision() = default;
  bool retry = false;
  Duration delay{};
  int quota_cost = 0;  ///< to be taken from the quota before the retry
  RetryClass cause = RetryClass::never;
  std::string_view reason;  ///< constant text for -v: "throttled", "may have been executed"
};

/// `attempt` counts from 1. Draws one number from `random` when it computes a pause. `effect` decides about ambiguity:
/// a transient failure of a `write` is retried only when no byte left this host.
RetryDecision decide_retry(const RetryOptions& options, int attempt, const Error& error, Effect effect,
                           rt::Random& random);

}  // namespace postern::aws
