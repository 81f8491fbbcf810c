#include "term/diff.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/text.hpp"
#include "term/node_set.hpp"
#include "term/screen_text.hpp"

namespace postern::term {
namespace diff {

constexpr std::string_view kDiffRule = "---------------\n";
constexpr std::size_t kHeaderMax = 16 * 1024;

/// Lines with their line feeds, so that a missing last one is a difference.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t feed = text.find('\n');
    const std::size_t length = feed == std::string_view::npos ? text.size() : feed + 1;
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

/// Equal lines get equal numbers: comparing them is then one instruction.
class Numbers {
 public:
  std::vector<int> of(const std::vector<std::string_view>& lines) {
    std::vector<int> out;
    out.reserve(lines.size());
    for (const std::string_view line : lines) {
      out.push_back(numbers_.try_emplace(line, static_cast<int>(numbers_.size())).first->second);
    }
    return out;
  }

 private:
  std::unordered_map<std::string_view, int> numbers_;
};

/// What happens to lines: keep one of both, drop one of `before`, add one of `after`.
enum class Step : char { keep = ' ', drop = '-', add = '+' };

/// Myers's greedy algorithm: the furthest reaching paths with 0, 1, 2 ... edits on each diagonal x - y.
class Myers {
 public:
  Myers(std::span<const int> before, std::span<const int> after) : before_(before), after_(after) {}

  std::optional<std::vector<Step>> steps(std::size_t edits_max) {
    const int n = static_cast<int>(before_.size());
    const int m = static_cast<int>(after_.size());
    const int most = static_cast<int>(std::min<std::size_t>(edits_max, before_.size() + after_.size()));
    std::vector<int> reach(static_cast<std::size_t>(2 * most + 3), 0);
    const auto at = [&](int diagonal) -> int& { return reach[static_cast<std::size_t>(diagonal + most + 1)]; };
    for (int edits = 0; edits <= most; ++edits) {
      for (int diagonal = -edits; diagonal <= edits; diagonal += 2) {
        const bool down = diagonal == -edits || (diagonal != edits && at(diagonal - 1) < at(diagonal + 1));
        int x = down ? at(diagonal + 1) : at(diagonal - 1) + 1;
        while (x < n && x - diagonal < m && x - diagonal >= 0 &&
               before_[static_cast<std::size_t>(x)] == after_[static_cast<std::size_t>(x - diagonal)]) {
          ++x;
        }
        at(diagonal) = x;
        if (x >= n && x - diagonal >= m) {
          keep_row(edits, at);
          return trace(edits);
        }
      }
      keep_row(edits, at);
    }
    return std::nullopt;
  }

 private:
  /// Only what this round can have reached: the rows together are edits squared, not edits times lines.
  template <class At>
  void keep_row(int edits, const At& at) {
    std::vector<int>& row = rows_.emplace_back();
    row.reserve(static_cast<std::size_t>(2 * edits + 1));
    for (int diagonal = -edits; diagonal <= edits; ++diagonal) row.push_back(at(diagonal));
  }
  /// What the next round saw: diagonals beyond the row were still 0.
  int reached(int edits, int diagonal) const {
    if (diagonal < -edits || diagonal > edits) return 0;
    return rows_[static_cast<std::size_t>(edits)][static_cast<std::size_t>(diagonal + edits)];
  }

  std::vector<Step> trace(int edits) const {
    std::vector<Step> steps;
    int x = static_cast<int>(before_.size());
    int y = static_cast<int>(after_.size());
    for (; edits > 0; --edits) {
      const int diagonal = x - y;
      const bool down = diagonal == -edits ||
                        (diagonal != edits && reached(edits - 1, diagonal - 1) < reached(edits - 1, diagonal + 1));
      const int from = down ? diagonal + 1 : diagonal - 1;
      const int from_x = reached(edits - 1, from);
      const int start = down ? from_x : from_x + 1;
      for (; x > start; --x, --y) steps.push_back(Step::keep);
      steps.push_back(down ? Step::add : Step::drop);
      x = from_x;
      y = from_x - from;
    }
    for (; x > 0; --x) steps.push_back(Step::keep);
    std::reverse(steps.begin(), steps.end());
    return steps;
  }
  std::span<const int> before_;
  std::span<const int> after_;
  std::vector<std::vector<int>> rows_;
};

std::optional<std::vector<Step>> all_steps(const std::vector<int>& before, const std::vector<int>& after,
                                           std::size_t edits_max) {
  std::size_t head = 0;
  while (head < before.size() && head < after.size() && before[head] == after[head]) ++head;
  std::size_t tail = 0;
  while (tail < before.size() - head && tail < after.size() - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) {
    ++tail;
  }
  const std::span<const int> all_before(before);
  const std::span<const int> all_after(after);
  Myers middle(all_before.subspan(head, before.size() - head - tail),
               all_after.subspan(head, after.size() - head - tail));
  const auto steps = middle.steps(edits_max);
  if (!steps) return std::nullopt;
  std::vector<Step> all(head, Step::keep);
  all.insert(all.end(), steps->begin(), steps->end());
  all.insert(all.end(), tail, Step::keep);
  return all;
}

std::string range_text(std::size_t first, std::size_t count) {
  // As diff has it: one line goes without its count, and of no lines the one before is named.
  if (count == 1) return std::to_string(first + 1);
  return std::to_string(count == 0 ? first : first + 1) + "," + std::to_string(count);
}

class Hunks {
 public:
  Hunks(const std::vector<std::string_view>& before, const std::vector<std::string_view>& after,
        const std::vector<Step>& steps, std::size_t context)
      : before_(before), after_(after), steps_(steps), context_(context) {}

