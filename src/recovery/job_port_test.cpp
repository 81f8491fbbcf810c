// Drills and cleanups as durable runs on a fake Elastic Disaster Recovery: journal, engine and driver are those of
// flow.

#include "recovery/job_port.hpp"

#include <gtest/gtest.h>

#include "flow/testing/durable_bed.hpp"
#include "recovery/launch_plan.hpp"
#include "recovery/server_evidence.hpp"
#include "recovery/testing/fake_drs.hpp"

namespace postern::recovery {
namespace {

using namespace std::chrono_literals;
using flow::Outcome;
using flow::RunResult;
using testing::FakeDrs;

std::string server_id(unsigned number) {
  const std::string digits = std::to_string(number);
  return "s-" + std::string(17 - digits.size(), '0') + digits;
}

Error lost() {
  return Error(ErrorKind::unavailable, "the connection was closed").delivered(Delivery::sent);
}

class DrillBed : public flow::testing::DurableBed {
 public:
  explicit DrillBed(unsigned count, flow::RunKind kind = flow::RunKind::drill) : DurableBed(1, 1) {
    site = fleet::testing::scope("444455556666", "us-west-2");
    std::vector<ChosenLaunch> chosen;
    for (unsigned i = 0; i < count; ++i) {
      drs.add_server(site, server_id(i));
      ChosenLaunch& one = chosen.emplace_back();
      one.candidate.server = drs.servers[server_id(i)];
      one.choice.go = true;
    }
    plan = plan_launches(chosen);
    set_kind(kind);
    drs.killer = &killer;
    restart();
  }

  /// The run that ends what the run before launched.
  void become_cleanup() {
    const Result<std::vector<RecoveryInstance>> there =
        loop.run(drs.instances(loop.context(), site, std::vector<std::string>()));
    std::vector<CleanupItem> items;
    for (const RecoveryInstance& one : *there) {
      items.emplace_back();
      items.back().site = site;
      items.back().volumes = {"vol-1", "vol-2"};
      items.back().instance = one;
    }
    plan = plan_cleanup(items);
    set_kind(flow::RunKind::cleanup);
    header.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAX";
    restart();
  }

  /// As a new process has it.
  void restart() {
    jobs_.emplace(drs, drs, header.kind, plan);
    through = &*jobs_;
  }

  Result<RunResult> take_up() {
    restart();
    return resume();
  }

  std::size_t most_launches() const {
    std::size_t most = 0;
    for (const auto& [id, count] : drs.launches()) most = std::max(most, count);
    return most;
  }

  std::unique_ptr<flow::RunModel> reread() {
    auto model = loop.run(flow::read_run(loop.context(), store, "sim:test", header.run_id));
    EXPECT_TRUE(model.has_value()) << model.error().to_text();
    return model ? std::move(*model) : std::make_unique<flow::RunModel>();
  }

  FakeDrs drs;
  fleet::ScopePtr site;

