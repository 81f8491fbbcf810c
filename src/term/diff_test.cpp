#include "term/diff.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace postern::term {
namespace diff_test {

std::string diff_of(std::string_view before, std::string_view after, std::size_t context = 3) {
  DiffOptions options;
  options.context = context;
  return unified_diff(before, after, options).value_or("too different");
}

std::size_t edits_in(std::string_view diff) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < diff.size(); at = diff.find('\n', at) + 1)
    count += diff[at] == '-' || diff[at] == '+' ? 1 : 0;
  return count;
}

/// What `patch` does: `before` with the hunks applied.
std::string applied(std::string_view before, std::string_view diff) {
  std::string out;
  std::size_t at = 0;
  std::size_t line = 1;
  const auto copy_line = [&] {
    const std::size_t end = before.find('\n', at) + 1;
    out += before.substr(at, end - at);
    at = end;
    ++line;
  };
  while (!diff.empty()) {
    const std::string_view text = diff.substr(0, diff.find('\n') + 1);
    diff.remove_prefix(text.size());
    if (text.starts_with("@@")) {
      std::size_t first = std::stoul(std::string(text.substr(4)));
      const std::string_view range = text.substr(4, text.find(' ', 4) - 4);
      if (range.ends_with(",0")) ++first;
      while (line < first) copy_line();
    } else if (text.front() == '+') {
      out += text.substr(1);
    } else if (text.front() == ' ') {
      EXPECT_EQ(text.substr(1), before.substr(at, text.size() - 1));
      copy_line();
    } else {
      EXPECT_EQ(text.substr(1), before.substr(at, text.size() - 1));
      at += text.size() - 1;
      ++line;
    }
  }
  return out + std::string(before.substr(at));
}

TEST(UnifiedDiff, IsThatOfDiff) {
  EXPECT_EQ(diff_of("a\n", "a\n"), "");
  EXPECT_EQ(diff_of("", "a\n"), "@@ -0,0 +1 @@\n+a\n");
  EXPECT_EQ(diff_of("a\n", ""), "@@ -1 +0,0 @@\n-a\n");
  EXPECT_EQ(diff_of("a\nb\nc\n", "a\nx\nc\n"), "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
  EXPECT_EQ(diff_of("a\nb", "a\nb\n"), "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
}

TEST(UnifiedDiff, FarChangesAreHunksOfTheirOwnAndNearOnesShareOne) {
  EXPECT_EQ(diff_of("1\n2\n3\n4\n5\n6\n7\n", "x\n2\n3\n4\n5\n6\ny\n", 1),
            "@@ -1,2 +1,2 @@\n-1\n+x\n 2\n@@ -6,2 +6,2 @@\n 6\n-7\n+y\n");
  EXPECT_EQ(diff_of("1\n2\n3\n", "x\n2\ny\n", 1), "@@ -1,3 +1,3 @@\n-1\n+x\n 2\n-3\n+y\n");
}

TEST(UnifiedDiff, IsTheShortestAndMakesTheOtherText) {
  EXPECT_EQ(edits_in(diff_of("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n")), 5U);  // Myers's own example
  std::uint32_t state = 12345;
  const auto next = [&state](std::uint32_t below) {
    state = state * 1664525U + 1013904223U;
    return (state >> 16U) % below;
  };
  for (int round = 0; round < 300; ++round) {
    std::string before;
    std::string after;
    for (std::uint32_t i = next(20); i > 0; --i) before += std::string(1, static_cast<char>('a' + next(4))) + "\n";
    for (std::uint32_t i = next(20); i > 0; --i) after += std::string(1, static_cast<char>('a' + next(4))) + "\n";
    for (const std::size_t context : {0U, 1U, 3U}) {
      EXPECT_EQ(applied(before, diff_of(before, after, context)), after) << before << "---\n" << after;
    }
  }
}

TEST(UnifiedDiff, WorkIsBounded) {
  std::string before;
  std::string after;
  for (int i = 0; i < 3'000; ++i) {
    before += "a" + std::to_string(i) + "\n";
    after += "b" + std::to_string(i) + "\n";
  }
  EXPECT_FALSE(unified_diff(before, after, DiffOptions()));
  EXPECT_EQ(edits_in(diff_of(before, before + "x\n")), 1U);
  DiffOptions few;
  few.lines_max = 10;
  EXPECT_FALSE(unified_diff(before, before + "x\n", few));
  const std::string long_line(1U << 20U, 'x');
  EXPECT_EQ(edits_in(diff_of(long_line + "\n", long_line + "y\n")), 2U);
}

TEST(RenderDiff, ShowsTheMajorityAndHowOthersDiffer) {
  std::vector<NamedOutput> outputs;
  for (const char* name : {"web01", "web02", "web03"}) outputs.emplace_back(name, "kernel 6\nup\n");
  outputs.emplace_back("web04", "kernel 5\nup\n");
  outputs.emplace_back("db1", "\x1b[31mkernel 6\nup\n");
  EXPECT_EQ(render_diff(gather(outputs), DiffOptions(), Color::off),
            "---------------\nweb[01-03] (3)\n---------------\nkernel 6\nup\n"
            "--- web[01-03] (3)\n+++ db1\n@@ -1,2 +1,2 @@\n-kernel 6\n+\\x1b[31mkernel 6\n up\n"
            "--- web[01-03] (3)\n+++ web04\n@@ -1,2 +1,2 @@\n-kernel 6\n+kernel 5\n up\n");
  EXPECT_EQ(render_diff({}, DiffOptions(), Color::off), "");
}

TEST(RenderDiff, SaysSoWhenOutputsAreTooDifferent) {
  std::string huge;
  for (int i = 0; i < 5'000; ++i) huge += std::to_string(i) + "\n";
  const std::vector<NamedOutput> outputs = {{"a", "x\n"}, {"b", "x\n"}, {"c", huge}};
  EXPECT_NE(render_diff(gather(outputs), DiffOptions(), Color::off).find("+++ c\ndiffers: 5000 lines"),
            std::string::npos);
}

}  // namespace diff_test
}  // namespace postern::term
