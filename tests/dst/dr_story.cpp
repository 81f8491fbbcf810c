#include "tests/dst/dr_story.hpp"

#include <cstdio>
#include <cstdlib>

#include "base/text.hpp"

namespace postern::dst {
namespace dr_story {

constexpr int kResumeMax = 6;
constexpr int kLivesMax = 20;
constexpr std::size_t kToldMax = 1'500;

bool is_open(const Json& run) {
  const std::string status = text_of(run, "status");
  return status == "running" || status == "held" || status == "in doubt" || status == "cancelling";
}

}  // namespace dr_story

Story::Story(std::uint64_t seed, std::string_view scenario, std::vector<DrAccount> accounts)
    : random_(seed, scenario), accounts_(std::move(accounts)), sim_(dr_options(seed, accounts_, random_)) {}

DrAnswer Story::run(std::vector<std::string> words) {
  std::string line = join(words, " ");
  DrAnswer answer = sim_.run(std::move(words));
  // POSTERN_DR_TELL=1 shows every command of a seed that is replayed.
  if (std::getenv("POSTERN_DR_TELL") != nullptr) {
    std::fprintf(stderr, "$ postern %s\n%s\n", line.c_str(), answer.text().c_str());
  }
  last_ = "postern " + line + (answer.died ? " (killed)" : "") + " -> " + std::to_string(answer.code) + ": " +
          answer.err.substr(0, dr_story::kToldMax);
  count(answer);
  return answer;
}

void Story::count(const DrAnswer& answer) {
  for (const char* list : {"servers", "targets"}) {
    for (const Json& one : answer.document[list].items()) {
      ++outcomes_[text_of(one, one.contains("status") ? "status" : "state")];
    }
  }
  if (answer.died) ++injected_["crash"];
}

DrAnswer Story::launch(std::vector<std::string> words) {
  DrAnswer answer = run(std::move(words));
  take(check_launch(sim_, answer.document));
  return answer;
}

DrAnswer Story::cleanup(std::vector<std::string> words) {
  DrAnswer answer = run(std::move(words));
  take(check_cleanup(sim_, answer.document));
  return answer;
}

DrAnswer Story::run_over_deaths(const std::vector<std::string>& words, std::size_t deaths,
                                const std::function<void()>& arm) {
  const Json there = runs();
  const std::size_t before = there.items().size();
  for (int i = 0; i < dr_story::kLivesMax && !is_wrong(); ++i) {
    const Json all = runs();
    const std::string status = all.items().size() > before ? text_of(all.items().front(), "status") : "planned";
    const std::string id = status == "planned" ? "" : text_of(all.items().front(), "id");
    const bool over = status != "planned" && !dr_story::is_open(all.items().front());
    if (over) return run({"runs", "show", id});
    if (deaths > 0) arm();
    deaths -= deaths > 0 ? 1 : 0;
    const DrAnswer answer = status == "planned" ? run(words) : run({"runs", "resume", id});
    if (!answer.died) return answer;
    sim_.world().advance(std::chrono::seconds(random_.below(600)));
  }
  expect(false, "it does not come to an end");
  return DrAnswer();
}

Json Story::runs() {
  if (!sim_.world().disk().exists(std::string(DrSim::kLedger))) return Json::array();
  const DrAnswer answer = sim_.run({"runs", "list"});
  return answer.document["runs"].is_array() ? answer.document["runs"] : Json::array();
}

std::optional<DrAnswer> Story::resume_all() {
  std::optional<DrAnswer> last;
  for (int i = 0; i < dr_story::kResumeMax; ++i) {
    bool open = false;
    const Json all = runs();
    for (const Json& one : all.items()) {
      if (!dr_story::is_open(one)) continue;
      open = true;
      std::vector<std::string> words = {"runs", "resume", text_of(one, "id")};
      if (text_of(one, "status") == "held") words.emplace_back("--release");
      // A send that nobody can find: a person leaves its targets for the next rollout.
      if (text_of(one, "status") == "in doubt") words.insert(words.end(), {"--decide", "skip"});
      last = run(std::move(words));
    }
    if (!open) return last;
  }
  expect(false, "a run does not come to an end");
  return last;
}

void Story::expect(bool ok, const std::string& sentence) {
  if (!ok) take(sentence);
}

void Story::take(const std::string& wrong) {
  if (wrong.empty() || !wrong_.empty()) return;
  wrong_ = wrong + "\n    after " + last_;
}

std::string Story::end(Summary* summary) {
  take(check_ledger(sim_));
  if (summary == nullptr) return wrong_;
  ++summary->seeds;
  summary->targets += servers();
  summary->commands += sim_.cloud().truth().commands;
  for (auto& [key, site] : sim_.sites().all()) summary->commands += site.jobs.size();
  const Duration time = sim_.world().clock().now().time_since_epoch();
  summary->virtual_hours += std::chrono::duration<double, std::ratio<3600>>(time).count();
  for (const auto& [kind, count] : sim_.services().faults().applied_by_kind()) {
    summary->faults[std::string(sim::to_string(kind))] += count;
  }
  for (const auto& [what, count] : injected_) summary->faults[what] += count;
  for (const auto& [what, count] : outcomes_) summary->outcomes[what] += count;
  return wrong_;
}

}  // namespace postern::dst
