// Drills, recoveries and cleanups: what one person does with a site, and what goes wrong in it.

#include "tests/dst/dr_scenarios.hpp"
#include "tests/dst/dr_story.hpp"

namespace postern::dst {
namespace dr_drills {

constexpr std::int64_t kRpo = 300;  // seconds

/// How every server replicates, which no drill may change.
std::string replication_of(DrSim& sim) {
  std::string out;
  for (auto& [key, site] : sim.sites().all()) {
    for (auto& [id, server] : site.servers) {
      out += id + " " + std::to_string(static_cast<int>(sim.sites().progress(server).phase)) + "\n";
    }
  }
  return out;
}

/// Everything that drills launched is gone, and nothing else is.
void expect_clean(Story& story, const std::set<std::string>& live) {
  const Billable left = billable(story.sim());
  story.expect(left.drills.empty(), std::to_string(left.drills.size()) + " drill instances are left");
  story.expect(left.strays.empty(), std::to_string(left.strays.size()) + " instances are left that nobody knows");
  story.expect(left.live == live, "the real recoveries are not those that there were");
}

const Json* server_named(const DrAnswer& answer, const std::string& name) {
  for (const Json& one : answer.document["servers"].items()) {
    if (text_of(one, "name") == name) return &one;
  }
  return nullptr;
}

std::string status_of(const DrAnswer& answer, const std::string& name) {
  const Json* const one = server_named(answer, name);
  return one == nullptr ? "" : text_of(*one, "status");
}

/// One account with so many web servers, which are sound but for the faults.
std::vector<DrAccount> one_account(std::size_t servers) {
  std::vector<DrAccount> all;
  all.emplace_back("444455556666", "shop");
  all[0].nodes.emplace_back("web", servers);
  all[0].nodes[0].agent = "none";
  all[0].replicating.emplace_back("*");
  return all;
}

std::string web(std::size_t number) {
  return "web-" + std::to_string(number + 1);
}

std::vector<std::string> ids_of(Story& story, const std::vector<std::size_t>& numbers) {
  const auto by_name = server_ids(story.sim(), story.accounts()[0].id);
  std::vector<std::string> ids;
  for (const std::size_t number : numbers) ids.push_back(by_name.at(web(number)));
  return ids;
}

}  // namespace dr_drills

/// S01: all go, are cleaned up, and nothing is left.
std::string baseline_story(std::uint64_t seed, Summary* summary) {
  using namespace dr_drills;
  world::SeededRandom size(seed, "S01 size");
  Story story(seed, "S01", three_tiers(seed % 4 == 0 ? 25 : 5 + size.below(46)));
  story.slow_down();
  const std::string before = replication_of(story.sim());
  const DrAnswer drill = story.launch({"dr", "drill", "-s", "all", "--yes"});
  const auto all = static_cast<std::int64_t>(story.servers());
  story.expect(drill.code == 0 && total_of(drill.document, "succeeded") == all, "not all succeeded");
  story.expect(drill.document["rpo"]["worst_s"].to_int().value_or(-1) <= kRpo, "the RPO is missed");
  story.expect(drill.document["rpo"]["known"].to_int() == all, "the RPO of some is not known");
  const DrAnswer cleanup = story.cleanup({"dr", "cleanup", "--latest", "--yes"});
  story.expect(cleanup.code == 0 && cleanup.document["verified"].is_bool() && cleanup.document["verified"].as_bool(),
               "the cleanup is not verified");
  story.expect(cleanup.document["residue"].is_array() && cleanup.document["residue"].empty(), "there is residue");
  expect_clean(story, {});
  story.expect(replication_of(story.sim()) == before, "the drill changed the replication");
  return story.end(summary);
}

/// S03: one is stalled and its newest point is old: it alone is kept, and goes with an override that is told.
std::string stalled_story(std::uint64_t seed, Summary* summary) {
  using namespace dr_drills;
  static constexpr std::string_view kErrors[] = {"SNAPSHOTS_FAILURE", "AGENT_NOT_SEEN", "NOT_CONVERGING",
                                                 "UNSTABLE_NETWORK"};
  world::SeededRandom dice(seed, "S03 stall");
  const std::size_t servers = 2 + dice.below(49);
  const std::string name = web(pick(dice, servers));
  const std::string error(kErrors[dice.below(std::size(kErrors))]);
  auto accounts = one_account(servers);
  accounts[0].faults.push_back("kind: stall, instance: " + name + ", what: " + error);
  Story story(seed, "S03", std::move(accounts));
  const auto stalled_for = std::chrono::minutes(9 * 60 + dice.below(120));
  story.sim().world().advance(stalled_for);
  story.slow_down();
  const DrAnswer drill = story.launch({"dr", "drill", "-s", "all", "--yes"});
  story.expect(drill.code == 3 && status_of(drill, name) == "skipped", "the stalled server was not kept");
  story.expect(total_of(drill.document, "succeeded") + 1 == static_cast<std::int64_t>(servers), "others were kept");
  const Json* const kept = server_named(drill, name);
  story.expect(kept != nullptr && text_of(*kept, "reason").find(error) != std::string::npos, "the cause is not told");
  const std::string run = text_of(drill.document, "run_id");
  const DrAnswer over = story.launch({"dr", "drill", "-s", "name:" + name, "--override", "to see it", "--yes"});
  story.expect(over.code == 0 && status_of(over, name) == "succeeded", "the override does not let it go");
  const Json* const went = server_named(over, name);
  const std::int64_t rpo = went == nullptr ? -1 : (*went)["rpo_s"].to_int().value_or(-1);
  story.expect(std::chrono::seconds(rpo) >= stalled_for, "the RPO of the stalled server is too good");
  story.cleanup({"dr", "cleanup", run, "--yes"});
  const DrAnswer second = story.cleanup({"dr", "cleanup", text_of(over.document, "run_id"), "--yes"});
  story.expect(second.code == 0, "the second drill is not cleaned up");
  expect_clean(story, {});
  return story.end(summary);
}

/// S09: somebody else has some of the servers in a job: these are parked with its name, the others go.
std::string foreign_job_story(std::uint64_t seed, Summary* summary) {
  using namespace dr_drills;
  world::SeededRandom dice(seed, "S09 theirs");
  const std::size_t servers = 5 + dice.below(46);
  Story story(seed, "S09", one_account(servers));
  const std::vector<std::size_t> taken = pick_some(dice, servers, 1 + dice.below(4));
  const bool drill = dice.below(2) == 0;
  const std::string theirs = launch_beside(story.sim(), story.accounts()[0].id, ids_of(story, taken), drill);
  story.injected("foreign job");
  story.sim().world().advance(std::chrono::milliseconds(dice.below(40'000)));
  story.slow_down();
  const DrAnswer ours = story.launch({"dr", "drill", "-s", "all", "--yes"});
  story.expect(ours.code == 4, "that some were parked is not told by the exit code");
  story.expect(total_of(ours.document, "skipped") == static_cast<std::int64_t>(taken.size()),
               "not exactly theirs are parked");
  for (const std::size_t number : taken) {
    const Json* const one = server_named(ours, web(number));
    const std::string reason = one == nullptr ? "" : text_of(*one, "reason");
    story.expect(reason.find(theirs) != std::string::npos, web(number) + " is kept and not by whom: " + reason);
  }
  story.sim().world().advance(std::chrono::hours(1));
  const Billable then = billable(story.sim());
  const DrAnswer cleanup = story.cleanup({"dr", "cleanup", "--latest", "--yes"});
  story.expect(cleanup.code == 0, "the cleanup failed");
  const Billable left = billable(story.sim());
  story.expect(left.live == then.live && left.live.size() == (drill ? 0 : taken.size()), "a recovery was ended");
  story.expect(left.drills.size() == (drill ? taken.size() : 0), "it ended what was not its own");
  return story.end(summary);
}

/// S11: some servers have live recovery instances: no drill goes over them, whatever is said, and no cleanup ends them.
std::string live_recovery_story(std::uint64_t seed, Summary* summary) {
  using namespace dr_drills;
  world::SeededRandom dice(seed, "S11 live");
  const std::size_t servers = 3 + dice.below(48);
  Story story(seed, "S11", one_account(servers));
  const std::vector<std::size_t> recovered =
      pick_some(dice, servers, 1 + dice.below(std::min<std::size_t>(servers - 1, 10)));
  const bool ours = dice.below(2) == 0;
  if (ours) {
    std::vector<std::string> words = {"dr", "recover", "--yes"};
    for (const std::string& id : ids_of(story, recovered)) words.push_back(id);
    const DrAnswer answer = story.launch(std::move(words));
    story.expect(answer.code == 0, "the recovery failed");
  } else {
    launch_beside(story.sim(), story.accounts()[0].id, ids_of(story, recovered), false);
  }
  story.injected("real recovery");
  story.sim().world().advance(std::chrono::hours(1));
  const std::set<std::string> live = billable(story.sim()).live;
  story.expect(live.size() == recovered.size(), "the real recoveries are not there");
  story.slow_down();
  std::vector<std::string> words = {"dr", "drill", "-s", "all", "--yes"};
  const std::uint64_t how = dice.below(3);
  if (how > 0) words.insert(words.end(), {"--override", "we really want it"});
  if (how > 1) words.insert(words.end(), {"--break-glass", "we really want it"});
  const DrAnswer drill = story.launch(std::move(words));
  story.expect(drill.code == 3, "that some were kept is not told by the exit code");
  for (const std::size_t number : recovered) {
    story.expect(status_of(drill, web(number)) == "skipped", web(number) + " was drilled over a live recovery");
  }
  story.expect(total_of(drill.document, "succeeded") == static_cast<std::int64_t>(servers - recovered.size()),
               "others were kept");
  story.expect(billable(story.sim()).live == live, "the drill ended a live recovery");
  if (ours) {
    const Json all = story.runs();
    const DrAnswer refused = story.run({"dr", "cleanup", text_of(all.items().back(), "id"), "--yes"});
    story.expect(refused.code == 3, "a recovery is cleaned up");
  }
  const DrAnswer cleanup = story.cleanup({"dr", "cleanup", "--latest", "--yes"});
  story.expect(cleanup.code == 0, "the cleanup failed");
  expect_clean(story, live);
  return story.end(summary);
}

/// S16: a snapshot fails and an earlier one is used: launched, and flagged with what it costs. Launches fail besides.
std::string previous_snapshot_story(std::uint64_t seed, Summary* summary) {
  using namespace dr_drills;
  world::SeededRandom dice(seed, "S16 snapshots");
  const std::size_t servers = 3 + dice.below(48);
  auto accounts = one_account(servers);
  const std::vector<std::size_t> older = pick_some(dice, servers, 1 + dice.below(3));
  for (const std::size_t one : older) {
    accounts[0].faults.push_back("kind: launch, instance: " + web(one) + ", what: snapshot");
  }
  const std::vector<std::size_t> failing = pick_some(dice, servers, dice.below(3));
  for (const std::size_t one : failing) {
    accounts[0].faults.push_back("kind: launch, instance: " + web(one) +
                                 ", what: launch, text: \"InsufficientInstanceCapacity: none\", times: 1");
  }
  Story story(seed, "S16", std::move(accounts));
  story.sim().world().advance(std::chrono::seconds(dice.below(3'600)));
  story.slow_down();
  const DrAnswer drill = story.launch({"dr", "drill", "-s", "all", "--yes"});
  story.expect(drill.code == (failing.empty() ? 0 : 1), "the exit code does not tell of failures");
  story.expect(total_of(drill.document, "failed") == static_cast<std::int64_t>(failing.size()), "others failed");
  const std::set<std::size_t> failed(failing.begin(), failing.end());
  for (const std::size_t one : older) {
    const Json* const server = server_named(drill, web(one));
    const bool flagged = server != nullptr && (*server)["flags"].is_array() && !(*server)["flags"].empty();
    story.expect(failed.contains(one) || flagged, web(one) + " used an earlier snapshot, which is not told");
  }
  if (!failing.empty()) {
    const DrAnswer again = story.launch({"dr", "drill", "--failed-of", "latest", "--yes"});
    story.expect(again.code == 0 && total_of(again.document, "succeeded") == static_cast<std::int64_t>(failing.size()),
                 "not exactly the failed ones went again");
    const DrAnswer rest =
        story.cleanup({"dr", "cleanup", text_of(drill.document, "run_id"), "--all-drills-of-run", "--yes"});
    story.expect(rest.code == 0, "the cleanup failed");
  } else {
    story.expect(story.cleanup({"dr", "cleanup", "--latest", "--yes"}).code == 0, "the cleanup failed");
  }
  expect_clean(story, {});
  return story.end(summary);
}

}  // namespace postern::dst
