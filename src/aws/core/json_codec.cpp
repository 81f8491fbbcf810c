#include "aws/core/json_codec.hpp"

#include "aws/core/json_reply.hpp"
#include "aws/core/json_value.hpp"
#include "aws/core/prepare.hpp"

namespace postern::aws {
namespace json_codec {

std::string content_type(const ServiceSpec& service) {
  return "application/x-amz-json-" + std::string(service.json_version.empty() ? "1.1" : service.json_version);
}

http::Response reply(const ServiceSpec& service, int status, std::string_view request_id, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("x-amzn-RequestId", std::string(request_id));
  response.headers.add("Content-Type", content_type(service));
  response.body = std::move(body);
  return response;
}

}  // namespace json_codec

Result<http::Request> JsonCodec::encode_request(const OperationSpec& op, const void* input) const {
  TRY_VOID(check_required(op, input));
  http::Request request;
  request.method = "POST";
  request.target = "/";
  request.headers.add("Content-Type", json_codec::content_type(*op.service));
  request.headers.add("X-Amz-Target", std::string(op.service->target_prefix) + "." + std::string(op.name));
  JsonWriter out(request.body);
  encode_json(out, *op.input, input);
  return request;
}

Result<void> JsonCodec::decode_response(const OperationSpec& op, const http::Response& response, void* output) const {
  if (response.body.empty() && op.output->members.empty()) return {};
  if (response.body.empty()) return fail(malformed_reply(op, response, "no body"));
  auto done = read_json_body(response.body, *op.output, output, Coercion::lenient);
  if (!done) return fail(malformed_reply(op, response, done.error().message()));
  return {};
}

Error JsonCodec::decode_error(const OperationSpec& op, const http::Response& response) const {
  ReplyFault fault;
  // A service that came from the query protocol names its old code here: "Code;Sender".
  const std::string_view query_error = response.headers.get("x-amzn-query-error");
  if (const std::size_t semicolon = query_error.find(';'); semicolon != std::string_view::npos)
    fault.code = query_error.substr(0, semicolon);
  if (fault.code.empty()) fault.code = response.headers.get("x-amzn-errortype");
  fault.readable = read_json_error(response.body, fault);
  return error_of_reply(op, response, std::move(fault));
}

Result<void> JsonCodec::decode_error_detail(const OperationSpec& op, const http::Response& response,
                                            const Shape& error_shape, void* detail) const {
  if (response.body.empty()) return {};
  auto done = read_json_body(response.body, error_shape, detail, Coercion::lenient);
  if (!done) return fail(malformed_reply(op, response, done.error().message()));
  return {};
}

std::string JsonCodec::operation_name(const http::Request& request) const {
  const std::string_view target = request.headers.get("X-Amz-Target");
  const std::size_t dot = target.rfind('.');
  return dot == std::string_view::npos ? std::string() : std::string(target.substr(dot + 1));
}

Result<void> JsonCodec::decode_request(const OperationSpec& op, const http::Request& request, void* input) const {
  if (request.body.empty()) return {};
  auto done = read_json_body(request.body, *op.input, input, Coercion::strict);
  if (!done) return fail(bad_request(op, "SerializationException", done.error().message()));
  return {};
}

http::Response JsonCodec::encode_response(const OperationSpec& op, const void* output,
                                          std::string_view request_id) const {
  std::string body;
  JsonWriter out(body);
  encode_json(out, *op.output, output, EmptyContainers::write);
  return json_codec::reply(*op.service, 200, request_id, std::move(body));
}

http::Response JsonCodec::encode_error(const ServiceSpec& service, const WireError& error) const {
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  out.key("__type");
  out.string(error.code);
  const std::string_view message = json_message_key(error);
  out.key(message);
  out.string(error.message);
  if (error.detail_shape != nullptr && error.detail != nullptr) {
    encode_json_members(out, *error.detail_shape, error.detail, EmptyContainers::omit, message);
  }
  out.end_object();
  http::Response response = json_codec::reply(service, error.http_status, error.request_id, std::move(body));
  add_query_error(response, service, error);
  return response;
}

}  // namespace postern::aws
