#include "adapters/call_log.hpp"

#include <charconv>

namespace postern::adapters {
namespace {

/// LoggedClient explains each attempt under this topic to the CallTrace of its call: "200 REQUEST-ID".
constexpr std::string_view kAttemptTopic = "aws.attempt";
constexpr std::string_view kRequestIdHeaders[] = {"x-amzn-RequestId", "x-amz-request-id", "x-amzn-request-id"};

/// Stands in for the call's explainer: keeps what the attempts tell and passes everything else on. The call's own
/// sentence is left out, for the event has it.
class CallTrace final : public rt::Explainer {
 public:
  explicit CallTrace(rt::Explainer& outer) : outer_(outer) {}
  bool wants(std::string_view topic) const override {
    if (topic == kAttemptTopic) return true;
    return topic != "call" && outer_.wants(topic);
  }
  void explain(std::string_view topic, std::string text) override {
    if (topic != kAttemptTopic) {
      if (topic != "call") outer_.explain(topic, std::move(text));
      return;
    }
    ++attempts_;
    status_ = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), status_);
    const std::size_t blank = static_cast<std::size_t>(parsed.ptr - text.data());
    request_id_ = blank < text.size() ? text.substr(blank + 1) : std::string();
  }
  std::int64_t attempts() const noexcept { return attempts_; }
  std::int64_t status() const noexcept { return status_; }
  const std::string& request_id() const noexcept { return request_id_; }

 private:
  rt::Explainer& outer_;
  std::int64_t attempts_ = 0;
  std::int64_t status_ = 0;  // 0: no answer
  std::string request_id_;
};

std::string operation_name(const aws::OperationSpec& operation) {
  return std::string(operation.service->id).append(":").append(operation.name);
}

}  // namespace

rt::Task<Result<void>> LoggedInvoker::invoke(rt::CallContext ctx, const aws::CallScope& scope,
                                             const aws::OperationSpec& operation, aws::ConstErased in,
                                             aws::Erased out) {
  CallTrace trace(ctx.explainer());
  const rt::CallContext traced(ctx.clock(), ctx.random(), trace, ctx.deadline());
  const MonoTime begin = ctx.now();
  Result<void> done = co_await inner_->invoke(traced, scope, operation, in, out);
  const std::string name = operation_name(operation);
  counters_.add("calls");
  counters_.add("attempts", trace.attempts());
  counters_.add(name);
  if (!done) counters_.add(done.error().kind() == ErrorKind::throttled ? "throttled" : "errors");

  obs::LogFields fields;
  fields.emplace_back("operation", name);
  if (!scope.account_id.empty()) fields.emplace_back("account", scope.account_id);
  fields.emplace_back("region", scope.region);
  if (trace.status() != 0) fields.emplace_back("status", trace.status());
  if (!done && done.error().aws() != nullptr) fields.emplace_back("code", done.error().aws()->code);
  if (!trace.request_id().empty()) fields.emplace_back("request_id", trace.request_id());
  fields.emplace_back("duration_ms", std::chrono::duration_cast<std::chrono::milliseconds>(ctx.now() - begin).count());
  fields.emplace_back("attempts", trace.attempts());
  if (!done) fields.emplace_back("error", done.error().message());
  log_.write(obs::LogLevel::debug, "aws.call", fields);
  co_return done;
}

rt::Task<Result<http::Response>> LoggedClient::send(rt::CallContext ctx, http::Origin origin, http::Request request) {
  Result<http::Response> response = co_await inner_.send(ctx, std::move(origin), std::move(request));
  if (!ctx.explainer().wants(kAttemptTopic)) co_return response;
  std::string text = response ? std::to_string(response->status) : "0";
  for (const std::string_view name : kRequestIdHeaders) {
    const std::string_view id = response ? response->headers.get(name) : std::string_view();
    if (id.empty()) continue;
    text.append(" ").append(id);
    break;
  }
  ctx.explainer().explain(kAttemptTopic, std::move(text));
  co_return response;
}

}  // namespace postern::adapters
