#include "term/node_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace postern::term {
namespace {

using Names = std::vector<std::string>;

struct FoldCase {
  Names names;
  std::string folded;
};

TEST(FoldNames, FoldsAsClusterShellDoes) {
  const FoldCase cases[] = {
      {{}, ""},
      {{"web01"}, "web01"},
      {{"web01", "web02", "web03", "web07"}, "web[01-03,07]"},
      {{"web9", "web10", "web11"}, "web[9-11]"},
      {{"web08", "web09", "web10"}, "web[08-10]"},
      {{"web1", "web01"}, "web[1,01]"},
      {{"web2", "db1", "web1"}, "db1,web[1-2]"},
      {{"a", "b"}, "a,b"},
      {{"web1", "web1"}, "web1"},
      {{"r1n1", "r1n2", "r2n1", "r2n2"}, "r[1-2]n[1-2]"},
      {{"r1n1", "r1n2", "r2n1"}, "r1n[1-2],r2n1"},
      {{"web1.eu", "web2.eu", "web1.us"}, "web1.us,web[1-2].eu"},
      {{"7", "8"}, "[7-8]"},
      {{"i-0123456789abcdef0", "i-0123456789abcdef1"}, "i-0123456789abcdef0,i-0123456789abcdef1"},
  };
  for (const FoldCase& test : cases) EXPECT_EQ(fold_names(test.names), test.folded);
}

TEST(ExpandNames, IsTheOppositeOfFold) {
  const Names names = {"db1",  "r1n1",   "r1n2", "r2n1", "r2n2", "web01", "web02",
                       "web1", "web007", "x9",   "x10",  "x011", "plain"};
  Names expanded = expand_names(fold_names(names)).value();
  Names sorted = names;
  std::sort(sorted.begin(), sorted.end());
  std::sort(expanded.begin(), expanded.end());
  EXPECT_EQ(expanded, sorted);
}

TEST(ExpandNames, ExpandsProductsAndPadding) {
  EXPECT_EQ(expand_names("web[01-03,07]").value(), (Names{"web01", "web02", "web03", "web07"}));
  EXPECT_EQ(expand_names("r[1-2]n[8-9], db").value(), (Names{"r1n8", "r1n9", "r2n8", "r2n9", "db"}));
  EXPECT_EQ(expand_names("a[098-101]b").value(), (Names{"a098b", "a099b", "a100b", "a101b"}));
  EXPECT_EQ(expand_names(" ").value(), Names{});
}

TEST(ExpandNames, RefusesMalformedAndBoundless) {
  for (const char* text : {"a[", "a]", "a[1", "a[[1]]", "a[1-]", "a[x]", "a[3-1]", "a[]", "a,,b",
                           "a[1-99999999999999999999]", "a[0-999999999]", "a[0-9999][0-9999]", "a[1-2"}) {
    const auto expanded = expand_names(text);
    ASSERT_FALSE(expanded) << text;
    EXPECT_EQ(expanded.error().kind(), ErrorKind::usage) << text;
  }
  EXPECT_EQ(expand_names("a[1-10]", 10).value().size(), 10U);
  EXPECT_FALSE(expand_names("a[1-10],b", 10));
}

TEST(NaturalLess, SortsNumbersByValue) {
  Names names = {"web10", "web9", "web1", "web01", "db2", "web"};
  std::sort(names.begin(), names.end(), natural_less);
  EXPECT_EQ(names, (Names{"db2", "web", "web01", "web1", "web9", "web10"}));
  EXPECT_FALSE(natural_less("a1", "a1"));
}

}  // namespace
}  // namespace postern::term
