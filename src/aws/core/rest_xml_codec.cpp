#include "aws/core/rest_xml_codec.hpp"

#include "aws/core/rest_binding.hpp"
#include "aws/core/rest_payload.hpp"
#include "aws/core/xml_reply.hpp"
#include "aws/core/xml_value.hpp"
#include "base/text.hpp"

namespace postern::aws {
namespace rest_xml {

constexpr std::string_view kContentType = "application/xml";
constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

bool is_xml_payload(const Shape& shape) noexcept {
  return shape.kind <= Kind::map;
}

XmlLimits limits() {
  XmlLimits out;
  out.depth_max = kMaxNesting;
  return out;
}

Result<XmlDocument> parse(std::string_view body) {
  // A slow reply starts with white space that keeps the connection alive, even before the declaration.
  return XmlDocument::parse(trim(body), limits());
}

void write_payload(const Member& member, const void* field, std::string& body, http::Headers& headers) {
  const Shape& shape = *member.shape;
  if (shape.kind == Kind::structure) {
    XmlWriter out(body);
    out.open(member.wire_name);
    declare_xml_namespace(out, member.xml_namespace, shape);
    encode_xml_members(out, shape, field);
    out.close();
    return default_content_type(headers, kContentType);
  }
  append_raw_payload(body, shape, field);
  default_content_type(headers, shape.kind == Kind::blob ? "application/octet-stream" : "text/plain");
}

void declare_default(XmlWriter& out, const ServiceSpec& service) {
  if (!service.xml_namespace.empty()) out.attribute("xmlns", service.xml_namespace);
}

/// The reply's body members under the root that the operation names.
void write_reply(const OperationSpec& op, const void* output, std::string& body) {
  body += kDeclaration;
  XmlWriter out(body);
  if (op.unwrapped_reply) {
    const Member& only = op.output->members.front();
    out.open(only.wire_name);
    declare_default(out, *op.service);
    if (const void* field = member_value(output, only); field != nullptr && only.shape->kind == Kind::string)
      out.text(only.shape->ops->text->get(field));
    out.close();
    return;
  }
  out.open(op.reply_root.empty() ? op.output->name : op.reply_root);
  if (op.output->xml_namespace.empty())
    declare_default(out, *op.service);
  else
    declare_xml_namespace(out, nullptr, *op.output);
  encode_xml_members(out, *op.output, output, EmptyContainers::write, MessageSide::reply);
  out.close();
}

Result<void> read_document(XmlNode root, const OperationSpec& op, void* output) {
  const Shape& shape = *op.output;
  if (!op.unwrapped_reply) return decode_xml_members(root, shape, output, MessageSide::reply);
  const Member& only = shape.members.front();
  if (root.name() != only.wire_name || only.shape->kind != Kind::string)
    return fail(ErrorKind::malformed, "<" + std::string(only.wire_name) + "> was expected");
  const std::string text = root.text();
  if (!text.empty()) only.shape->ops->text->set(member_emplace(output, only), text);
  return Result<void>();
}

/// A document with the root that a client must have sent, or an unset member when there is no body.
Result<void> read_request_body(const OperationSpec& op, std::string_view body, void* input) {
  const Shape& shape = *op.input;
  const Member* const payload = payload_member(shape);
  if (payload != nullptr && payload->shape->kind != Kind::structure) return take_raw_payload(*payload, body, input);
  if (trim(body).empty() || (payload == nullptr && !has_body_members(shape, MessageSide::request)))
    return Result<void>();
  TRY(const XmlDocument document, parse(body));
  const std::string_view own = op.xml_root.empty() ? shape.name : op.xml_root;
  const std::string_view root = payload != nullptr ? payload->wire_name : own;
  if (document.root().name() != root) return fail(ErrorKind::malformed, "<" + std::string(root) + "> was expected");
  if (payload == nullptr) return decode_xml_members(document.root(), shape, input);
  return decode_xml_members(document.root(), *payload->shape, member_emplace(input, *payload));
}

void add_request_id(const ServiceSpec& service, std::string_view request_id, http::Headers& headers) {
  headers.add(service.s3_rules ? "x-amz-request-id" : "x-amzn-RequestId", std::string(request_id));
}

bool is_error_root(std::string_view name) noexcept {
  return name == "Error" || name == "ErrorResponse";
}

}  // namespace rest_xml

Result<http::Request> RestXmlCodec::encode_request(const OperationSpec& op, const void* input) const {
  TRY(http::Request request, encode_rest_head(op, input));
  if (const Member* payload = payload_member(*op.input)) {
    if (const void* field = member_value(input, *payload))
      rest_xml::write_payload(*payload, field, request.body, request.headers);
  } else if (has_body_values(*op.input, input)) {
    XmlWriter out(request.body);
    out.open(op.xml_root.empty() ? op.input->name : op.xml_root);
    const XmlNamespace own{op.xml_root_namespace, {}};
    declare_xml_namespace(out, op.xml_root_namespace.empty() ? nullptr : &own, *op.input);
    encode_xml_members(out, *op.input, input);
    out.close();
    default_content_type(request.headers, rest_xml::kContentType);
  }
  TRY_VOID(add_body_checksum(op, request));
  return request;
}

Result<void> RestXmlCodec::decode_response(const OperationSpec& op, const http::Response& response,
                                           void* output) const {
  auto done = decode_rest_headers(*op.output, response, output);
  if (!done) return fail(malformed_reply(op, response, done.error().message()));
  const Member* const payload = payload_member(*op.output);
  if (payload != nullptr && !rest_xml::is_xml_payload(*payload->shape)) {
    done = take_raw_payload(*payload, response.body, output);
    if (!done) return fail(malformed_reply(op, response, done.error().message()));
    return done;
  }
  if (payload == nullptr && !has_body_members(*op.output, MessageSide::reply)) {
    if (is_html(response)) return fail(malformed_reply(op, response, "an HTML page"));
    return Result<void>();
  }
  if (trim(response.body).empty()) return Result<void>();
  auto document = rest_xml::parse(response.body);
  if (!document) return fail(malformed_reply(op, response, document.error().message()));
  const XmlNode root = document->root();
  // Copies and completed uploads answer 200 at once and may fail later: the error then is the body.
  if (rest_xml::is_error_root(root.name())) return fail(decode_error(op, response));
  const bool expected = op.reply_root.empty() ? !equals_ignore_case(root.name(), "html") : root.name() == op.reply_root;
  if (!expected) return fail(malformed_reply(op, response, "an unexpected root element"));
  done = payload == nullptr ? rest_xml::read_document(root, op, output)
                            : decode_xml_members(root, *payload->shape, member_emplace(output, *payload));
  if (!done) return fail(malformed_reply(op, response, done.error().message()));
  return Result<void>();
}

Error RestXmlCodec::decode_error(const OperationSpec& op, const http::Response& response) const {
  if (!trim(response.body).empty()) return decode_xml_error(op, response);
  // A reply to HEAD has no body: the status is all that is said.
  ReplyFault fault;
  fault.readable = op.http_method == "HEAD";
  if (fault.readable && response.status == 404) fault.code = "NotFound";
  if (fault.readable) fault.message = http::reason_phrase(response.status);
  return error_of_reply(op, response, std::move(fault));
}

Result<void> RestXmlCodec::decode_error_detail(const OperationSpec& op, const http::Response& response,
                                               const Shape& error_shape, void* detail) const {
  auto done = decode_rest_headers(error_shape, response, detail);
  if (!done) return fail(malformed_reply(op, response, done.error().message()));
  if (trim(response.body).empty()) return Result<void>();
  return decode_xml_error_detail(op, response, error_shape, detail);
}

std::string RestXmlCodec::operation_name(const http::Request&) const {
  return {};
}

Result<void> RestXmlCodec::decode_request(const OperationSpec& op, const http::Request& request, void* input) const {
  const bool s3 = op.service->s3_rules;
  auto done = decode_rest_head(op, request, input);
  if (!done) return fail(bad_request(op, s3 ? "InvalidArgument" : "MalformedInput", done.error().message()));
  done = rest_xml::read_request_body(op, request.body, input);
  if (done) return done;
  if (!s3) return fail(bad_request(op, "MalformedInput", done.error().message()));
  return fail(
      bad_request(op, "MalformedXML",
                  "The XML you provided was not well-formed or did not validate against our published schema: " +
                      done.error().message()));
}

http::Response RestXmlCodec::encode_response(const OperationSpec& op, const void* output,
                                             std::string_view request_id) const {
  http::Response response;
  response.status = reply_status(op, output);
  rest_xml::add_request_id(*op.service, request_id, response.headers);
  encode_rest_headers(*op.output, output, response.headers);
  const Member* const payload = payload_member(*op.output);
  if (payload != nullptr) {
    if (const void* field = member_value(output, *payload)) {
      if (rest_xml::is_xml_payload(*payload->shape)) response.body = rest_xml::kDeclaration;
      rest_xml::write_payload(*payload, field, response.body, response.headers);
    }
  } else if (has_body_members(*op.output, MessageSide::reply)) {
    rest_xml::write_reply(op, output, response.body);
    default_content_type(response.headers, rest_xml::kContentType);
  }
  return response;
}

http::Response RestXmlCodec::encode_error(const ServiceSpec& service, const WireError& error) const {
  http::Response response;
  response.status = error.http_status;
  rest_xml::add_request_id(service, error.request_id, response.headers);
  if (error.detail_shape != nullptr && error.detail != nullptr)
    encode_rest_headers(*error.detail_shape, error.detail, response.headers);
  default_content_type(response.headers, rest_xml::kContentType);
  response.body = rest_xml::kDeclaration;
  XmlWriter out(response.body);
  if (!service.s3_rules) {
    out.open("ErrorResponse");
    rest_xml::declare_default(out, service);
  }
  out.open("Error");
  if (!service.s3_rules) out.element("Type", error.sender_fault ? "Sender" : "Receiver");
  write_xml_error(out, error);
  if (!service.s3_rules) out.close();
  out.element("RequestId", error.request_id);
  out.close();
  return response;
}

}  // namespace postern::aws
