#include "term/color.hpp"

#include <gtest/gtest.h>

#include <map>

namespace postern::term {
namespace {

class Variables final : public os::Environment {
 public:
  explicit Variables(std::map<std::string, std::string, std::less<>> values) : values_(std::move(values)) {}
  std::optional<std::string> get(std::string_view name) const override {
    const auto at = values_.find(name);
    if (at == values_.end()) return std::nullopt;
    return at->second;
  }
  std::vector<std::pair<std::string, std::string>> all() const override { return {values_.begin(), values_.end()}; }
  std::string home_dir() const override { return ""; }
  std::string user_name() const override { return ""; }
  std::string host_name() const override { return ""; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

struct ColorCase {
  ColorChoice choice;
  std::map<std::string, std::string, std::less<>> variables;
  Sink sink;
  Color expected;
};

TEST(DecideColor, OptionThenNoColorThenForceThenClicolorThenTty) {
  const ColorCase cases[] = {
      {ColorChoice::automatic, {}, Sink::tty, Color::on},
      {ColorChoice::automatic, {}, Sink::other, Color::off},
      {ColorChoice::always, {{"NO_COLOR", "1"}}, Sink::other, Color::on},
      {ColorChoice::never, {{"CLICOLOR_FORCE", "1"}}, Sink::tty, Color::off},
      {ColorChoice::automatic, {{"NO_COLOR", "1"}, {"CLICOLOR_FORCE", "1"}}, Sink::tty, Color::off},
      {ColorChoice::automatic, {{"NO_COLOR", ""}}, Sink::tty, Color::on},
      {ColorChoice::automatic, {{"CLICOLOR_FORCE", "1"}, {"CLICOLOR", "0"}}, Sink::other, Color::on},
      {ColorChoice::automatic, {{"CLICOLOR_FORCE", "0"}}, Sink::other, Color::off},
      {ColorChoice::automatic, {{"CLICOLOR", "0"}}, Sink::tty, Color::off},
      {ColorChoice::automatic, {{"CLICOLOR", "1"}}, Sink::other, Color::off},
      {ColorChoice::automatic, {{"TERM", "dumb"}}, Sink::tty, Color::off},
  };
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_EQ(decide_color(cases[i].choice, Variables(cases[i].variables), cases[i].sink), cases[i].expected) << i;
  }
}

TEST(ParseColorChoice, KnowsThree) {
  EXPECT_EQ(parse_color_choice("auto"), ColorChoice::automatic);
  EXPECT_EQ(parse_color_choice("always"), ColorChoice::always);
  EXPECT_EQ(parse_color_choice("never"), ColorChoice::never);
  EXPECT_FALSE(parse_color_choice("sometimes").has_value());
}

TEST(Styled, IsTheTextItselfWithoutColour) {
  EXPECT_EQ(styled("x", Style::bad, Color::off), "x");
  EXPECT_EQ(styled("x", Style::plain, Color::on), "x");
  EXPECT_EQ(styled("", Style::bad, Color::on), "");
  EXPECT_EQ(styled("x", Style::good, Color::on), "\x1b[32mx\x1b[0m");
}

}  // namespace
}  // namespace postern::term
