#include "aws/core/rest_json_codec.hpp"

#include "aws/core/json_reply.hpp"
#include "aws/core/json_value.hpp"
#include "aws/core/rest_binding.hpp"
#include "aws/core/rest_payload.hpp"
#include "aws/core/scalar.hpp"

namespace postern::aws {
namespace rest_json {

constexpr std::string_view kContentType = "application/json";

/// Structures, lists, maps and documents are JSON in a payload; blobs and text stand there as they are.
bool is_json_payload(const Shape& shape) noexcept {
  return shape.kind <= Kind::map || shape.is_document;
}

/// The body that a payload member stands for, and its type.
void write_payload(const Member& member, const void* field, std::string& body, http::Headers& headers) {
  const Shape& shape = *member.shape;
  if (is_json_payload(shape)) {
    JsonWriter out(body);
    encode_json(out, shape, field);
    return default_content_type(headers, kContentType);
  }
  append_raw_payload(body, shape, field);
  default_content_type(headers, shape.kind == Kind::blob ? "application/octet-stream" : "text/plain");
}

void write_members(const Shape& shape, const void* value, EmptyContainers empties, std::string& body,
                   http::Headers& headers) {
  JsonWriter out(body);
  out.begin_object();
  // Only replies write what is empty.
  const MessageSide side = empties == EmptyContainers::write ? MessageSide::reply : MessageSide::request;
  encode_json_members(out, shape, value, empties, std::string_view(), side);
  out.end_object();
  default_content_type(headers, kContentType);
}

Result<void> read_payload(const Member& member, std::string_view body, void* object, Coercion coercion) {
  if (!is_json_payload(*member.shape)) return take_raw_payload(member, body, object);
  if (body.empty()) return Result<void>();
  return read_json_body(body, *member.shape, member_emplace(object, member), coercion);
}

/// Requests are read strictly, replies leniently.
Result<void> read_body(const Shape& shape, std::string_view body, void* object, MessageSide side) {
  const Coercion coercion = side == MessageSide::request ? Coercion::strict : Coercion::lenient;
  if (const Member* payload = payload_member(shape)) return read_payload(*payload, body, object, coercion);
  if (body.empty() || !has_body_members(shape, side)) return Result<void>();
  return read_json_body(body, shape, object, coercion, side);
}

/// What is not modelled must be JSON nevertheless: a proxy's page is no success.
bool is_json_or_empty(std::string_view body) {
  if (body.empty()) return true;
  JsonReader in(body, kMaxNesting);
  return in.skip_value() && in.finish();
}

}  // namespace rest_json

Result<http::Request> RestJsonCodec::encode_request(const OperationSpec& op, const void* input) const {
  TRY(http::Request request, encode_rest_head(op, input));
  if (const Member* payload = payload_member(*op.input)) {
    const bool structure = payload->shape->kind == Kind::structure && !payload->shape->is_union;
    if (const void* field = member_value(input, *payload)) {
      rest_json::write_payload(*payload, field, request.body, request.headers);
    } else if (structure) {
      request.body = "{}";
      default_content_type(request.headers, rest_json::kContentType);
    }
  } else if (has_body_members(*op.input, MessageSide::request)) {
    rest_json::write_members(*op.input, input, EmptyContainers::omit, request.body, request.headers);
  }
  TRY_VOID(add_body_checksum(op, request));
  return request;
}

Result<void> RestJsonCodec::decode_response(const OperationSpec& op, const http::Response& response,
                                            void* output) const {
  const bool modelled = payload_member(*op.output) != nullptr || has_body_members(*op.output, MessageSide::reply);
  if (!modelled && !rest_json::is_json_or_empty(response.body)) return fail(malformed_reply(op, response, "no JSON"));
  auto done = decode_rest_headers(*op.output, response, output);
  if (done) done = rest_json::read_body(*op.output, response.body, output, MessageSide::reply);
  if (!done) return fail(malformed_reply(op, response, done.error().message()));
  return Result<void>();
}

Error RestJsonCodec::decode_error(const OperationSpec& op, const http::Response& response) const {
  ReplyFault fault;
  fault.code = response.headers.get("x-amzn-errortype");
  fault.readable = read_json_error(response.body, fault);
  return error_of_reply(op, response, std::move(fault));
}

Result<void> RestJsonCodec::decode_error_detail(const OperationSpec& op, const http::Response& response,
                                                const Shape& error_shape, void* detail) const {
  auto done = decode_rest_headers(error_shape, response, detail);
  if (done) done = rest_json::read_body(error_shape, response.body, detail, MessageSide::reply);
  if (!done) return fail(malformed_reply(op, response, done.error().message()));
  return Result<void>();
}

std::string RestJsonCodec::operation_name(const http::Request&) const {
  return {};
}

Result<void> RestJsonCodec::decode_request(const OperationSpec& op, const http::Request& request, void* input) const {
  auto done = decode_rest_head(op, request, input);
  if (done) done = rest_json::read_body(*op.input, request.body, input, MessageSide::request);
  if (!done) return fail(bad_request(op, "SerializationException", done.error().message()));
  return Result<void>();
}

http::Response RestJsonCodec::encode_response(const OperationSpec& op, const void* output,
                                              std::string_view request_id) const {
  http::Response response;
  response.status = reply_status(op, output);
  response.headers.add("x-amzn-RequestId", std::string(request_id));
  encode_rest_headers(*op.output, output, response.headers);
  if (const Member* payload = payload_member(*op.output)) {
    if (const void* field = member_value(output, *payload))
      rest_json::write_payload(*payload, field, response.body, response.headers);
  } else if (has_body_members(*op.output, MessageSide::reply)) {
    rest_json::write_members(*op.output, output, EmptyContainers::write, response.body, response.headers);
  }
  return response;
}

http::Response RestJsonCodec::encode_error(const ServiceSpec&, const WireError& error) const {
  http::Response response;
  response.status = error.http_status;
  response.headers.add("x-amzn-RequestId", error.request_id);
  response.headers.add("x-amzn-ErrorType", error.code);
  JsonWriter out(response.body);
  out.begin_object();
  const std::string_view message = json_message_key(error);
  out.key(message);
  out.string(error.message);
  if (error.detail_shape != nullptr && error.detail != nullptr) {
    encode_rest_headers(*error.detail_shape, error.detail, response.headers);
    encode_json_members(out, *error.detail_shape, error.detail, EmptyContainers::omit, message);
  }
  out.end_object();
  default_content_type(response.headers, rest_json::kContentType);
  return response;
}

}  // namespace postern::aws
