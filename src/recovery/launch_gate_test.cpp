#include "recovery/launch_gate.hpp"

#include <gtest/gtest.h>

namespace postern::recovery {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = *parse_rfc3339("2026-03-01T12:00:00Z");

LaunchCandidate candidate(std::string_view state) {
  LaunchCandidate one;
  one.server.id = "s-00000000000000001";
  one.server.state = parse_replication_state(state);
  one.server.state_text = std::string(state);
  one.server.lag = 4s;
  return one;
}

LaunchCandidate stalled(Duration age) {
  LaunchCandidate one = candidate("STALLED");
  one.server.error = "SNAPSHOTS_FAILURE";
  RecoveryPoint& point = one.point.emplace();
  point.id = "pit-00000000000000009";
  point.at = kNow - age;
  return one;
}

LaunchPolicy drill() {
  return LaunchPolicy();
}

LaunchPolicy recovery() {
  LaunchPolicy policy;
  policy.mode = LaunchMode::recovery;
  return policy;
}

TEST(LaunchGate, AReplicatingServerGoesFromASnapshotOfNow) {
  const LaunchChoice choice = choose_launch(candidate("CONTINUOUS"), drill(), kNow);
  EXPECT_TRUE(choice.go);
  EXPECT_EQ(choice.snapshot, "");
  EXPECT_EQ(choice.rpo, Duration(4s));
  EXPECT_FALSE(needs_point(candidate("CONTINUOUS").server, drill()));
}

TEST(LaunchGate, AStalledServerIsKeptFromADrillUnlessItsPointIsFreshOrSomebodySaysWhy) {  // S03
  LaunchChoice choice = choose_launch(stalled(9h), drill(), kNow);
  EXPECT_FALSE(choice.go);
  EXPECT_TRUE(choice.overridable);
  EXPECT_EQ(choice.why, "its replication is STALLED (SNAPSHOTS_FAILURE), and its newest point in time is 9h old");
  LaunchPolicy over = drill();
  over.override_reason = "we want to see it";
  choice = choose_launch(stalled(9h), over, kNow);
  EXPECT_TRUE(choice.go);
  EXPECT_TRUE(choice.overridden);
  EXPECT_EQ(choice.snapshot, "pit-00000000000000009");
  EXPECT_EQ(choice.rpo, Duration(9h));
  choice = choose_launch(stalled(10min), drill(), kNow);
  EXPECT_TRUE(choice.go);
  EXPECT_EQ(choice.snapshot, "pit-00000000000000009");
  EXPECT_TRUE(needs_point(stalled(9h).server, drill()));
}

TEST(LaunchGate, ARecoveryIsNeverKeptByAStall) {  // S02: the source Region is gone
  const LaunchChoice choice = choose_launch(stalled(9h), recovery(), kNow);
  EXPECT_TRUE(choice.go);
  EXPECT_EQ(choice.snapshot, "pit-00000000000000009");
  EXPECT_EQ(choice.rpo, Duration(9h));
  LaunchCandidate none = candidate("STALLED");
  EXPECT_EQ(choose_launch(none, recovery(), kNow).why, "it has no point in time to launch from");
  none.point_error = "Rate exceeded";
  EXPECT_EQ(choose_launch(none, recovery(), kNow).why, "its points in time could not be read: Rate exceeded");
}

TEST(LaunchGate, ADrillNeverReplacesARealRecovery) {  // S11, I6
  LaunchCandidate live = candidate("CONTINUOUS");
  live.server.recovery_instance_id = "i-00000000000000001";
  LaunchPolicy over = drill();
  over.override_reason = "please";
  LaunchChoice choice = choose_launch(live, over, kNow);
  EXPECT_FALSE(choice.go);
  EXPECT_FALSE(choice.overridable);
  EXPECT_EQ(choice.why,
            "whether its recovery instance i-00000000000000001 is a drill's is not known: it is not listed");
  RecoveryInstance& instance = live.instance.emplace();
  instance.id = live.server.recovery_instance_id;
  instance.ec2_state = "RUNNING";
  EXPECT_FALSE(choose_launch(live, over, kNow).go);  // isDrill is not said
  instance.is_drill = false;
  choice = choose_launch(live, over, kNow);
  EXPECT_FALSE(choice.go);
  EXPECT_EQ(choice.why,
            "it runs as the real recovery instance i-00000000000000001 (RUNNING), which a drill would replace");
  choice = choose_launch(live, recovery(), kNow);
  EXPECT_TRUE(choice.go);
  EXPECT_TRUE(choice.replaces_live);
  EXPECT_EQ(choice.replaces, "i-00000000000000001");
  instance.is_drill = true;
  choice = choose_launch(live, drill(), kNow);
  EXPECT_TRUE(choice.go);
  EXPECT_FALSE(choice.replaces_live);
}

TEST(LaunchGate, WhatAwsWouldRefuseIsNotAsked) {
  EXPECT_FALSE(choose_launch(candidate("DISCONNECTED"), recovery(), kNow).go);
  LaunchCandidate home = candidate("CONTINUOUS");
  home.server.failback = true;
  EXPECT_FALSE(choose_launch(home, recovery(), kNow).go);
  LaunchCandidate twice = candidate("CONTINUOUS");
  twice.duplicate = true;
  EXPECT_FALSE(choose_launch(twice, drill(), kNow).go);
  LaunchCandidate odd = candidate("QUIESCED");  // S19: not known is not healthy
  EXPECT_FALSE(choose_launch(odd, drill(), kNow).go);
}

TEST(LaunchGate, ThePointIsChosen) {
  LaunchPolicy policy = drill();
  policy.point = *PointChoice::parse("previous");
  LaunchCandidate one = candidate("CONTINUOUS");
  EXPECT_TRUE(needs_point(one.server, policy));
  one.point = stalled(20min).point;
  const LaunchChoice choice = choose_launch(one, policy, kNow);
  EXPECT_EQ(choice.snapshot, "pit-00000000000000009");
  EXPECT_EQ(choice.rpo, Duration(20min));
  EXPECT_TRUE(choice.go);
  policy.point = *PointChoice::parse("pit-0123456789abcdef0");
  EXPECT_EQ(choose_launch(one, policy, kNow).snapshot, "pit-0123456789abcdef0");
  for (const char* bad : {"", "newest", "pit-", "pit-0123", "pit-0123456789ABCDEF0"}) {
    EXPECT_FALSE(PointChoice::parse(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace postern::recovery
