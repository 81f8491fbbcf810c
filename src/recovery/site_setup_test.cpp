#include "recovery/site_setup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"
#include "recovery/testing/fake_site.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::recovery {
namespace site_setup_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Site : public ::testing::Test {
 protected:
  Site() : where(fleet::testing::scope("444455556666", "us-west-2")) {
    wanted.replication.set("subnet", "subnet-1").set("security_groups", Json::array().push_back("sg-1"));
  }
  SitePlan plan() {
    const Result<SiteState> state = loop.run(look_at_site(loop.context(), port, where));
    EXPECT_TRUE(state);
    return state ? plan_site(*state, wanted) : SitePlan();
  }
  SiteResult set_up() {
    Result<SiteResult> out = loop.run(set_up_site(loop.context(), port, where, plan(), wanted));
    EXPECT_TRUE(out);
    return out ? std::move(*out) : SiteResult();
  }

  rt::testing::ManualLoop loop;
  testing::FakeSite port;
  fleet::ScopePtr where;
  fleet::DrSettings wanted;
};

TEST_F(Site, IsSetUpFromNothingWithSoundDefaults) {
  const SitePlan before = plan();
  ASSERT_THAT(before.deeds, SizeIs(3));
  EXPECT_THAT(before.problems, IsEmpty());
  const Json& values = before.deeds[1].settings.values;
  EXPECT_EQ(values["routing"].as_string(), "private");
  EXPECT_FALSE(values["public_ip"].as_bool());
  EXPECT_FALSE(values["default_security_group"].as_bool());
  EXPECT_EQ(setting_text(values["points"]), "10m/1h, 1h/1d, 1d/7d");
  const SiteResult result = set_up();
  EXPECT_EQ(result.outcome, SiteOutcome::done);
  EXPECT_THAT(port.calls, ElementsAre("initialize", HasSubstr("create replication"), HasSubstr("create launch")));
  EXPECT_THAT(plan().deeds, IsEmpty());
}

TEST_F(Site, ASecondTimeChangesOnlyWhatIsWanted) {
  set_up();
  port.calls.clear();
  wanted.replication.set("bandwidth", 200);
  wanted.launch.set("disposition", "stopped");
  EXPECT_EQ(set_up().outcome, SiteOutcome::done);
  EXPECT_THAT(port.calls,
              ElementsAre(R"(update replication {"bandwidth":200})", R"(update launch {"disposition":"stopped"})"));
  port.calls.clear();
  EXPECT_EQ(set_up().outcome, SiteOutcome::done);
  EXPECT_THAT(port.calls, IsEmpty());
}

TEST_F(Site, WithoutASubnetThereIsNoTemplate) {
  wanted.replication = Json::object();
  EXPECT_THAT(plan().problems, ElementsAre(HasSubstr("--subnet-id"), HasSubstr("--security-group")));
}

