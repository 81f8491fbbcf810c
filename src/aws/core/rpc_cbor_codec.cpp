#include "aws/core/rpc_cbor_codec.hpp"

#include "aws/core/cbor_value.hpp"
#include "aws/core/reply.hpp"
#include "base/text.hpp"

namespace postern::aws {
namespace rpc_cbor {

constexpr std::string_view kProtocol = "rpc-v2-cbor";
constexpr std::string_view kMediaType = "application/cbor";

Error no_client() {
  return Error(ErrorKind::unsupported, "the client speaks no RPC v2 CBOR");
}

http::Response reply(int status, std::string_view request_id, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("x-amzn-RequestId", std::string(request_id));
  response.headers.add("smithy-protocol", std::string(kProtocol));
  response.headers.add("Content-Type", std::string(kMediaType));
  response.body = std::move(body);
  return response;
}

}  // namespace rpc_cbor

bool is_rpc_cbor(const http::Request& request) {
  return request.headers.get("smithy-protocol") == rpc_cbor::kProtocol;
}

std::optional<RpcPath> rpc_path(const http::Request& request) {
  const std::vector<std::string_view> parts = split(request.path(), '/');
  const std::size_t count = parts.size();
  if (count < 5 || parts[count - 4] != "service" || parts[count - 2] != "operation") return std::nullopt;
  RpcPath path;
  // A name may have its namespace before it: "com.example.Service".
  path.service = parts[count - 3].substr(parts[count - 3].rfind('.') + 1);
  path.operation = parts[count - 1];
  if (path.service.empty() || path.operation.empty()) return std::nullopt;
  return path;
}

Result<http::Request> RpcCborCodec::encode_request(const OperationSpec&, const void*) const {
  return fail(rpc_cbor::no_client());
}

Result<void> RpcCborCodec::decode_response(const OperationSpec&, const http::Response&, void*) const {
  return fail(rpc_cbor::no_client());
}

Error RpcCborCodec::decode_error(const OperationSpec& op, const http::Response& response) const {
  return error_of_reply(op, response, ReplyFault());
}

Result<void> RpcCborCodec::decode_error_detail(const OperationSpec&, const http::Response&, const Shape&, void*) const {
  return fail(rpc_cbor::no_client());
}

std::string RpcCborCodec::operation_name(const http::Request& request) const {
  const auto path = rpc_path(request);
  return path ? path->operation : std::string();
}

Result<void> RpcCborCodec::decode_request(const OperationSpec& op, const http::Request& request, void* input) const {
  if (request.body.empty()) return {};
  const std::string_view type = request.headers.get("Content-Type");
  if (trim(type.substr(0, type.find(';'))) != rpc_cbor::kMediaType) {
    return fail(bad_request(op, "UnsupportedMediaTypeException", "The body must be application/cbor"));
  }
  CborReader in(request.body, kMaxNesting);
  auto done = decode_cbor(in, *op.input, input);
  if (done && !in.finish()) done = fail(in.error());
  if (!done) return fail(bad_request(op, "SerializationException", done.error().message()));
  return {};
}

http::Response RpcCborCodec::encode_response(const OperationSpec& op, const void* output,
                                             std::string_view request_id) const {
  std::string body;
  CborWriter out(body);
  encode_cbor(out, *op.output, output);
  return rpc_cbor::reply(200, request_id, std::move(body));
}

http::Response RpcCborCodec::encode_error(const ServiceSpec& service, const WireError& error) const {
  std::string body;
  CborWriter out(body);
  out.begin_map();
  out.text("__type");
  out.text(error.code);
  out.text("message");
  out.text(error.message);
  if (error.detail_shape != nullptr && error.detail != nullptr) {
    encode_cbor_members(out, *error.detail_shape, error.detail);
  }
  out.end();
  http::Response response = rpc_cbor::reply(error.http_status, error.request_id, std::move(body));
  add_query_error(response, service, error);
  return response;
}

const Codec& rpc_cbor_codec() {
  static const RpcCborCodec codec;
  return codec;
}

}  // namespace postern::aws
