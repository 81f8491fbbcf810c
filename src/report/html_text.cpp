#include "report/html_text.hpp"

#include <array>
#include <cstdint>

#include "base/text.hpp"

namespace postern::report {
namespace html_text {

constexpr std::string_view kHex = "0123456789abcdef";
enum class Spelling : std::uint8_t { html, line };

void append_byte(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += "\\x";
  out += kHex[byte >> 4U];
  out += kHex[byte & 15U];
}

void append_code_point(std::string& out, unsigned code) {
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kHex[(code >> shift) & 15U];
}

/// The code point of a well-formed sequence of two or three bytes; 0 for anything else.
unsigned code_point(std::string_view bytes) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[at])); };
  if (bytes.size() == 2) return ((byte(0) & 0x1fU) << 6U) | (byte(1) & 0x3fU);
  if (bytes.size() == 3) return ((byte(0) & 0x0fU) << 12U) | ((byte(1) & 0x3fU) << 6U) | (byte(2) & 0x3fU);
  return 0;
}

bool is_harmful(unsigned code) {
  return (code >= 0x80 && code < 0xa0) || code == 0x061c || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

std::size_t length_of(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte < 0x80) return 1;
  if (byte >= 0xf0) return 4;
  return byte >= 0xe0 ? 3 : 2;
}

void append_ascii(std::string& out, char c, Spelling spelling) {
  constexpr std::string_view kMarkup = "&<>\"'";
  constexpr std::array<std::string_view, 5> kEntities = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  const std::size_t markup = spelling == Spelling::html ? kMarkup.find(c) : std::string_view::npos;
  if (markup != std::string_view::npos) {
    out += kEntities.at(markup);
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  const bool space = spelling == Spelling::html && (c == '\t' || c == '\n');
  if ((byte < 0x20 && !space) || byte == 0x7f) {
    append_byte(out, c);
  } else {
    out += c;
  }
}

void append_spelled(std::string& out, std::string_view text, Spelling spelling) {
  while (!text.empty()) {
    std::size_t good = utf8_prefix(text);
    for (std::size_t at = 0; at < good;) {
      const std::size_t length = length_of(text[at]);
      const unsigned code = length == 1 ? 0 : code_point(text.substr(at, length));
      if (spelling == Spelling::html && text.substr(at).starts_with("\r\n")) {
        out += '\n';
        at += 2;
        continue;
      }
      if (length == 1) {
        append_ascii(out, text[at], spelling);
      } else if (is_harmful(code)) {
        append_code_point(out, code);
      } else {
        out.append(text.substr(at, length));
      }
      at += length;
    }
    if (good < text.size()) append_byte(out, text[good++]);
    text.remove_prefix(good);
  }
}

}  // namespace html_text

void append_html(std::string& out, std::string_view text) {
  html_text::append_spelled(out, text, html_text::Spelling::html);
}

std::string visible_line(std::string_view text) {
  std::string out;
  html_text::append_spelled(out, text, html_text::Spelling::line);
  return out;
}

std::string html_escaped(std::string_view text) {
  std::string out;
  append_html(out, text);
  return out;
}

}  // namespace postern::report