  std::string text() {
    std::size_t at = 0;
    while (at < steps_.size()) {
      const std::size_t change = next_change(at);
      skip(at, std::min(steps_.size(), change - std::min(change - at, context_)));
      at = change - std::min(change - at, context_);
      if (change == steps_.size()) break;
      std::size_t end = change;
      for (;;) {
        while (end < steps_.size() && steps_[end] != Step::keep) ++end;
        const std::size_t next = next_change(end);
        if (next == steps_.size() || next - end > 2 * context_) break;
        end = next;
      }
      end = std::min(steps_.size(), end + context_);
      hunk(at, end);
      at = end;
    }
    return std::move(out_);
  }

 private:
  std::size_t next_change(std::size_t from) const {
    while (from < steps_.size() && steps_[from] == Step::keep) ++from;
    return from;
  }
  void skip(std::size_t from, std::size_t to) {
    x_ += to - from;
    y_ += to - from;
  }
  void line(char mark, std::string_view text) {
    out_ += mark;
    out_ += text;
    if (!text.ends_with('\n')) out_ += "\n\\ No newline at end of file\n";
  }
  void hunk(std::size_t from, std::size_t to) {
    const auto count = [&](Step other) {
      return static_cast<std::size_t>(std::count_if(steps_.begin() + static_cast<std::ptrdiff_t>(from),
                                                    steps_.begin() + static_cast<std::ptrdiff_t>(to),
                                                    [&](Step s) { return s != other; }));
    };
    out_ += "@@ -" + range_text(x_, count(Step::add)) + " +" + range_text(y_, count(Step::drop)) + " @@\n";
    for (std::size_t at = from; at < to; ++at) {
      const Step step = steps_[at];
      line(static_cast<char>(step), step == Step::add ? after_[y_] : before_[x_]);
      if (step != Step::add) ++x_;
      if (step != Step::drop) ++y_;
    }
  }

  const std::vector<std::string_view>& before_;
  const std::vector<std::string_view>& after_;
  const std::vector<Step>& steps_;
  const std::size_t context_;
  std::size_t x_ = 0;
  std::size_t y_ = 0;
  std::string out_;
};

std::string header_of(const GatheredBlock& block) {
  std::string header = printable(fold_names(block.names), kHeaderMax);
  if (block.names.size() > 1) header += " (" + std::to_string(block.names.size()) + ")";
  return header;
}

std::string colored(std::string_view text, Color color) {
  std::string out;
  for (const std::string_view line : lines_of(text)) {
    const std::string_view bare = line.substr(0, line.size() - (line.ends_with('\n') ? 1 : 0));
    Style style = Style::dim;
    if (bare.starts_with('+')) style = Style::good;
    if (bare.starts_with('-')) style = Style::bad;
    const bool plain = bare.starts_with(' ');
    out.append(plain ? std::string(bare) : styled(std::string(bare), style, color)).append("\n");
  }
  return out;
}

}  // namespace diff

std::optional<std::string> unified_diff(std::string_view before, std::string_view after, const DiffOptions& options) {
  if (before == after) return std::string();
  const auto old_lines = diff::lines_of(before);
  const auto new_lines = diff::lines_of(after);
  if (old_lines.size() + new_lines.size() > options.lines_max) return std::nullopt;
  diff::Numbers numbers;
  const std::vector<int> old_numbers = numbers.of(old_lines);
  const std::vector<int> new_numbers = numbers.of(new_lines);
  const auto steps = diff::all_steps(old_numbers, new_numbers, options.edits_max);
  if (!steps) return std::nullopt;
  return diff::Hunks(old_lines, new_lines, *steps, options.context).text();
}

DiffRenderer::DiffRenderer(const GatheredBlock& majority, const DiffOptions& options, Color color)
    : options_(options), color_(color), header_(diff::header_of(majority)), text_(screen_text(majority.output)) {}

std::string DiffRenderer::majority() const {
  std::string out(diff::kDiffRule);
  out.append(styled(header_, Style::accent, color_)).append("\n").append(diff::kDiffRule).append(text_);
  return out;
}

std::string DiffRenderer::difference(const GatheredBlock& block) const {
  std::string out = styled("--- " + header_, Style::dim, color_) + "\n";
  out.append(styled("+++ " + diff::header_of(block), Style::accent, color_)).append("\n");
  const std::string text = screen_text(block.output);
  const auto changes = unified_diff(text_, text, options_);
  if (!changes) {
    out += "differs: " + std::to_string(diff::lines_of(text).size()) + " lines, too many of them changed to compare\n";
  } else if (changes->empty()) {
    out += "differs in bytes that a screen does not show\n";
  } else {
    out += diff::colored(*changes, color_);
  }
  return out;
}

std::string render_diff(std::span<const GatheredBlock> blocks, const DiffOptions& options, Color color) {
  if (blocks.empty()) return {};
  const DiffRenderer renderer(blocks.front(), options, color);
  std::string out = renderer.majority();
  for (const GatheredBlock& block : blocks.subspan(1)) out += renderer.difference(block);
  return out;
}

}  // namespace postern::term
