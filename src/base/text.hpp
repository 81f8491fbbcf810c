#pragma once

/// Small text functions; everything is ASCII unless it says otherwise.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

std::string_view trim(std::string_view text) noexcept;
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
bool equals_ignore_case(std::string_view a, std::string_view b) noexcept;
bool starts_with_ignore_case(std::string_view text, std::string_view prefix) noexcept;

/// Splits at every separator; N separators give N + 1 parts.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);

/// Glob with `*` and `?` only, as in AWS filters and IAM; linear in text length times pattern length at worst.
bool glob_match(std::string_view pattern, std::string_view text) noexcept;

/// Number of single-character edits between two words.
std::size_t edit_distance(std::string_view a, std::string_view b);
/// The candidate nearest to `word` when it is near enough to be a likely typing error, else empty.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// True when the bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
bool is_utf8(std::string_view bytes) noexcept;
/// How many bytes from the start are well-formed UTF-8.
std::size_t utf8_prefix(std::string_view bytes) noexcept;
/// The same text with every malformed byte replaced by U+FFFD.
std::string scrub_utf8(std::string_view bytes);
/// Untrusted text for a terminal or a one-line message: malformed UTF-8 and control characters (ESC among them) become
/// visible escapes such as \x1b, and it is cut to `max_bytes` at a character boundary with "..." when longer.
std::string printable(std::string_view bytes, std::size_t max_bytes = 400);

}  // namespace postern
