#pragma once

/// Whether to colour, and the few styles that postern uses.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "os/environment.hpp"

namespace postern::term {

/// The value of --color.
enum class ColorChoice : std::uint8_t { automatic, always, never };
/// "auto", "always", "never"; absent for anything else.
std::optional<ColorChoice> parse_color_choice(std::string_view text);

/// Where the text goes.
enum class Sink : std::uint8_t { tty, other };

enum class Color : std::uint8_t { off, on };
/// --color wins; then NO_COLOR (no-color.org: set and not empty), CLICOLOR_FORCE (set and not "0"), CLICOLOR=0 and
/// TERM=dumb in this order; then colour is for ttys.
Color decide_color(ColorChoice choice, const os::Environment& environment, Sink sink);

enum class Style : std::uint8_t { plain, bold, dim, good, warning, bad, accent };

/// Text in a style; the same text when colour is off or the style plain. `text` must be printable already.
std::string styled(std::string_view text, Style style, Color color);

}  // namespace postern::term
