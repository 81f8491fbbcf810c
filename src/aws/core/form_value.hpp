#pragma once

/// Values of descriptors to and from application/x-www-form-urlencoded: requests of query and ec2.

#include <string>
#include <string_view>

#include "aws/core/shape.hpp"
#include "base/error.hpp"

namespace postern::aws {

/// The two ways of naming things: query has `X.member.1` and `X.entry.1.key`, ec2 `X.1` with capital names.
enum class FormDialect : std::uint8_t { query, ec2 };

/// A server refuses bodies with more pairs than this.
inline constexpr std::size_t kFormPairsMax = 20'000;

/// Appends "&Name=value" for every set member of the structure.
void encode_form(std::string& out, FormDialect dialect, const Shape& shape, const void* value);

/// Reads the members of a structure from a form body; unknown keys are ignored. Errors: malformed with the key.
Result<void> decode_form(std::string_view body, FormDialect dialect, const Shape& shape, void* value);

/// The value of one top-level key of a form, or empty.
std::string form_field(std::string_view body, std::string_view key);

}  // namespace postern::aws
