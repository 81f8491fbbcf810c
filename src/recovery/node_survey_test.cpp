#include "recovery/node_survey.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"
#include "recovery/testing/fake_node_roles.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::recovery {
namespace node_survey_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kDrs = "arn:aws:iam::aws:policy/service-role/AWSElasticDisasterRecoveryEc2InstancePolicy";
constexpr const char* kCore = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";

class Nodes : public ::testing::Test {
 protected:
  Nodes() : where(fleet::testing::scope("444455556666", "us-east-1")) {}
  void instance(const std::string& profile) {
    const auto number = static_cast<unsigned>(instances.size() + 1);
    instances.push_back(fleet::testing::instance(where, fleet::testing::instance_id(number)));
    if (!profile.empty()) {
      instances.back().instance_profile_arn = "arn:aws:iam::444455556666:instance-profile/" + profile;
    }
  }
  void core(const std::string& role) { port.put(role, "Core", kCore, known_policy_document(kCore)); }
  NodeSurvey survey() {
    Result<NodeSurvey> out = loop.run(survey_nodes(loop.context(), port, instances, sites, staging, 4));
    EXPECT_TRUE(out);
    return out ? std::move(*out) : NodeSurvey();
  }
  std::vector<RoleChange> plan(const NodeSurvey& of) {
    Result<std::vector<RoleChange>> out = loop.run(plan_role_changes(loop.context(), port, of, 4));
    EXPECT_TRUE(out);
    return out ? std::move(*out) : std::vector<RoleChange>();
  }
  AttachResult attach(const RoleCheck& role) {
    Result<AttachResult> out = loop.run(attach_node_policy(loop.context(), port, role, kDrs));
    EXPECT_TRUE(out);
    return out ? std::move(*out) : AttachResult();
  }
  static std::vector<std::string> verdicts(const NodeSurvey& survey) {
    std::vector<std::string> out;
    for (const NodeCheck& node : survey.nodes) out.emplace_back(to_string(node.verdict));
    return out;
  }

  rt::testing::ManualLoop loop;
  testing::FakeNodeRoles port;
  fleet::ScopePtr where;
  StagingSites staging;
  std::vector<fleet::ScopePtr> sites;
  std::vector<fleet::Instance> instances;
};

TEST_F(Nodes, EachInstanceHasAVerdict) {
  port.add("good", "GoodRole");
  port.put("GoodRole", "Drs", kDrs, known_policy_document(kDrs));
  core("GoodRole");
  port.add("lacking", "LackingRole");
  core("LackingRole");
  port.add("empty", "");
  port.add("hidden", "HiddenRole");
  port.put("HiddenRole", "custom", "arn:aws:iam::444455556666:policy/custom", "");
  for (const char* profile : {"good", "lacking", "", "empty", "gone", "hidden"}) instance(profile);
  const NodeSurvey seen = survey();
  EXPECT_THAT(verdicts(seen), ElementsAre("ok", "PROFILE_LACKS_DRS_POLICY", "NO_INSTANCE_PROFILE",
                                          "PROFILE_WITHOUT_ROLE", "PROFILE_WITHOUT_ROLE", "UNREADABLE"));
  EXPECT_THAT(seen.nodes[1].reason, HasSubstr("LackingRole does not allow drs:GetAgentInstallationAssetsForDrs"));
  EXPECT_THAT(seen.nodes[4].reason, HasSubstr("does not exist any more"));
  EXPECT_THAT(seen.nodes[5].reason, HasSubstr("not authorized to perform iam:GetPolicy"));
}

// Flaw B19: the policy went to a role of a fixed name, or of the profile's. The profile web contains node-role, and a
// role that is called web exists too.
TEST_F(Nodes, TheRoleIsTheOneThatTheProfileContains) {
  port.add("web", "node-role");
  port.add("other", "web");
  core("node-role");
  core("web");
  instance("web");
  const NodeSurvey seen = survey();
  ASSERT_THAT(seen.roles, SizeIs(1));
  EXPECT_EQ(seen.roles[0].role.name, "node-role");
  const std::vector<RoleChange> changes = plan(seen);
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].policy_arn, kDrs);
  EXPECT_EQ(attach(seen.roles[0]).outcome, AttachOutcome::attached);
  EXPECT_TRUE(port.roles.at("node-role").has_attached(kDrs));
  EXPECT_FALSE(port.roles.at("web").has_attached(kDrs));
}

TEST_F(Nodes, EachProfileAndRoleIsReadOnce) {
  port.add("a", "Shared");
  port.add("b", "Shared");
  for (const char* profile : {"a", "b", "a", "b", "a"}) instance(profile);
  const NodeSurvey seen = survey();
  EXPECT_THAT(port.calls, ElementsAre("profile a", "profile b", "role Shared"));
  EXPECT_EQ(seen.roles[0].instances, 5U);
  EXPECT_THAT(seen.roles[0].profiles, SizeIs(2));
}

