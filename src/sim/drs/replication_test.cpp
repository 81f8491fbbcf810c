#include "sim/drs/replication.hpp"

#include <gtest/gtest.h>

namespace postern::sim::drs {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const WallTime kBegin{seconds(1'700'000'000)};
const std::vector<PointRule> kUsual = {PointRule(minutes(10), hours(1)), PointRule(hours(1), hours(24)),
                                       PointRule(hours(24), hours(24 * 7))};

Course course_of(std::uint64_t seed) {
  Course course;
  course.seed = seed;
  course.begin = kBegin;
  course.bytes = static_cast<std::int64_t>(8 + pick(seed, "size", 500)) << 30U;
  return course;
}

Disturbance disturbance(Disturbing kind, Duration from, Duration to) {
  Disturbance made;
  made.kind = kind;
  made.from = kBegin + from;
  made.to = kBegin + to;
  made.error = kind == Disturbing::stall ? "SNAPSHOTS_FAILURE" : "";
  return made;
}

int rank(Phase phase) {
  return phase == Phase::backlog ? static_cast<int>(Phase::continuous) : static_cast<int>(phase);
}

TEST(Replication, NeverGoesBackwardsWhateverTheSeed) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Course course = course_of(seed);
    Progress before = progress_of(course, kBegin);
    ASSERT_EQ(before.phase, Phase::initiating);
    ASSERT_EQ(before.steps[0], StepStatus::in_progress);
    for (WallTime at = kBegin; at < kBegin + hours(4); at += seconds(17)) {
      const Progress now = progress_of(course, at);
      ASSERT_GE(rank(now.phase), rank(before.phase)) << "seed " << seed;
      ASSERT_GE(now.replicated, before.replicated) << "seed " << seed;
      for (std::size_t step = 0; step < kSteps; ++step) ASSERT_GE(now.steps[step], before.steps[step]);
      before = now;
    }
    EXPECT_EQ(before.phase, Phase::continuous) << "seed " << seed;
    EXPECT_EQ(before.replicated, course.bytes);
    EXPECT_EQ(before.lag, Duration::zero());
  }
}

TEST(Replication, EveryDisturbedCourseStillOnlyGainsBytes) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Course course = course_of(seed);
    const auto from = minutes(pick(seed, "from", 60));
    const auto kind = pick(seed, "kind", 2) == 0 ? Disturbing::stall : Disturbing::disconnect;
    course.disturbances.push_back(disturbance(kind, from, from + minutes(30)));
    course.failing_step = pick(seed, "step", kSteps);
    course.failures = 1 + static_cast<unsigned>(pick(seed, "failures", 3));
    std::int64_t before = 0;
    for (WallTime at = kBegin; at < kBegin + hours(12); at += seconds(31)) {
      const Progress now = progress_of(course, at);
      ASSERT_GE(now.replicated, before) << "seed " << seed;
      before = now.replicated;
    }
    EXPECT_EQ(progress_of(course, kBegin + hours(12)).phase, Phase::continuous) << "seed " << seed;
  }
}

TEST(Replication, AFailingStepIsTriedAgainWhenItSays) {
  Course course = course_of(3);
  course.failing_step = 4;
  course.failures = 1;
  WallTime at = kBegin;
  while (progress_of(course, at).phase == Phase::initiating) at += seconds(1);
  const Progress failed = progress_of(course, at);
  EXPECT_EQ(failed.phase, Phase::stalled);
  EXPECT_EQ(failed.error, "FAILED_TO_AUTHENTICATE_WITH_SERVICE");
  EXPECT_EQ(failed.steps[4], StepStatus::failed);
  EXPECT_EQ(failed.steps[5], StepStatus::not_started);
  ASSERT_TRUE(failed.next_attempt);
  EXPECT_EQ(progress_of(course, *failed.next_attempt - seconds(1)).phase, Phase::stalled);
  const Progress again = progress_of(course, *failed.next_attempt);
  EXPECT_EQ(again.phase, Phase::initiating);
  EXPECT_EQ(again.steps[0], StepStatus::in_progress);
  EXPECT_EQ(progress_of(course, kBegin + hours(4)).phase, Phase::continuous);
  course.failures = 0;
  EXPECT_EQ(progress_of(course, kBegin + hours(400)).replicated, 0);
}

