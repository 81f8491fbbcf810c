#include "cli/dr_deployment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/testing/make.hpp"

namespace postern::cli {
namespace dr_deployment_test {

using report::DeployedServer;
using report::Stage;
using ::testing::Contains;
using ::testing::HasSubstr;

const WallTime kNow = *parse_rfc3339("2026-11-21T12:00:00Z");

std::string id_of(unsigned number) {
  return fleet::testing::instance_id(number).text();
}

/// A rollout that has ended, in one account; `number` is the instance's.
class Bed {
 public:
  Bed() : site_(fleet::testing::scope("444455556666", "us-west-2", "payments")) {
    rollout_.id = "01BX5ZZKBKACTAV9WEVGEMMVRZ";
    rollout_.opened_at = kNow - std::chrono::hours(2);
    rollout_.last_at = kNow - std::chrono::hours(1);
    Json selected = Json::array();
    selected.push_back("@dr");
    rollout_.header = Json::object().set("operator", "ops@laptop").set("registration_s", 900);
    rollout_.header.set("document", "AWSDisasterRecovery-InstallDRAgentOnInstance").set("probe", true);
    rollout_.header.set("selected", std::move(selected)).set("to", "us-west-2");
    rollout_.closing = Json::object().set("interrupted", false);
    look_.sweep.at = kNow;
    sources_.rollout = &rollout_;
    sources_.look = &look_;
    sources_.now = kNow;
  }

  void row(unsigned number, std::string state, std::string code = "", std::string server = "") {
    Json json = Json::object().set("account_id", "444455556666").set("account", "payments").set("region", "us-east-1");
    json.set("instance_id", id_of(number)).set("name", "web").set("site", "us-west-2").set("state", state);
    json.set("code", code).set("reason", code.empty() ? "" : "a reason").set("fix", code.empty() ? "" : "a fix");
    json.set("source_server_id", server).set("replication", server.empty() ? "" : "healthy");
    rollout_.targets.push_back(std::move(json));
  }

  void in_drs(unsigned number, recovery::ReplicationState state = recovery::ReplicationState::continuous) {
    recovery::SourceServer server;
    server.site = site_;
    server.id = "s-" + id_of(number).substr(2);
    server.instance_id = id_of(number);
    server.origin_account = "444455556666";
    server.state = state;
    server.lag = Duration(0);
    server.last_seen = kNow - std::chrono::seconds(30);
    look_.sweep.servers.push_back(std::move(server));
    look_.sweep.points.emplace_back();
  }

  report::Deployment made() const { return make_deployment(sources_); }
  static const DeployedServer& of(const report::Deployment& report, unsigned number) {
    for (const DeployedServer& one : report.servers) {
      if (one.instance_id == id_of(number)) return one;
    }
    ADD_FAILURE() << number << " is not in the report";
    return report.servers.front();
  }

