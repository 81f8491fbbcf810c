// A drill, its cleanup and a rollout, killed at every write of the disk and at every call, and taken up again.

#include <gtest/gtest.h>

#include "tests/dst/dr_story.hpp"

namespace postern::dst {
namespace dr_deaths_test {

enum class Where : std::uint8_t { write, torn_write, call, answered_call };

struct Death {
  Death() = default;
  Where where = Where::write;
  std::uint64_t at = 0;  ///< 0: none
};

void arm(DrSim& sim, const Death& death) {
  if (death.at == 0) return;
  const auto mode = death.where == Where::torn_write ? world::CrashMode::tear : world::CrashMode::lose_unsynced;
  if (death.where == Where::write || death.where == Where::torn_write) {
    sim.die_at_write(death.at, mode);
  } else {
    sim.die_at_call(death.at, death.where == Where::answered_call, mode);
  }
}

/// What was done to the cloud, and how much the process that may die did.
struct Ended {
  Ended() = default;
  std::string wrong;
  std::uint64_t writes = 0;
  std::uint64_t calls = 0;
  std::size_t deaths = 0;
  std::size_t launches = 0;
  std::size_t terminations = 0;
  std::map<std::string, std::size_t> installs;  ///< by instance
};

void look_at(DrSim& sim, Ended& ended) {
  for (auto& [key, site] : sim.sites().all()) {
    for (const auto& [id, job] : site.jobs) {
      (job.kind == sim::drs::JobKind::launch ? ended.launches : ended.terminations) += 1;
    }
  }
  for (const sim::AccountConfig& account : sim.cloud().config().accounts) {
    for (const sim::Command* one : sim.services().engine().list(account.id, std::string(kDrSource))) {
      if (!one->spec.comment.ends_with("dr rollout: install")) continue;
      for (const sim::Invocation& invocation : one->invocations()) ++ended.installs[invocation.instance_id];
    }
  }
  ended.deaths = sim.deaths();
}

/// A drill of six in three accounts; with `of_cleanup` its cleanup is what dies.
Ended drill(const Death& death, bool of_cleanup) {
  Story story(7, "deaths", three_tiers(6));
  Ended ended;
  const auto armed = [&] { arm(story.sim(), death); };
  const auto watched = [&](const std::vector<std::string>& words, bool dies) {
    if (dies && death.at == 0) {
      DrAnswer answer = story.run(words);
      ended.writes = story.sim().writes();
      ended.calls = story.sim().calls();
      return answer;
    }
    return story.run_over_deaths(words, dies ? 1 : 0, armed);
  };
  const DrAnswer first = watched({"dr", "drill", "-s", "all", "--yes"}, !of_cleanup);
  story.take(check_launch(story.sim(), first.document));
  story.expect(total_of(first.document, "succeeded") == 6, "not all were launched");
  const std::string run = text_of(first.document, "run_id");
  const DrAnswer last = watched({"dr", "cleanup", run, "--yes"}, of_cleanup);
  story.take(check_cleanup(story.sim(), last.document));
  const Billable left = billable(story.sim());
  story.expect(left.drills.empty() && left.strays.empty(), "something is left");
  ended.wrong = story.end(nullptr);
  look_at(story.sim(), ended);
  return ended;
}

/// A rollout to eight servers of two families in three accounts.
Ended rollout(const Death& death) {
  std::vector<DrAccount> accounts = three_tiers(8);
  for (DrAccount& one : accounts) {
    one.replicating.clear();
    one.nodes[0].agent = "live";
    one.pace = 20;
  }
  accounts[1].nodes[0].family = "Ubuntu";
  Story story(7, "deaths", std::move(accounts));
  const std::vector<std::string> words = {"dr", "rollout", "--yes", "--until", "protected"};
  Ended ended;
  arm(story.sim(), death);
  DrAnswer answer = story.run(words);
  ended.writes = story.sim().writes();
  ended.calls = story.sim().calls();
  if (answer.died) {
    story.resume_all();
    story.sim().world().advance(std::chrono::minutes(2));
    answer = story.run(words);
  }
  story.take(check_rollout(story.sim(), answer.document, 8));
  story.expect(answer.code == 0, "the rollout did not come to its end");
  ended.wrong = story.end(nullptr);
  look_at(story.sim(), ended);
  return ended;
}

class KilledAt : public ::testing::TestWithParam<Where> {
 protected:
  static std::uint64_t effects(const Ended& calm) {
    const bool writes = GetParam() == Where::write || GetParam() == Where::torn_write;
    return writes ? calm.writes : calm.calls;
  }
  static Death at(std::uint64_t nth) {
    Death death;
    death.where = GetParam();
    death.at = nth;
    return death;
  }
};

TEST_P(KilledAt, EveryEffectOfADrillThereIsOneJobForEachBatch) {
  for (const bool of_cleanup : {false, true}) {
    const Ended calm = drill(Death(), of_cleanup);
    ASSERT_EQ(calm.wrong, "");
    ASSERT_GT(effects(calm), 15U);
    for (std::uint64_t nth = 1; nth <= effects(calm); ++nth) {
      const Ended ended = drill(at(nth), of_cleanup);
      ASSERT_EQ(ended.wrong, "") << nth << (of_cleanup ? " of the cleanup" : "");
      ASSERT_EQ(ended.launches, 3U) << nth;
      ASSERT_EQ(ended.terminations, 3U) << nth;
      EXPECT_EQ(ended.deaths, 1U) << nth;
    }
  }
}

TEST_P(KilledAt, EveryEffectOfARolloutEachServerIsSentOneInstallation) {
  const Ended calm = rollout(Death());
  ASSERT_EQ(calm.wrong, "");
  ASSERT_EQ(calm.installs.size(), 8U);
  ASSERT_GT(effects(calm), 40U);
  for (std::uint64_t nth = 1; nth <= effects(calm); ++nth) {
    const Ended ended = rollout(at(nth));
    ASSERT_EQ(ended.wrong, "") << nth;
    EXPECT_EQ(ended.deaths, 1U) << nth;
    for (const auto& [instance, times] : ended.installs) ASSERT_EQ(times, 1U) << nth << " " << instance;
  }
}

std::string name_of(const ::testing::TestParamInfo<Where>& info) {
  static constexpr const char* kNames[] = {"Write", "TornWrite", "Call", "AnsweredCall"};
  return kNames[static_cast<std::size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Everywhere, KilledAt,
                         ::testing::Values(Where::write, Where::torn_write, Where::call, Where::answered_call),
                         name_of);

}  // namespace dr_deaths_test
}  // namespace postern::dst
