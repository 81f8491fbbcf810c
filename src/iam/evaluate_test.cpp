#include "iam/evaluate.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "iam/assume_role.hpp"

namespace postern::iam {
namespace {

AttachedPolicy policy(DocumentKind kind, std::string name, std::string_view text) {
  auto parsed = parse_document(kind, text);
  EXPECT_TRUE(parsed) << parsed.error().to_text();
  return AttachedPolicy(std::move(name), std::move(*parsed));
}

constexpr std::string_view kOrchestrator = R"({"Version": "2012-10-17", "Statement": [
  {"Sid": "Docs", "Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "arn:aws:ssm:*::document/AWS-*"},
  {"Sid": "Nodes", "Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "arn:aws:ec2:*:444455556666:instance/*",
   "Condition": {"StringEquals": {"ssm:resourceTag/team": "${aws:PrincipalTag/team}"}}}]})";

class Evaluate : public ::testing::Test {
 protected:
  Evaluate() {
    Principal::Details details;
    details.tags.emplace_back("team", "blue");
    session_.emplace(Principal::role_session("arn:aws:iam::444455556666:role/Operator", "run-7", details));
    identity_.push_back(policy(DocumentKind::identity, "Orchestrator", kOrchestrator));
    policies_.identity = identity_;
    request_.principal = &*session_;
    request_.action = "ssm:SendCommand";
    resources_.emplace_back("arn:aws:ssm:us-east-1::document/AWS-RunShellScript");
    resources_.emplace_back("arn:aws:ec2:us-east-1:444455556666:instance/i-1");
    resources_[1].context = &tags_;
    request_.resources = resources_;
  }

  std::optional<Principal> session_;
  PolicyList identity_;
  PolicySet policies_;
  RequestContext tags_;
  std::vector<Resource> resources_;
  Request request_;
};

TEST_F(Evaluate, ExplainsWhichConditionKeyDidNotMatch) {
  tags_.set("ssm:resourceTag/team", "red");
  EvaluateOptions options;
  options.detail = Detail::full;
  const Evaluation got = evaluate(request_, policies_, options);
  EXPECT_EQ(got.decision, Decision::implicit_deny);
  EXPECT_EQ(got.resource, 1U);
  ASSERT_EQ(got.near_misses.size(), 2U);
  EXPECT_EQ(got.near_misses[0].part, NearMiss::Part::resource);
  const NearMiss& near = got.near_misses[1];
  EXPECT_EQ(near.part, NearMiss::Part::condition);
  EXPECT_EQ(near.key, "ssm:resourceTag/team");
  EXPECT_EQ(near.condition_operator, "StringEquals");
  EXPECT_EQ(near.expected, std::vector<std::string>{"blue"});
  EXPECT_EQ(near.actual, std::vector<std::string>{"red"});
  EXPECT_EQ(
      got.explanation,
      "denied: arn:aws:sts::444455556666:assumed-role/Operator/run-7 ssm:SendCommand on "
      "arn:aws:ec2:us-east-1:444455556666:instance/i-1, for want of an Allow in an identity-based policy\n"
      "  service control policy: not involved (the caller's account has none)\n"
      "  resource control policy: not involved (the resource's account has none)\n"
      "  VPC endpoint policy: not involved (no VPC endpoint with a policy is involved)\n"
      "  resource-based policy: not involved (the resource has none)\n"
      "  identity-based policy: no statement allows it\n"
      "  permissions boundary: not involved (none is set)\n"
      "  session policy: not involved (the session has none)\n"
      "statements about the action that do not match:\n"
      "  identity-based policy, policy \"Orchestrator\", statement 1 (\"Docs\"): Allow does not match: the resource "
      "is not covered\n"
      "  identity-based policy, policy \"Orchestrator\", statement 2 (\"Nodes\"): Allow does not match: StringEquals "
      "ssm:resourceTag/team expects \"blue\", the request has \"red\"\n");
}

TEST_F(Evaluate, SaysWhenAKeyIsNotThere) {
  EvaluateOptions options;
  options.detail = Detail::full;
  const Evaluation got = evaluate(request_, policies_, options);
  ASSERT_EQ(got.near_misses.size(), 2U);
  EXPECT_FALSE(got.near_misses[1].actual.has_value());
  EXPECT_NE(got.explanation.find("expects \"blue\", the request has no such key"), std::string::npos);
}

TEST_F(Evaluate, NamesTheLevelOfAnOrganizationsDenial) {
  tags_.set("ssm:resourceTag/team", "blue");
  auto root = std::make_shared<OrganizationLevel>();
  root->name = "r-ab12";
  root->scps.push_back(
      policy(DocumentKind::scp, "FullAWSAccess", R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})"));
  auto unit = std::make_shared<OrganizationLevel>(*root);
  unit->name = "ou-ab12-prod";
  unit->scps.push_back(policy(DocumentKind::scp, "NoShell",
                              R"({"Statement":{"Sid":"S","Effect":"Deny","Action":"ssm:Send*","Resource":"*"}})"));
  OrganizationPath path;
  path.levels = {root, unit};
  policies_.organization = &path;
  EvaluateOptions options;
  options.detail = Detail::full;
  const Evaluation got = evaluate(request_, policies_, options);
  EXPECT_EQ(got.decision, Decision::explicit_deny);
  ASSERT_TRUE(got.decided_by());
  EXPECT_EQ(got.decided_by().to_text(), "policy \"NoShell\", statement 1 (\"S\")");
  ASSERT_NE(got.layer_result(Layer::scp).level, nullptr);
  EXPECT_EQ(got.layer_result(Layer::scp).level->name, "ou-ab12-prod");
  EXPECT_NE(
      got.explanation.find("service control policy: denies at ou-ab12-prod: policy \"NoShell\", statement 1 (\"S\")"),
      std::string::npos);
}

TEST_F(Evaluate, ExplanationsAreSafeForATerminal) {
  tags_.set("ssm:resourceTag/team", "red\x1b[2J");
  EvaluateOptions options;
  options.detail = Detail::full;
  const Evaluation got = evaluate(request_, policies_, options);
  EXPECT_EQ(got.explanation.find('\x1b'), std::string::npos);
}

TEST_F(Evaluate, NearMissesAreBounded) {
  std::string text = R"({"Version":"2012-10-17","Statement":[)";
  for (int i = 0; i < 500; ++i)
    text += std::string(i == 0 ? "" : ",") + R"({"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::x"})";
  ParseOptions parse;
  parse.author = Author::aws;
  auto parsed = parse_document(DocumentKind::identity, text + "]}", parse);
  ASSERT_TRUE(parsed);
  identity_.emplace_back("Many", *parsed);
  policies_.identity = identity_;
  EvaluateOptions options;
  options.detail = Detail::full;
  EXPECT_EQ(evaluate(request_, policies_, options).near_misses.size(), kNearMissesMax);
}

TEST(AssumeRoleContext, CarriesWhatWasSentAndWhatWasInherited) {
  Principal::Details details;
  details.source_identity = "ana";
  details.transitive_tags.emplace_back("cost", "77");
  const Principal caller = Principal::role_session("arn:aws:iam::111122223333:role/Hub", "s", details);
  AssumeRoleRequest request;
  request.caller = &caller;
  request.external_id = "e-1";
  request.session_name = "run-9";
  request.tags.emplace_back("team", "blue");
  request.transitive_tag_keys = {"team"};
  const RequestContext context = assume_role_context(request);
  const auto value = [&](std::string_view key) {
    const auto* values = context.find(key);
    std::vector<std::string> none;
    return values != nullptr ? join(*values, "|") : std::string("absent");
  };
  EXPECT_EQ(value("sts:externalid"), "e-1");
  EXPECT_EQ(value("sts:rolesessionname"), "run-9");
  EXPECT_EQ(value("sts:sourceidentity"), "ana");
  EXPECT_EQ(value("aws:requesttag/team"), "blue");
  EXPECT_EQ(value("aws:requesttag/cost"), "77");
  EXPECT_EQ(value("aws:tagkeys"), "team|cost");
  EXPECT_EQ(value("sts:transitivetagkeys"), "team");
}

}  // namespace
}  // namespace postern::iam
