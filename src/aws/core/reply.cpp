#include "aws/core/reply.hpp"

#include <algorithm>
#include <charconv>

#include "aws/core/error_class.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace postern::aws {
namespace reply {

constexpr std::size_t kMessageMax = 4000;
constexpr std::size_t kPreviewMax = 60;
constexpr std::int64_t kRetryAfterMax = 24LL * 3600 * 1000;

std::optional<std::int64_t> whole_number(std::string_view text) {
  text = trim(text);
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// x-amz-retry-after is milliseconds; Retry-After seconds or a date (RFC 9110 10.2.3), measured from the reply's own
/// Date.
std::optional<std::int64_t> retry_after_ms(const http::Headers& headers) {
  if (const auto ms = whole_number(headers.get("x-amz-retry-after"))) return std::min(*ms, kRetryAfterMax);
  const std::string_view text = headers.get("Retry-After");
  if (const auto seconds = whole_number(text)) return std::min(*seconds, kRetryAfterMax / 1000) * 1000;
  const auto until = parse_http_date(text);
  const auto now = parse_http_date(headers.get("Date"));
  if (!until || !now) return std::nullopt;
  const auto delta = std::chrono::duration_cast<std::chrono::milliseconds>(*until - *now).count();
  return std::clamp<std::int64_t>(delta, 0, kRetryAfterMax);
}

std::string request_id(const http::Headers& headers, std::string from_body) {
  for (const std::string_view name : {"x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"}) {
    if (const std::string* value = headers.find(name)) return printable(*value, 128);
  }
  return printable(from_body, 128);
}

AwsFault fault_of(const OperationSpec& op, const http::Response& response, std::string body_request_id) {
  AwsFault fault;
  fault.service = op.service->id;
  fault.operation = op.name;
  fault.http_status = response.status;
  fault.request_id = request_id(response.headers, std::move(body_request_id));
  fault.retry_after_ms = retry_after_ms(response.headers);
  return fault;
}

/// `text/html, 512 bytes: "<!DOCTYPE html><title>..."`
std::string describe_body(const http::Response& response) {
  const std::string_view type = response.headers.get("Content-Type");
  std::string out = type.empty() ? "no content type" : printable(type, 80);
  if (response.body.empty()) return out + ", empty body";
  out += ", " + std::to_string(response.body.size()) + " bytes: \"";
  out += printable(trim(std::string_view(response.body).substr(0, kDescribedMax)), kPreviewMax);
  return out + "\"";
}

}  // namespace reply

std::string clean_error_code(std::string_view code) {
  code = trim(code);
  // The URI after ':' may hold '#', so it goes first; the namespace ends at the last '#' that is left.
  code = code.substr(0, code.find(':'));
  if (const std::size_t hash = code.rfind('#'); hash != std::string_view::npos) code.remove_prefix(hash + 1);
  return printable(trim(code), 200);
}

Error error_of_reply(const OperationSpec& op, const http::Response& response, ReplyFault found) {
  AwsFault fault = reply::fault_of(op, response, std::move(found.request_id));
  fault.code = clean_error_code(found.code);
  std::string message;
  if (found.readable || !fault.code.empty()) {
    message = fault.code.empty() ? "HTTP " + std::to_string(response.status) : fault.code;
    if (!found.message.empty()) message += ": " + printable(found.message, reply::kMessageMax);
  } else {
    message = "HTTP " + std::to_string(response.status) + " with a body that is no AWS error (" +
              reply::describe_body(response) + ")";
  }
  const ErrorKind kind = classify(fault.code, response.status);
  return Error(kind, std::move(message)).aws(std::move(fault)).delivered(Delivery::answered);
}

Error malformed_reply(const OperationSpec& op, const http::Response& response, std::string_view why) {
  std::string message = "the reply makes no sense: " + std::string(why) + " (HTTP " + std::to_string(response.status) +
                        ", " + reply::describe_body(response) + ")";
  return Error(ErrorKind::malformed, std::move(message))
      .aws(reply::fault_of(op, response, std::string()))
      .delivered(Delivery::answered);
}

void add_query_error(http::Response& response, const ServiceSpec& service, const WireError& error) {
  if (service.protocol != Protocol::query) return;
  response.headers.add("x-amzn-query-error", error.code + (error.sender_fault ? ";Sender" : ";Receiver"));
}

Error bad_request(const OperationSpec& op, std::string_view code, std::string message) {
  AwsFault fault;
  fault.code = code;
  fault.service = op.service->id;
  fault.operation = op.name;
  fault.http_status = 400;
  return Error(ErrorKind::usage, std::move(message)).aws(std::move(fault));
}

}  // namespace postern::aws
