#include "sim/iam/names.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::sim {
namespace iam_names {

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace iam_names

bool is_name(std::string_view text, std::string_view punctuation) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return iam_names::is_word(c) || punctuation.find(c) != std::string_view::npos; });
}

bool is_path(std::string_view text) noexcept {
  if (text.empty() || text.front() != '/' || text.back() != '/') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_tag_text(std::string_view text) noexcept {
  if (!is_utf8(text)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    const bool ascii = static_cast<unsigned char>(c) < 0x80;
    return !ascii || iam_names::is_word(c) || std::string_view(" .:/=+-@").find(c) != std::string_view::npos;
  });
}

std::string pattern_violation(std::string_view member, std::string_view value, std::string_view pattern) {
  return "1 validation error detected: Value '" + printable(value, 200) + "' at '" + std::string(member) +
         "' failed to satisfy constraint: Member must satisfy regular expression pattern: " + std::string(pattern);
}

}  // namespace postern::sim