 private:
  void set_kind(flow::RunKind kind) {
    header.kind = kind;
    header.policy = job_policy();
    header.spec = flow::CommandSpec();
    header.spec.execution_timeout = 2h;
    header.spec.delivery_timeout = 0s;
    header.recovery.point = "latest";
    header.digest = ledger::to_hex(plan.digest(to_string(kind)));
  }
  std::optional<JobPort> jobs_;
};

const flow::TargetResult& result_of(const RunResult& run, unsigned number) {
  for (const flow::TargetResult& one : run.targets) {
    if (one.target.id().text() == server_id(number)) return one;
  }
  ADD_FAILURE() << "no result of " << number;
  return run.targets.front();
}

TEST(Drill, LaunchesEveryServerOnceWithMarkedJobsAndSaysSoInTheLedger) {  // S01
  DrillBed bed(250);
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value()) << run.error().to_text();
  EXPECT_EQ(run->totals().succeeded, 250U);
  ASSERT_EQ(bed.drs.kept.size(), 3U);
  for (const FakeDrs::Kept& one : bed.drs.kept) {
    EXPECT_EQ(one.job.initiated_by, "START_DRILL");
    EXPECT_EQ(one.job.tag(kRunTag), bed.header.run_id);
    EXPECT_EQ(one.job.tag(kModeTag), "drill");
    EXPECT_EQ(one.job.tag(kOpTag).size(), 26U);
  }
  const Json kept = read_evidence(result_of(*run, 7).out.bytes());
  EXPECT_EQ(kept["rpo_s"].to_int(), 0);
  EXPECT_EQ(kept["recovery_instance_id"].to_string(), "i-00000000000000007");
  const auto model = bed.reread();
  EXPECT_EQ(model->header().kind, flow::RunKind::drill);
  EXPECT_EQ(model->close()->status, "succeeded");
}

TEST(Drill, ARecoveryIsNoDrill) {
  DrillBed bed(2, flow::RunKind::recovery);
  ASSERT_TRUE(bed.start().has_value());
  EXPECT_EQ(bed.drs.kept.front().job.initiated_by, "START_RECOVERY");
  EXPECT_EQ(bed.drs.kept.front().job.tag(kModeTag), "recovery");
}

TEST(Drill, AFailureIsOneServersAndCarriesItsCause) {
  DrillBed bed(25);
  bed.drs.launch_errors[server_id(3)] = "InsufficientInstanceCapacity: m5.4xlarge";
  bed.drs.previous_snapshot.insert(server_id(4));  // S16
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 24U);
  EXPECT_EQ(run->totals().failed, 1U);
  EXPECT_EQ(bed.status, "failed");
  const flow::TargetResult& failed = result_of(*run, 3);
  EXPECT_NE(failed.reason.find("LAUNCH_FAILED: InsufficientInstanceCapacity"), std::string::npos);
  EXPECT_EQ(read_evidence(failed.out.bytes())["cause"].to_string(), "capacity");
  EXPECT_NE(failed.err.bytes().find("LAUNCH_FAILED"), std::string::npos);
  const Json previous = read_evidence(result_of(*run, 4).out.bytes());
  EXPECT_EQ(previous["rpo_s"].to_int(), 4200);
  EXPECT_EQ(previous["flags"].items().size(), 1U);
}

TEST(Drill, ManyServersQueueForTheLimitsOfTheSite) {
  DrillBed bed(1230);
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 1230U);
  EXPECT_EQ(bed.drs.kept.size(), 13U);
  EXPECT_LE(bed.drs.most_servers, 500U);
  EXPECT_EQ(bed.most_launches(), 1U);
}

TEST(Drill, WaitsWhileOthersFillTheSite) {
  DrillBed bed(25);
  for (unsigned i = 0; i < 20; ++i) bed.drs.begin_foreign(bed.loop.context(), {server_id(100 + i)});
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 25U);
  EXPECT_LE(bed.drs.most_jobs, 20U);
  EXPECT_EQ(bed.drs.launches().size(), 25U);
  const bool said = std::any_of(bed.observer.notes.begin(), bed.observer.notes.end(), [](const std::string& note) {
    return note.find("the site is full: 20 of 20 jobs are under way") != std::string::npos;
  });
  EXPECT_TRUE(said);
}

TEST(Drill, AQuotaThatAwsMeetsFirstIsWaitedFor) {
  DrillBed bed(5);
  FakeDrs::Fault full(FakeDrs::refusal(ErrorKind::throttled, "L-05AFA8C6"), false);
  for (std::size_t i = 0; i < 9; ++i) bed.drs.call_faults[i] = full;
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 5U);
}

TEST(Drill, ParksWhatAnotherJobHasAndSendsTheOthers) {  // S09
  DrillBed bed(25);
  bed.drs.begin_foreign(bed.loop.context(), {server_id(1), server_id(2)});
  bed.drs.begin_foreign(bed.loop.context(), {server_id(3), server_id(4)});
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 21U);
  EXPECT_EQ(run->totals().skipped, 4U);
  EXPECT_EQ(result_of(*run, 1).reason.substr(0, 62), "blocked_by drsjob-00000000000000001 (not ours: START_RECOVERY ");
  EXPECT_EQ(result_of(*run, 4).reason.substr(0, 35), "blocked_by drsjob-00000000000000002");
  EXPECT_FALSE(bed.drs.launches().contains(server_id(1)));
  EXPECT_LT(bed.drs.kept.back().at.time_since_epoch(), 1s);  // nobody waits for the others
}

