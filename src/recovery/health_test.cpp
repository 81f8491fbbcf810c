#include "recovery/health.hpp"

#include <gtest/gtest.h>

#include "recovery/sweep.hpp"
#include "recovery/testing/fake_servers.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::recovery {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

WallTime now() {
  return WallTime(hours(500'000));
}

SourceServer server_in(const char* state) {
  SourceServer server;
  server.id = "s-1";
  server.state_text = state;
  server.state = parse_replication_state(state);
  server.last_seen = now() - seconds(40);
  return server;
}

PointsRead point_of(Duration age) {
  PointsRead points;
  points.asked = true;
  points.newest.emplace();
  points.newest->at = now() - age;
  return points;
}

Replication replication_of(const SourceServer& server) {
  return assess(server, PointsRead(), now(), HealthPolicy()).replication;
}

TEST(Health, IsHealthyWithASmallLagAndAFreshSample) {
  SourceServer server = server_in("CONTINUOUS");
  server.lag = minutes(2);
  const Health health = assess(server, PointsRead(), now(), HealthPolicy());
  EXPECT_EQ(health.replication, Replication::healthy);
  EXPECT_EQ(health.recoverability, Recoverability::not_read);
  EXPECT_EQ(health.exposure, Duration(minutes(2) + seconds(40))) << "never better than the sample's age allows";
  EXPECT_TRUE(health.is_protected());
  EXPECT_TRUE(health.cause.empty());
}

TEST(Health, KnowsEveryState) {
  EXPECT_EQ(replication_of(server_in("STOPPED")), Replication::stopped);
  EXPECT_EQ(replication_of(server_in("INITIATING")), Replication::starting);
  EXPECT_EQ(replication_of(server_in("INITIAL_SYNC")), Replication::catching_up);
  EXPECT_EQ(replication_of(server_in("BACKLOG")), Replication::catching_up);
  EXPECT_EQ(replication_of(server_in("CREATING_SNAPSHOT")), Replication::catching_up);
  EXPECT_EQ(replication_of(server_in("PAUSED")), Replication::paused);
  EXPECT_EQ(replication_of(server_in("RESCAN")), Replication::rescanning);
  EXPECT_EQ(replication_of(server_in("STALLED")), Replication::stalled);
  EXPECT_EQ(replication_of(server_in("DISCONNECTED")), Replication::disconnected);
  EXPECT_EQ(replication_of(server_in("QUIESCED")), Replication::unknown);
}

TEST(Health, IsNeverTakenFromAnAgentThatIsSilent) {
  SourceServer server = server_in("CONTINUOUS");
  server.last_seen = now() - hours(3);
  Health health = assess(server, PointsRead(), now(), HealthPolicy());
  EXPECT_EQ(health.replication, Replication::agent_missing);
  EXPECT_FALSE(health.exposure);
  EXPECT_FALSE(health.cause.empty());
  health = assess(server, point_of(hours(3)), now(), HealthPolicy());
  EXPECT_EQ(health.recoverability, Recoverability::aged);
  EXPECT_EQ(health.exposure, Duration(hours(3)));
  server.last_seen.reset();
  EXPECT_EQ(replication_of(server), Replication::unknown);
}

TEST(Health, OfAStalledServerIsItsNewestPoint) {
  SourceServer server = server_in("STALLED");
  server.error = "SNAPSHOTS_FAILURE";
  const Health health = assess(server, point_of(hours(9)), now(), HealthPolicy());
  EXPECT_EQ(health.replication, Replication::stalled);
  EXPECT_EQ(health.exposure, Duration(hours(9)));
  EXPECT_FALSE(health.keeps(minutes(15)));
  EXPECT_NE(health.cause.find("points in time"), std::string::npos);
  EXPECT_NE(health.fix.find("CreateSnapshot"), std::string::npos);
  EXPECT_FALSE(health.is_protected());
}

TEST(Health, WithoutAPointIsNoProtection) {
  PointsRead none;
  none.asked = true;
  const Health health = assess(server_in("CONTINUOUS"), none, now(), HealthPolicy());
  EXPECT_EQ(health.recoverability, Recoverability::none);
  EXPECT_FALSE(health.is_protected());
  none.failed = true;
  EXPECT_EQ(assess(server_in("CONTINUOUS"), none, now(), HealthPolicy()).recoverability, Recoverability::unknown);
}

TEST(Health, LagsBeyondTheLimit) {
  SourceServer server = server_in("CONTINUOUS");
  server.lag = minutes(22);
  const Health health = assess(server, PointsRead(), now(), HealthPolicy());
  EXPECT_EQ(health.replication, Replication::lagging);
  EXPECT_FALSE(health.keeps(HealthPolicy().rpo));
  EXPECT_TRUE(needs_points(server, now(), HealthPolicy()));
}

TEST(Health, SaysHowFarTheFirstCopyIs) {
  SourceServer server = server_in("INITIAL_SYNC");
  server.disks.total = 200;
  server.disks.replicated = 50;
  EXPECT_EQ(assess(server, PointsRead(), now(), HealthPolicy()).percent, 25);
}

TEST(Health, ExplainsAllOfAwssErrors) {
  for (const char* error : {"AGENT_NOT_SEEN", "SNAPSHOTS_FAILURE", "NOT_CONVERGING", "UNSTABLE_NETWORK",
                            "FAILED_TO_CREATE_SECURITY_GROUP", "FAILED_TO_LAUNCH_REPLICATION_SERVER",
                            "FAILED_TO_BOOT_REPLICATION_SERVER", "FAILED_TO_AUTHENTICATE_WITH_SERVICE",
                            "FAILED_TO_DOWNLOAD_REPLICATION_SOFTWARE", "FAILED_TO_CREATE_STAGING_DISKS",
                            "FAILED_TO_ATTACH_STAGING_DISKS", "FAILED_TO_PAIR_REPLICATION_SERVER_WITH_AGENT",
                            "FAILED_TO_CONNECT_AGENT_TO_REPLICATION_SERVER", "FAILED_TO_START_DATA_TRANSFER"}) {
    EXPECT_FALSE(advice_of(error).cause.empty()) << error;
    EXPECT_FALSE(advice_of(error).fix.empty()) << error;
  }
  EXPECT_TRUE(advice_of("SOMETHING_NEW").cause.empty());
}

TEST(Health, NamesTheStepThatIsUnderWay) {
  SourceServer server = server_in("INITIATING");
  server.steps.resize(3);
  server.steps[0].name = "WAIT";
  server.steps[0].status = "SUCCEEDED";
  server.steps[1].name = "CREATE_SECURITY_GROUP";
  server.steps[1].status = "FAILED";
  EXPECT_EQ(step_text(server), "step 2 of 3: CREATE_SECURITY_GROUP failed");
  EXPECT_NE(assess(server, PointsRead(), now(), HealthPolicy()).cause.find("security group"), std::string::npos);
  server.steps.clear();
  EXPECT_EQ(step_text(server), "");
}

TEST(Sweep, KeepsASitesFailureApart) {
  rt::testing::ManualLoop loop;
  testing::FakeServers source;
  source.sites["111122223333/us-west-2"].servers = {server_in("CONTINUOUS"), server_in("STALLED")};
  source.sites["111122223333/us-west-2"].servers[1].id = "s-2";
  source.sites["111122223333/us-west-2"].servers[0].last_seen = loop.context().clock().wall_now();
  source.sites["222233334444/us-west-2"].error = Error(ErrorKind::denied, "not authorized");
  const std::vector<fleet::ScopePtr> sites = {testing::site_of("111122223333", "us-west-2"),
                                              testing::site_of("222233334444", "us-west-2"),
                                              testing::site_of("333344445555", "us-west-2")};
  const Result<Sweep> sweep = loop.run(sweep_sites(loop.context(), source, sites));
  ASSERT_TRUE(sweep);
  EXPECT_EQ(sweep->servers.size(), 2U);
  ASSERT_EQ(sweep->problems.size(), 1U);
  EXPECT_EQ(sweep->problems[0].scope->account.text(), "222233334444");
  ASSERT_EQ(sweep->uninitialized.size(), 1U);
  EXPECT_EQ(source.point_calls, (std::vector<std::string>{"s-2"})) << "only the troubled one's points are read";
}

}  // namespace
}  // namespace postern::recovery
