#include "access/why.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::access {
namespace why_test {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kHub = "arn:aws:iam::111122223333:role/PosternHub";
constexpr const char* kNode = "arn:aws:ec2:us-east-1:444455556666:instance/i-0123456789abcdef0";
constexpr const char* kShell = "arn:aws:ssm:us-east-1::document/AWS-RunShellScript";

RoleFacts role() {
  RoleFacts facts;
  facts.arn = "arn:aws:iam::444455556666:role/Operate";
  facts.id = "AROAEXAMPLEOPERATE000";
  facts.organization = OrganizationState::none;
  facts.trust = ReadPolicy("trust", "", R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::111122223333:role/PosternHub"}, "Action": "sts:AssumeRole",
      "Condition": {"StringEquals": {"sts:ExternalId": "f3b1c9d2", "aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}]})");
  facts.policies.emplace_back("operate", "", R"({"Version": "2012-10-17", "Statement": [
      {"Sid": "Look", "Effect": "Allow", "Resource": "*",
       "Action": ["drs:DescribeSourceServers", "ec2:DescribeInstances"]},
      {"Sid": "Documents", "Effect": "Allow", "Action": "ssm:SendCommand",
       "Resource": "arn:aws:ssm:*::document/AWS-RunShellScript"},
      {"Sid": "Nodes", "Effect": "Allow", "Action": "ssm:SendCommand",
       "Resource": "arn:aws:ec2:*:444455556666:instance/*",
       "Condition": {"StringEquals": {"ssm:resourceTag/dr:enabled": "true"}}}]})");
  return facts;
}

Explanation why(const RoleFacts& facts, const std::string& action, std::vector<std::string> resources = {},
                ContextValues context = {}) {
  WhyQuestion question;
  question.action = action;
  question.resources = std::move(resources);
  question.context = std::move(context);
  const auto out = explain(facts, question);
  EXPECT_TRUE(out) << out.error().to_text();
  return out ? *out : Explanation();
}

Explanation assumed(const RoleFacts& facts, std::optional<std::string> external_id, const std::string& organization,
                    const std::string& caller = kHub) {
  AssumeQuestion question;
  question.caller_arn = caller;
  question.caller_organization = organization;
  question.external_id = std::move(external_id);
  const auto out = explain_assumption(facts, question);
  EXPECT_TRUE(out) << out.error().to_text();
  return out ? *out : Explanation();
}

TEST(Why, AnAllowedActionNamesItsStatement) {
  const Explanation out = why(role(), "ec2:DescribeInstances");
  EXPECT_TRUE(out.allowed);
  EXPECT_EQ(out.sentence, R"(allowed by identity-based policy "operate", statement 1 (Look))");
  EXPECT_THAT(out.unknown, IsEmpty());
}

/// B09: the policy lacks what its purpose needs.
TEST(Why, AMissingActionNamesTheStatementNearestToIt) {
  const Explanation out = why(role(), "drs:DescribeRecoveryInstances");
  EXPECT_FALSE(out.allowed);
  EXPECT_EQ(out.decision, "implicit_deny");
  ASSERT_EQ(out.nearest.size(), 1U);
  EXPECT_EQ(out.nearest[0].part, Part::action);
  EXPECT_EQ(out.nearest[0].sid, "Look");
  EXPECT_THAT(out.hints, Contains(HasSubstr("lacks drs:DescribeRecoveryInstances")));
}

/// B04 mended: what is limited to documents and tagged nodes is denied elsewhere, and the limit is named.
TEST(Why, ADifferentResourceOrConditionIsNamed) {
  const Explanation elsewhere = why(role(), "ssm:SendCommand", {"arn:aws:ssm:us-east-1::document/AWS-RunRemoteScript"});
  ASSERT_FALSE(elsewhere.nearest.empty());
  EXPECT_EQ(elsewhere.nearest[0].part, Part::resource);
  EXPECT_THAT(elsewhere.nearest[0].difference, HasSubstr("document/AWS-RunShellScript"));

  const Explanation untagged = why(role(), "ssm:SendCommand", {kShell, kNode});
  EXPECT_EQ(untagged.resource, kNode);
  EXPECT_EQ(untagged.nearest[0].part, Part::condition);
  EXPECT_EQ(untagged.nearest[0].sid, "Nodes");
  EXPECT_EQ(untagged.nearest[0].difference,
            R"(StringEquals ssm:resourceTag/dr:enabled expects "true", the request has no such key)");
  EXPECT_THAT(untagged.hints, Contains(HasSubstr("--context KEY=VALUE")));
  EXPECT_TRUE(why(role(), "ssm:SendCommand", {kShell, kNode}, {{"ssm:resourceTag/dr:enabled", {"true"}}}).allowed);
}

TEST(Why, ACommandForEverythingIsToldOf) {
  RoleFacts broad = role();
  broad.policies = {ReadPolicy("ssm", "", R"({"Version": "2012-10-17", "Statement": [
      {"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "*"}]})")};
  const Explanation out = why(broad, "ssm:SendCommand", {kShell, kNode});
  EXPECT_TRUE(out.allowed);
  EXPECT_THAT(out.hints, ElementsAre(HasSubstr("any document be sent to any node")));
}

TEST(Why, BoundaryAndExplicitDenialAreTheirOwnLayers) {
  RoleFacts bounded = role();
  bounded.boundary = ReadPolicy("Limits", "arn:aws:iam::444455556666:policy/Limits",
                                R"({"Version": "2012-10-17", "Statement": [
      {"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}]})");
  const Explanation out = why(bounded, "ec2:DescribeInstances");
  EXPECT_EQ(out.layer, "permissions boundary");
  EXPECT_THAT(out.hints, ElementsAre(HasSubstr("has to be allowed there too")));
  bounded.boundary.reset();
  bounded.policies.emplace_back("never", "arn:aws:iam::444455556666:policy/never",
                                R"({"Version": "2012-10-17", "Statement": [
      {"Sid": "NotHere", "Effect": "Deny", "Action": "ec2:*", "Resource": "*"}]})");
  const Explanation denied = why(bounded, "ec2:DescribeInstances");
  EXPECT_EQ(denied.decision, "explicit_deny");
  EXPECT_EQ(denied.sentence, R"(denied explicitly by identity-based policy "never", statement 1 (NotHere))");
}

TEST(Why, ServiceControlPoliciesAreJudgedWhereTheyStand) {
  RoleFacts facts = role();
  facts.organization = OrganizationState::member;
  const ReadPolicy full(
      "FullAWSAccess", "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
      R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})");
  facts.levels.resize(2);
  facts.levels[0].name = "r-root";
  facts.levels[0].policies = {full};
  facts.levels[1].name = "ou-prod";
  facts.levels[1].policies = {full, ReadPolicy("Regions", "", R"({"Version": "2012-10-17", "Statement": [
      {"Sid": "Home", "Effect": "Deny", "Action": "*", "Resource": "*",
       "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}}]})")};
  const Explanation out = why(facts, "ec2:DescribeInstances", {}, {{"aws:RequestedRegion", {"us-east-1"}}});
  EXPECT_EQ(out.layer, "service control policy");
  EXPECT_EQ(out.at, "ou-prod");
  EXPECT_THAT(out.sentence, HasSubstr("statement 1 (Home) at ou-prod"));
  facts.organization = OrganizationState::management;
  EXPECT_TRUE(why(facts, "ec2:DescribeInstances").allowed);
  facts.organization = OrganizationState::unread;
  facts.organization_problem = "not the management account";
  const Explanation unread = why(facts, "ec2:DescribeInstances");
  EXPECT_TRUE(unread.allowed);
  EXPECT_THAT(unread.unknown, ElementsAre(HasSubstr("not the management account")));
}

/// B01: no ExternalId is passed to a role that asks for one.
TEST(Why, AssumptionNamesTheConditionThatFails) {
  EXPECT_TRUE(assumed(role(), "f3b1c9d2", "o-a1b2c3d4e5").allowed);
  const Explanation without = assumed(role(), std::nullopt, "o-a1b2c3d4e5");
  EXPECT_EQ(without.layer, "role trust policy");
  EXPECT_THAT(without.sentence, HasSubstr("sts:ExternalId expects \"f3b1c9d2\", the request has no such key"));
  EXPECT_THAT(without.hints, ElementsAre(HasSubstr("no ExternalId is passed")));
  const Explanation other = assumed(role(), "DRSOrchestration2024", "o-a1b2c3d4e5");
  EXPECT_THAT(other.hints, ElementsAre(HasSubstr("another ExternalId is expected")));
  EXPECT_THAT(assumed(role(), "f3b1c9d2", "").hints, ElementsAre(HasSubstr("organisation is not known")));
  EXPECT_THAT(assumed(role(), "f3b1c9d2", "o-zzzzzzzzzz").hints, ElementsAre(HasSubstr("in another organisation")));
}

TEST(Why, AssumptionNamesWhoIsTrusted) {
  const std::string session = "arn:aws:sts::111122223333:assumed-role/PosternHub/run-1";
  EXPECT_TRUE(assumed(role(), "f3b1c9d2", "o-a1b2c3d4e5", session).allowed);
  const Explanation other = assumed(role(), "f3b1c9d2", "o-a1b2c3d4e5", "arn:aws:iam::111122223333:user/alice");
  EXPECT_EQ(other.nearest[0].part, Part::principal);
  EXPECT_THAT(other.hints, ElementsAre(HasSubstr("names somebody else")));
  EXPECT_THAT(*told_trust(role()),
              ElementsAre("Allow sts:AssumeRole to arn:aws:iam::111122223333:role/PosternHub if StringEquals "
                          "sts:ExternalId \"f3b1c9d2\" and StringEquals aws:PrincipalOrgID \"o-a1b2c3d4e5\""));
}

TEST(Why, AssumptionJudgesTheCallersOwnPoliciesToo) {
  RoleFacts hub;
  hub.arn = kHub;
  hub.organization = OrganizationState::none;
  hub.policies.emplace_back("assume", "", R"({"Version": "2012-10-17", "Statement": [
      {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::777788889999:role/Operate"}]})");
  AssumeQuestion question;
  question.caller_arn = kHub;
  question.caller_organization = "o-a1b2c3d4e5";
  question.external_id = "f3b1c9d2";
  question.caller = &hub;
  const auto out = explain_assumption(role(), question);
  ASSERT_TRUE(out) << out.error().to_text();
  EXPECT_EQ(out->layer, "identity-based policy");
  EXPECT_EQ(out->nearest[0].part, Part::resource);
  EXPECT_THAT(out->hints, ElementsAre(HasSubstr("the caller's own policy")));
}

TEST(Why, RefusesWhatIsNoQuestion) {
  WhyQuestion question;
  for (const char* action : {"", "ssm", "ssm:", ":Send", "ssm:*"}) {
    question.action = action;
    EXPECT_FALSE(explain(role(), question)) << action;
  }
  RoleFacts odd = role();
  odd.policies.emplace_back("odd", "", "{}");
  question.action = "ssm:SendCommand";
  const auto out = explain(odd, question);
  ASSERT_FALSE(out);
  EXPECT_THAT(out.error().message(), HasSubstr("the policy odd is not understood"));
  AssumeQuestion nobody;
  nobody.caller_arn = "alice";
  EXPECT_FALSE(explain_assumption(role(), nobody));
}

}  // namespace why_test
}  // namespace postern::access
