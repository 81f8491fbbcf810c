#include "base/text.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(Text, TrimCaseSplitJoin) {
  EXPECT_EQ(trim(" \t\r\n a b \v\f"), "a b");
  EXPECT_EQ(trim("   "), "");
  EXPECT_EQ(to_lower("AbZ\xC3\x89@["), "abz\xC3\x89@[");
  EXPECT_EQ(to_upper("aBz`{"), "ABZ`{");
  EXPECT_TRUE(equals_ignore_case("Host", "hOST"));
  EXPECT_FALSE(equals_ignore_case("Host", "Hosts"));
  EXPECT_FALSE(equals_ignore_case("@", "`"));
  EXPECT_TRUE(starts_with_ignore_case("X-Amz-Date", "x-amz-"));
  EXPECT_FALSE(starts_with_ignore_case("X-A", "x-amz-"));
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  const std::vector<std::string> parts = {"a", "", "b"};
  EXPECT_EQ(join(parts, ", "), "a, , b");
  EXPECT_EQ(join({}, ","), "");
}

TEST(Text, GlobMatches) {
  const struct {
    std::string_view pattern;
    std::string_view text;
    bool matches;
  } cases[] = {
      {"", "", true},         {"", "a", false},
      {"*", "", true},        {"*", "abc", true},
      {"?", "", false},       {"?", "a", true},
      {"a*c", "abbc", true},  {"a*c", "abcd", false},
      {"a?c", "abc", true},   {"*a*b*", "xxaxxb", true},
      {"*ab", "aab", true},   {"*aab", "aaab", true},
      {"a**b", "ab", true},   {"[a]", "a", false},
      {"[a]", "[a]", true},   {"web-*", "web-1", true},
      {"*.?", "a.b.c", true}, {"ec2:Describe*", "ec2:DescribeInstances", true},
      {"A", "a", false},
  };
  for (const auto& c : cases) EXPECT_EQ(glob_match(c.pattern, c.text), c.matches) << c.pattern << " " << c.text;
}

TEST(Text, GlobIsNotExponential) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(5000, 'a')));
}

TEST(Text, EditDistanceAndNearest) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("sitting", "kitten"), 3U);
  const std::vector<std::string_view> words = {"accounts", "targets", "run", "runs", "init"};
  EXPECT_EQ(nearest("acounts", words), "accounts");
  EXPECT_EQ(nearest("target", words), "targets");
  EXPECT_EQ(nearest("rum", words), "run");
  EXPECT_EQ(nearest("xyz", words), "");
  EXPECT_EQ(nearest("", words), "");
  const std::vector<std::string_view> letters = {"a"};
  EXPECT_EQ(nearest("b", letters), "");
}

TEST(Text, Utf8IsCheckedToRfc3629) {
  for (const char* good : {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80",
                           "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xE2\x82", "\xE2\x28\xA1", "\xF0\x90\x80\x28", "\xFF"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
    EXPECT_TRUE(is_utf8(scrub_utf8(bad))) << bad;
  }
  EXPECT_EQ(scrub_utf8("a\xE2\x82z"), "a\xEF\xBF\xBD\xEF\xBF\xBDz");
  EXPECT_EQ(utf8_prefix("ab\xC3\xA9\xFFz"), 4U);
}

TEST(Text, PrintableHidesNothingAndActsOnNothing) {
  EXPECT_EQ(printable("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(printable("a\r\n\tb\x7f"), "a\\r\\n\\tb\\x7f");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\u009b31m");
  EXPECT_EQ(printable("abc\xE2\x80\xAEtxt"), "abc\\u202etxt");
  EXPECT_EQ(printable("caf\xC3\xA9\xFF"), "caf\xC3\xA9\\xff");
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abc...");
  EXPECT_EQ(printable("ab\xC3\xA9xyz", 6), "ab...");
  EXPECT_EQ(printable("ab\x1b\x1b", 8), "ab...");
  EXPECT_EQ(printable("abc", 2), "..");
  EXPECT_EQ(printable(std::string(1000, 'x')).size(), 400U);
}

}  // namespace
}  // namespace postern