TEST_F(Site, CustomEncryptionNeedsAKeyAndIsSentWithIt) {
  wanted.replication.set("encryption", "custom");
  EXPECT_THAT(plan().problems, ElementsAre(HasSubstr("needs a key")));
  wanted.replication.set("key", "arn:aws:kms:us-west-2:444455556666:key/a");
  set_up();
  port.calls.clear();
  port.replication.front().values.set("encryption", "default");
  set_up();
  EXPECT_THAT(port.calls, ElementsAre(HasSubstr(R"("encryption":"custom","key":"arn)")));
}

TEST_F(Site, MissingRolesAreMadeByInitializingAgain) {
  set_up();
  port.roles.pop_back();
  port.calls.clear();
  const SitePlan before = plan();
  ASSERT_THAT(before.deeds, SizeIs(1));
  EXPECT_THAT(before.deeds[0].why, HasSubstr("AWSElasticDisasterRecoveryFailbackRole"));
  EXPECT_EQ(set_up().outcome, SiteOutcome::done);
  port.roles.pop_back();
  port.makes_roles = false;
  const SiteResult stuck = set_up();
  EXPECT_EQ(stuck.outcome, SiteOutcome::unknown);
  ASSERT_THAT(stuck.left.deeds, SizeIs(1));
  EXPECT_THAT(stuck.left.deeds[0].why, HasSubstr("AWSElasticDisasterRecoveryFailbackRole"));
}

TEST_F(Site, RolesThatCannotBeLookedForAreSaid) {
  set_up();
  port.failing["has_role"].emplace_back(ErrorKind::denied, "not authorized to perform iam:GetRole");
  const SitePlan again = plan();
  EXPECT_THAT(again.deeds, IsEmpty());
  EXPECT_THAT(again.notes, ElementsAre(HasSubstr("iam:GetRole")));
}

TEST_F(Site, ALostAnswerIsSettledByLookingAndNothingIsMadeTwice) {
  port.initialized = true;
  port.roles = service_role_names();
  port.lose_reply = true;
  port.looks_until_shown = 3;
  const SiteResult result = set_up();
  EXPECT_EQ(result.outcome, SiteOutcome::done);
  EXPECT_THAT(port.replication, SizeIs(1));
  EXPECT_THAT(port.calls, ElementsAre(HasSubstr("create replication"), HasSubstr("create launch")));
}

TEST_F(Site, ARefusalStopsTheSite) {
  port.failing["initialize"].push_back(
      Error(ErrorKind::denied, "not authorized to perform drs:InitializeService").delivered(Delivery::answered));
  const SiteResult result = set_up();
  EXPECT_EQ(result.outcome, SiteOutcome::failed);
  EXPECT_THAT(result.error->message(), HasSubstr("drs:InitializeService"));
  EXPECT_THAT(port.calls, ElementsAre("initialize"));
}

TEST(TrustedAccount, IsAStepOfTheConsoleWithItsRoles) {
  const std::string step = trusted_account_step("999900001111", "444455556666", "us-west-2");
  EXPECT_THAT(step, HasSubstr("in account 999900001111"));
  EXPECT_THAT(step, HasSubstr("Settings > Trusted accounts"));
  EXPECT_THAT(trusted_account_roles("444455556666"), ::testing::Contains("DRSStagingAccountRole"));
  EXPECT_THAT(trusted_account_roles("444455556666"), ::testing::Contains("DRSCrossAccountAgentRole_444455556666"));
}

TEST(NetworkNotes, SayWhoIsLetInAndWhoIsNot) {
  StagingNetwork network;
  network.vpc = "vpc-1";
  network.free_addresses = 3;
  network.rules.resize(2);
  network.rules[0].group = "sg-1";
  network.rules[0].sources = {"10.0.0.0/8"};
  network.rules[1].group = "sg-2";
  EXPECT_THAT(network_notes(network, {"10.0.0.0/8", "172.16.0.0/12"}),
              ElementsAre(HasSubstr("3 free IPs"), HasSubstr("no security group has a rule for 172.16.0.0/12")));
  network.free_addresses = 200;
  network.rules[1].sources = {"0.0.0.0/0"};
  EXPECT_THAT(network_notes(network, {}), ElementsAre(HasSubstr("sg-2 lets 0.0.0.0/0 in")));
  network.rules[0].sources.clear();
  network.rules[1].sources.clear();
  EXPECT_THAT(network_notes(network, {}), ElementsAre(HasSubstr("agents cannot send data")));
}

TEST(SitePlan, WhatThereIsToChooseFromIsNamed) {
  StagingChoices choices;
  EXPECT_THAT(choice_notes(choices), ElementsAre("there is no subnet", "there is no security group"));
  choices.subnets.emplace_back("subnet-1", "staging, 10.0.0.0/24, us-west-2a");
  choices.subnets.emplace_back("subnet-2", "");
  for (int i = 1; i <= 8; ++i) choices.groups.emplace_back("sg-" + std::to_string(i), "");
  EXPECT_THAT(choice_notes(choices),
              ElementsAre("subnets there: subnet-1 (staging, 10.0.0.0/24, us-west-2a); subnet-2",
                          "security groups there: sg-1; sg-2; sg-3; sg-4; sg-5; sg-6 and 2 others"));
}

}  // namespace site_setup_test
}  // namespace postern::recovery
