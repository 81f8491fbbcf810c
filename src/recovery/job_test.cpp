#include "recovery/job.hpp"

#include <gtest/gtest.h>

#include "recovery/launch_plan.hpp"
#include "recovery/server_evidence.hpp"

namespace postern::recovery {
namespace {

using namespace std::chrono_literals;

const WallTime kBegin = *parse_rfc3339("2026-03-01T12:00:00Z");

Job ended_job(LaunchStatus status) {
  Job job;
  job.id = "drsjob-00000000000000001";
  job.type = "LAUNCH";
  job.status = "COMPLETED";
  job.created = kBegin;
  job.ended = kBegin + 10min;
  JobServer& server = job.servers.emplace_back();
  server.server_id = "s-00000000000000001";
  server.status = status;
  server.status_text = std::string(to_string(status));
  return job;
}

JobEvent event(std::string name, std::string raw = {}) {
  JobEvent one;
  one.at = kBegin;
  one.event = std::move(name);
  one.server_id = "s-00000000000000001";
  one.raw_error = std::move(raw);
  return one;
}

TEST(Verdict, ComesFromTheServerAndNeverFromTheJob) {
  const Job failed = ended_job(LaunchStatus::failed);
  const std::vector<JobEvent> log = {event("SNAPSHOT_START"),
                                     event("LAUNCH_FAILED", "InsufficientInstanceCapacity: none left")};
  const ServerVerdict verdict = verdict_of(failed, failed.servers[0], log, nullptr, kBegin + 11min);
  EXPECT_EQ(verdict.end, ServerVerdict::End::bad);
  EXPECT_EQ(verdict.cause.code, "capacity");
  EXPECT_EQ(verdict.reason,
            "LAUNCH_FAILED: InsufficientInstanceCapacity: none left (EC2 has no such instance type to give in that "
            "Availability Zone now)");
}

TEST(Verdict, WhatIsOpenWhenTheJobHasEndedHasFailedAfterAWhile) {
  const Job job = ended_job(LaunchStatus::pending);
  EXPECT_EQ(verdict_of(job, job.servers[0], {}, nullptr, kBegin + 11min).end, ServerVerdict::End::open);
  const ServerVerdict verdict = verdict_of(job, job.servers[0], {}, nullptr, kBegin + 12min);
  EXPECT_EQ(verdict.end, ServerVerdict::End::bad);
  EXPECT_EQ(verdict.reason, "drsjob-00000000000000001 ended, and its status is still PENDING");
  EXPECT_EQ(verdict_of(job, job.servers[0], {event("SERVER_SKIPPED")}, nullptr, kBegin + 12min).reason,
            "the job skipped it");
}

TEST(Verdict, AnEarlierSnapshotIsFlaggedWithTheRpoThatItMeans) {  // S16
  const Job job = ended_job(LaunchStatus::launched);
  RecoveryInstance instance;
  instance.id = "i-00000000000000001";
  instance.job_id = job.id;
  instance.point = kBegin - 70min;
  const std::vector<JobEvent> log = {event("SNAPSHOT_FAIL", "no"), event("USING_PREVIOUS_SNAPSHOT")};
  ServerVerdict verdict = verdict_of(job, job.servers[0], log, &instance, kBegin + 10min);
  EXPECT_EQ(verdict.end, ServerVerdict::End::good);
  EXPECT_TRUE(verdict.previous_snapshot);
  EXPECT_EQ(verdict.rpo, Duration(70min));
  const Json kept = read_evidence(evidence_of(job, job.servers[0], verdict).dump());
  EXPECT_EQ(kept["rpo_s"].to_int(), 4200);
  EXPECT_EQ(kept["flags"].items().size(), 1U);
  instance.point = kBegin + 1min;  // taken for this launch
  EXPECT_EQ(verdict_of(job, job.servers[0], {}, &instance, kBegin + 10min).rpo, Duration(0s));
  instance.job_id = "drsjob-another";
  EXPECT_FALSE(verdict_of(job, job.servers[0], {}, &instance, kBegin + 10min).rpo.has_value());
}

TEST(Verdict, ASnapshotThatFailedIsNoReasonWhenSomethingElseFailedAfterIt) {
  const Job job = ended_job(LaunchStatus::failed);
  const std::vector<JobEvent> log = {event("SNAPSHOT_FAIL", "busy"), event("USING_PREVIOUS_SNAPSHOT"),
                                     event("CONVERSION_FAIL", "UnauthorizedOperation: ec2:CreateVolume")};
  const ServerVerdict verdict = verdict_of(job, job.servers[0], log, nullptr, kBegin + 10min);
  EXPECT_EQ(verdict.cause.code, "permissions");  // B08
  EXPECT_NE(std::string(verdict.cause.fix).find("postern deploy roles"), std::string::npos);
}

TEST(CauseOf, KnowsTheUsualOnes) {
  EXPECT_EQ(cause_of("VPCIdNotSpecified: No default VPC for this user").code, "network");
  EXPECT_EQ(cause_of("VcpuLimitExceeded: 32").code, "quota");
  EXPECT_EQ(cause_of("OperationNotPermitted: Modify its 'disableApiTermination'").code, "protected");
  EXPECT_EQ(cause_of("the source server is not replicating").code, "snapshot");
  EXPECT_EQ(cause_of("something new").code, "");
}

TEST(SiteLoad, CountsWhatIsUnderWayWhoeverBeganIt) {
  std::vector<Job> jobs(21, ended_job(LaunchStatus::launched));
  EXPECT_TRUE(load_of(jobs).has_room(100));
  for (std::size_t i = 0; i < 19; ++i) jobs[i].status = "STARTED";
  EXPECT_EQ(load_of(jobs).text(), "19 of 20 jobs are under way with 19 of 500 servers");
  EXPECT_TRUE(load_of(jobs).has_room(100));
  jobs[19].status = "PENDING";
  EXPECT_FALSE(load_of(jobs).has_room(1));
}

TEST(PlanCleanup, EndsOnlyWhatTheRunsJobsLaunchedAsDrills) {  // I9
  const std::vector<std::string> jobs = {"drsjob-1", "drsjob-2"};
  RecoveryInstance instance;
  instance.job_id = "drsjob-1";
  EXPECT_EQ(why_left_alone(instance, jobs), "whether it is a drill's is not said");
  instance.is_drill = false;
  EXPECT_EQ(why_left_alone(instance, jobs), "it is a real recovery, no drill");
  instance.is_drill = true;
  EXPECT_EQ(why_left_alone(instance, jobs), "");
  instance.job_id = "drsjob-3";
  EXPECT_EQ(why_left_alone(instance, jobs), "it was launched by drsjob-3, which is not this run's");
}

TEST(PlanCleanup, KeepsTheVolumesWithTheServer) {
  EXPECT_EQ(server_of_detail("s-1 vol-1 vol-2"), "s-1");
  EXPECT_EQ(volumes_of_detail("s-1 vol-1 vol-2"), (std::vector<std::string>{"vol-1", "vol-2"}));
  EXPECT_EQ(server_of_detail("s-1"), "s-1");
  EXPECT_TRUE(volumes_of_detail("s-1").empty());
}

TEST(DescribeSpan, HasTwoUnitsAtMost) {
  EXPECT_EQ(describe_span(0s), "0s");
  EXPECT_EQ(describe_span(61s), "1m1s");
  EXPECT_EQ(describe_span(70min), "1h10m");
  EXPECT_EQ(describe_span(49h), "2d1h");
}

}  // namespace
}  // namespace postern::recovery
