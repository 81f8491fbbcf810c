#pragma once

/// Remote text made fit for a screen: nothing that a target wrote may drive the operator's terminal.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::term {

/// Lines of remote output without their line ends (LF, CRLF; a lone CR is shown). Tabs go to the next multiple of 8
/// columns; every other control character, and malformed UTF-8, becomes a visible escape. A last line without line end
/// counts; an empty text has no lines.
std::vector<std::string> screen_lines(std::string_view remote);

/// The lines joined with '\n', each ended by one.
std::string screen_text(std::string_view remote);

}  // namespace postern::term
