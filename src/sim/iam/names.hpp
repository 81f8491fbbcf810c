#pragma once

/// What IAM, STS and Organizations accept as names, paths and tags.

#include <string>
#include <string_view>

namespace postern::sim {

/// Letters, digits, "_" and `punctuation`.
bool is_name(std::string_view text, std::string_view punctuation) noexcept;
/// "/" or "/division/team/", printable characters.
bool is_path(std::string_view text) noexcept;
/// [\p{L}\p{Z}\p{N}_.:/=+\-@]*: ASCII is checked, everything else in UTF-8 counts as letters.
bool is_tag_text(std::string_view text) noexcept;
/// "1 validation error detected: Value 'x' at 'member' failed to satisfy constraint: ..."
std::string pattern_violation(std::string_view member, std::string_view value, std::string_view pattern);

}  // namespace postern::sim
