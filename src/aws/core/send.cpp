#include "aws/core/send.hpp"

#include "aws/core/prepare.hpp"
#include "aws/core/rest_bucket.hpp"
#include "aws/core/sigv4_chunks.hpp"

namespace postern::aws {

WallTime ClockSkew::corrected(const std::string& host, WallTime now) const {
  const auto found = offsets_.find(host);
  return found == offsets_.end() ? now : now + found->second;
}

bool ClockSkew::learn(const std::string& host, WallTime now, std::string_view date_header) {
  const auto date = parse_http_date(date_header);
  if (!date) return false;
  const Duration offset = *date - now;
  const auto found = offsets_.find(host);
  const Duration known = found == offsets_.end() ? Duration::zero() : found->second;
  if (std::chrono::abs(offset - known) <= kIgnored) return false;
  offsets_.insert_or_assign(host, offset);
  return true;
}

Result<std::shared_ptr<const ResolvedEndpoint>> Sender::endpoint_of(const ServiceSpec& service,
                                                                    const std::string& region) {
  auto key = std::make_pair(&service, region);
  if (const auto found = endpoints_.find(key); found != endpoints_.end()) return found->second;
  TRY(ResolvedEndpoint endpoint, resolve_endpoint(service, region, parts_.endpoints));
  if (endpoints_.size() >= kEndpointsMax) endpoints_.clear();
  auto kept = std::make_shared<const ResolvedEndpoint>(std::move(endpoint));
  endpoints_.emplace(std::move(key), kept);
  return kept;
}

Result<http::Request> Sender::prepare(rt::CallContext ctx, const ResolvedEndpoint& endpoint,
                                      const OperationSpec& operation, ConstErased in, const Attempt& attempt) const {
  const Codec* codec = codec_for(*operation.service);
  if (codec == nullptr) {
    return fail(ErrorKind::unsupported, "no codec for the protocol of " + std::string(operation.service->id));
  }
  TRY(http::Request request, codec->encode_request(operation, in.value));
  request.headers.reserve(request.headers.fields().size() + 8);  // ours, the signature's and the pool's
  std::string prefix;
  if (!operation.host_prefix.empty()) {
    TRY(prefix, expand_host_prefix(operation, in.value));
  }
  // Only AWS's own names are known to lead to the bucket too.
  if (!endpoint.custom) prefix += move_bucket_to_host(operation, request);
  if (!endpoint.base_path.empty()) request.target.insert(0, endpoint.base_path);
  request.headers.set("Host", prefix + endpoint.origin.host_header());
  request.headers.set("User-Agent", options_->user_agent);
  request.headers.set("amz-sdk-invocation-id", attempt.invocation_id);
  request.headers.set("amz-sdk-request",
                      "attempt=" + std::to_string(attempt.number) + "; max=" + std::to_string(attempt.attempts_max));
  return request;
}

rt::Task<Result<void>> Sender::send(rt::CallContext ctx, const CallScope& scope, const OperationSpec& operation,
                                    ConstErased in, Erased out, Attempt* attempt) {
  const auto local = [](Error error) { return fail(std::move(error).delivered(Delivery::not_sent)); };
  const Result<std::shared_ptr<const ResolvedEndpoint>> found = endpoint_of(*operation.service, scope.region);
  if (!found) co_return local(found.error());
  const ResolvedEndpoint& endpoint = **found;
  Result<http::Request> request = prepare(ctx, endpoint, operation, in, *attempt);
  if (!request) co_return local(std::move(request).error());
  const std::string host(request->headers.get("Host"));

  if (!operation.unsigned_request && scope.credentials != nullptr) {
    const Credentials* credentials = scope.credentials->at_hand(ctx);
    Result<Credentials> resolved;
    if (credentials == nullptr) {
      resolved = co_await scope.credentials->resolve(ctx);
      // What failed was another call (AssumeRole, IMDS); this one has not been sent.
      if (!resolved) co_return local(std::move(resolved).error());
      credentials = &*resolved;
    }
    const WallTime now = skew_.corrected(host, ctx.clock().wall_now());
    Result<void> done = signer_.sign_headers(*request, host, *credentials, endpoint.signing_region,
                                             operation.service->signing_name, now, client_signing(*operation.service));
    if (!done) co_return local(std::move(done).error());
  }
  http::Origin origin = endpoint.origin;
  // What prepare() put before the endpoint's own name.
  origin.host.insert(0, host, 0, host.size() - endpoint.origin.host_header().size());
  const rt::CallContext attempt_ctx = ctx.within(options_->attempt_timeout);
  Result<http::Response> response = co_await parts_.client->send(attempt_ctx, std::move(origin), std::move(*request));
  if (!response) co_return fail(std::move(response).error());
  co_return finish(ctx, host, scope, operation, *response, out, attempt);
}

Result<void> Sender::finish(rt::CallContext ctx, const std::string& host, const CallScope& scope,
                            const OperationSpec& operation, http::Response& response, Erased out, Attempt* attempt) {
  const Codec* codec = codec_for(*operation.service);
  if (response.status >= 200 && response.status < 300) {
    Result<void> decoded = codec->take_response(operation, response, out.value);
    if (!decoded) return fail(std::move(decoded).error().delivered(Delivery::answered));
    return Result<void>();
  }
  Error error = codec->decode_error(operation, response);
  error.delivered(Delivery::answered);
  switch (retry_class(error)) {
    case RetryClass::clock_skew:
      attempt->skew_corrected = skew_.learn(host, ctx.clock().wall_now(), response.headers.get("Date"));
      break;
    case RetryClass::expired_credentials:
      if (scope.credentials != nullptr) scope.credentials->invalidate();
      break;
    case RetryClass::never:
    case RetryClass::transient:
    case RetryClass::throttle:
      break;
  }
  return fail(std::move(error));
}

}  // namespace postern::aws
