#include "cfn/cloudformation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/yaml.hpp"
#include "cfn/testing/golden.hpp"
#include "cfn/testing/sample.hpp"
#include "cfn/yaml_text.hpp"

namespace postern::cfn {
namespace cloudformation_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CloudFormation, WritesTheSampleAsItStandsInItsFile) {
  const auto text = to_cloudformation(testing::sample());
  ASSERT_TRUE(text) << text.error().to_text();
  testing::expect_golden("src/cfn/testdata/sample.yaml", *text);
  EXPECT_EQ(*text, *to_cloudformation(testing::sample()));
}

TEST(CloudFormation, QuotesWhatAReaderCouldTakeForSomethingElse) {
  EXPECT_EQ(yaml_scalar("arn:aws:iam::aws:policy/X"), "arn:aws:iam::aws:policy/X");
  EXPECT_EQ(yaml_scalar("012345678901"), "'012345678901'");
  EXPECT_EQ(yaml_scalar("2012-10-17"), "'2012-10-17'");
  EXPECT_EQ(yaml_scalar("*"), "'*'");
  EXPECT_EQ(yaml_scalar(""), "''");
  EXPECT_EQ(yaml_scalar("No"), "'No'");
  EXPECT_EQ(yaml_scalar("it's: so"), "'it''s: so'");
  EXPECT_EQ(yaml_scalar("a #b"), "'a #b'");
  EXPECT_EQ(yaml_scalar("a,b"), "a,b");
  EXPECT_EQ(yaml_scalar("a,b", YamlPlace::flow), "'a,b'");
  EXPECT_EQ(yaml_scalar("a\nb"), R"("a\nb")");
  EXPECT_EQ(yaml_scalar("!Ref X"), "'!Ref X'");
}

TEST(CloudFormation, ReadsBackWhatItQuoted) {
  for (const char* text :
       {"x: y", "- a", "0x1F", "1e3",   "~",   "null", "yes",  "@a",   "`b`", "%c", "&d", "*e", "'f'", "\"g\"",
        "h ",   " i",  "j:",   "k: #l", "{m}", "[n]",  "\x01", "o\tp", ":q",  "?r", ",s", "=",  "<<"}) {
    const auto document = yaml::parse("key: " + yaml_scalar(text) + "\n", "t.yaml");
    ASSERT_TRUE(document) << text;
  }
}

TEST(CloudFormation, WritesABlockOfAConditionalMap) {
  Value inner = Value::map();
  inner.set("A", "b");
  Template source;
  source.conditions.emplace_back("Here", equals(ref(kRegion), "us-east-1"));
  Resource resource;
  resource.id = "R";
  resource.type = "X::Y::Z";
  resource.properties.set("L", Value::list({when("Here", std::move(inner), no_value())}));
  source.resources.push_back(std::move(resource));
  EXPECT_EQ(*to_cloudformation(source), R"(AWSTemplateFormatVersion: '2010-09-09'

Conditions:
  Here: !Equals [!Ref AWS::Region, us-east-1]

Resources:
  R:
    Type: X::Y::Z
    Properties:
      L:
        - !If
          - Here
          - A: b
          - !Ref AWS::NoValue
)");
}

TEST(CloudFormation, RefusesWhatDoesNotHoldTogether) {
  Template source;
  Output output;
  output.name = "X";
  output.value = ref("Nobody");
  source.outputs.push_back(std::move(output));
  const auto text = to_cloudformation(source);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().message(), "Outputs.X: nothing is called Nobody");
}

TEST(CloudFormation, WrapsAtWords) {
  EXPECT_THAT(wrap_words("a bb ccc dddd", 5), ElementsAre("a bb", "ccc", "dddd"));
}

}  // namespace cloudformation_test
}  // namespace postern::cfn
