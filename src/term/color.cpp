#include "term/color.hpp"

namespace postern::term {
namespace {

bool is_set(const std::optional<std::string>& value) {
  return value && !value->empty();
}

std::string_view sgr(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "1";
    case Style::dim:
      return "2";
    case Style::good:
      return "32";
    case Style::warning:
      return "33";
    case Style::bad:
      return "31";
    case Style::accent:
      return "36";
  }
  return "";
}

}  // namespace

std::optional<ColorChoice> parse_color_choice(std::string_view text) {
  if (text == "auto") return ColorChoice::automatic;
  if (text == "always") return ColorChoice::always;
  if (text == "never") return ColorChoice::never;
  return std::nullopt;
}

Color decide_color(ColorChoice choice, const os::Environment& environment, Sink sink) {
  if (choice != ColorChoice::automatic) return choice == ColorChoice::always ? Color::on : Color::off;
  if (is_set(environment.get("NO_COLOR"))) return Color::off;
  const auto force = environment.get("CLICOLOR_FORCE");
  if (is_set(force) && *force != "0") return Color::on;
  if (environment.get("CLICOLOR") == "0" || environment.get("TERM") == "dumb") return Color::off;
  return sink == Sink::tty ? Color::on : Color::off;
}

std::string styled(std::string_view text, Style style, Color color) {
  if (color == Color::off || style == Style::plain || text.empty()) return std::string(text);
  std::string out = "\x1b[";
  out.append(sgr(style)).append("m").append(text).append("\x1b[0m");
  return out;
}

}  // namespace postern::term
