#include "term/wrap.hpp"

#include <gtest/gtest.h>

#include "term/width.hpp"

namespace postern::term {
namespace {

using Lines = std::vector<std::string>;

TEST(Wrap, BreaksAtBlanks) {
  EXPECT_EQ(wrap("the quick brown fox", 10), (Lines{"the quick", "brown fox"}));
  EXPECT_EQ(wrap("a  b\n\nc\n", 10), (Lines{"a b", "", "c"}));
  EXPECT_EQ(wrap("", 10), Lines{""});
}

TEST(Wrap, BreaksWordsThatAreTooLong) {
  EXPECT_EQ(wrap("ab abcdefgh c", 4), (Lines{"ab", "abcd", "efgh", "c"}));
  EXPECT_EQ(wrap("日本語", 4), (Lines{"日本", "語"}));
  EXPECT_EQ(wrap("日", 1), (Lines{"日"}));
}

TEST(Wrap, NoLineIsTooLongOrEndsInABlank) {
  const std::string text = "one  two three   fourteenletters 日本語 five and so on, to the end of it";
  for (std::size_t columns = 2; columns < 40; ++columns) {
    for (const std::string& line : wrap(text, columns)) {
      EXPECT_LE(display_width(line), columns);
      EXPECT_FALSE(line.ends_with(' ')) << '"' << line << "\" at " << columns;
    }
  }
}

TEST(Wrap, Indents) {
  EXPECT_EQ(wrap_indented("alpha beta gamma", 14, "  * ", "    "), "  * alpha beta\n    gamma\n");
}

}  // namespace
}  // namespace postern::term