TEST(Replication, LagGrowsWhileItIsStalledAndIsMadeGoodAfterwards) {
  Course course = course_of(5);
  course.disturbances.push_back(disturbance(Disturbing::stall, hours(5), hours(6)));
  const Progress stalled = progress_of(course, kBegin + hours(5) + minutes(20));
  EXPECT_EQ(stalled.phase, Phase::stalled);
  EXPECT_EQ(stalled.error, "SNAPSHOTS_FAILURE");
  EXPECT_EQ(stalled.lag, Duration(minutes(20)));
  const Progress after = progress_of(course, kBegin + hours(6) + minutes(10));
  EXPECT_EQ(after.phase, Phase::backlog);
  EXPECT_EQ(after.lag, Duration(minutes(30)));
  EXPECT_TRUE(after.eta);
  EXPECT_GT(after.backlog, 0);
  EXPECT_EQ(progress_of(course, kBegin + hours(7)).phase, Phase::continuous);
}

TEST(Replication, LagIsBoundedByWhatTheFaultSays) {
  Course course = course_of(5);
  Disturbance lag = disturbance(Disturbing::lag, hours(5), hours(8));
  lag.lag = minutes(22);
  course.disturbances.push_back(lag);
  EXPECT_EQ(progress_of(course, kBegin + hours(5) + minutes(10)).lag, Duration(minutes(10)));
  EXPECT_EQ(progress_of(course, kBegin + hours(7)).lag, Duration(minutes(22)));
  EXPECT_EQ(progress_of(course, kBegin + hours(9)).lag, Duration::zero());
}

TEST(Replication, DisconnectedServersHaveNoLagAndWereSeenBefore) {
  Course course = course_of(5);
  course.disturbances.push_back(disturbance(Disturbing::disconnect, hours(5), hours(50)));
  const Progress gone = progress_of(course, kBegin + hours(9));
  EXPECT_EQ(gone.phase, Phase::disconnected);
  EXPECT_FALSE(gone.lag);
  EXPECT_EQ(gone.last_seen, kBegin + hours(5));
}

TEST(RecoveryPoints, AreKeptByTheRules) {
  const Course course = course_of(7);
  EXPECT_TRUE(points_of(course, kUsual, kBegin + minutes(1)).empty());
  const WallTime now = kBegin + hours(24 * 20);
  const std::vector<WallTime> points = points_of(course, kUsual, now);
  // Six or seven of the last hour, 24 of the day, 7 of the week, some of them the same.
  EXPECT_GE(points.size(), 33U);
  EXPECT_LE(points.size(), 39U);
  EXPECT_TRUE(std::is_sorted(points.begin(), points.end()));
  EXPECT_GE(points.front(), now - hours(24 * 7));
  EXPECT_GT(points.back(), now - minutes(10));
}

TEST(RecoveryPoints, NoneIsTakenWhileReplicationStandsStillAndTheNewestStays) {
  Course course = course_of(7);
  course.disturbances.push_back(disturbance(Disturbing::stall, hours(30), hours(1000)));
  const std::vector<WallTime> soon = points_of(course, kUsual, kBegin + hours(39));
  EXPECT_LE(soon.back(), kBegin + hours(30));
  EXPECT_GT(soon.back(), kBegin + hours(28));
  const std::vector<WallTime> late = points_of(course, kUsual, kBegin + hours(900));
  ASSERT_EQ(late.size(), 1U);
  EXPECT_GT(late.back(), kBegin + hours(29));
}

TEST(IsoDuration, IsWhatAwsWrites) {
  EXPECT_EQ(iso_duration(Duration::zero()), "PT0S");
  EXPECT_EQ(iso_duration(seconds(370)), "PT6M10S");
  EXPECT_EQ(iso_duration(hours(26) + seconds(3)), "PT26H3S");
  EXPECT_EQ(iso_duration(seconds(-5)), "PT0S");
}

}  // namespace
}  // namespace postern::sim::drs
