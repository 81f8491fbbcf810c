#include "term/gather.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/text.hpp"
#include "term/node_set.hpp"
#include "term/screen_text.hpp"

namespace postern::term {
namespace {

constexpr std::string_view kRule = "---------------\n";
constexpr std::size_t kMaxHeaderBytes = 16 * 1024;

std::string_view without_line_ends(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<GatheredBlock> gather(std::span<const NamedOutput> outputs) {
  std::map<std::string_view, GatheredBlock> by_output;
  for (const NamedOutput& item : outputs) {
    GatheredBlock& block = by_output[without_line_ends(item.output)];
    block.names.push_back(item.name);
  }
  std::vector<GatheredBlock> blocks;
  for (auto& [output, block] : by_output) {
    block.output = output;
    std::sort(block.names.begin(), block.names.end(), natural_less);
    blocks.push_back(std::move(block));
  }
  std::sort(blocks.begin(), blocks.end(), [](const GatheredBlock& a, const GatheredBlock& b) {
    if (a.names.size() != b.names.size()) return a.names.size() > b.names.size();
    return natural_less(a.names.front(), b.names.front());
  });
  return blocks;
}

std::string render_gathered(std::span<const GatheredBlock> blocks, Color color) {
  std::string out;
  for (const GatheredBlock& block : blocks) {
    std::string header = printable(fold_names(block.names), kMaxHeaderBytes);
    if (block.names.size() > 1) header += " (" + std::to_string(block.names.size()) + ")";
    out.append(kRule).append(styled(header, Style::accent, color)).append("\n").append(kRule);
    out += screen_text(block.output);
  }
  return out;
}

}  // namespace postern::term
