#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::term {

/// Lines of at most `columns` (at least 1), broken at blanks; a word that is too long is broken at a character. Line
/// ends in `text` are kept, runs of blanks inside a paragraph become one, no line ends with a blank.
std::vector<std::string> wrap(std::string_view text, std::size_t columns);

/// wrap() with the first line after `first` and the others after `rest` (printed indents), each line ended by '\n'.
std::string wrap_indented(std::string_view text, std::size_t columns, std::string_view first, std::string_view rest);

}  // namespace postern::term