TEST(Cleanup, WaitsForTheDrillsJobThatHasEndedItsServersAndIsNotClosed) {
  for (const Duration lag : {0s, 45s}) {
    DrillBed bed(25);
    bed.drs.close_time = 90s;
    ASSERT_TRUE(bed.start().has_value());
    bed.become_cleanup();
    bed.drs.list_lag = lag;
    const Result<RunResult> run = bed.start();
    ASSERT_TRUE(run.has_value()) << run.error().to_text();
    EXPECT_EQ(run->totals().succeeded, 25U);
    EXPECT_TRUE(bed.drs.alive.empty());
  }
}

TEST(Drill, ARoleThatIsAwayForHoursOnlyDelaysTheVerdict) {  // S06
  DrillBed bed(25);
  bed.drs.denied_from = MonoTime(2min);
  bed.drs.denied_until = MonoTime(90min);
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value()) << run.error().to_text();
  EXPECT_EQ(run->totals().succeeded, 25U);
  EXPECT_EQ(bed.drs.kept.size(), 1U);
}

TEST(Drill, AConflictThatTheListDoesNotShowYetIsFoundInTheAnswer) {
  DrillBed bed(25);
  bed.drs.list_lag = 45s;
  bed.drs.begin_foreign(bed.loop.context(), {server_id(1)});
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 24U);
  EXPECT_EQ(run->totals().skipped, 1U);
  EXPECT_NE(result_of(*run, 1).reason.find("active job drsjob-00000000000000001"), std::string::npos);
}

TEST(Drill, ALostAnswerIsFoundByTheTagWhateverTheLag) {  // S08
  DrillBed bed(25);
  bed.drs.list_lag = 45s;
  bed.drs.call_faults[0] = FakeDrs::Fault(lost(), true);
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 25U);
  EXPECT_EQ(bed.drs.kept.size(), 1U);
}

TEST(Drill, WithoutTagsALostAnswerIsFoundByTheLastLaunch) {  // S08
  DrillBed bed(25);
  bed.drs.tags_hidden = true;
  bed.drs.call_faults[0] = FakeDrs::Fault(lost(), true);
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 25U);
  EXPECT_EQ(bed.drs.kept.size(), 1U);
}

TEST(Drill, WithNeitherAPersonIsAsked) {  // S08
  DrillBed bed(25);
  bed.drs.tags_hidden = true;
  bed.drs.last_launch_hidden = true;
  bed.drs.call_faults[0] = FakeDrs::Fault(lost(), true);
  Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "in doubt");
  EXPECT_EQ(run->totals().unknown, 25U);
  EXPECT_EQ(bed.drs.kept.size(), 1U);
  bed.decide = flow::record::Decision::skip;
  run = bed.take_up();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.drs.kept.size(), 1U);
}

TEST(Drill, WhatWasNotTakenIsSentAgainByItself) {
  DrillBed bed(25);
  bed.drs.call_faults[0] = FakeDrs::Fault(lost(), false);
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->totals().succeeded, 25U);
  EXPECT_EQ(bed.most_launches(), 1U);
  EXPECT_GE(bed.drs.kept.front().at.time_since_epoch(), 90s);  // not before lists have settled
}

TEST(Drill, WhatRunsCannotBeCancelledAndIsFollowed) {
  DrillBed bed(150);
  ASSERT_TRUE(bed.start_and_cancel_at(60s).has_value());
  flow::record::Cancelling cancelling;
  cancelling.by = "ops@host";
  bed.resume_with.emplace_back(cancelling);
  const Result<RunResult> run = bed.take_up();
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(bed.status, "cancelled");
  EXPECT_EQ(run->totals().succeeded, 150U);
  const bool said = std::any_of(bed.observer.notes.begin(), bed.observer.notes.end(), [](const std::string& note) {
    return note.find("cannot cancel a job") != std::string::npos;
  });
  EXPECT_TRUE(said);
}

