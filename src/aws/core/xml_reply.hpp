#pragma once

/// What the replies of query and ec2 have in common. Private to aws/core.

#include <string_view>

#include "aws/core/codec.hpp"
#include "aws/core/reply.hpp"
#include "base/xml.hpp"

namespace postern::aws {

/// The document of a 2xx reply. Its root must be "<Op>Response" by its ending at least, so that HTML pages and error
/// documents are told apart from replies.
Result<XmlDocument> parse_xml_reply(const OperationSpec& op, const http::Response& response);

/// The body of a reply, taken out of it for an XmlDocument. What is left of it for a complaint, should there be one, is
/// its length and its beginning, which put_back() restores.
class TakenBody {
 public:
  explicit TakenBody(http::Response& response);
  /// The document, as parse_xml_reply() has it; when there is none the body has been put back.
  Result<XmlDocument> parse(const OperationSpec& op);
  void put_back();

 private:
  http::Response& response_;
  std::string beginning_;
  std::size_t size_;
};

/// The <Error> element of an error document of either protocol, or nothing.
XmlNode find_xml_error(XmlNode root);

/// Code, message and request id of an error document of either protocol.
Error decode_xml_error(const OperationSpec& op, const http::Response& response);
Result<void> decode_xml_error_detail(const OperationSpec& op, const http::Response& response, const Shape& error_shape,
                                     void* detail);

/// Writes <Code>, <Message> and the modelled members inside the <Error> element that is open.
void write_xml_error(XmlWriter& out, const WireError& error);

}  // namespace postern::aws
