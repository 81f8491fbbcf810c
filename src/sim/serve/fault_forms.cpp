#include "sim/serve/fault_forms.hpp"

#include <array>

#include "aws/core/codec.hpp"
#include "base/json_writer.hpp"

namespace postern::sim::fault_forms {
namespace {

constexpr std::string_view kRequestId = "00000000-0000-4000-8000-000000000000";
constexpr std::string_view kSignInPage = "<!DOCTYPE html>\n<html><body><h1>Sign in to the network</h1></body></html>\n";
constexpr std::string_view kErrorPage =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "</body>\r\n</html>\r\n";

bool speaks_json(const aws::ServiceSpec& service) {
  return service.protocol == aws::Protocol::json || service.protocol == aws::Protocol::rest_json;
}

aws::WireError wire(std::string code, std::string message, int status) {
  aws::WireError error;
  error.code = std::move(code);
  error.message = std::move(message);
  error.http_status = status;
  error.sender_fault = status < 500;
  return error;
}

aws::WireError throttled(const aws::ServiceSpec& service) {
  switch (service.protocol) {
    case aws::Protocol::ec2:
      return wire("RequestLimitExceeded", "Request limit exceeded.", 503);
    case aws::Protocol::query:
      return wire("Throttling", "Rate exceeded", 400);
    case aws::Protocol::rest_xml:
      return wire("SlowDown", "Please reduce your request rate.", 503);
    case aws::Protocol::rest_json:
      return wire("ThrottlingException", "Rate exceeded", 429);
    case aws::Protocol::json:
      break;
  }
  return wire("ThrottlingException", "Rate exceeded", 400);
}

aws::WireError expired(const aws::ServiceSpec& service) {
  constexpr std::string_view kText = "The security token included in the request is expired";
  switch (service.protocol) {
    case aws::Protocol::ec2:
      return wire("RequestExpired", "Request has expired.", 400);
    case aws::Protocol::query:
      return wire("ExpiredToken", std::string(kText), 403);
    case aws::Protocol::rest_xml:
      return wire("ExpiredToken", "The provided token has expired.", 400);
    case aws::Protocol::rest_json:
      return wire("ExpiredTokenException", std::string(kText), 403);
    case aws::Protocol::json:
      break;
  }
  return wire("ExpiredTokenException", std::string(kText), 400);
}

aws::WireError failed(const aws::ServiceSpec& service) {
  if (service.protocol == aws::Protocol::rest_xml) {
    return wire("InternalError", "We encountered an internal error. Please try again.", 500);
  }
  if (service.protocol == aws::Protocol::ec2) return wire("InternalError", "An internal error has occurred", 500);
  return wire(speaks_json(service) ? "InternalServerError" : "InternalFailure",
              "The request processing has failed because of an unknown error, exception or failure.", 500);
}

aws::WireError page_refused(const aws::ServiceSpec& service) {
  if (service.protocol == aws::Protocol::rest_xml) {
    return wire("InvalidArgument", "The continuation token provided is incorrect", 400);
  }
  if (service.protocol == aws::Protocol::query) return wire("ValidationError", "Invalid Marker.", 400);
  return wire("InvalidNextToken", "The specified token is not valid.", 400);
}

http::Response error_response(const aws::ServiceSpec& service, const aws::Codec& codec, aws::WireError error,
                              const FaultRule& rule) {
  error.request_id = kRequestId;
  if (!rule.code.empty()) error.code = rule.code;
  http::Response response = codec.encode_error(service, error);
  if (!rule.retry_after.empty()) response.headers.set("Retry-After", rule.retry_after);
  return response;
}

http::Response page(int status, std::string type, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.set("Content-Type", std::move(type));
  response.body = std::move(body);
  return response;
}

std::string type_of(const aws::ServiceSpec& service) {
  return speaks_json(service) ? "application/x-amz-json-1.1" : "text/xml";
}

http::Response nested(const aws::ServiceSpec& service, std::size_t depth) {
  std::string body;
  const bool json = speaks_json(service);
  if (!json) body = "<Response>";
  for (std::size_t i = 0; i < depth; ++i) body += json ? "{\"a\":" : "<a>";
  if (json) body += "1";
  for (std::size_t i = 0; i < depth; ++i) body += json ? "}" : "</a>";
  if (!json) body += "</Response>";
  return page(200, type_of(service), std::move(body));
}

http::Response huge(const aws::ServiceSpec& service, std::size_t size) {
  const bool json = speaks_json(service);
  std::string body = json ? "{\"NextToken\":\"" : "<Response><nextToken>";
  body.append(size, 'x');
  body += json ? "\"}" : "</nextToken></Response>";
  return page(200, type_of(service), std::move(body));
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

/// What stands around a member's text: `"Status":"` and `"`, or `<status>` and `</status>`.
struct Frame {
  Frame(const aws::ServiceSpec& service, std::string_view member) {
    const std::string name(member);
    open = speaks_json(service) ? "\"" + name + "\":\"" : "<" + name + ">";
    close = speaks_json(service) ? "\"" : "</" + name + ">";
  }
  std::string open;
  std::string close;
};

void replace_member(const aws::ServiceSpec& service, std::string_view member, std::string_view value,
                    std::string& body) {
  const Frame frame(service, member);
  std::string text = xml_text(value);
  if (speaks_json(service)) {
    text.clear();
    append_json_string(text, value);
    text = text.substr(1, text.size() - 2);
  }
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = body.find(frame.open); at != std::string::npos; at = body.find(frame.open, from)) {
    const std::size_t begin = at + frame.open.size();
    const std::size_t end = body.find(frame.close, begin);
    if (end == std::string::npos) break;
    out.append(body, from, begin - from).append(text);
    from = end;
  }
  out.append(body, from);
  body = std::move(out);
}

constexpr std::array<std::string_view, 4> kTokenMembers = {"NextContinuationToken", "NextToken", "nextToken", "Marker"};

/// The next page's token of an answer; the same token is then in every later answer, also where there was none.
void never_end(const aws::ServiceSpec& service, std::string& body, std::string& page_token) {
  for (const std::string_view member : kTokenMembers) {
    const Frame frame(service, member);
    const std::size_t at = body.find(frame.open);
    if (at == std::string::npos) continue;
    const std::size_t begin = at + frame.open.size();
    const std::size_t end = body.find(frame.close, begin);
    if (end == std::string::npos || end == begin) continue;
    if (page_token.empty()) page_token = body.substr(begin, end - begin);
    body.replace(begin, end - begin, page_token);
    return;
  }
  if (page_token.empty()) return;
  const std::size_t last = speaks_json(service) ? body.rfind('}') : body.rfind("</");
  if (last == std::string::npos) return;
  const std::string_view member = service.protocol == aws::Protocol::ec2 ? "nextToken" : "NextToken";
  const Frame frame(service, member);
  body.insert(last, (speaks_json(service) ? "," : "") + frame.open + page_token + frame.close);
}

}  // namespace

bool executes(FaultKind kind) noexcept {
  switch (kind) {
    case FaultKind::delay:
    case FaultKind::lost_reply:
    case FaultKind::failed_reply:
    case FaultKind::truncated_reply:
    case FaultKind::invalid_utf8:
    case FaultKind::endless_pages:
    case FaultKind::unknown_value:
    case FaultKind::slow_body:
      return true;
    default:
      return false;
  }
}

bool has_page_token(const http::Request& request) {
  static constexpr std::array<std::string_view, 3> kInBody = {"\"NextToken\":\"", "\"nextToken\":\"", "NextToken="};
  for (const std::string_view sign : kInBody) {
    if (request.body.find(sign) != std::string::npos) return true;
  }
  const std::string_view query = request.query();
  return query.find("continuation-token=") != std::string_view::npos ||
         query.find("NextToken=") != std::string_view::npos;
}

http::Response invented(const FaultRule& rule, const aws::ServiceSpec& service, const aws::Codec& codec) {
  switch (rule.kind) {
    case FaultKind::throttle:
      return error_response(service, codec, throttled(service), rule);
    case FaultKind::expired_token:
      return error_response(service, codec, expired(service), rule);
    case FaultKind::refused_page:
      return error_response(service, codec, page_refused(service), rule);
    case FaultKind::html_page:
      return page(200, "text/html", std::string(kSignInPage));
    case FaultKind::html_error: {
      http::Response response = page(502, "text/html", std::string(kErrorPage));
      if (!rule.retry_after.empty()) response.headers.set("Retry-After", rule.retry_after);
      return response;
    }
    case FaultKind::huge_reply:
      return huge(service, rule.size);
    case FaultKind::nested_reply:
      return nested(service, rule.size);
    default:
      return error_response(service, codec, failed(service), rule);
  }
}

http::Response spoiled(const FaultRule& rule, const aws::ServiceSpec& service, http::Response response,
                       std::string& page_token) {
  const std::size_t middle = response.body.size() / 2;
  switch (rule.kind) {
    case FaultKind::truncated_reply:
      response.body.resize(middle);
      break;
    case FaultKind::invalid_utf8:
      response.body.insert(middle, "\xC3\x28\xFF");
      break;
    case FaultKind::unknown_value:
      replace_member(service, rule.member, rule.value, response.body);
      break;
    case FaultKind::endless_pages:
      never_end(service, response.body, page_token);
      break;
    default:
      break;
  }
  return response;
}

}  // namespace postern::sim::fault_forms