TEST(Cleanup, EndsWhatTheDrillLaunched) {
  DrillBed bed(130);
  ASSERT_TRUE(bed.start().has_value());
  bed.become_cleanup();
  const Result<RunResult> run = bed.start();
  ASSERT_TRUE(run.has_value()) << run.error().to_text();
  EXPECT_EQ(run->totals().succeeded, 130U);
  EXPECT_TRUE(bed.drs.alive.empty());
  EXPECT_EQ(bed.drs.kept.size(), 4U);
}

TEST(Cleanup, ALostAnswerIsFoundByTheServers) {
  for (const bool taken : {true, false}) {
    DrillBed bed(30);
    ASSERT_TRUE(bed.start().has_value());
    bed.become_cleanup();
    bed.drs.list_lag = 45s;
    bed.drs.call_faults[1] = FakeDrs::Fault(lost(), taken);
    const Result<RunResult> run = bed.start();
    ASSERT_TRUE(run.has_value());
    EXPECT_EQ(run->totals().succeeded, 30U) << taken;
    EXPECT_EQ(bed.drs.kept.size(), 2U) << taken;
  }
}

/// Every effect of a drill, before and after: killed there and taken up again (S07).
class DrillKilledAt : public ::testing::TestWithParam<bool> {};

TEST_P(DrillKilledAt, EveryEffectThereIsOneJobForEachBatch) {
  DrillBed calm(120);
  calm.drs.list_lag = 2s;
  ASSERT_TRUE(calm.start().has_value());
  const std::size_t effects = calm.killer.effects;
  ASSERT_GT(effects, 20U);
  for (std::size_t n = 1; n <= effects; ++n) {
    DrillBed bed(120);
    bed.drs.list_lag = 2s;
    (GetParam() ? bed.killer.kill_after : bed.killer.kill_before) = n;
    if (bed.start_and_die()) continue;
    const Result<RunResult> run = bed.take_up();
    if (!run) {
      // Killed before it was opened or started, or when all was done but for the chain of heads.
      if (!bed.drs.kept.empty()) EXPECT_TRUE(bed.reread()->closed()) << n << ": " << run.error().to_text();
      continue;
    }
    EXPECT_EQ(bed.drs.kept.size(), 2U) << n;
    EXPECT_EQ(bed.most_launches(), 1U) << n;
    EXPECT_EQ(bed.status, "succeeded") << n;
    EXPECT_EQ(run->totals().succeeded, 120U) << n;
  }
}

INSTANTIATE_TEST_SUITE_P(Both, DrillKilledAt, ::testing::Bool());

/// The same of a cleanup: what it was to end is gone, by one job for each batch.
class CleanupKilledAt : public ::testing::TestWithParam<bool> {};

TEST_P(CleanupKilledAt, EveryEffectItEndsEverythingOnce) {
  const auto drilled = [](DrillBed& bed) {
    ASSERT_TRUE(bed.start().has_value());
    bed.become_cleanup();
    bed.drs.list_lag = 2s;
  };
  DrillBed calm(120);
  drilled(calm);
  const std::size_t before = calm.killer.effects;
  ASSERT_TRUE(calm.start().has_value());
  const std::size_t effects = calm.killer.effects - before;
  ASSERT_GT(effects, 15U);
  for (std::size_t n = 1; n <= effects; ++n) {
    DrillBed bed(120);
    drilled(bed);
    (GetParam() ? bed.killer.kill_after : bed.killer.kill_before) = bed.killer.effects + n;
    if (bed.start_and_die()) continue;
    const std::size_t jobs = bed.drs.kept.size();
    const Result<RunResult> run = bed.take_up();
    if (!run) {
      if (jobs > 2) EXPECT_TRUE(bed.reread()->closed()) << n << ": " << run.error().to_text();
      continue;
    }
    EXPECT_EQ(bed.drs.kept.size(), 4U) << n;
    EXPECT_EQ(bed.status, "succeeded") << n;
    EXPECT_EQ(run->totals().succeeded, 120U) << n;
    EXPECT_TRUE(bed.drs.alive.empty()) << n;
  }
}

