#pragma once

/// Rate limits per (account, Region, API): a client-side token bucket that appears at the first throttle and follows
/// what the service lets through, as the SDKs' "adaptive" mode does (CUBIC, aws.md 7.4). Where AWS publishes a rate, it
/// is used from the start.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "rt/context.hpp"
#include "rt/sync.hpp"
#include "rt/task.hpp"

namespace postern::aws {

/// The bucket of one API in one account and Region. Pure: the caller passes the time.
class AdaptiveRate {
 public:
  AdaptiveRate() = default;
  /// A published limit: `burst` tokens, refilled at `per_second`.
  AdaptiveRate(double burst, double per_second);

  /// Takes a token, or tells how long to wait before asking again; zero means that the token was taken.
  Duration take(MonoTime now);
  void on_success(MonoTime now);
  /// Slows down, once for all calls that were under way together: of a call that was sent before the last time, the
  /// throttle says nothing about the rate since.
  void on_throttle(MonoTime now, MonoTime sent);
  /// Tokens per second at present; 0 while unlimited.
  double rate() const noexcept { return limited_ ? fill_rate_ : 0; }

 private:
  void refill(double now);
  void measure(double now);
  void set_rate(double rate, double now);

  bool limited_ = false;
  double fill_rate_ = 0;
  double capacity_ = 0;
  double tokens_ = 0;
  double refilled_at_ = 0;
  double ceiling_ = 0;        ///< published rate; 0: none
  double measured_ = 0;       ///< smoothed calls per second
  double bucket_start_ = -1;  ///< of the measuring interval
  double bucket_count_ = 0;
  double last_max_ = 0;
  double throttled_at_ = -1;
  double window_ = 0;
};

struct ApiKey {
  ApiKey() = default;
  std::string account;
  std::string region;
  std::string api;  ///< "ssm:SendCommand"
  friend auto operator<=>(const ApiKey&, const ApiKey&) = default;
};

/// All buckets of a process. Loop thread only.
class RateLimiter {
 public:
  /// More keys than any run has; the table is started anew when it is full, which forgets some learned rates.
  static constexpr std::size_t kKeysMax = 200'000;

  /// Takes a token when there is one and nobody waits for it: the usual case, without a coroutine.
  bool try_acquire(MonoTime now, const ApiKey& key);
  /// Waits for a token, first come, first served; fails with cancelled, or timeout when ctx's deadline comes first
  /// (delivery not_sent). Explains waits.
  rt::Task<Result<void>> acquire(rt::CallContext ctx, const ApiKey& key);
  void on_success(MonoTime now, const ApiKey& key);
  void on_throttle(MonoTime now, MonoTime sent, const ApiKey& key);
  double rate(const ApiKey& key) const;

 private:
  struct Bucket {
    Bucket() = default;
    AdaptiveRate rate;
    std::shared_ptr<rt::Semaphore> turn;  ///< held by whoever waits for the next token; made by the first that waits
  };
  rt::Task<Result<void>> next_token(rt::CallContext ctx, const ApiKey& key, std::shared_ptr<rt::Semaphore> turn);
  struct Place {
    Place() = default;
    std::string account;
    std::string region;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  using Buckets = std::pmr::map<Place, Bucket>;

  static Place place_of(const ApiKey& key);
  Bucket& find(const ApiKey& key);

  /// Buckets live as long as the program: side by side, and not each among what comes and goes when it is first used.
  std::pmr::monotonic_buffer_resource memory_;
  std::map<std::string, Buckets, std::less<>> buckets_;  ///< by API
  std::size_t count_ = 0;
};

}  // namespace postern::aws
