#include "term/screen_text.hpp"

#include <gtest/gtest.h>

namespace postern::term {
namespace {

using Lines = std::vector<std::string>;

TEST(ScreenLines, SplitsAtEveryLineEnd) {
  EXPECT_EQ(screen_lines(""), Lines{});
  EXPECT_EQ(screen_lines("a\nb"), (Lines{"a", "b"}));
  EXPECT_EQ(screen_lines("a\r\n\nb\n"), (Lines{"a", "", "b"}));
  EXPECT_EQ(screen_text("a\nb"), "a\nb\n");
}

TEST(ScreenLines, TabsGoToTheNextStop) {
  EXPECT_EQ(screen_lines("a\tb\t日\tc"), (Lines{"a       b       日      c"}));
}

TEST(ScreenLines, NothingDrivesTheTerminal) {
  EXPECT_EQ(screen_lines("50%\r100%"), Lines{"50%\\r100%"});
  EXPECT_EQ(screen_lines("\x1b]0;title\x07x"), Lines{"\\x1b]0;title\\x07x"});
  EXPECT_EQ(screen_lines("\xC2\x9B"
                         "2J"),
            Lines{"\\u009b2J"});
  EXPECT_EQ(screen_lines("\xFF"), Lines{"\\xff"});
  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  for (const char c : screen_text(every)) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
}

}  // namespace
}  // namespace postern::term
