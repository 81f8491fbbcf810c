#include "term/wrap.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "term/width.hpp"

namespace postern::term {
namespace {

void wrap_paragraph(std::string_view paragraph, std::size_t columns, std::vector<std::string>& lines) {
  const std::size_t before = lines.size();
  std::string line;
  std::size_t used = 0;
  for (std::string_view word : split(paragraph, ' ')) {
    if (word.empty()) continue;
    std::size_t width = display_width(word);
    if (used != 0 && used + 1 + width > columns) {
      lines.push_back(std::move(line));
      line.clear();
      used = 0;
    }
    if (used != 0) {
      line += ' ';
      ++used;
    }
    while (width > columns) {
      std::string_view head = prefix_of_width(word, columns);
      // A character wider than the line still has to go somewhere.
      if (head.empty()) head = word.substr(0, first_cluster(word).bytes);
      lines.emplace_back(head);
      word.remove_prefix(head.size());
      width = display_width(word);
    }
    line += word;
    used += width;
  }
  // A paragraph without words is an empty line; a word that was broken to its very end leaves none.
  if (!line.empty() || lines.size() == before) lines.push_back(std::move(line));
}

}  // namespace

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  if (text.ends_with('\n')) text.remove_suffix(1);
  for (const std::string_view paragraph : split(text, '\n')) {
    wrap_paragraph(paragraph, std::max<std::size_t>(columns, 1), lines);
  }
  return lines;
}

std::string wrap_indented(std::string_view text, std::size_t columns, std::string_view first, std::string_view rest) {
  const std::size_t indent = std::max(display_width(first), display_width(rest));
  std::string out;
  bool at_first = true;
  for (const std::string& line : wrap(text, columns > indent ? columns - indent : 1)) {
    std::string full(at_first ? first : rest);
    full += line;
    at_first = false;
    full.resize(full.find_last_not_of(' ') + 1);
    out.append(full).append("\n");
  }
  return out;
}

}  // namespace postern::term
