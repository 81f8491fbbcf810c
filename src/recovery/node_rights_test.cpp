#include "recovery/node_rights.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::recovery {
namespace node_rights_test {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kDrs = "arn:aws:iam::aws:policy/service-role/AWSElasticDisasterRecoveryEc2InstancePolicy";
constexpr const char* kCore = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";

RolePolicy policy(std::string name, std::string document) {
  RolePolicy out;
  out.name = std::move(name);
  out.document = std::move(document);
  if (out.document.empty()) out.unread = "not authorized";
  return out;
}

RolePolicy managed(const char* arn) {
  RolePolicy out = policy(profile_name_of(arn), known_policy_document(arn));
  out.arn = arn;
  return out;
}

NodeRole role(std::vector<RolePolicy> policies) {
  NodeRole out;
  out.name = "WebRole";
  out.arn = "arn:aws:iam::444455556666:role/WebRole";
  out.policies = std::move(policies);
  return out;
}

NodeNeeds needs() {
  NodeNeeds out;
  out.account = "444455556666";
  out.region = "us-west-2";
  return out;
}

std::string allow(const std::string& action, const std::string& more = "") {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":")" + action + R"(","Resource":"*")" +
         more + "}]}";
}

TEST(NodeRights, AwsPoliciesSuffice) {
  const NodeRights rights = judge_role(role({managed(kCore), managed(kDrs)}), needs());
  EXPECT_THAT(rights.missing_drs, IsEmpty());
  EXPECT_THAT(rights.missing_ssm, IsEmpty());
  EXPECT_FALSE(rights.mendable);
}

TEST(NodeRights, TheKnownPoliciesAreOfThePartition) {
  const std::string arn = node_policy_arn(fleet::Partition::aws_cn);
  EXPECT_EQ(arn, "arn:aws-cn:iam::aws:policy/service-role/AWSElasticDisasterRecoveryEc2InstancePolicy");
  EXPECT_THAT(known_policy_document(arn), HasSubstr("arn:aws-cn:drs:*:*:source-server/*"));
  EXPECT_THAT(known_policy_document("arn:aws:iam::444455556666:policy/AmazonSSMManagedInstanceCore"), IsEmpty());
  EXPECT_THAT(known_policy_document("nonsense"), IsEmpty());
  NodeNeeds china = needs();
  china.partition = fleet::Partition::aws_cn;
  china.region = "cn-north-1";
  NodeRole node =
      role({managed("arn:aws-cn:iam::aws:policy/service-role/AWSElasticDisasterRecoveryEc2InstancePolicy")});
  node.arn.clear();
  EXPECT_THAT(judge_role(node, china).missing_drs, IsEmpty());
}

TEST(NodeRights, CoreAloneLacksTheAgentsActions) {
  const NodeRights rights = judge_role(role({managed(kCore)}), needs());
  EXPECT_THAT(rights.missing_drs, SizeIs(15));
  EXPECT_THAT(rights.missing_drs, Contains("drs:GetAgentInstallationAssetsForDrs"));
  EXPECT_TRUE(rights.mendable);
}

// Flaw B19: only what is attached was looked at, by name.
TEST(NodeRights, InlinePoliciesCountAsMuchAsAttachedOnes) {
  EXPECT_THAT(judge_role(role({policy("agent", allow("drs:*"))}), needs()).missing_drs, IsEmpty());
  RolePolicy misnamed = policy(std::string(kNodePolicyName), allow("s3:GetObject"));
  misnamed.arn = "arn:aws:iam::444455556666:policy/AWSElasticDisasterRecoveryEc2InstancePolicy";
  EXPECT_THAT(judge_role(role({misnamed}), needs()).missing_drs, SizeIs(15));
}

TEST(NodeRights, AnExplicitDenyIsNotMendedByAttaching) {
  const std::string deny =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"drs:Send*","Resource":"*"}]})";
  const NodeRights rights = judge_role(role({managed(kDrs), policy("guard", deny)}), needs());
  EXPECT_THAT(rights.missing_drs, Contains("drs:SendClientLogsForDrs"));
  EXPECT_FALSE(rights.mendable);
  EXPECT_THAT(rights.notes, ElementsAre(HasSubstr("denied by policy \"guard\"")));
}

TEST(NodeRights, ABoundaryStopsWhatPoliciesAllow) {
  NodeRole bounded = role({managed(kCore)});
  bounded.boundary = policy("Edge", known_policy_document(kCore));
  const NodeRights rights = judge_role(bounded, needs());
  EXPECT_THAT(rights.missing_drs, SizeIs(15));
  EXPECT_THAT(rights.missing_ssm, IsEmpty());
  EXPECT_FALSE(rights.mendable);
}

TEST(NodeRights, AConditionThatCannotBeJudgedIsNamed) {
  const std::string from_vpc = allow("drs:*", R"(,"Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}})");
  const NodeRights rights = judge_role(role({policy("agent", from_vpc)}), needs());
  EXPECT_THAT(rights.missing_drs, SizeIs(15));
  EXPECT_THAT(rights.notes, Contains(HasSubstr("aws:SourceVpc")));
  EXPECT_TRUE(rights.mendable);
}

TEST(NodeRights, APolicyOfAnotherRegionsServersDoesNotDo) {
  const std::string narrow = R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Action":"drs:*","Resource":"arn:aws:drs:eu-west-1:*:source-server/*"},
      {"Effect":"Allow","Action":["drs:Get*","drs:SendClient*","drs:CreateSourceServerForDrs"],"Resource":"*"}]})";
  NodeNeeds elsewhere = needs();
  EXPECT_THAT(judge_role(role({policy("agent", narrow)}), elsewhere).missing_drs, Contains("drs:TagResource"));
  elsewhere.region = "eu-west-1";
  EXPECT_THAT(judge_role(role({policy("agent", narrow)}), elsewhere).missing_drs, IsEmpty());
}

TEST(NodeRights, AnotherStagingAccountNeedsItsRole) {
  NodeNeeds staged = needs();
  staged.staging_account = "999900001111";
  EXPECT_THAT(judge_role(role({managed(kDrs)}), staged).missing_drs, IsEmpty());
  EXPECT_THAT(judge_role(role({policy("agent", allow("drs:*"))}), staged).missing_drs, ElementsAre("sts:AssumeRole"));
}

TEST(NodeRights, WhatCannotBeReadIsSaid) {
  const NodeRights rights = judge_role(role({policy("secret", ""), policy("broken", "{")}), needs());
  EXPECT_THAT(rights.unread, ElementsAre("inline policy secret: not authorized", HasSubstr("inline policy broken: ")));
}

}  // namespace node_rights_test
}  // namespace postern::recovery
