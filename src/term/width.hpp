#pragma once

/// How many terminal columns text takes, and cutting and padding by columns. Text is UTF-8; malformed bytes count as
/// one column each. Control characters count as none: make text printable first (screen_text.hpp).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::term {

/// Columns of one code point: 0 for combining marks and controls, 2 for East Asian wide characters and emoji, else 1.
int codepoint_width(char32_t code) noexcept;

/// What a reader sees as one character: a base with its combining marks, variation selectors and joined emoji.
struct Cluster {
  Cluster() = default;
  std::size_t bytes = 0;
  int width = 0;
};
/// The cluster that `text` starts with; `text` is not empty.
Cluster first_cluster(std::string_view text) noexcept;

/// Columns of a line of text.
std::size_t display_width(std::string_view text) noexcept;

/// The longest prefix (whole clusters) of at most `columns`.
std::string_view prefix_of_width(std::string_view text, std::size_t columns) noexcept;

/// Text cut to `columns`, its last column being an ellipsis when something was cut.
std::string truncate(std::string_view text, std::size_t columns);
/// The same, cut in the middle, for ids and names whose end tells them apart.
std::string truncate_middle(std::string_view text, std::size_t columns);

enum class Align : std::uint8_t { left, right };
/// Text filled with blanks to `columns`; longer text is left as it is.
std::string pad(std::string_view text, std::size_t columns, Align align = Align::left);

}  // namespace postern::term
