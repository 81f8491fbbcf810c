#pragma once

/// The call path in the log: one event a call, with the account, the Region, how it went, AWS's request id, and how
/// long it took over how many attempts. Decorators, so that nothing is paid when nobody listens.

#include <memory>
#include <string>

#include "aws/core/call.hpp"
#include "http/client.hpp"
#include "obs/counters.hpp"
#include "obs/log.hpp"

namespace postern::adapters {

/// Around the whole pipeline. Events "aws.call": operation, account, region, status (of the last HTTP answer), code,
/// request_id, duration_ms, attempts, error. Counts calls by operation, and attempts, errors and throttles in all.
class LoggedInvoker final : public aws::Invoker {
 public:
  /// Log and counters outlive it.
  LoggedInvoker(std::unique_ptr<aws::Invoker> inner, obs::Log& log, obs::Counters& counters)
      : inner_(std::move(inner)), log_(log), counters_(counters) {}
  rt::Task<Result<void>> invoke(rt::CallContext ctx, const aws::CallScope& scope, const aws::OperationSpec& operation,
                                aws::ConstErased in, aws::Erased out) override;

 private:
  std::unique_ptr<aws::Invoker> inner_;
  obs::Log& log_;
  obs::Counters& counters_;
};

/// Around the HTTP client below that pipeline: tells the call above it about every attempt.
class LoggedClient final : public http::Client {
 public:
  /// `inner` outlives it.
  explicit LoggedClient(http::Client& inner) : inner_(inner) {}
  rt::Task<Result<http::Response>> send(rt::CallContext ctx, http::Origin origin, http::Request request) override;

 private:
  http::Client& inner_;
};

}  // namespace postern::adapters
