#pragma once

/// What the replies of awsJson and rest-json have in common. Private to aws/core.

#include <string_view>

#include "aws/core/codec.hpp"
#include "aws/core/json_value.hpp"
#include "aws/core/reply.hpp"

namespace postern::aws {

/// Reads code, message and request id from the first level of an error document; a code that `fault` has already (from
/// a header) stays. False when the body is not a JSON object.
bool read_json_error(std::string_view body, ReplyFault& fault);

/// The whole of `body` as one value. Errors: malformed.
Result<void> read_json_body(std::string_view body, const Shape& shape, void* value, Coercion coercion,
                            MessageSide side = MessageSide::request);

/// The name of the message member: the error shape decides between "message" and "Message".
std::string_view json_message_key(const WireError& error);

}  // namespace postern::aws
