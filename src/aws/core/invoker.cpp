#include "aws/core/invoker.hpp"

#include <array>

#include "aws/core/read_only.hpp"
#include "aws/core/send.hpp"
#include "base/ids.hpp"

namespace postern::aws {
namespace {

std::string api_name(const OperationSpec& operation) {
  std::string name;
  name.reserve(operation.service->id.size() + 1 + operation.name.size());
  return name.append(operation.service->id).append(":").append(operation.name);
}

std::string place(const CallScope& scope) {
  return (scope.account_id.empty() ? std::string("-") : scope.account_id) + "/" + scope.region;
}

/// Names the call in every error and tells -v how it went.
class ExplainInvoker final : public Invoker {
 public:
  explicit ExplainInvoker(std::unique_ptr<Invoker> inner) : inner_(std::move(inner)) {}

  rt::Task<Result<void>> invoke(rt::CallContext ctx, const CallScope& scope, const OperationSpec& operation,
                                ConstErased in, Erased out) override {
    const MonoTime begin = ctx.now();
    Result<void> done = co_await inner_->invoke(ctx, scope, operation, in, out);
    if (ctx.explainer().wants("call")) {
      std::string text = api_name(operation) + " in " + place(scope) + ": ";
      text += done ? "ok" : done.error().message();
      ctx.explainer().explain("call", text + " (" + format_duration(ctx.now() - begin) + ")");
    }
    if (done) co_return Result<void>();
    Error error = std::move(done).error();
    if (error.context("operation").empty()) {
      if (!scope.account_id.empty()) error.with("account", scope.account_id);
      error.with("region", scope.region);
      error.with("operation", api_name(operation));
    }
    co_return fail(std::move(error));
  }

 private:
  std::unique_ptr<Invoker> inner_;
};

/// Refuses every operation outside the reviewed list before anything else happens.
class ReadOnlyInvoker final : public Invoker {
 public:
  explicit ReadOnlyInvoker(std::unique_ptr<Invoker> inner) : inner_(std::move(inner)) {}

  rt::Task<Result<void>> invoke(rt::CallContext ctx, const CallScope& scope, const OperationSpec& operation,
                                ConstErased in, Erased out) override {
    if (!is_reviewed_read(operation)) {
      co_return fail(Error(ErrorKind::refused, api_name(operation) + " is refused: postern is in read-only mode")
                         .delivered(Delivery::not_sent));
    }
    co_return co_await inner_->invoke(ctx, scope, operation, in, out);
  }

 private:
  std::unique_ptr<Invoker> inner_;
};

/// The retry loop around rate limit and attempt.
class RetryInvoker final : public Invoker {
 public:
  RetryInvoker(InvokerParts parts, InvokerOptions options)
      : options_(std::move(options)), sender_(std::move(parts), options_) {}

  rt::Task<Result<void>> invoke(rt::CallContext outer, const CallScope& scope, const OperationSpec& operation,
                                ConstErased in, Erased out) override {
    const rt::CallContext ctx = outer.within(options_.call_timeout);
    ApiKey key;
    key.account = scope.account_id;
    key.region = scope.region;
    key.api = api_name(operation);
    Attempt attempt;
    attempt.attempts_max = options_.retry.attempts_max;
    attempt.invocation_id = new_id(ctx);
    bool resigned = false;
    bool refreshed = false;
    int paid = 0;
    for (;; ++attempt.number) {
      if (!limiter_.try_acquire(ctx.now(), key)) CO_TRY_VOID(co_await limiter_.acquire(ctx, key));
      attempt.skew_corrected = false;
      const MonoTime sent = ctx.now();
      Result<void> done = co_await sender_.send(ctx, scope, operation, in, out, &attempt);
      if (done) {
        limiter_.on_success(ctx.now(), key);
        quota_.give(paid > 0 ? paid : 1);
        co_return done;
      }
      const Error& error = done.error();
      const RetryClass cause = retry_class(error);
      if (cause == RetryClass::throttle) limiter_.on_throttle(ctx.now(), sent, key);
      // Both are refusals before execution, and something has been mended: one more try each, free of charge.
      if (attempt.skew_corrected && !resigned) {
        resigned = true;
        --attempt.number;
        note(ctx, key.api, "this host's clock differs from the service's: signed again with the service's time");
        continue;
      }
      if (cause == RetryClass::expired_credentials && scope.credentials != nullptr && !refreshed) {
        refreshed = true;
        --attempt.number;
        note(ctx, key.api, "the credentials have expired: refreshed");
        continue;
      }
      const RetryDecision decision =
          decide_retry(options_.retry, attempt.number, error, operation.effect, ctx.random());
      if (!decision.retry || !quota_.take(decision.quota_cost)) {
        if (cause != RetryClass::never) note(ctx, key.api, "not tried again: " + std::string(decision.reason));
        co_return done;
      }
      paid = decision.quota_cost;
      const MonoTime at = ctx.now() + decision.delay;
      if (at >= ctx.deadline().at()) {
        note(ctx, key.api, "not tried again: the pause would pass the deadline");
        co_return done;
      }
      note(ctx, key.api,
           "trying again in " + format_duration(decision.delay) + ": " + std::string(decision.reason) + " (" +
               error.message() + ")");
      CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), at));
    }
  }

 private:
  static std::string new_id(rt::CallContext ctx) {
    std::array<std::uint8_t, 16> bytes{};
    ctx.random().fill(bytes);
    return make_uuid(bytes);
  }
  static void note(rt::CallContext ctx, const std::string& api, const std::string& text) {
    if (ctx.explainer().wants("retry")) ctx.explainer().explain("retry", api + ": " + text);
  }

  InvokerOptions options_;
  RateLimiter limiter_;
  RetryQuota quota_;
  Sender sender_;
};

}  // namespace

std::unique_ptr<Invoker> make_invoker(InvokerParts parts, InvokerOptions options) {
  const AccessMode mode = options.mode;
  std::unique_ptr<Invoker> invoker = std::make_unique<RetryInvoker>(std::move(parts), std::move(options));
  if (mode == AccessMode::read_only) invoker = std::make_unique<ReadOnlyInvoker>(std::move(invoker));
  return std::make_unique<ExplainInvoker>(std::move(invoker));
}

}  // namespace postern::aws
