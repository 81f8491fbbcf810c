#include "cfn/template.hpp"

#include <gtest/gtest.h>

#include "cfn/testing/sample.hpp"

namespace postern::cfn {
namespace template_test {

std::string mistake_of(const Template& source) {
  const auto checked = check(source);
  return checked ? std::string() : checked.error().message();
}

TEST(Template, HoldsTogether) {
  EXPECT_EQ(mistake_of(testing::sample()), "");
}

TEST(Template, NamesWhatIsMissing) {
  Template source = testing::sample();
  source.resources[0].condition = "Never";
  EXPECT_EQ(mistake_of(source), "Resources.SampleRole: there is no condition Never");
  source = testing::sample();
  source.resources[0].properties.set("Path", sub("/${Nobody}/"));
  EXPECT_EQ(mistake_of(source), "Resources.SampleRole.Path: nothing is called Nobody");
  source = testing::sample();
  source.resources[2].depends_on = {"Regions"};
  EXPECT_EQ(mistake_of(source), "Resources.SampleExtra: depends on Regions, which is not there");
  source = testing::sample();
  source.parameters[0].name = "SampleRole";
  EXPECT_EQ(mistake_of(source), "SampleRole: stands here twice");
  source = testing::sample();
  source.resources[0].id = "Sample-Role";
  EXPECT_EQ(mistake_of(source), "Sample-Role: is no logical id");
}

TEST(Value, TellsNamesFromTextInASub) {
  const auto parts = sub_parts("a${B}c${!D}e${F.Arn}${");
  ASSERT_EQ(parts.size(), 5U);
  EXPECT_TRUE(parts[1].name);
  EXPECT_EQ(parts[1].text, "B");
  EXPECT_EQ(parts[2].text, "c${D}e");
  EXPECT_EQ(parts[3].text, "F.Arn");
  EXPECT_EQ(parts[4].text, "${");
  EXPECT_EQ(sub("plain ${!aws:username}").kind(), Value::Kind::text);
  EXPECT_EQ(sub("plain ${!aws:username}").text(), "plain ${aws:username}");
}

}  // namespace template_test
}  // namespace postern::cfn
