#include "recovery/coverage.hpp"

#include <gtest/gtest.h>

#include "recovery/testing/fake_servers.hpp"

namespace postern::recovery {
namespace {

const char* const kAccount = "111122223333";

fleet::Instance instance_of(int number, fleet::Tags tags = {}) {
  std::string digits = std::to_string(number);
  const std::string id = "i-" + std::string(17 - digits.size(), '0') + digits;
  fleet::Instance instance;
  instance.ref = fleet::TargetRef(testing::site_of(kAccount, "us-east-1"), *fleet::InstanceId::parse(id));
  instance.state = fleet::InstanceState::running;
  instance.tags = std::move(tags);
  return instance;
}

class CoverageTest : public ::testing::Test {
 protected:
  CoverageTest() { sweep.at = WallTime(std::chrono::hours(500'000)); }
  void add_server(const fleet::Instance& instance, const char* state) {
    SourceServer server;
    server.id = "s-" + std::to_string(sweep.servers.size());
    server.site = testing::site_of(kAccount, "us-west-2");
    server.instance_id = instance.ref.id().text();
    server.origin_account = kAccount;
    server.state = parse_replication_state(state);
    server.last_seen = sweep.at;
    sweep.servers.push_back(std::move(server));
    sweep.points.emplace_back();
  }
  Coverage covered() {
    input.instances = &instances;
    input.sweep = &sweep;
    return cover(input);
  }
  std::vector<fleet::Instance> instances;
  Sweep sweep;
  CoverageInput input;
};

TEST_F(CoverageTest, PutsEveryInstanceIntoOneClass) {
  for (int i = 0; i < 5; ++i) instances.push_back(instance_of(i));
  instances.push_back(instance_of(5, fleet::Tags{{std::string(kExcludeTag), "appliance"}}));
  add_server(instances[0], "CONTINUOUS");
  add_server(instances[1], "INITIAL_SYNC");
  add_server(instances[2], "DISCONNECTED");
  input.installed.insert(instance_key(kAccount, instances[3].ref.id().text()));
  const Coverage coverage = covered();
  std::string classes;
  for (const CoverRow& row : coverage.rows) classes += std::string(to_string(row.cover)) + " ";
  EXPECT_EQ(classes, "protected enrolled missing installed missing excluded ");
  EXPECT_TRUE(coverage.counts.reconcile());
  EXPECT_EQ(coverage.counts.registered(), 2U);
  EXPECT_EQ(coverage.rows[5].reason, "appliance");
}

TEST_F(CoverageTest, FindsWhatIsDoubleOrStopped) {
  instances.push_back(instance_of(1));
  instances[0].state = fleet::InstanceState::stopped;
  add_server(instances[0], "CONTINUOUS");
  add_server(instances[0], "STALLED");
  EXPECT_EQ(covered().rows[0].findings, (std::vector<std::string>{"STOPPED", "DUPLICATE_REGISTRATION"}));
}

TEST_F(CoverageTest, CallsNothingMissingThatItCouldNotAsk) {
  instances.push_back(instance_of(1));
  sweep.problems.emplace_back(testing::site_of(kAccount, "us-west-2"), Error(ErrorKind::denied, "no"));
  EXPECT_EQ(covered().rows[0].cover, Cover::unknown);
}

TEST_F(CoverageTest, NamesServersOfInstancesThatAreGone) {
  instances.push_back(instance_of(1));
  add_server(instances[0], "CONTINUOUS");
  add_server(instance_of(2), "STALLED");
  EXPECT_TRUE(covered().orphans.empty()) << "without a list of all instances nothing is called an orphan";
  input.alive.insert(instance_key(kAccount, instances[0].ref.id().text()));
  const Coverage coverage = covered();
  ASSERT_EQ(coverage.orphans.size(), 1U);
  EXPECT_EQ(coverage.orphans[0]->id, "s-1");
}

}  // namespace
}  // namespace postern::recovery
