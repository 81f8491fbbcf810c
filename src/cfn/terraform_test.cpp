#include "cfn/terraform.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cfn/hcl_text.hpp"
#include "cfn/testing/golden.hpp"
#include "cfn/testing/sample.hpp"

namespace postern::cfn {
namespace terraform_test {

TEST(Terraform, WritesTheSampleAsItStandsInItsFile) {
  const auto text = to_terraform(testing::sample());
  ASSERT_TRUE(text) << text.error().to_text();
  testing::expect_golden("src/cfn/testdata/sample.tf", *text);
}

TEST(Terraform, NamesInItsOwnStyle) {
  EXPECT_EQ(snake_case("DRSOrchestrationRoleArn"), "drs_orchestration_role_arn");
  EXPECT_EQ(snake_case("PosternObserve"), "postern_observe");
  EXPECT_EQ(snake_case("assume-targets"), "assume_targets");
  EXPECT_EQ(snake_case("Arn"), "arn");
}

TEST(Terraform, EscapesTemplatesInText) {
  EXPECT_EQ(hcl_string("${aws:x} %{y} 100% $5 \"q\" \\ \n"), R"("$${aws:x} %%{y} 100% $5 \"q\" \\ \n")");
}

TEST(Terraform, AlignsNeighboursOnly) {
  HclLines lines;
  lines.attribute("a", "1");
  lines.attribute("long", "2");
  lines.open("b = [");
  lines.line("3,");
  lines.close("]");
  lines.attribute("other", "4");
  EXPECT_EQ(lines.text(), "a    = 1\nlong = 2\nb = [\n  3,\n]\nother = 4\n");
}

TEST(Terraform, AttachesManagedPoliciesFromTheirSide) {
  Template source = testing::sample();
  Resource policy;
  policy.id = "More";
  policy.type = "AWS::IAM::ManagedPolicy";
  policy.properties.set("Roles", Value::list({ref("SampleRole")}));
  policy.properties.set("PolicyDocument", Value::map());
  source.resources.push_back(std::move(policy));
  const auto text = to_terraform(source);
  ASSERT_TRUE(text) << text.error().to_text();
  EXPECT_THAT(*text, ::testing::HasSubstr(R"(
resource "aws_iam_policy" "more" {
  policy = jsonencode({})
}

resource "aws_iam_role_policy_attachment" "more_sample_role" {
  role       = aws_iam_role.sample_role.name
  policy_arn = aws_iam_policy.more.arn
}
)"));
}

TEST(Terraform, RefusesWhatItCannotSay) {
  Template source = testing::sample();
  source.resources[0].properties.set("Nonsense", "x");
  auto text = to_terraform(source);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind(), ErrorKind::unsupported);
  EXPECT_EQ(text.error().message(), "SampleRole (AWS::IAM::Role): Nonsense has no counterpart in Terraform here");
  source = testing::sample();
  source.resources[2].type = "AWS::EC2::VPC";
  text = to_terraform(source);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().message(), "SampleExtra (AWS::EC2::VPC): its type has no counterpart in Terraform here");
}

}  // namespace terraform_test
}  // namespace postern::cfn
