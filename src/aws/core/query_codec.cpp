#include "aws/core/query_codec.hpp"

#include "aws/core/form_value.hpp"
#include "aws/core/prepare.hpp"
#include "aws/core/xml_reply.hpp"
#include "aws/core/xml_value.hpp"

namespace postern::aws {
namespace query_codec {

std::string result_name(const OperationSpec& op) {
  return op.result_wrapper.empty() ? std::string(op.name) + "Result" : std::string(op.result_wrapper);
}

http::Response reply(int status, std::string_view request_id, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("x-amzn-RequestId", std::string(request_id));
  response.headers.add("Content-Type", "text/xml");
  response.body = std::move(body);
  return response;
}

/// Error: malformed, with the sentence alone.
Result<void> read_reply(const OperationSpec& op, XmlNode root, void* output) {
  if (op.output->members.empty()) return {};
  XmlNode result = root.child(result_name(op));
  // A model without a wrapper means the members stand in the root itself.
  if (!result && op.result_wrapper.empty()) result = root;
  if (!result) return fail(ErrorKind::malformed, "<" + result_name(op) + "> is missing");
  return decode_xml_members(result, *op.output, output);
}

}  // namespace query_codec

Result<http::Request> QueryCodec::encode_request(const OperationSpec& op, const void* input) const {
  TRY_VOID(check_required(op, input));
  http::Request request;
  request.method = "POST";
  request.target = "/";
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.body = "Action=" + std::string(op.name) + "&Version=" + std::string(op.service->api_version);
  encode_form(request.body, FormDialect::query, *op.input, input);
  return request;
}

Result<void> QueryCodec::decode_response(const OperationSpec& op, const http::Response& response, void* output) const {
  if (response.body.empty() && op.output->members.empty()) return {};
  if (response.body.empty()) return fail(malformed_reply(op, response, "no body"));
  TRY(const XmlDocument document, parse_xml_reply(op, response));
  auto done = query_codec::read_reply(op, document.root(), output);
  if (!done) return fail(malformed_reply(op, response, done.error().message()));
  return {};
}

Result<void> QueryCodec::take_response(const OperationSpec& op, http::Response& response, void* output) const {
  if (response.body.empty()) return decode_response(op, response, output);
  TakenBody body(response);
  TRY(const XmlDocument document, body.parse(op));
  auto done = query_codec::read_reply(op, document.root(), output);
  if (done) return {};
  body.put_back();
  return fail(malformed_reply(op, response, done.error().message()));
}

Error QueryCodec::decode_error(const OperationSpec& op, const http::Response& response) const {
  return decode_xml_error(op, response);
}

Result<void> QueryCodec::decode_error_detail(const OperationSpec& op, const http::Response& response,
                                             const Shape& error_shape, void* detail) const {
  return decode_xml_error_detail(op, response, error_shape, detail);
}

std::string QueryCodec::operation_name(const http::Request& request) const {
  std::string name = form_field(request.body, "Action");
  return name.empty() ? form_field(request.query(), "Action") : name;
}

Result<void> QueryCodec::decode_request(const OperationSpec& op, const http::Request& request, void* input) const {
  const std::string_view form = request.body.empty() ? request.query() : std::string_view(request.body);
  auto done = decode_form(form, FormDialect::query, *op.input, input);
  if (!done) return fail(bad_request(op, "MalformedInput", done.error().message()));
  return {};
}

http::Response QueryCodec::encode_response(const OperationSpec& op, const void* output,
                                           std::string_view request_id) const {
  std::string body;
  XmlWriter out(body);
  out.open(std::string(op.name) + "Response");
  if (!op.service->xml_namespace.empty()) out.attribute("xmlns", op.service->xml_namespace);
  // Clients look for the wrapper that the model names even where nothing is in it (IAM's UpdateRoleResult).
  if (!op.output->members.empty() || !op.result_wrapper.empty()) {
    out.open(query_codec::result_name(op));
    encode_xml_members(out, *op.output, output, EmptyContainers::write);
    out.close();
  }
  out.open("ResponseMetadata");
  out.element("RequestId", request_id);
  out.close();
  out.close();
  return query_codec::reply(200, request_id, std::move(body));
}

http::Response QueryCodec::encode_error(const ServiceSpec& service, const WireError& error) const {
  std::string body;
  XmlWriter out(body);
  out.open("ErrorResponse");
  if (!service.xml_namespace.empty()) out.attribute("xmlns", service.xml_namespace);
  out.open("Error");
  out.element("Type", error.sender_fault ? "Sender" : "Receiver");
  write_xml_error(out, error);
  out.close();
  out.element("RequestId", error.request_id);
  out.close();
  return query_codec::reply(error.http_status, error.request_id, std::move(body));
}

}  // namespace postern::aws
