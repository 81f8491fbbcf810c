#include "term/width.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <vector>

namespace postern::term {
namespace {

struct WidthRange {
  char32_t first;
  char32_t last;
};

#include "term/width_table.inc"

bool in_ranges(std::span<const WidthRange> ranges, char32_t code) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), code, [](char32_t c, const WidthRange& r) { return c < r.first; });
  return after != ranges.begin() && code <= std::prev(after)->last;
}

struct Decoded {
  char32_t code = 0xFFFD;
  std::size_t bytes = 1;
};

// Malformed bytes decode as one U+FFFD each; overlong forms and surrogates need no refusal for measuring.
Decoded decode_first(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xF0 && first <= 0xF4  ? 4
                           : first >= 0xE0 && first < 0xF0 ? 3
                           : first >= 0xC2                 ? 2
                                                           : 1;
  if (size == 1 || first > 0xF4 || text.size() < size) return {};
  char32_t code = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code = code << 6U | (byte(i) & 0x3FU);
  }
  return {code, size};
}

constexpr char32_t kJoiner = 0x200D;
constexpr char32_t kEmojiPresentation = 0xFE0F;
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

bool is_flag_letter(char32_t code) {
  return code >= 0x1F1E6 && code <= 0x1F1FF;
}
bool is_skin_tone(char32_t code) {
  return code >= 0x1F3FB && code <= 0x1F3FF;
}

// The longest suffix (whole clusters) of at most `columns`.
std::string_view suffix_of_width(std::string_view text, std::size_t columns) {
  std::size_t width = display_width(text);
  while (width > columns) {
    const Cluster cluster = first_cluster(text);
    text.remove_prefix(cluster.bytes);
    width -= static_cast<std::size_t>(cluster.width);
  }
  return text;
}

}  // namespace

int codepoint_width(char32_t code) noexcept {
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return 0;
  if (code < 0x300) return 1;
  if (in_ranges(kZeroWidth, code)) return 0;
  return in_ranges(kDoubleWidth, code) ? 2 : 1;
}

Cluster first_cluster(std::string_view text) noexcept {
  const Decoded base = decode_first(text);
  Cluster cluster;
  cluster.bytes = base.bytes;
  cluster.width = codepoint_width(base.code);
  if (base.code < 0x20) return cluster;
  bool joined = false;
  bool flag_open = is_flag_letter(base.code);
  while (cluster.bytes < text.size()) {
    const Decoded next = decode_first(text.substr(cluster.bytes));
    if (flag_open && is_flag_letter(next.code)) {
      // Two regional indicators make one flag of two columns.
      flag_open = false;
      cluster.width = 2;
    } else if (joined || is_skin_tone(next.code)) {
      joined = false;
      cluster.width = std::max(cluster.width, codepoint_width(next.code));
    } else if (next.code >= 0x300 && codepoint_width(next.code) == 0) {
      joined = next.code == kJoiner;
      if (next.code == kEmojiPresentation && base.code > 0xA0) cluster.width = 2;
    } else {
      break;
    }
    cluster.bytes += next.bytes;
  }
  return cluster;
}

std::size_t display_width(std::string_view text) noexcept {
  std::size_t width = 0;
  while (!text.empty()) {
    const Cluster cluster = first_cluster(text);
    width += static_cast<std::size_t>(cluster.width);
    text.remove_prefix(cluster.bytes);
  }
  return width;
}

std::string_view prefix_of_width(std::string_view text, std::size_t columns) noexcept {
  std::size_t at = 0;
  std::size_t width = 0;
  while (at < text.size()) {
    const Cluster cluster = first_cluster(text.substr(at));
    width += static_cast<std::size_t>(cluster.width);
    if (width > columns) break;
    at += cluster.bytes;
  }
  return text.substr(0, at);
}

std::string truncate(std::string_view text, std::size_t columns) {
  const std::string_view whole = prefix_of_width(text, columns);
  if (whole.size() == text.size()) return std::string(text);
  if (columns == 0) return {};
  return std::string(prefix_of_width(text, columns - 1)).append(kEllipsis);
}

std::string truncate_middle(std::string_view text, std::size_t columns) {
  if (prefix_of_width(text, columns).size() == text.size()) return std::string(text);
  if (columns < 3) return truncate(text, columns);
  const std::size_t tail = (columns - 1) / 2;
  std::string out(prefix_of_width(text, columns - 1 - tail));
  return out.append(kEllipsis).append(suffix_of_width(text, tail));
}

std::string pad(std::string_view text, std::size_t columns, Align align) {
  const std::size_t width = display_width(text);
  const std::size_t missing = columns > width ? columns - width : 0;
  std::string out(align == Align::right ? missing : 0, ' ');
  out += text;
  if (align == Align::left) out.append(missing, ' ');
  return out;
}

}  // namespace postern::term
