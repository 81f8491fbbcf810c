#include "aws/core/ec2_codec.hpp"

#include "aws/core/form_value.hpp"
#include "aws/core/prepare.hpp"
#include "aws/core/xml_reply.hpp"
#include "aws/core/xml_value.hpp"

namespace postern::aws {
namespace ec2_codec {

http::Response reply(int status, std::string_view request_id, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("x-amzn-RequestId", std::string(request_id));
  response.headers.add("Content-Type", "text/xml;charset=UTF-8");
  response.body = std::move(body);
  return response;
}

}  // namespace ec2_codec

Result<http::Request> Ec2Codec::encode_request(const OperationSpec& op, const void* input) const {
  TRY_VOID(check_required(op, input));
  http::Request request;
  request.method = "POST";
  request.target = "/";
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.body = "Action=" + std::string(op.name) + "&Version=" + std::string(op.service->api_version);
  encode_form(request.body, FormDialect::ec2, *op.input, input);
  return request;
}

Result<void> Ec2Codec::decode_response(const OperationSpec& op, const http::Response& response, void* output) const {
  if (response.body.empty() && op.output->members.empty()) return {};
  if (response.body.empty()) return fail(malformed_reply(op, response, "no body"));
  TRY(const XmlDocument document, parse_xml_reply(op, response));
  auto done = decode_xml_members(document.root(), *op.output, output);
  if (!done) return fail(malformed_reply(op, response, done.error().message()));
  return {};
}

Result<void> Ec2Codec::take_response(const OperationSpec& op, http::Response& response, void* output) const {
  if (response.body.empty()) return decode_response(op, response, output);
  TakenBody body(response);
  TRY(const XmlDocument document, body.parse(op));
  auto done = decode_xml_members(document.root(), *op.output, output);
  if (done) return {};
  body.put_back();
  return fail(malformed_reply(op, response, done.error().message()));
}

Error Ec2Codec::decode_error(const OperationSpec& op, const http::Response& response) const {
  return decode_xml_error(op, response);
}

Result<void> Ec2Codec::decode_error_detail(const OperationSpec& op, const http::Response& response,
                                           const Shape& error_shape, void* detail) const {
  return decode_xml_error_detail(op, response, error_shape, detail);
}

std::string Ec2Codec::operation_name(const http::Request& request) const {
  std::string name = form_field(request.body, "Action");
  return name.empty() ? form_field(request.query(), "Action") : name;
}

Result<void> Ec2Codec::decode_request(const OperationSpec& op, const http::Request& request, void* input) const {
  const std::string_view form = request.body.empty() ? request.query() : std::string_view(request.body);
  auto done = decode_form(form, FormDialect::ec2, *op.input, input);
  if (!done) return fail(bad_request(op, "InvalidParameterValue", done.error().message()));
  return {};
}

http::Response Ec2Codec::encode_response(const OperationSpec& op, const void* output,
                                         std::string_view request_id) const {
  std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  XmlWriter out(body);
  out.open(std::string(op.name) + "Response");
  if (!op.service->xml_namespace.empty()) out.attribute("xmlns", op.service->xml_namespace);
  out.element("requestId", request_id);
  encode_xml_members(out, *op.output, output, EmptyContainers::write);
  out.close();
  return ec2_codec::reply(200, request_id, std::move(body));
}

http::Response Ec2Codec::encode_error(const ServiceSpec&, const WireError& error) const {
  std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  XmlWriter out(body);
  out.open("Response");
  out.open("Errors");
  out.open("Error");
  write_xml_error(out, error);
  out.close();
  out.close();
  out.element("RequestID", error.request_id);
  out.close();
  return ec2_codec::reply(error.http_status, error.request_id, std::move(body));
}

}  // namespace postern::aws
