#include "term/width.hpp"

#include <gtest/gtest.h>

namespace postern::term {
namespace {

TEST(DisplayWidth, CountsColumns) {
  const std::pair<const char*, std::size_t> cases[] = {
      {"", 0},
      {"abc", 3},
      {"é", 1},
      {"e\xCC\x81", 1},  // e and a combining acute accent
      {"日本", 4},
      {"ｶ", 1},   // half-width katakana
      {"Ａ", 2},  // full-width A
      {"한", 2},
      {"\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", 2},  // the same in three jamo
      {"😀", 2},
      {"👩\xE2\x80\x8D🚀", 2},          // joined: one astronaut
      {"👍🏽", 2},                      // with a skin tone
      {"🇩🇪", 2},                        // a flag of two letters
      {"\xE2\x9D\xA4\xEF\xB8\x8F", 2},  // a heart asked to be an emoji
      {"…", 1},
      {"a\xE2\x80\x8B"
       "b",
       2},              // zero width space
      {"\xFF\xFE", 2},  // malformed: a column each
      {"\xE6\x97", 2},  // cut off: a column a byte
      {"\x1b", 0},
  };
  for (const auto& [text, width] : cases) EXPECT_EQ(display_width(text), width) << text;
}

TEST(Truncate, CutsByColumnsAndSaysSo) {
  EXPECT_EQ(truncate("short", 5), "short");
  EXPECT_EQ(truncate("too long", 5), "too …");
  EXPECT_EQ(truncate("日本語", 5), "日本…");
  EXPECT_EQ(truncate("日本語", 4), "日…");
  EXPECT_EQ(truncate("abc", 1), "…");
  EXPECT_EQ(truncate("abc", 0), "");
  // A cluster is never torn apart.
  EXPECT_EQ(truncate("e\xCC\x81"
                     "abc",
                     2),
            "e\xCC\x81…");
}

TEST(TruncateMiddle, KeepsBothEnds) {
  EXPECT_EQ(truncate_middle("i-0123456789abcdef0", 11), "i-012…cdef0");
  EXPECT_EQ(truncate_middle("abcdef", 6), "abcdef");
  EXPECT_EQ(truncate_middle("abcdef", 3), "a…f");
  EXPECT_EQ(truncate_middle("abcdef", 2), "a…");
}

TEST(Truncate, NeverExceedsTheColumnsWhateverTheBytes) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i * 37 % 256);
  for (std::size_t columns = 0; columns < 80; ++columns) {
    EXPECT_LE(display_width(truncate(bytes, columns)), columns);
    EXPECT_LE(display_width(truncate_middle(bytes, columns)), columns);
  }
}

TEST(Pad, FillsByColumns) {
  EXPECT_EQ(pad("日", 4), "日  ");
  EXPECT_EQ(pad("7", 3, Align::right), "  7");
  EXPECT_EQ(pad("long", 2), "long");
}

}  // namespace
}  // namespace postern::term
