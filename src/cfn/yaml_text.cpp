#include "cfn/yaml_text.hpp"

#include <algorithm>
#include <array>

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace postern::cfn {
namespace {

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// Words that some reader takes for a boolean or for nothing.
bool is_reserved(std::string_view text) {
  static constexpr std::array<std::string_view, 10> kWords = {"true", "false", "yes", "no",   "on",
                                                              "off",  "y",     "n",   "null", "nan"};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return equals_ignore_case(word, text); });
}

bool needs_escapes(std::string_view text) {
  return !is_utf8(text) ||
         std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_plain(std::string_view text, YamlPlace place) {
  if (text.empty() || text.back() == ' ' || text.back() == ':' || is_reserved(text)) return false;
  const char first = text.front();
  if (!is_letter(first) && first != '/' && first != '_' && first != '^' && first != '$') return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  return place == YamlPlace::block || text.find_first_of(",[]{}") == std::string_view::npos;
}

}  // namespace

std::string yaml_scalar(std::string_view text, YamlPlace place) {
  if (is_plain(text, place) && !needs_escapes(text)) return std::string(text);
  std::string out;
  if (needs_escapes(text)) {
    append_json_string(out, text);
    return out;
  }
  out.push_back('\'');
  for (const char c : text) {
    if (c == '\'') out.push_back('\'');
    out.push_back(c);
  }
  out.push_back('\'');
  return out;
}

std::vector<std::string> wrap_words(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  for (const std::string_view word : split(text, ' ')) {
    if (!lines.empty() && lines.back().size() + 1 + word.size() <= width) {
      lines.back() += " " + std::string(word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

}  // namespace postern::cfn