  fleet::ScopePtr site_;
  RolloutRead rollout_;
  DrLook look_;
  DeploymentSources sources_;
};

TEST(DeploymentOfARollout, WhatDrsHasNowCountsAndTheRolloutStaysANote) {
  Bed bed;
  bed.row(1, "blocked", "SSM_OFFLINE");
  bed.row(2, "enrolled", "", "s-2");
  bed.row(3, "phantom", "PHANTOM_INSTALL");
  bed.row(4, "registered", "", "s-4");
  for (const unsigned number : {1U, 2U, 3U}) bed.in_drs(number);
  bed.in_drs(4, recovery::ReplicationState::initial_sync);
  const report::Deployment report = bed.made();
  EXPECT_EQ(Bed::of(report, 1).stage, Stage::protected_now);
  EXPECT_EQ(Bed::of(report, 1).outcome, "blocked");
  EXPECT_THAT(Bed::of(report, 1).notes, Contains("SSM_OFFLINE in the rollout: a reason"));
  EXPECT_EQ(Bed::of(report, 2).stage, Stage::protected_now);
  EXPECT_EQ(Bed::of(report, 3).stage, Stage::protected_now);
  EXPECT_EQ(Bed::of(report, 4).stage, Stage::registered);
  EXPECT_EQ(Bed::of(report, 4).seen.replication, "catching_up");
  EXPECT_EQ(report::verdict_of(report), "synchronising");
}

TEST(DeploymentOfARollout, WhatDrsDoesNotKnowIsNoBetterThanItWas) {
  Bed bed;
  bed.row(1, "phantom", "PHANTOM_INSTALL");
  bed.row(2, "protected", "", "s-2");
  bed.row(3, "failed", "GCC_MISSING");
  bed.row(4, "excluded");
  bed.row(5, "ready");
  const report::Deployment report = bed.made();
  EXPECT_EQ(Bed::of(report, 1).stage, Stage::phantom);
  EXPECT_EQ(Bed::of(report, 2).stage, Stage::missing);
  EXPECT_EQ(Bed::of(report, 2).code, "GONE_FROM_DRS");
  EXPECT_EQ(Bed::of(report, 3).stage, Stage::failed);
  EXPECT_EQ(Bed::of(report, 4).reason, "no reason is given");
  EXPECT_EQ(Bed::of(report, 5).stage, Stage::not_sent);
}

TEST(DeploymentOfARollout, ASiteThatDoesNotAnswerMakesNothingOfIt) {
  Bed bed;
  bed.row(1, "protected", "", "s-1");
  bed.row(2, "blocked", "SSM_OFFLINE");
  bed.look_.sweep.problems.emplace_back(bed.site_, Error(ErrorKind::denied, "no"));
  const report::Deployment report = bed.made();
  EXPECT_EQ(Bed::of(report, 1).stage, Stage::unknown);
  EXPECT_EQ(Bed::of(report, 2).stage, Stage::blocked);
  EXPECT_EQ(report::verdict_of(report), "incomplete");
  ASSERT_EQ(report.unseen.size(), 1U);
}

TEST(DeploymentOfARollout, TheLedgerAloneTellsHowItEnded) {
  Bed bed;
  bed.sources_.look = nullptr;
  bed.row(1, "enrolled", "", "s-1");
  bed.row(2, "installed");
  const report::Deployment report = bed.made();
  EXPECT_EQ(Bed::of(report, 1).stage, Stage::protected_now);
  EXPECT_EQ(Bed::of(report, 2).stage, Stage::installed);
  EXPECT_FALSE(report.seen_at);
  EXPECT_THAT(report.remarks.at(0), HasSubstr("DRS was not asked"));
}

TEST(DeploymentOfARollout, EveryLineThatIsLeftToDoIsComplete) {
  Bed bed;
  bed.row(1, "blocked", "TARGET_NOT_INITIALIZED");
  bed.row(2, "blocked", "PROFILE_LACKS_DRS_POLICY");
  const report::Deployment report = bed.made();
  std::vector<std::string> lines;
  for (const report::DeploymentAction& one : report.actions) {
    lines.insert(lines.end(), one.commands.begin(), one.commands.end());
  }
  EXPECT_THAT(lines, Contains("postern dr init --account 444455556666"));
  EXPECT_THAT(lines, Contains("postern dr rollout --to us-west-2 -s id:" + id_of(1)));
  EXPECT_THAT(lines, Contains("postern dr prepare -s id:" + id_of(2)));
  EXPECT_EQ(lines.back(), "postern dr coverage --gaps --gate");
}

TEST(DeploymentOfARollout, WithManyServersTheSelectionOfTheRolloutStandsThere) {
  Bed bed;
  for (unsigned number = 1; number <= 30; ++number) bed.row(number, "not_sent", "NOT_SENT");
  const report::Deployment report = bed.made();
  EXPECT_EQ(report.actions.at(0).commands, std::vector<std::string>{"postern dr rollout --to us-west-2 -s @dr"});
}

}  // namespace dr_deployment_test
}  // namespace postern::cli