TEST_F(Nodes, AnotherStagingAccountAsksForTheRoleThatIsNamedAfterIt) {
  port.add("web", "WebRole");
  core("WebRole");
  port.put("WebRole", "Agent", "",
           R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["drs:*"],"Resource":"*"},
{"Effect":"Allow","Action":"sts:AssumeRole",
"Resource":"arn:aws:iam::444455556666:role/service-role/DRSCrossAccountAgentAuthorizedRole_999900001111"}]})");
  instance("web");
  EXPECT_THAT(verdicts(survey()), ElementsAre("ok"));
  staging.emplace("444455556666", fleet::testing::scope("999900001111", "us-west-2"));
  EXPECT_THAT(verdicts(survey()), ElementsAre("ok"));
  staging["444455556666"] = fleet::testing::scope("888800001111", "us-west-2");
  EXPECT_THAT(verdicts(survey()), ElementsAre("PROFILE_LACKS_DRS_POLICY"));
}

TEST_F(Nodes, APlanSaysWhoElseHasTheRole) {
  port.add("web", "Shared");
  port.add("batch", "Shared");
  port.instances = {{"arn:aws:iam::444455556666:instance-profile/web", 3},
                    {"arn:aws:iam::444455556666:instance-profile/batch", 40}};
  instance("web");
  const std::vector<RoleChange> changes = plan(survey());
  ASSERT_THAT(changes, SizeIs(1));
  ASSERT_THAT(changes[0].profiles, SizeIs(2));
  EXPECT_EQ(changes[0].profiles[0].profile.name, "batch");
  EXPECT_EQ(changes[0].profiles[0].instances, 40U);
  EXPECT_EQ(changes[0].profiles[1].instances, 3U);
  EXPECT_THAT(changes[0].notes, IsEmpty());
}

TEST_F(Nodes, APlanSaysWhatItCouldNotLearn) {
  port.add("web", "WebRole");
  instance("web");
  port.failing["profiles_of"].emplace_back(ErrorKind::denied, "not authorized to perform ListInstanceProfilesForRole");
  port.failing["count"].emplace_back(ErrorKind::denied, "not authorized to perform DescribeInstances");
  const std::vector<RoleChange> changes = plan(survey());
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_THAT(changes[0].notes, ElementsAre(HasSubstr("other instance profiles"), HasSubstr("could not be counted")));
  EXPECT_THAT(changes[0].profiles, SizeIs(1));
}

TEST_F(Nodes, NothingIsPlannedWhereAttachingDoesNotHelp) {
  port.add("web", "WebRole");
  port.put("WebRole", "guard", "",
           R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"drs:*","Resource":"*"}]})");
  instance("web");
  const NodeSurvey seen = survey();
  EXPECT_EQ(seen.nodes[0].verdict, NodeVerdict::lacks_drs_policy);
  EXPECT_THAT(seen.nodes[0].reason, HasSubstr("denied by policy \"guard\""));
  EXPECT_THAT(plan(seen), IsEmpty());
}

TEST_F(Nodes, AProfileOrRoleThatCannotBeReadIsUnreadable) {
  port.add("a", "RoleA");
  port.add("b", "RoleB");
  instance("a");
  instance("b");
  port.failing["profile"].emplace_back(ErrorKind::denied, "not authorized to perform iam:GetInstanceProfile");
  port.failing["role"].emplace_back(ErrorKind::denied, "not authorized to perform iam:ListRolePolicies");
  const NodeSurvey seen = survey();
  EXPECT_THAT(verdicts(seen), ElementsAre("UNREADABLE", "UNREADABLE"));
  EXPECT_THAT(seen.nodes[0].reason, HasSubstr("iam:GetInstanceProfile"));
  EXPECT_THAT(seen.nodes[1].reason, HasSubstr("iam:ListRolePolicies"));
}

TEST_F(Nodes, ALostAnswerIsSettledByLooking) {
  port.add("web", "WebRole");
  instance("web");
  const NodeSurvey seen = survey();
  port.lose_reply = true;
  port.looks_until_shown = 2;
  const AttachResult result = attach(seen.roles[0]);
  EXPECT_EQ(result.outcome, AttachOutcome::attached);
  EXPECT_FALSE(result.error);
}

TEST_F(Nodes, WhatIsNeverShownIsUnknown) {
  port.add("web", "WebRole");
  instance("web");
  const NodeSurvey seen = survey();
  port.looks_until_shown = 1000;
  const AttachResult result = attach(seen.roles[0]);
  EXPECT_EQ(result.outcome, AttachOutcome::unknown);
  ASSERT_TRUE(result.error);
  EXPECT_THAT(result.error->message(), HasSubstr("does not show it yet"));
}

TEST_F(Nodes, ARefusalIsAFailure) {
  port.add("web", "WebRole");
  instance("web");
  const NodeSurvey seen = survey();
  port.failing["attach"].push_back(
      Error(ErrorKind::denied, "not authorized to perform iam:AttachRolePolicy").delivered(Delivery::answered));
  const AttachResult result = attach(seen.roles[0]);
  EXPECT_EQ(result.outcome, AttachOutcome::failed);
  EXPECT_THAT(port.calls, ::testing::Not(::testing::Contains("attached WebRole")));
}

}  // namespace node_survey_test
}  // namespace postern::recovery
