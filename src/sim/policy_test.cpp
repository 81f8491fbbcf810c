#include "sim/policy.hpp"

#include <gtest/gtest.h>

namespace postern::sim {
namespace policy_test {

std::string statement(const std::string& body) {
  return R"({"Version":"2012-10-17","Statement":[)" + body + "]}";
}

struct Case {
  const char* policy;
  const char* action;
  const char* resource;
  Decision decision;
};

TEST(SessionPolicy, AllowsWhatItNamesAndDeniesBeforeIt) {
  const Case cases[] = {
      {R"({"Effect":"Allow","Action":"ssm:*","Resource":"*"})", "ssm:SendCommand", "*", Decision::allowed},
      {R"({"Effect":"Allow","Action":"SSM:sendcommand","Resource":"*"})", "ssm:SendCommand", "*", Decision::allowed},
      {R"({"Effect":"Allow","Action":["ec2:Describe*"],"Resource":"*"})", "ssm:SendCommand", "*",
       Decision::implicit_deny},
      {R"({"Effect":"Allow","NotAction":"ssm:*","Resource":"*"})", "ec2:DescribeInstances", "*", Decision::allowed},
      {R"({"Effect":"Allow","NotAction":"ssm:*","Resource":"*"})", "ssm:SendCommand", "*", Decision::implicit_deny},
      {R"({"Effect":"Allow","Action":"*","Resource":"arn:a:*"})", "ssm:SendCommand", "arn:b:1",
       Decision::implicit_deny},
      {R"({"Effect":"Allow","Action":"*","NotResource":"arn:a:*"})", "ssm:SendCommand", "arn:b:1", Decision::allowed},
      {R"({"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"ssm:Send*","Resource":"*"})",
       "ssm:SendCommand", "*", Decision::explicit_deny},
  };
  for (const Case& c : cases) {
    const auto policy = SessionPolicy::parse(statement(c.policy));
    ASSERT_TRUE(policy) << c.policy;
    EXPECT_EQ(policy->evaluate(c.action, c.resource), c.decision) << c.policy;
  }
}

TEST(SessionPolicy, RefusesWhatItCannotReadRightly) {
  const std::string cases[] = {
      "",
      "[]",
      R"({"Version":"2012-10-17"})",
      R"({"Version":"1999-01-01","Statement":[]})",
      statement(R"({"Effect":"Maybe","Action":"*","Resource":"*"})"),
      statement(R"({"Effect":"Allow","Action":[],"Resource":"*"})"),
      statement(R"({"Effect":"Allow","Action":"*"})"),
      statement(R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a":"true"}}})"),
      statement(R"({"Effect":"Allow","Action":"*","Resource":"*","Actoin":"*"})"),
  };
  for (const std::string& text : cases) {
    const auto policy = SessionPolicy::parse(text);
    ASSERT_FALSE(policy) << text;
    EXPECT_EQ(policy.error().aws()->code, "MalformedPolicyDocument") << text;
  }
  const auto large = SessionPolicy::parse(std::string(2049, ' '));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().aws()->code, "PackedPolicyTooLarge");
}

TEST(Trust, NeedsPrincipalAndExternalId) {
  RoleConfig role;
  TrustStatement hub;
  hub.principals.emplace_back("arn:aws:iam::111122223333:root");
  hub.external_ids.emplace_back("x-1");
  role.trust.push_back(hub);
  TrustStatement chained;
  chained.principals.emplace_back("arn:aws:iam::444455556666:role/Operator");
  role.trust.push_back(chained);

  Principal user;
  user.account_id = "111122223333";
  user.arn = "arn:aws:iam::111122223333:user/operator";
  Principal session;
  session.account_id = "444455556666";
  session.arn = "arn:aws:sts::444455556666:assumed-role/Operator/s";
  session.role_arn = "arn:aws:iam::444455556666:role/Operator";
  Principal stranger;
  stranger.account_id = "999999999999";
  stranger.arn = "arn:aws:iam::999999999999:user/x";

  EXPECT_EQ(evaluate_trust(role, user, "x-1"), Trust::account);
  EXPECT_EQ(evaluate_trust(role, user, "x-2"), Trust::none);
  EXPECT_EQ(evaluate_trust(role, user, std::nullopt), Trust::none);
  EXPECT_EQ(evaluate_trust(role, session, std::nullopt), Trust::exact);
  EXPECT_EQ(evaluate_trust(role, stranger, "x-1"), Trust::none);
}

}  // namespace policy_test
}  // namespace postern::sim
