#pragma once

/// Values of descriptors to and from HTTP header fields (Smithy, "httpHeader serialization rules"). Private to
/// aws/core.

#include <string>
#include <string_view>

#include "aws/core/shape.hpp"

namespace postern::aws {

/// Appends the text of a scalar or of a list of scalars: "a, \"b,c\"", dates as IMF-fixdate unless the model says
/// otherwise, JSON values as base64. Null on success, else a literal that says why it cannot be sent.
const char* append_header(std::string& out, const Member& member, const void* value);

/// The reverse; a list gets all its elements. `text` is the field's value, those of repeated fields joined by commas.
/// Null on success, else why not.
const char* parse_header(const Member& member, std::string_view text, void* value);

/// An HTTP token (RFC 9110 section 5.6.2): what a header may be called.
bool is_header_name(std::string_view name) noexcept;
/// Free of line breaks and NUL.
bool is_header_text(std::string_view text) noexcept;

}  // namespace postern::aws
