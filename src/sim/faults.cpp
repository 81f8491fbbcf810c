#include "sim/faults.hpp"

#include <algorithm>

#include "aws/core/codec.hpp"
#include "aws/core/form_value.hpp"
#include "aws/core/service_router.hpp"
#include "base/text.hpp"

namespace postern::sim {
namespace faults {

constexpr int kOk = 200;
constexpr int kBadRequest = 400;
constexpr int kForbidden = 403;
constexpr int kServerError = 500;
constexpr int kUnavailable = 503;
constexpr std::string_view kRequestId = "00000000-0000-4000-8000-000000000000";

bool speaks_json(const aws::ServiceSpec& service) {
  return service.protocol == aws::Protocol::json || service.protocol == aws::Protocol::rest_json;
}

aws::WireError throttled(const aws::ServiceSpec& service) {
  aws::WireError error;
  error.message = "Rate exceeded";
  error.code = speaks_json(service) ? "ThrottlingException" : "Throttling";
  error.http_status = kBadRequest;
  if (service.protocol == aws::Protocol::ec2) {
    error.code = "RequestLimitExceeded";
    error.message = "Request limit exceeded.";
    error.http_status = kUnavailable;
  }
  return error;
}

aws::WireError expired(const aws::ServiceSpec& service) {
  aws::WireError error;
  error.message = "The security token included in the request is expired";
  error.code = speaks_json(service) ? "ExpiredTokenException" : "ExpiredToken";
  error.http_status = speaks_json(service) ? kBadRequest : kForbidden;
  if (service.protocol == aws::Protocol::ec2) {
    error.code = "RequestExpired";
    error.http_status = kBadRequest;
  }
  return error;
}

aws::WireError failed(const aws::ServiceSpec& service) {
  aws::WireError error;
  error.code = speaks_json(service) ? "InternalServerError" : "InternalFailure";
  error.message = "The request processing has failed because of an unknown error, exception or failure.";
  error.http_status = kServerError;
  error.sender_fault = false;
  return error;
}

http::Response error_response(const aws::ServiceSpec& service, aws::WireError error, const FaultRule& rule) {
  error.request_id = kRequestId;
  http::Response response;
  response.status = error.http_status;
  if (const aws::Codec* codec = aws::codec_for(service)) response = codec->encode_error(service, error);
  if (!rule.retry_after.empty()) response.headers.set("Retry-After", rule.retry_after);
  return response;
}

http::Response page(std::string type, std::string body) {
  http::Response response;
  response.status = kOk;
  response.headers.set("Content-Type", std::move(type));
  response.body = std::move(body);
  return response;
}

http::Response nested(const aws::ServiceSpec& service, std::size_t depth) {
  std::string body;
  const std::string_view open = speaks_json(service) ? "{\"a\":" : "<a>";
  const std::string_view close = speaks_json(service) ? "}" : "</a>";
  if (!speaks_json(service)) body = "<Response>";
  for (std::size_t i = 0; i < depth; ++i) body += open;
  if (speaks_json(service)) body += "1";
  for (std::size_t i = 0; i < depth; ++i) body += close;
  if (!speaks_json(service)) body += "</Response>";
  return page(speaks_json(service) ? "application/x-amz-json-1.1" : "text/xml", std::move(body));
}

http::Response huge(const aws::ServiceSpec& service, std::size_t size) {
  std::string body = speaks_json(service) ? "{\"NextToken\":\"" : "<Response><nextToken>";
  body.append(size, 'x');
  body += speaks_json(service) ? "\"}" : "</nextToken></Response>";
  return page(speaks_json(service) ? "application/x-amz-json-1.1" : "text/xml", std::move(body));
}

/// Whether the call reaches the service before the fault does its work.
bool executes(FaultKind kind) {
  return kind == FaultKind::lost_reply || kind == FaultKind::failed_reply || kind == FaultKind::truncated_reply ||
         kind == FaultKind::invalid_utf8;
}

http::Response spoil(FaultKind kind, http::Response response) {
  const std::size_t middle = response.body.size() / 2;
  if (kind == FaultKind::truncated_reply) response.body.resize(middle);
  if (kind == FaultKind::invalid_utf8) response.body.insert(middle, "\xC3\x28\xFF");
  return response;
}

http::Response invented(const FaultRule& rule, const aws::ServiceSpec& service) {
  switch (rule.kind) {
    case FaultKind::throttle:
      return error_response(service, throttled(service), rule);
    case FaultKind::expired_token:
      return error_response(service, expired(service), rule);
    case FaultKind::html_page:
      return page("text/html", "<!DOCTYPE html>\n<html><body><h1>Sign in to the network</h1></body></html>\n");
    case FaultKind::huge_reply:
      return huge(service, rule.size);
    case FaultKind::nested_reply:
      return nested(service, rule.size);
    default:
      return error_response(service, failed(service), rule);
  }
}

}  // namespace faults

void FaultyService::add(FaultRule rule) {
  rules_.emplace_back(std::move(rule));
}

const aws::ServiceSpec* FaultyService::service_of(const http::Request& request) const {
  const std::string_view target = request.headers.get("X-Amz-Target");
  const auto scope = aws::server::claimed_scope(request);
  for (const aws::ServiceSpec* service : services_) {
    if (!target.empty() && !service->target_prefix.empty() && target.starts_with(service->target_prefix))
      return service;
    if (target.empty() && scope && scope->service == service->signing_name) return service;
  }
  return nullptr;
}

std::optional<FaultRule> FaultyService::choose(const std::string& operation, rt::Random& random) {
  for (Armed& armed : rules_) {
    if (armed.hit >= armed.rule.count || !glob_match(armed.rule.operation, operation)) continue;
    if (armed.seen++ < armed.rule.skip) continue;
    if (armed.rule.probability < 1.0 && random.unit() >= armed.rule.probability) continue;
    ++armed.hit;
    ++applied_;
    return armed.rule;
  }
  return std::nullopt;
}

rt::Task<Result<http::Response>> FaultyService::serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) {
  const aws::ServiceSpec* service = service_of(request);
  std::optional<FaultRule> rule;
  if (service != nullptr) {
    const std::string_view target = request.headers.get("X-Amz-Target");
    const std::string name =
        target.empty() ? aws::form_field(request.body, "Action") : std::string(target.substr(target.rfind('.') + 1));
    rule = choose(std::string(service->id) + ":" + name, ctx.random());
  }
  if (!rule) co_return co_await inner_.serve(ctx, std::move(peer), std::move(request));
  const Error lost = Error(ErrorKind::cancelled, "the simulated network lost this exchange").delivered(Delivery::sent);
  if (rule->kind == FaultKind::lost_request) co_return fail(lost);
  if (!faults::executes(rule->kind)) co_return faults::invented(*rule, *service);
  Result<http::Response> response = co_await inner_.serve(ctx, std::move(peer), std::move(request));
  if (!response) co_return fail(std::move(response).error());
  if (rule->kind == FaultKind::lost_reply) co_return fail(lost);
  if (rule->kind == FaultKind::failed_reply) co_return faults::invented(*rule, *service);
  co_return faults::spoil(rule->kind, std::move(*response));
}

}  // namespace postern::sim
