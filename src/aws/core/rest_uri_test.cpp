#include "aws/core/rest_uri.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/text.hpp"

namespace postern::aws {
namespace rest_uri_test {

std::string matched(const char* pattern, const char* path) {
  const auto labels = UriTemplate(pattern).match(path);
  if (!labels) return "no";
  std::vector<std::string> texts(labels->begin(), labels->end());
  return "yes " + join(texts, "|");
}

TEST(UriTemplate, MatchesPaths) {
  struct Case {
    const char* pattern;
    const char* path;
    const char* expected;
  };
  const Case cases[] = {
      {"/", "/", "yes "},
      {"/", "/a", "no"},
      {"/a/b", "/a/b", "yes "},
      {"/a/b", "/a/b/", "yes "},
      {"/a/b", "/a", "no"},
      {"/a/b", "/a/b/c", "no"},
      {"/{x}", "/one", "yes one"},
      {"/{x}", "/one/", "yes one"},
      {"/{x}", "/", "no"},
      {"/{x}", "//", "no"},
      {"/{x}", "/a/b", "no"},
      {"/{x}", "/a%2Fb", "yes a%2Fb"},
      {"/v1/{x}/tags/{y}", "/v1/a/tags/b", "yes a|b"},
      {"/v1/{x}/tags/{y}", "/v1/a/tag/b", "no"},
      {"/{Bucket}/{Key+}", "/bucket/key", "yes bucket|key"},
      {"/{Bucket}/{Key+}", "/bucket/a/b//c/", "yes bucket|a/b//c/"},
      {"/{Bucket}/{Key+}", "/bucket//key", "yes bucket|/key"},
      {"/{Bucket}/{Key+}", "/bucket/", "no"},
      {"/{Bucket}/{Key+}", "/bucket", "no"},
      {"/{Bucket}/{Key+}?uploads", "/bucket/key", "yes bucket|key"},
      {"/{x+}/end", "/a/b/end", "yes a/b"},
      {"/{x+}/end/{y}", "/a/b/end/c", "yes a/b|c"},
      {"/{x+}/end", "/end", "no"},
      {"/(a+)+/{x}", "/(a+)+/b", "yes b"},
      {"/a", "a", "no"},
      {"/a", "", "no"},
  };
  for (const Case& c : cases) EXPECT_EQ(matched(c.pattern, c.path), c.expected) << c.pattern << ' ' << c.path;
}

TEST(UriTemplate, KeepsTheQuerysLiterals) {
  const UriTemplate uri("/{Bucket}?list-type=2&uploads&x=");
  ASSERT_EQ(uri.query().size(), 3U);
  EXPECT_EQ(uri.query()[0].name, "list-type");
  EXPECT_EQ(uri.query()[0].value, "2");
  EXPECT_EQ(uri.query()[1].name, "uploads");
  EXPECT_EQ(uri.query()[1].value, "");
  EXPECT_EQ(uri.query_text(), "list-type=2&uploads&x=");
  EXPECT_TRUE(UriTemplate("/").query().empty());
}

}  // namespace rest_uri_test
}  // namespace postern::aws
