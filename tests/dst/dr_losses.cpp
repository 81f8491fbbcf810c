// Drills that lose something on the way: their credentials, their process, the answer to their call.

#include "recovery/job.hpp"
#include "tests/dst/dr_scenarios.hpp"
#include "tests/dst/dr_story.hpp"

namespace postern::dst {
namespace dr_losses {

using namespace std::chrono_literals;
using sim::FaultKind;
using sim::FaultRule;

/// Nobody may assume the account's role, and what was handed out has expired; or all of it is good again.
void lock(DrSim& sim, const std::string& account, bool locked) {
  sim::Directory& directory = sim.cloud().directory();
  const std::string who = locked ? "999999999999" : "111122223333";
  const std::string trust =
      "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::" + who +
      ":root\"},\"Action\":[\"sts:AssumeRole\",\"sts:TagSession\",\"sts:SetSourceIdentity\"]}]}";
  const auto role = directory.find_role("arn:aws:iam::" + account + ":role/OrganizationAccountAccessRole");
  if (role) (void)directory.set_trust(*role, trust, sim::UnknownPrincipals::outside);
  directory.changed();
  if (!locked) {
    sim.services().faults().clear();
    return;
  }
  FaultRule expired("*", FaultKind::expired_token, FaultRule::kForever);
  expired.account = account;
  sim.services().faults().add(std::move(expired));
}

/// Servers of a document in an account, by their status.
std::map<std::string, std::size_t> statuses(const Json& document, const std::string& account, bool in_it) {
  std::map<std::string, std::size_t> out;
  for (const Json& one : document["servers"].items()) {
    if ((text_of(one, "account_id") == account) == in_it) ++out[text_of(one, "status")];
  }
  return out;
}

std::vector<DrAccount> one_busy_site(std::size_t servers) {
  std::vector<DrAccount> all = three_tiers(0);
  all.resize(1);
  all[0].nodes[0].name = "app";
  all[0].nodes[0].count = servers;
  return all;
}

std::size_t jobs_of(DrSim& sim, sim::drs::JobKind kind) {
  std::size_t jobs = 0;
  for (auto& [key, site] : sim.sites().all()) {
    for (const auto& [id, job] : site.jobs) jobs += job.kind == kind ? 1 : 0;
  }
  return jobs;
}

std::size_t launches_of(DrSim& sim) {
  return jobs_of(sim, sim::drs::JobKind::launch);
}

std::size_t terminations_of(DrSim& sim) {
  return jobs_of(sim, sim::drs::JobKind::terminate);
}

}  // namespace dr_losses

/// S06: on the way the sessions in one account expire, and its role cannot be assumed any more. The others go on,
/// nobody is called failed who is not, and when the role is back the run catches up.
std::string expired_story(std::uint64_t seed, Summary* summary) {
  using namespace dr_losses;
  world::SeededRandom dice(seed, "S06 lock");
  Story story(seed, "S06", three_tiers(6 + dice.below(45)));
  DrSim& sim = story.sim();
  const std::string account = story.accounts()[dice.below(3)].id;
  const MonoTime from = sim.world().clock().now() + 20s + std::chrono::milliseconds(dice.below(8 * 60'000));
  static constexpr Duration kLengths[] = {30s, 5min, 40min, 3h, 9h};
  const Duration length = kLengths[dice.below(std::size(kLengths))];
  const MonoTime until = from + length;
  sim.world().at(from, [&sim, account] { lock(sim, account, true); });
  sim.world().at(until, [&sim, account] { lock(sim, account, false); });
  story.injected("role taken away");
  const DrAnswer drill = story.launch({"dr", "drill", "-s", "all", "--yes"});
  const auto theirs = statuses(drill.document, account, true);
  const auto others = statuses(drill.document, account, false);
  story.expect(!theirs.contains("failed"), "servers are called failed that only could not be asked about");
  story.expect(others.size() == 1 && others.contains("succeeded"), "the other accounts were not served");
  if (sim.world().clock().now() < until) sim.world().advance(until - sim.world().clock().now());
  const std::optional<DrAnswer> resumed = story.resume_all();
  const Json& last = resumed ? resumed->document : drill.document;
  story.take(check_launch(sim, last));
  const auto all = static_cast<std::int64_t>(story.servers());
  // After four hours (--job-timeout) the servers are called unknown.
  const std::int64_t unknown = length > 4h ? total_of(last, "unknown") : 0;
  story.expect(total_of(last, "succeeded") + unknown == all, "the run did not catch up");
  story.expect(launches_of(sim) == 3, "not one job for each site");
  return story.end(summary);
}

/// S07: the process dies at some writes or calls of a drill, then of its cleanup. One job for each batch, all the same.
std::string killed_story(std::uint64_t seed, Summary* summary) {
  using namespace dr_losses;
  world::SeededRandom dice(seed, "S07 death");
  Story story(seed, "S07", three_tiers(5 + dice.below(46)));
  story.slow_down();
  const auto arm = [&] {
    const auto mode = dice.below(2) == 0 ? world::CrashMode::tear : world::CrashMode::lose_unsynced;
    if (dice.below(2) == 0) {
      story.sim().die_at_write(1 + dice.below(160), mode);
    } else {
      story.sim().die_at_call(1 + dice.below(90), dice.below(2) == 0, mode);
    }
  };
  const DrAnswer drill = story.run_over_deaths({"dr", "drill", "-s", "all", "--yes"}, dice.below(4), arm);
  story.take(check_launch(story.sim(), drill.document));
  story.expect(total_of(drill.document, "succeeded") == static_cast<std::int64_t>(story.servers()),
               "not every server was launched");
  story.expect(launches_of(story.sim()) == 3, "not one job for each site");
  const std::string run = text_of(drill.document, "run_id");
  const DrAnswer cleanup = story.run_over_deaths({"dr", "cleanup", run, "--yes"}, dice.below(4), arm);
  story.take(check_cleanup(story.sim(), cleanup.document));
  const Billable left = billable(story.sim());
  story.expect(left.drills.empty() && left.strays.empty(), "the cleanup left something");
  story.expect(terminations_of(story.sim()) == 3, "not one job for each site's cleanup");
  return story.end(summary);
}

/// S08: the answer to StartRecovery is lost. Found by the tag, or by what the servers say of their last launch; when
/// neither is to be seen a person is asked. Never a second job.
std::string lost_answer_story(std::uint64_t seed, Summary* summary) {
  using namespace dr_losses;
  world::SeededRandom dice(seed, "S08 answer");
  Story story(seed, "S08", one_busy_site(1 + dice.below(50)));
  sim::FaultyService& faults = story.sim().services().faults();
  const bool executed = dice.below(4) > 0;
  static constexpr FaultKind kLost[] = {FaultKind::lost_reply, FaultKind::failed_reply, FaultKind::truncated_reply};
  faults.add(
      FaultRule("drs:StartRecovery", executed ? kLost[dice.below(std::size(kLost))] : FaultKind::lost_request, 1));
  const bool no_tags = dice.below(2) == 0;
  const bool no_launches = no_tags && dice.below(2) == 0;
  if (no_tags) {
    FaultRule hidden("drs:DescribeJobs", FaultKind::unknown_value, FaultRule::kForever);
    hidden.member = recovery::kOpTag;
    faults.add(std::move(hidden));
    story.injected("hidden tag");
  }
  if (no_launches) {
    FaultRule hidden("drs:DescribeSourceServers", FaultKind::unknown_value, FaultRule::kForever);
    hidden.member = "apiCallDateTime";
    faults.add(std::move(hidden));
    story.injected("hidden launch");
  }
  DrAnswer drill = story.launch({"dr", "drill", "-s", "all", "--yes"});
  const auto all = static_cast<std::int64_t>(story.servers());
  if (executed && no_launches) {
    story.expect(text_of(drill.document, "status") == "in doubt" && total_of(drill.document, "unknown") == all,
                 "nobody is asked");
    story.expect(launches_of(story.sim()) == 1, "it was sent again");
    faults.clear();
    story.sim().world().advance(5min);
    drill = story.launch({"runs", "resume", "--latest"});
    if (text_of(drill.document, "status") == "in doubt") {
      const auto& site = story.sim().sites().site(sim::drs::SiteKey(story.accounts()[0].id, std::string(kDrSite)));
      drill = story.launch({"runs", "resume", "--latest", "--decide", "adopt", "--command-id", site.job_order.front()});
    }
  }
  story.expect(total_of(drill.document, "succeeded") == all, "not every server was launched");
  story.expect(launches_of(story.sim()) == 1, std::to_string(launches_of(story.sim())) + " jobs");
  return story.end(summary);
}

}  // namespace postern::dst
