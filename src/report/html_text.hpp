#pragma once

/// Untrusted text in a page.

#include <string>
#include <string_view>

namespace postern::report {

/// For elements' content and quoted attribute values alike: & < > " ' are entities; CRLF is a line feed; every other
/// control character, malformed UTF-8 and the marks that reorder text (U+202A to U+202E, U+2066 to U+2069, U+200E,
/// U+200F, U+061C) become visible escapes such as \x1b or \u202e. Tabs and line feeds stay.
std::string html_escaped(std::string_view text);
void append_html(std::string& out, std::string_view text);
/// The same escapes without the entities, and for tabs and line ends too: one line.
std::string visible_line(std::string_view text);

}  // namespace postern::report
