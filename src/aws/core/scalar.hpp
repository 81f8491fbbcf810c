#pragma once

/// Scalars as text: the form that query parameters, XML elements, headers and (for some kinds) JSON strings share.

#include <string>
#include <string_view>

#include "aws/core/shape.hpp"

namespace postern::aws {

/// The format to write a timestamp in: the member's own, else the shape's, else the protocol's.
TimeFormat time_format_of(const Shape& shape, TimeFormat member_format, TimeFormat protocol_default) noexcept;

/// Epoch seconds are exact: "1422172800" or "946845296.123", never a rounded double.
std::string format_timestamp(WallTime time, TimeFormat format);
/// Takes every format whatever the model says: servers differ in what they send. RFC 3339 with offset and fraction,
/// IMF-fixdate, epoch seconds.
std::optional<WallTime> parse_timestamp(std::string_view text);

/// Appends a scalar (any kind but structure, list and map). Blobs become base64; not-a-number and infinities become
/// NaN, Infinity, -Infinity.
void append_scalar(std::string& out, const Shape& shape, const void* value, TimeFormat format);

/// The reverse. Null on success, else a literal that says why ("not a whole number"). White space around numbers,
/// booleans and timestamps is ignored.
const char* parse_scalar(const Shape& shape, std::string_view text, void* value);

}  // namespace postern::aws
