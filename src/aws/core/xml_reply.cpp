#include "aws/core/xml_reply.hpp"

#include <utility>

#include "aws/core/xml_value.hpp"
#include "base/text.hpp"

namespace postern::aws {
namespace xml_reply {

XmlLimits limits() {
  XmlLimits out;
  out.depth_max = kMaxNesting;
  return out;
}

std::string_view first_text(XmlNode parent, std::string_view name, std::string_view other, std::string& scratch) {
  XmlNode found = parent.child(name);
  if (!found && !other.empty()) found = parent.child(other);
  return found ? found.text(scratch) : std::string_view();
}

/// What is wrong with it, or empty.
std::string fault_of_root(const OperationSpec& op, const Result<XmlDocument>& document) {
  if (!document) return document.error().message();
  const std::string_view root = document->root().name();
  const bool expected = root.ends_with("Response") && root != "Response" && root != "ErrorResponse";
  return expected ? std::string() : "<" + std::string(op.name) + "Response> was expected";
}

}  // namespace xml_reply

Result<XmlDocument> parse_xml_reply(const OperationSpec& op, const http::Response& response) {
  auto document = XmlDocument::parse(response.body, xml_reply::limits());
  if (const std::string why = xml_reply::fault_of_root(op, document); !why.empty())
    return fail(malformed_reply(op, response, why));
  return document;
}

TakenBody::TakenBody(http::Response& response)
    : response_(response), beginning_(response.body.substr(0, kDescribedMax)), size_(response.body.size()) {}

Result<XmlDocument> TakenBody::parse(const OperationSpec& op) {
  auto document = XmlDocument::take(std::exchange(response_.body, std::string()), xml_reply::limits());
  const std::string why = xml_reply::fault_of_root(op, document);
  if (why.empty()) return document;
  put_back();
  return fail(malformed_reply(op, response_, why));
}

void TakenBody::put_back() {
  response_.body = std::move(beginning_);
  response_.body.resize(size_, ' ');
}

XmlNode find_xml_error(XmlNode root) {
  // <ErrorResponse><Error>, <Response><Errors><Error>, and <Error> alone (S3, some gateways).
  if (root.name() == "Error") return root;
  if (const XmlNode error = root.child("Error")) return error;
  if (const XmlNode errors = root.child("Errors")) return errors.child("Error");
  return XmlNode();
}

Error decode_xml_error(const OperationSpec& op, const http::Response& response) {
  ReplyFault fault;
  auto document = XmlDocument::parse(response.body, xml_reply::limits());
  if (!document) return error_of_reply(op, response, std::move(fault));
  const XmlNode root = document->root();
  std::string scratch;
  if (const XmlNode error = find_xml_error(root)) {
    fault.readable = true;
    fault.code = xml_reply::first_text(error, "Code", {}, scratch);
    fault.message = xml_reply::first_text(error, "Message", "message", scratch);
    fault.request_id = xml_reply::first_text(error, "RequestId", "RequestID", scratch);
  }
  if (fault.request_id.empty()) fault.request_id = xml_reply::first_text(root, "RequestId", "RequestID", scratch);
  return error_of_reply(op, response, std::move(fault));
}

Result<void> decode_xml_error_detail(const OperationSpec& op, const http::Response& response, const Shape& error_shape,
                                     void* detail) {
  auto document = XmlDocument::parse(response.body, xml_reply::limits());
  if (!document) return fail(malformed_reply(op, response, document.error().message()));
  const XmlNode error = find_xml_error(document->root());
  if (!error) return fail(malformed_reply(op, response, "no <Error>"));
  auto done = decode_xml_members(error, error_shape, detail);
  if (!done) return fail(malformed_reply(op, response, done.error().message()));
  return {};
}

void write_xml_error(XmlWriter& out, const WireError& error) {
  out.element("Code", error.code);
  const bool detailed = error.detail_shape != nullptr && error.detail != nullptr;
  // Most error shapes model their message; it must not be written twice.
  bool message_in_detail = false;
  for (const Member& member : detailed ? error.detail_shape->members : std::span<const Member>()) {
    if (equals_ignore_case(member.wire_name, "Message") && member_value(error.detail, member) != nullptr)
      message_in_detail = true;
  }
  if (!message_in_detail) out.element("Message", error.message);
  if (detailed) encode_xml_members(out, *error.detail_shape, error.detail);
}

}  // namespace postern::aws