INSTANTIATE_TEST_SUITE_P(Both, CleanupKilledAt, ::testing::Bool());

TEST(RunRecords, KeepTheKindAndWhatBelongsToIt) {
  DrillBed bed(3);
  bed.header.recovery.override_reason = "to see it";
  bed.header.recovery.jobs = {"drsjob-1"};
  bed.plan.targets[1].detail = "pit-00000000000000009";
  const auto journal =
      bed.loop.run(flow::Journal::create(bed.loop.context(), bed.store, bed.header, bed.plan, bed.journal));
  ASSERT_TRUE(journal.has_value());
  const auto model = bed.reread();
  EXPECT_EQ(model->header().kind, flow::RunKind::drill);
  EXPECT_EQ(model->header().recovery.point, "latest");
  EXPECT_EQ(model->header().recovery.override_reason, "to see it");
  EXPECT_EQ(model->header().recovery.jobs, bed.header.recovery.jobs);
  EXPECT_TRUE(model->header().policy.absence_proves);
  EXPECT_EQ(model->header().policy.targets_at_once, 500U);
  EXPECT_EQ(model->header().policy.pause_max, Duration(60s));
  EXPECT_EQ(model->plan().targets[1].detail, "pit-00000000000000009");
  EXPECT_EQ(model->plan().targets[0].detail, "");
  EXPECT_EQ(model->plan().digest("x"), bed.plan.digest("x"));
}

/// A stream of numbers from a seed (splitmix64).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t limit) {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return (z ^ (z >> 31U)) % limit;
  }

 private:
  std::uint64_t state_;
};

/// S01, S07, S08, S09 and S16 at once: lag, lost answers, other people's jobs, failures, deaths.
TEST(DrillSeeds, NoServerIsLaunchedTwiceAndEveryRunEnds) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Dice dice(seed);
    const auto count = static_cast<unsigned>(1 + dice.below(50));
    DrillBed bed(count);
    bed.drs.list_lag = std::chrono::seconds(dice.below(60));
    std::set<std::string> foreign;
    if (dice.below(3) == 0) {
      for (unsigned i = 0; i < 1 + dice.below(4); ++i)
        foreign.insert(server_id(static_cast<unsigned>(dice.below(count))));
      bed.drs.begin_foreign(bed.loop.context(), std::vector<std::string>(foreign.begin(), foreign.end()));
    }
    std::set<std::string> failing;
    for (std::uint64_t i = dice.below(4); i > 0; --i) {
      const std::string id = server_id(static_cast<unsigned>(dice.below(count)));
      bed.drs.launch_errors[id] = "InsufficientInstanceCapacity";
      failing.insert(id);
    }
    if (dice.below(3) == 0) bed.drs.call_faults[0] = FakeDrs::Fault(lost(), dice.below(2) == 0);
    if (dice.below(2) == 0) bed.killer.kill_before = 1 + dice.below(30);
    std::optional<Result<RunResult>> run = bed.start_and_die();
    if (!run) run.emplace(bed.take_up());
    EXPECT_LE(bed.most_launches(), 1U) << "seed=" << seed;
    if (!*run) {
      if (!bed.drs.launches().empty()) EXPECT_TRUE(bed.reread()->closed()) << "seed=" << seed;
      continue;
    }
    EXPECT_TRUE(bed.reread()->closed()) << "seed=" << seed << " " << bed.status;
    EXPECT_EQ((*run)->totals().all(), count) << "seed=" << seed;
    EXPECT_EQ((*run)->totals().unknown, 0U) << "seed=" << seed;
    for (const flow::TargetResult& one : (*run)->targets) {
      const std::string& id = one.target.id().text();
      const bool launched = bed.drs.launches().contains(id);
      EXPECT_EQ(one.outcome != Outcome::skipped, launched) << "seed=" << seed << " " << id << " " << one.reason;
      if (launched) EXPECT_EQ(one.outcome == Outcome::failed, failing.contains(id)) << "seed=" << seed << " " << id;
    }
  }
}

}  // namespace
}  // namespace postern::recovery
