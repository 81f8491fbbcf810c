#include "tests/dst/dr_checkers.hpp"

#include <map>

#include "flow/journal.hpp"
#include "flow/run.hpp"
#include "ledger/sqlite_store.hpp"
#include "recovery/job.hpp"

namespace postern::dst {
namespace dr_checkers {

using sim::drs::LaunchState;

constexpr std::size_t kPage = 200;
constexpr std::string_view kRuns = "run/";

/// What a run meant to send: its batches by their operations.
struct Meant {
  Meant() = default;
  flow::RunKind kind = flow::RunKind::command;
  bool idempotent = false;
  std::map<std::string, std::uint32_t> batches;
};

rt::Task<Result<std::map<std::string, Meant>>> read_meant(rt::CallContext ctx, ledger::Store* store) {
  std::map<std::string, Meant> all;
  std::string before;
  for (;;) {
    CO_TRY(const std::vector<ledger::StreamInfo> page, co_await store->list(ctx, std::string(kRuns), before, kPage));
    for (const ledger::StreamInfo& stream : page) {
      Meant meant;
      const flow::RecordSeen seen = [&meant](const flow::RunRecord& record, WallTime) {
        if (const auto* opened = std::get_if<flow::record::Opened>(&record)) {
          meant.kind = opened->header.kind;
          meant.idempotent = opened->header.policy.idempotent;
        }
        if (const auto* intent = std::get_if<flow::record::Intent>(&record)) {
          meant.batches.emplace(intent->op, intent->batch);
        }
      };
      const std::string id = stream.id.substr(kRuns.size());
      CO_TRY_VOID(co_await flow::read_run(ctx, *store, std::string(DrSim::kWorldLabel), id, seen));
      all.emplace(id, std::move(meant));
    }
    if (page.size() < kPage) co_return all;
    before = page.back().id;
  }
}

Result<std::map<std::string, Meant>> meant_of(DrSim& sim) {
  if (!sim.world().disk().exists(std::string(DrSim::kLedger))) return std::map<std::string, Meant>();
  const std::unique_ptr<rt::Worker> worker = rt::make_inline_worker();
  ledger::SqliteOptions options;
  options.path = DrSim::kLedger;
  options.world = DrSim::kWorldLabel;
  options.files = &sim.world().disk();
  TRY(const std::unique_ptr<ledger::Store> store, ledger::open_sqlite_store(std::move(options), *worker));
  return sim.world().run(read_meant(sim.world().ctx(), store.get()));
}

/// Operations with what they were sent as, from the simulator's own books.
struct Sent {
  Sent(std::string o, std::string w, bool c) : op(std::move(o)), what(std::move(w)), command(c) {}
  std::string op;
  std::string what;
  bool command;
};

std::vector<Sent> sent_by_us(DrSim& sim) {
  std::vector<Sent> out;
  for (auto& [key, site] : sim.sites().all()) {
    for (const std::string& id : site.job_order) {
      const sim::Tags& tags = site.jobs.at(id).tags;
      const auto op = tags.find(std::string(recovery::kOpTag));
      if (op != tags.end()) out.emplace_back(op->second, id, false);
    }
  }
  constexpr std::string_view kMark = "postern op=";
  for (const sim::AccountConfig& account : sim.cloud().config().accounts) {
    for (const std::string& region : sim.cloud().regions()) {
      for (const sim::Command* command : sim.services().engine().list(account.id, region)) {
        const std::string& comment = command->spec.comment;
        if (comment.starts_with(kMark)) out.emplace_back(comment.substr(kMark.size(), 26), command->id, true);
      }
    }
  }
  return out;
}

/// Of a server in a run, from the simulator's own books.
struct Fate {
  Fate() = default;
  std::string job;
  LaunchState state = LaunchState::pending;
  std::optional<WallTime> point;
  WallTime ordered;
};

/// What the jobs with the run's tag came to. An error when a server is in two of them.
Result<std::map<std::string, Fate>> fates_of(DrSim& sim, const std::string& run) {
  std::map<std::string, Fate> fates;
  for (auto& [key, site] : sim.sites().all()) {
    for (const auto& [id, job] : site.jobs) {
      const auto tag = job.tags.find(std::string(recovery::kRunTag));
      if (tag == job.tags.end() || tag->second != run) continue;
      for (const sim::drs::JobServer& server : job.servers) {
        Fate fate;
        fate.job = id;
        fate.state = server.state;
        fate.point = server.point;
        fate.ordered = job.created;
        if (fates.emplace(server.server_id, fate).second) continue;
        return fail(ErrorKind::internal, server.server_id + " is in two jobs of run " + run);
      }
    }
  }
  return fates;
}

std::string check_sums(const Json& document) {
  std::map<std::string, std::int64_t> counted;
  for (const Json& server : document["servers"].items()) ++counted[text_of(server, "status")];
  for (const char* status : {"succeeded", "failed", "skipped", "unknown"}) {
    if (total_of(document, status) == counted[status]) continue;
    return "the sum of " + std::string(status) + " is " + std::to_string(total_of(document, status)) + ", and " +
           std::to_string(counted[status]) + " servers are";
  }
  return {};
}

/// One server of a document against what its job came to.
std::string check_verdict(const Json& server, const Fate* fate) {
  const std::string status = text_of(server, "status");
  const std::string who = text_of(server, "name") + " is called " + status + ": ";
  if (status == "unknown") return {};
  if (status == "skipped") return fate == nullptr ? "" : who + "it is in " + fate->job;
  if (fate == nullptr) return status == "failed" ? "" : who + "no job has it";
  if (text_of(server, "job_id") != fate->job) return who + "its job is " + fate->job;
  const bool launched = fate->state == LaunchState::launched || fate->state == LaunchState::terminated;
  if ((status == "succeeded") != launched) return who + "its job says otherwise";
  if (status == "failed" && fate->state != LaunchState::failed) return who + "it has not failed";
  const auto rpo = server["rpo_s"].to_int();
  if (status != "succeeded" || !rpo || !fate->point) return {};
  const Duration truth = std::max<Duration>(fate->ordered - *fate->point, Duration{});
  const Duration off = std::chrono::abs(truth - Duration(std::chrono::seconds(*rpo)));
  return off <= std::chrono::seconds(2) ? "" : who + "its RPO is not " + std::to_string(*rpo) + " s";
}

bool is_gone(DrSim& sim, const std::string& id) {
  const sim::Instance* const instance = sim.cloud().ec2().find(id);
  return instance == nullptr || instance->state == sim::InstanceState::terminated ||
         instance->state == sim::InstanceState::shutting_down;
}

bool is_listed(DrSim& sim, const std::string& id) {
  for (auto& [key, site] : sim.sites().all()) {
    if (site.instances.contains(id)) return true;
  }
  return false;
}

/// How the simulator sees a server that was to be enrolled.
enum class Enrolled : std::uint8_t { not_there, there, covered };

Enrolled enrolled(DrSim& sim, const std::string& account, const std::string& region, const std::string& instance) {
  sim::drs::SiteRecord* const site = sim.sites().find(sim::drs::SiteKey(account, region));
  sim::drs::Server* const server = site == nullptr ? nullptr : sim.sites().find_live(*site, instance);
  if (server == nullptr) return Enrolled::not_there;
  const sim::drs::Phase phase = sim.sites().progress(*server).phase;
  const bool runs = phase == sim::drs::Phase::continuous || phase == sim::drs::Phase::backlog;
  return runs && !sim.sites().points(*server).empty() ? Enrolled::covered : Enrolled::there;
}

std::string check_target(const Json& target, Enrolled truth) {
  const std::string state = text_of(target, "state");
  const std::string who = text_of(target, "name") + " is called " + state + " " + text_of(target, "code") + ": ";
  const bool there = truth != Enrolled::not_there;
  if (state == "unknown" || state == "installed" || state == "excluded") return {};
  if (state == "protected") return truth == Enrolled::covered ? "" : who + "it is not covered";
  if (state == "registered" || state == "enrolled") return there ? "" : who + "DRS does not know it";
  if (state == "blocked" && text_of(target, "code") == "SITE_UNKNOWN") return {};
  return there ? who + "DRS knows it" : "";
}

}  // namespace dr_checkers

std::string text_of(const Json& json, std::string_view key) {
  return std::string(json[key].to_string().value_or(""));
}

std::int64_t total_of(const Json& document, std::string_view key) {
  return document["totals"][key].to_int().value_or(-1);
}

std::string check_ledger(DrSim& sim) {
  const Result<std::map<std::string, dr_checkers::Meant>> meant = dr_checkers::meant_of(sim);
  if (!meant) return "the ledger: " + meant.error().to_text();
  std::map<std::string, std::pair<const dr_checkers::Meant*, std::uint32_t>> by_op;
  for (const auto& [run, one] : *meant) {
    for (const auto& [op, batch] : one.batches) by_op.emplace(op, std::pair(&one, batch));
  }
  std::map<std::string, std::string> seen;
  std::map<std::pair<const dr_checkers::Meant*, std::uint32_t>, std::string> batches;
  for (const dr_checkers::Sent& sent : dr_checkers::sent_by_us(sim)) {
    const auto found = by_op.find(sent.op);
    if (found == by_op.end()) return sent.what + " was sent without an intent";
    const auto [first, fresh] = seen.emplace(sent.op, sent.what);
    if (!fresh) return "one intent led to " + first->second + " and " + sent.what;
    if (found->second.first->idempotent) continue;
    const auto [other, alone] = batches.emplace(found->second, sent.what);
    if (!alone) return "a batch was sent twice: " + other->second + " and " + sent.what;
  }
  return {};
}

std::string check_launch(DrSim& sim, const Json& document) {
  if (!document["servers"].is_array()) return "there is no document";
  std::string wrong = dr_checkers::check_sums(document);
  if (!wrong.empty()) return wrong;
  const auto fates = dr_checkers::fates_of(sim, text_of(document, "run_id"));
  if (!fates) return fates.error().message();
  std::set<std::string> told;
  for (const Json& server : document["servers"].items()) {
    const std::string id = text_of(server, "source_server_id");
    if (!told.insert(id).second) return id + " is told twice";
    const auto fate = fates->find(id);
    wrong = dr_checkers::check_verdict(server, fate == fates->end() ? nullptr : &fate->second);
    if (!wrong.empty()) return wrong;
  }
  for (const auto& [id, fate] : *fates) {
    if (!told.contains(id)) return id + " is in " + fate.job + " and not in the answer";
  }
  return {};
}

std::string check_cleanup(DrSim& sim, const Json& document) {
  if (!document["servers"].is_array()) return "there is no document";
  std::string wrong = dr_checkers::check_sums(document);
  for (const Json& server : document["servers"].items()) {
    const std::string id = text_of(server, "recovery_instance_id");
    const std::string status = text_of(server, "status");
    const bool gone = dr_checkers::is_gone(sim, id) && !dr_checkers::is_listed(sim, id);
    const std::string who = id + " is called " + status;
    if (status == "succeeded" && !gone) return who + " and is there";
    if (status != "succeeded" && status != "unknown" && gone) return who + " and is gone";
  }
  return wrong;
}

std::string check_rollout(DrSim& sim, const Json& document, std::size_t tagged) {
  if (!document["targets"].is_array()) return "there is no document";
  std::set<std::string> told;
  std::map<std::string, std::int64_t> counted;
  for (const Json& target : document["targets"].items()) {
    const std::string id = text_of(target, "instance_id");
    if (!told.insert(id).second) return id + " is told twice";
    ++counted[text_of(target, "state")];
    const auto truth = dr_checkers::enrolled(sim, text_of(target, "account_id"), text_of(target, "site"), id);
    std::string wrong = dr_checkers::check_target(target, truth);
    if (!wrong.empty()) return wrong;
  }
  for (const auto& [state, count] : counted) {
    if (total_of(document, state) != count) return "the sum of " + state + " is not that of the targets";
  }
  if (told.size() == tagged && total_of(document, "all") == static_cast<std::int64_t>(tagged)) return {};
  return std::to_string(tagged) + " are tagged, and " + std::to_string(told.size()) + " accounted for";
}

Billable billable(DrSim& sim) {
  Billable out;
  for (auto& [key, site] : sim.sites().all()) {
    for (const auto& [id, record] : site.instances) (record.drill ? out.drills : out.live).insert(id);
  }
  for (auto& [key, site] : sim.sites().all()) {
    for (const sim::Instance& instance : sim.cloud().instances(key.first, key.second)) {
      const std::string id = instance.id;
      const bool known = out.drills.contains(id) || out.live.contains(id);
      if (!known && !dr_checkers::is_gone(sim, id)) out.strays.insert(id);
    }
  }
  return out;
}

}  // namespace postern::dst
