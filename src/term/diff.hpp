#pragma once

/// Line differences between texts, and between what targets printed and what most of them printed (`clush --diff`).

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "term/color.hpp"
#include "term/gather.hpp"

namespace postern::term {

struct DiffOptions {
  DiffOptions() = default;
  std::size_t context = 3;        ///< equal lines around a change
  std::size_t edits_max = 1'000;  ///< the work grows with its square; beyond it there is no diff
  std::size_t lines_max = 200'000;
};

/// The hunks of a unified diff from `before` to `after`, without the two file lines; empty when the texts have the same
/// lines. Lines end with LF; a last line without one is told as `diff` tells it. Absent when there are more lines or
/// edits than the options allow. The shortest edit script (Myers).
std::optional<std::string> unified_diff(std::string_view before, std::string_view after, const DiffOptions& options);

/// Blocks of gather(), the first being the majority: its header and output, then each other block as its header and
/// the diff from the majority:
///     ---------------
///     web[01-04] (4)
///     ---------------
///     the output
///     --- web[01-04] (4)
///     +++ web05
///     @@ -1 +1 @@
///     -the output
///     +another one
/// Outputs are made fit for a screen first. Blocks too different to compare say "differs: N lines" instead.
std::string render_diff(std::span<const GatheredBlock> blocks, const DiffOptions& options, Color color);
/// The same block by block, for when there are many.
class DiffRenderer {
 public:
  DiffRenderer(const GatheredBlock& majority, const DiffOptions& options, Color color);
  /// The majority's header and output.
  std::string majority() const;
  /// Another block, from its `---` line on.
  std::string difference(const GatheredBlock& block) const;

 private:
  DiffOptions options_;
  Color color_;
  std::string header_;
  std::string text_;
};

}  // namespace postern::term
