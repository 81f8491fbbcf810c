#include "recovery/server_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"
#include "recovery/testing/fake_site.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::recovery {
namespace server_settings_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Server : public ::testing::Test {
 protected:
  Server() : where(fleet::testing::scope("444455556666", "us-west-2")) {
    Settings replication;
    replication.id = "s-1";
    replication.values.set("bandwidth", 0).set("encryption", "default").set("security_groups", Json::array());
    port.server_replications["s-1"] = replication;
    Settings launch;
    launch.id = "s-1";
    launch.values.set("disposition", "started").set("copy_tags", true);
    launch.launch_template = "lt-1";
    port.server_launches["s-1"] = launch;
    wanted.replication.set("bandwidth", 200);
    wanted.launch.set("disposition", "stopped").set("copy_tags", true);
  }
  ServerSettings read(LaunchTemplatePart ec2 = LaunchTemplatePart::read) {
    Result<ServerSettings> out =
        loop.run(read_server_settings(loop.context(), port, where, "s-1", ReplicationPart::here, ec2));
    EXPECT_TRUE(out);
    return out ? std::move(*out) : ServerSettings();
  }
  ApplyResult apply() {
    const SettingsChange change = compare_settings(read(), wanted);
    Result<ApplyResult> out = loop.run(apply_server_settings(loop.context(), port, where, "s-1", change, wanted));
    EXPECT_TRUE(out);
    return out ? std::move(*out) : ApplyResult();
  }

  rt::testing::ManualLoop loop;
  testing::FakeSite port;
  fleet::ScopePtr where;
  fleet::DrSettings wanted;
};

TEST_F(Server, OnlyWhatDiffersIsSentAndReadBack) {
  const SettingsChange change = compare_settings(read(), wanted);
  EXPECT_THAT(change.replication, SizeIs(1));
  EXPECT_THAT(change.launch, SizeIs(1));
  EXPECT_EQ(apply().outcome, ApplyOutcome::applied);
  EXPECT_THAT(port.calls, ElementsAre(R"(server replication s-1 {"bandwidth":200})",
                                      R"(server launch s-1 {"disposition":"stopped"})"));
  EXPECT_TRUE(compare_settings(read(), wanted).empty());
}

TEST_F(Server, ShowsTheLaunchTemplatesDefaultVersion) {
  EXPECT_EQ(read().ec2->version, 3);
  EXPECT_FALSE(read(LaunchTemplatePart::left).ec2);
}

TEST_F(Server, ALostAnswerIsSettledByLooking) {
  port.lose_reply = true;
  EXPECT_EQ(apply().outcome, ApplyOutcome::applied);
}

TEST_F(Server, ARefusalStopsTheServer) {
  port.failing["replication"].push_back(
      Error(ErrorKind::denied, "not authorized to perform drs:UpdateReplicationConfiguration")
          .delivered(Delivery::answered));
  const ApplyResult result = apply();
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_THAT(result.error->message(), HasSubstr("drs:UpdateReplicationConfiguration"));
  EXPECT_THAT(port.calls, SizeIs(1));
}

TEST_F(Server, WhatCannotBeReadBackIsUnknown) {
  const SettingsChange change = compare_settings(read(), wanted);
  for (int i = 0; i < 10; ++i) port.failing["server_launch"].emplace_back(ErrorKind::unavailable, "try later");
  const Result<ApplyResult> result =
      loop.run(apply_server_settings(loop.context(), port, where, "s-1", change, wanted));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, ApplyOutcome::unknown);
}

TEST_F(Server, AnEncryptionIsSentWithItsKey) {
  wanted.replication = Json::object().set("encryption", "custom").set("key", "arn:aws:kms:a");
  port.server_replications["s-1"].values.set("key", "arn:aws:kms:a");
  wanted.launch = Json::object();
  EXPECT_EQ(apply().outcome, ApplyOutcome::applied);
  EXPECT_THAT(port.calls, ElementsAre(HasSubstr(R"({"encryption":"custom","key":"arn:aws:kms:a"})")));
}

TEST_F(Server, TemplatesAreChangedByTheirIds) {
  SiteState state;
  state.launch.emplace_back();
  state.launch.back().id = "lct-1";
  state.launch.back().values.set("disposition", "started");
  port.initialized = true;
  port.launch = state.launch;
  wanted.launch = Json::object().set("disposition", "stopped");
  const SettingsChange change = compare_templates(state, wanted);
  EXPECT_THAT(change.replication, IsEmpty());
  const Result<ApplyResult> result =
      loop.run(apply_template_settings(loop.context(), port, where, state, change, wanted));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, ApplyOutcome::applied);
  EXPECT_THAT(port.calls, ElementsAre(R"(update launch {"disposition":"stopped"})"));
}

}  // namespace server_settings_test
}  // namespace postern::recovery
