#pragma once

/// What rest-json and rest-xml have in common: everything of a message but its body. Members stand in the path, the
/// query, the headers and the status. Private to aws/core.

#include "aws/core/codec.hpp"
#include "aws/core/json_value.hpp"

namespace postern::aws {

/// The member that is the whole body, or null.
const Member* payload_member(const Shape& shape) noexcept;
/// True when a member stands in a body of the protocol's own format.
bool has_body_members(const Shape& shape, MessageSide side) noexcept;
/// True when such a member of a request is set.
bool has_body_values(const Shape& shape, const void* value);

/// Method, target and headers of a request. Errors, usage with the member's name: a label that is not set or empty, a
/// header that cannot be sent.
Result<http::Request> encode_rest_head(const OperationSpec& op, const void* input);
/// The reverse. `request.target` is in path style (rest_bucket.hpp). Errors: malformed with the member's name.
Result<void> decode_rest_head(const OperationSpec& op, const http::Request& request, void* input);

/// The header members of a reply or an error. What cannot be sent is left out: a server has nobody to complain to.
void encode_rest_headers(const Shape& shape, const void* value, http::Headers& headers);
/// Header and status members. Errors: malformed with the member's name.
Result<void> decode_rest_headers(const Shape& shape, const http::Response& response, void* value);

/// Sets Content-Type unless a member has said it already.
void default_content_type(http::Headers& headers, std::string_view type);

/// The status of a reply: the one that a member says, else the operation's.
int reply_status(const OperationSpec& op, const void* output);

/// Reads a raw payload (blob, text) of `body` into the member; an empty body leaves it unset. Errors: malformed.
Result<void> take_raw_payload(const Member& member, std::string_view body, void* object);

/// Nothing that a service says: where no body is modelled, an HTML page must not pass for success.
bool is_html(const http::Response& response) noexcept;

}  // namespace postern::aws
