#pragma once

/// Identical outputs gathered under one folded header, as `clush -b` prints them.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "term/color.hpp"

namespace postern::term {

struct NamedOutput {
  NamedOutput() = default;
  NamedOutput(std::string n, std::string o) : name(std::move(n)), output(std::move(o)) {}
  std::string name;
  std::string output;
};

/// The names that said the same thing.
struct GatheredBlock {
  GatheredBlock() = default;
  std::vector<std::string> names;  ///< sorted naturally
  std::string output;
};

/// One block per distinct output (line ends at the end do not count), the most common first, equals by first name.
std::vector<GatheredBlock> gather(std::span<const NamedOutput> outputs);

/// Each block as
///     ---------------
///     web[01-04] (4)
///     ---------------
///     the output
/// The output is made fit for a screen; the count is shown for more than one name.
std::string render_gathered(std::span<const GatheredBlock> blocks, Color color);

}  // namespace postern::term
