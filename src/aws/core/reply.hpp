#pragma once

/// What the codecs share about replies and refusals: how an Error is made of them. Private to aws/core.

#include <string>
#include <string_view>

#include "aws/core/codec.hpp"
#include "aws/core/spec.hpp"
#include "base/error.hpp"
#include "http/message.hpp"

namespace postern::aws {

/// Of a body that makes no sense, errors show a part of its first bytes, and its length.
inline constexpr std::size_t kDescribedMax = 240;

/// What a reply said went wrong, before it becomes an Error.
struct ReplyFault {
  ReplyFault() = default;
  std::string code;  ///< as found, namespace and URI not yet stripped
  std::string message;
  std::string request_id;  ///< from the body; the headers' wins
  bool readable = false;   ///< the body was an error document (or empty, with a code in a header)
};

/// "aws.protocoltests#FooError:http://..." is FooError.
std::string clean_error_code(std::string_view code);

/// The Error of a non-2xx reply: kind by code and status, AwsFault, retry-after, Delivery::answered.
Error error_of_reply(const OperationSpec& op, const http::Response& response, ReplyFault fault);

/// The Error of a 2xx reply that is not what the protocol says: malformed, and the message says what came instead
/// (content type, size, first characters).
Error malformed_reply(const OperationSpec& op, const http::Response& response, std::string_view why);

/// Server: of a service that also speaks query, its code in x-amzn-query-error: clients that were written for query
/// look for it there.
void add_query_error(http::Response& response, const ServiceSpec& service, const WireError& error);

/// Server: usage with an AwsFault of that code and status 400.
Error bad_request(const OperationSpec& op, std::string_view code, std::string message);

}  // namespace postern::aws
