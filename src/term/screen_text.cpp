#include "term/screen_text.hpp"

#include "base/text.hpp"
#include "term/width.hpp"

namespace postern::term {
namespace {

constexpr std::size_t kTabStop = 8;

// printable() makes at most 4 bytes of one byte, so this limit never cuts.
std::string visible(std::string_view bytes) {
  return printable(bytes, bytes.size() * 6 + 16);
}

std::string screen_line(std::string_view line) {
  std::string out;
  std::size_t column = 0;
  while (true) {
    const std::size_t tab = line.find('\t');
    const std::string part = visible(line.substr(0, tab));
    column += display_width(part);
    out += part;
    if (tab == std::string_view::npos) return out;
    const std::size_t blanks = kTabStop - column % kTabStop;
    out.append(blanks, ' ');
    column += blanks;
    line.remove_prefix(tab + 1);
  }
}

}  // namespace

std::vector<std::string> screen_lines(std::string_view remote) {
  std::vector<std::string> lines;
  while (!remote.empty()) {
    const std::size_t end = remote.find('\n');
    std::string_view line = remote.substr(0, end);
    if (line.ends_with('\r') && end != std::string_view::npos) line.remove_suffix(1);
    lines.push_back(screen_line(line));
    if (end == std::string_view::npos) break;
    remote.remove_prefix(end + 1);
  }
  return lines;
}

std::string screen_text(std::string_view remote) {
  std::string out;
  for (const std::string& line : screen_lines(remote)) out.append(line).append("\n");
  return out;
}

}  // namespace postern::term
