#include "access/guardrails.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cfn/cloudformation.hpp"
#include "cfn/resolve.hpp"
#include "cfn/terraform.hpp"
#include "cfn/testing/golden.hpp"

namespace postern::access {
namespace guardrails_test {

using ::testing::HasSubstr;

GuardOrder guard_order() {
  GuardOrder order;
  order.roles = {"PosternRecover", "platform/Tagger-*"};
  return order;
}

/// The account below an organisation that has the policy.
RoleFacts below(const std::string& policy) {
  RoleFacts out;
  out.organization = OrganizationState::member;
  ReadLevel& root = out.levels.emplace_back();
  root.name = "r-root";
  root.policies.emplace_back(
      "FullAWSAccess", "", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})");
  if (!policy.empty()) root.policies.emplace_back("guard", "", policy);
  return out;
}

std::string content_of(const cfn::Template& source) {
  const auto text = cfn::resolve_json(source, *source.resources[0].properties.find("Content"), cfn::Inputs());
  EXPECT_TRUE(text) << text.error().to_text();
  return text.value_or("");
}

TEST(TagGuard, StandsInItsFiles) {
  const auto source = guard_template(guard_order());
  ASSERT_TRUE(source) << source.error().to_text();
  const auto configuration = cfn::to_terraform(*source);
  ASSERT_TRUE(configuration) << configuration.error().to_text();
  cfn::testing::expect_golden("src/access/testdata/guardrails.yaml", *cfn::to_cloudformation(*source));
  cfn::testing::expect_golden("src/access/testdata/guardrails.tf", *configuration);
}

/// B33: who may tag may install.
TEST(TagGuard, LetsFewSetTheTagsAndEverybodyElseAnyOther) {
  const auto source = guard_template(guard_order());
  ASSERT_TRUE(source);
  const RoleFacts organization = below(content_of(*source));
  EXPECT_EQ(judge_tag(below(""), "444455556666", "dr:enabled"), TagGuard::open);
  EXPECT_EQ(judge_tag(organization, "444455556666", "dr:enabled"), TagGuard::guarded);
  EXPECT_EQ(judge_tag(organization, "444455556666", "dr:recovery-strategy"), TagGuard::guarded);
  EXPECT_EQ(judge_tag(organization, "444455556666", "Name"), TagGuard::open);
  RoleFacts tagger = organization;
  tagger.arn = "arn:aws:iam::444455556666:role/platform/Tagger-7";
  tagger.policies.emplace_back(
      "all", "", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})");
  WhyQuestion question;
  question.action = "ec2:CreateTags";
  question.resources = {"arn:aws:ec2:us-east-1:444455556666:instance/i-0123456789abcdef0"};
  question.context = {{"aws:TagKeys", {"dr:enabled"}}};
  EXPECT_TRUE(explain(tagger, question)->allowed);
  tagger.arn = "arn:aws:iam::444455556666:role/Tagger-7";
  EXPECT_FALSE(explain(tagger, question)->allowed);
}

TEST(TagGuard, SaysWhenItCannotKnow) {
  RoleFacts unread;
  EXPECT_EQ(judge_tag(unread, "444455556666", "dr:enabled"), TagGuard::unknown);
  EXPECT_EQ(judge_tag(below("{"), "444455556666", "dr:enabled"), TagGuard::unknown);
  RoleFacts none;
  none.organization = OrganizationState::none;
  EXPECT_EQ(judge_tag(none, "444455556666", "dr:enabled"), TagGuard::open);
}

TEST(TagGuard, RefusesWhatWouldLockEverybodyOut) {
  EXPECT_THAT(guard_template(GuardOrder()).error().message(), HasSubstr("name a role"));
  GuardOrder order = guard_order();
  order.tags.clear();
  EXPECT_FALSE(guard_template(order));
  order = guard_order();
  for (int i = 0; i < 200; ++i) order.roles.push_back("a-rather-long-name-of-a-role-" + std::to_string(i));
  EXPECT_THAT(guard_template(order).error().message(), HasSubstr("5120"));
}

}  // namespace guardrails_test
}  // namespace postern::access
