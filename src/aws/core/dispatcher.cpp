#include "aws/core/dispatcher.hpp"

#include <array>

#include "aws/core/rest_bucket.hpp"
#include "aws/core/rest_payload.hpp"
#include "aws/core/validate.hpp"
#include "base/ids.hpp"

namespace postern::aws::server {
namespace {

constexpr int kBadRequest = 400;
constexpr int kServerError = 500;
constexpr int kNotImplemented = 501;
constexpr std::string_view kTopicInternal = "server.internal";

std::string new_request_id(rt::Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return make_uuid(bytes);
}

WireError wire_error_of(const OperationSpec& operation, const Error& error) {
  WireError wire;
  const AwsFault* fault = error.aws();
  if (fault == nullptr || fault->code.empty()) {
    wire.code = "InternalFailure";
    wire.message = "The request processing has failed because of an unknown error, exception or failure.";
    wire.http_status = kServerError;
    wire.sender_fault = false;
    return wire;
  }
  wire.code = fault->code;
  wire.message = error.message();
  const Shape* modelled = find_error_shape(operation, fault->code);
  if (fault->http_status != 0) {
    wire.http_status = fault->http_status;
  } else {
    wire.http_status = modelled != nullptr ? modelled->error_status : kBadRequest;
  }
  wire.sender_fault = modelled != nullptr ? modelled->sender_fault : wire.http_status < kServerError;
  return wire;
}

/// Decodes and encodes with the service's codec; the response is kept here until the handler is done.
class CodecExchange final : public Exchange {
 public:
  CodecExchange(const Codec& codec, const OperationSpec& operation, const http::Request& request,
                std::string_view request_id)
      : codec_(codec), operation_(operation), request_(request), request_id_(request_id) {}
  Result<void> decode(void* request) override {
    TRY_VOID(codec_.decode_request(operation_, request_, request));
    return validate_input(operation_, request);
  }
  void encode(const void* response) override { response_ = codec_.encode_response(operation_, response, request_id_); }
  http::Response take() { return std::move(response_); }

 private:
  const Codec& codec_;
  const OperationSpec& operation_;
  const http::Request& request_;
  std::string_view request_id_;
  http::Response response_;
};

http::Response refuse(const Codec& codec, const ServiceSpec& service, WireError wire, const std::string& request_id,
                      std::string_view method) {
  wire.request_id = request_id;
  http::Response response = codec.encode_error(service, wire);
  if (method == "HEAD") response.body.clear();
  return response;
}

}  // namespace

Error fault(ErrorKind kind, std::string code, std::string message, int http_status) {
  AwsFault aws;
  aws.code = std::move(code);
  aws.http_status = http_status;
  return Error(kind, std::move(message)).aws(std::move(aws));
}

Error not_offered_error(const OperationSpec& operation) {
  const Protocol protocol = operation.service->protocol;
  const bool forms = protocol == Protocol::query || protocol == Protocol::ec2;
  const bool s3 = operation.service->s3_rules;
  const char* const code = s3 ? "NotImplemented" : forms ? "InvalidAction" : "UnknownOperationException";
  return fault(
      ErrorKind::unsupported, code,
      std::string(operation.service->id) + " " + std::string(operation.name) + " is not offered by this simulator",
      s3 ? kNotImplemented : kBadRequest);
}

rt::Task<Result<void>> run_plain(PlainAnswer answer, void* handler, CallInfo info, Exchange& exchange) {
  co_return answer(handler, info, exchange);
}

Dispatcher::Dispatcher(Authenticator& authenticator, std::vector<Binding> bindings, DispatcherOptions options)
    : authenticator_(authenticator), router_(std::move(bindings)), options_(std::move(options)) {}

rt::Task<Result<CallerInfo>> Dispatcher::identify(rt::CallContext ctx, const OperationSpec& operation,
                                                  const http::Request& request,
                                                  const std::optional<ClaimedScope>& scope) {
  if (operation.unsigned_request && !scope) co_return CallerInfo();
  co_return co_await authenticator_.authenticate(ctx, operation, request);
}

std::optional<http::Request> Dispatcher::rewrite(const http::Request& request,
                                                 const std::optional<ClaimedScope>& scope) const {
  if (!router_.is_rest(request, scope)) {
    if (!stands_for_post(request)) return std::nullopt;
    return as_post(request);
  }
  if (!router_.has_buckets(scope)) return std::nullopt;
  std::string target = path_style_target(request, options_.bucket_hosts);
  if (target == request.target) return std::nullopt;
  http::Request out = request;
  out.target = std::move(target);
  return out;
}

rt::Task<Result<http::Response>> Dispatcher::serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) {
  const std::string request_id = new_request_id(ctx.random());
  const std::optional<ClaimedScope> scope = claimed_scope(request);
  // The signature covers the request as it came, not what is made of it here.
  std::optional<http::Request> rewritten = rewrite(request, scope);
  const Route route = router_.route(rewritten ? *rewritten : request, scope);
  const Codec& codec = route.answer_codec();
  if (route.entry == nullptr) {
    WireError wire;
    wire.code = route.code;
    wire.message = route.message;
    wire.http_status = route.http_status;
    co_return refuse(codec, *route.answer_as, std::move(wire), request_id, request.method);
  }
  const OperationSpec& operation = *route.entry->operation;

  CallInfo info(ctx);
  info.region = scope ? scope->region : options_.default_region;
  info.request_id = request_id;
  info.remote = peer.remote;
  info.host = std::string(request.headers.get("Host"));
  info.tls = peer.tls;
  info.operation = &operation;

  Result<CallerInfo> caller = co_await identify(ctx, operation, request, scope);
  std::optional<Error> failure;
  if (caller) {
    info.caller = std::move(*caller);
    // Once the signature is proven, the body may be changed: what needs it undone is an upload, which nobody copies.
    http::Request& wire = rewritten ? *rewritten : request;
    CodecExchange exchange(codec, operation, wire, request_id);
    CallObserver* const observer = observer_ != nullptr && observer_->wants(operation) ? observer_ : nullptr;
    ObservedExchange observed(exchange, operation, observer);
    std::optional<CallInfo> told;
    if (observer != nullptr) told.emplace(info);
    Result<void> done = open_payload(operation, wire);
    if (done) done = co_await route.entry->invoke(route.binding->handler, std::move(info), observed);
    if (observer != nullptr) observer->answered(*told, observed.take(), done ? nullptr : &done.error());
    if (done) co_return exchange.take();
    failure = std::move(done).error();
  } else {
    failure = std::move(caller).error();
  }
  const bool fault_known = failure->aws() != nullptr && !failure->aws()->code.empty();
  if (!fault_known && failure->kind() == ErrorKind::cancelled) co_return fail(std::move(*failure));
  if (!fault_known && ctx.explainer().wants(kTopicInternal)) {
    ctx.explainer().explain(kTopicInternal, std::string(operation.name) + " " + request_id + ": " + failure->to_text());
  }
  co_return refuse(codec, *route.answer_as, wire_error_of(operation, *failure), request_id, request.method);
}

}  // namespace postern::aws::server
