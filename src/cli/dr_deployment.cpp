#include "cli/dr_deployment.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"
#include "recovery/rollout.hpp"
#include "term/node_set.hpp"

namespace postern::cli {
namespace dr_deployment {

using recovery::RolloutState;
using report::DeployedServer;
using report::Stage;

std::string text_of(const Json& json, std::string_view key) {
  return std::string(json[key].to_string().value_or(""));
}

std::string listed(const Json& array) {
  std::string out;
  for (const Json& one : array.items()) {
    out += (out.empty() ? "" : ", ") + std::string(one.to_string().value_or(""));
  }
  return out;
}

/// What the ledger has of a target, with what its run says of it by now.
struct Row {
  Row() = default;
  DeployedServer server;
  std::string state;
};

Row row_of(const Json& json) {
  Row row;
  row.state = text_of(json, "state");
  DeployedServer& server = row.server;
  server.account_id = text_of(json, "account_id");
  server.account = text_of(json, "account");
  server.region = text_of(json, "region");
  server.site = text_of(json, "site");
  server.instance_id = text_of(json, "instance_id");
  server.name = text_of(json, "name");
  server.family = text_of(json, "family");
  server.code = text_of(json, "code");
  server.reason = text_of(json, "reason");
  server.fix = text_of(json, "fix");
  server.run_id = text_of(json, "run_id");
  server.command_id = text_of(json, "command_id");
  server.server_id = text_of(json, "source_server_id");
  server.seen.replication = text_of(json, "replication");
  for (const Json& note : json["notes"].items()) {
    server.notes.push_back(text_of(note, "code") + ": " + text_of(note, "reason"));
  }
  return row;
}

/// A run may have gone on after its rollout had ended: `resume` is not part of it.
void take_run(Row& row, const InstallRun& run, const flow::TargetResult& result) {
  const bool open = row.state == "ready" || row.state == "not_sent" || row.state == "unknown";
  if (!open) return;
  recovery::RolloutTarget target;
  std::string text;
  if (result.out.loaded() && !result.out.empty()) text += result.out.bytes();
  if (result.err.loaded() && !result.err.empty()) text += "\n" + result.err.bytes();
  recovery::take_installation(target, result, text);
  row.state = to_string(target.state);
  row.server.code = target.code;
  row.server.reason = target.reason;
  row.server.fix = target.fix;
  row.server.command_id = target.command_id;
  row.server.run_id = run.run.id;
}

std::vector<Row> rows_of(const DeploymentSources& sources) {
  std::vector<Row> rows;
  std::map<std::string, std::size_t, std::less<>> places;
  for (const Json& target : sources.rollout->targets) {
    rows.push_back(row_of(target));
    const DeployedServer& server = rows.back().server;
    places.emplace(server.account_id + "/" + server.region + "/" + server.instance_id, rows.size() - 1);
  }
  for (const InstallRun& run : sources.runs) {
    for (const flow::TargetResult& result : run.result.targets) {
      const auto found = places.find(result.target.label());
      if (found != places.end()) take_run(rows[found->second], run, result);
    }
  }
  return rows;
}

Stage stage_of(std::string_view state) {
  constexpr std::array<std::pair<std::string_view, Stage>, 11> kStages = {{
      {"ready", Stage::not_sent},
      {"excluded", Stage::excluded},
      {"blocked", Stage::blocked},
      {"enrolled", Stage::registered},
      {"not_sent", Stage::not_sent},
      {"failed", Stage::failed},
      {"installed", Stage::installed},
      {"phantom", Stage::phantom},
      {"registered", Stage::registered},
      {"protected", Stage::protected_now},
      {"unknown", Stage::unknown},
  }};
  for (const auto& [name, stage] : kStages) {
    if (name == state) return stage;
  }
  return Stage::unknown;
}

/// The live servers of a sweep by instance; one in the wanted site before any other.
class Servers {
 public:
  explicit Servers(const recovery::Sweep& sweep) : sweep_(sweep) {
    for (std::size_t i = 0; i < sweep.servers.size(); ++i) {
      const recovery::SourceServer& server = sweep.servers[i];
      if (server.instance_id.empty() || !server.is_live() || server.is_extended()) continue;
      by_instance_.emplace(recovery::instance_key(server.origin_account, server.instance_id), i);
    }
    for (const fleet::ScopeProblem& problem : sweep.problems) unasked_.insert(problem.scope->account.text());
  }
  std::optional<std::size_t> find(const DeployedServer& of) const {
    std::optional<std::size_t> best;
    const auto [begin, end] = by_instance_.equal_range(recovery::instance_key(of.account_id, of.instance_id));
    for (auto at = begin; at != end; ++at) {
      if (!best || sweep_.servers[at->second].site->region.text() == of.site) best = at->second;
    }
    return best;
  }
  const recovery::Sweep& sweep() const { return sweep_; }
  bool is_unasked(const std::string& account) const { return unasked_.contains(account); }

 private:
  const recovery::Sweep& sweep_;
  std::multimap<std::string, std::size_t, std::less<>> by_instance_;
  std::set<std::string, std::less<>> unasked_;
};

void take_health(DeployedServer& into, const recovery::SourceServer& server, const recovery::Health& health) {
  into.server_id = server.id;
  into.seen.replication = recovery::to_string(health.replication);
  into.seen.recoverability = recovery::to_string(health.recoverability);
  into.seen.lag = server.lag;
  into.seen.sample_age = health.sample_age;
  into.seen.point_age = health.point_age;
  into.seen.exposure = health.exposure;
  into.seen.cause = health.cause;
  into.seen.fix = health.fix;
  const std::string step = recovery::step_text(server);
  if (!step.empty()) into.seen.cause = step;
}

/// What DRS has now decides; what the rollout said of it stays as a note.
void take_now(Row& row, const Servers& servers, const recovery::HealthPolicy& policy, bool too_late) {
  DeployedServer& server = row.server;
  const auto at = servers.find(server);
  if (at) {
    const recovery::Sweep& sweep = servers.sweep();
    const recovery::Health health = recovery::assess(sweep.servers[*at], sweep.points[*at], sweep.at, policy);
    if (server.stage == Stage::excluded) return;
    if (!server.code.empty()) server.notes.push_back(server.code + " in the rollout: " + server.reason);
    take_health(server, sweep.servers[*at], health);
    server.stage = health.is_protected() ? Stage::protected_now : Stage::registered;
    server.code.clear();
    server.fix = health.fix;
    server.reason = server.stage == Stage::protected_now ? std::string() : server.seen.cause;
    if (server.reason.empty() && server.stage == Stage::registered) server.reason = server.seen.replication;
    return;
  }
  const bool was_known = server.stage == Stage::registered || server.stage == Stage::protected_now;
  const bool was_sent = server.stage == Stage::installed || server.stage == Stage::phantom;
  server.seen = report::ReplicationSeen();
  if (servers.is_unasked(server.account_id) && (was_known || was_sent)) {
    server.stage = Stage::unknown;
    server.reason = "its site could not be asked";
  } else if (was_known) {
    server.stage = Stage::missing;
    server.code = "GONE_FROM_DRS";
    server.reason = "DRS knew it when the rollout ended, and knows it no more";
    server.fix = "somebody disconnected or deleted its source server: install the agent again";
  } else if (was_sent) {
    server.stage = too_late ? Stage::phantom : Stage::installed;
  }
}

/// Of a server that the rollout itself was done with.
void take_then(Row& row) {
  DeployedServer& server = row.server;
  const bool healthy = server.seen.replication == "healthy" || server.seen.replication == "lagging" ||
                       server.seen.replication == "rescanning";
  if (row.state == "enrolled" && healthy) server.stage = Stage::protected_now;
  if (!server.seen.replication.empty()) server.seen.recoverability = "not_read";
}

void add_row_words(Row& row) {
  DeployedServer& server = row.server;
  if (server.stage == Stage::installed && server.reason.empty()) {
    server.reason = "the installer is done, and DRS does not know the server yet";
  }
  if (server.stage == Stage::phantom && server.code.empty()) {
    server.code = "PHANTOM_INSTALL";
    server.reason = "Systems Manager calls the installation a success, and DRS does not know the server";
    server.fix = "read the agent's log on the server; a wrapper may hide the installer's exit code";
  }
  if (row.state == "ready" && server.stage == Stage::not_sent) {
    server.code = "NOT_SENT";
    server.reason = "the rollout stopped before its turn";
  }
  if (server.stage == Stage::excluded && server.reason.empty()) server.reason = "no reason is given";
}

void take_rollout(const DeploymentSources& sources, report::Deployment& out) {
  const RolloutRead& rollout = *sources.rollout;
  std::optional<Servers> servers;
  if (sources.look != nullptr) servers.emplace(sources.look->sweep);
  const std::chrono::seconds registration(rollout.header["registration_s"].to_int().value_or(0));
  // A phantom of the rollout stays one until DRS knows it.
  const bool late = rollout.closed() || rollout.opened_at + registration < sources.now;
  for (Row& row : rows_of(sources)) {
    row.server.outcome = row.state;
    row.server.stage = stage_of(row.state);
    const bool was_open = row.state == "installed" && !late;
    if (servers) {
      take_now(row, *servers, sources.policy, !was_open);
    } else {
      take_then(row);
    }
    add_row_words(row);
    out.servers.push_back(std::move(row.server));
  }
}

Stage stage_of(recovery::Cover cover) {
  switch (cover) {
    case recovery::Cover::protected_now:
      return Stage::protected_now;
    case recovery::Cover::enrolled:
      return Stage::registered;
    case recovery::Cover::installed:
      return Stage::installed;
    case recovery::Cover::missing:
      return Stage::missing;
    case recovery::Cover::excluded:
      return Stage::excluded;
    case recovery::Cover::unknown:
      break;
  }
  return Stage::unknown;
}

void take_fleet(const DeploymentSources& sources, report::Deployment& out) {
  const recovery::Coverage coverage = sources.look->coverage();
  for (const recovery::CoverRow& row : coverage.rows) {
    DeployedServer server;
    const fleet::Scope& scope = row.instance->ref.scope();
    server.account_id = scope.account.text();
    server.account = scope.account_name;
    server.region = scope.region.text();
    server.instance_id = row.instance->ref.id().text();
    server.name = row.instance->name;
    server.family = recovery::os_family(*row.instance);
    server.stage = stage_of(row.cover);
    server.reason = row.reason;
    server.notes = row.findings;
    if (row.server != nullptr) {
      server.site = row.server->site->region.text();
      take_health(server, *row.server, row.health);
      server.fix = row.health.fix;
    }
    out.servers.push_back(std::move(server));
  }
  if (!coverage.orphans.empty()) {
    out.remarks.push_back(plural(coverage.orphans.size(), "source server") +
                          " of these accounts protect instances that are gone: their points in time are all that is "
                          "left of them. postern dr coverage names them.");
  }
}

void add_unseen(const DeploymentSources& sources, report::Deployment& out) {
  out.unseen = sources.unseen;
  if (sources.look == nullptr) {
    for (const Json& one : sources.rollout->places_of("unasked").items()) {
      out.unseen.emplace_back(text_of(one, "place"), text_of(one, "why"));
    }
    return;
  }
  for (const fleet::ScopeProblem& problem : sources.look->chosen.problems) {
    out.unseen.emplace_back(problem.scope->label(),
                            "its instances could not be listed: " + described_message(problem.error, 400));
  }
  for (const fleet::ScopeProblem& problem : sources.look->sweep.problems) {
    out.unseen.emplace_back(problem.scope->label(), "DRS could not be asked: " + described_message(problem.error, 400));
  }
}

std::string places_text(const Json& places) {
  std::set<std::string> regions;
  std::set<std::string> accounts;
  for (const Json& one : places.items()) {
    regions.insert(text_of(one, "region"));
    accounts.insert(text_of(one, "account_id"));
  }
  std::string out = plural(accounts.size(), "account") + ", ";
  bool first = true;
  for (const std::string& region : regions) {
    out += (first ? "" : ", ") + region;
    first = false;
  }
  return out;
}

void add_rollout_facts(const DeploymentSources& sources, report::Deployment& out) {
  const RolloutRead& rollout = *sources.rollout;
  const Json& header = rollout.header;
  const auto fact = [&out](std::string label, std::string value) {
    out.facts.emplace_back(std::move(label), std::move(value));
  };
  fact("Rollout", rollout.id);
  fact("World", sources.world);
  fact("Asked by", text_of(header, "operator"));
  fact("Caller", text_of(header, "caller_arn"));
  fact("Begun", report::second_words(rollout.opened_at));
  if (rollout.closed()) {
    fact("Ended", report::second_words(rollout.last_at) + " (" +
                      format_duration(std::chrono::floor<std::chrono::seconds>(rollout.last_at - rollout.opened_at)) +
                      (rollout.closing["interrupted"].to_bool().value_or(false) ? ", interrupted)" : ")"));
  } else {
    fact("Ended", "no end is in the ledger: it goes on, or its process died");
  }
  fact("Asked for", text_of(header, "selector"));
  fact("From", places_text(rollout.places_of("scopes")));
  fact("To", places_text(rollout.places_of("sites")));
  fact("Document", text_of(header, "document"));
  fact("Tags of servers", listed(header["tags"]));
  fact("Waived", listed(header["waived"]));
  if (!header["probe"].to_bool().value_or(true)) fact("Look inside", "was left out (--no-probe)");
  fact("Reason", text_of(header, "reason"));
  fact("Ticket", text_of(header, "ticket"));
  fact("Agreed to by", text_of(header, "confirmed"));
  fact("Break glass", text_of(header, "break_glass"));
  fact("Went over", listed(header["overrode"]));
}

/// "version 1, sha256 ...": each once, with where when there are several.
std::vector<std::string> pins_of(const flow::Plan& plan) {
  std::map<std::string, std::set<std::string>> places;
  for (const flow::DocumentPin& pin : plan.pins) {
    std::string words = "version " + pin.version;
    words += pin.hash.empty() ? ", its hash is not known" : ", sha256 " + pin.hash;
    places[words].insert(plan.scopes[pin.scope]->label());
  }
  std::vector<std::string> out;
  for (const auto& [words, where] : places) {
    const bool several = places.size() > 1;
    out.push_back(words + (several ? " in " + plural(where.size(), "place") : std::string()));
  }
  return out;
}

void add_runs(const DeploymentSources& sources, report::Deployment& out) {
  for (const InstallRun& one : sources.runs) {
    report::DeploymentRun run;
    run.id = one.run.id;
    run.family = one.run.family;
    run.document = text_of(sources.rollout->header, "document");
    run.records = one.info.version;
    run.head = one.info.version == 0 ? std::string() : ledger::to_hex(one.info.head);
    run.status = one.model == nullptr ? "not readable: " + one.trouble : flow::run_status(*one.model);
    if (one.model != nullptr) run.pins = pins_of(one.model->plan());
    std::set<std::string> commands;
    for (const flow::TargetResult& target : one.result.targets) {
      if (!target.command_id.empty()) commands.insert(target.command_id.text());
    }
    run.commands.assign(commands.begin(), commands.end());
    run.targets = one.result.targets.size();
    out.runs.push_back(std::move(run));
  }
  out.records = sources.rollout->info.version;
  out.head = ledger::to_hex(sources.rollout->info.head);
}

/// Instances that were tagged after the rollout had looked, and those that are gone.
void add_changes(const DeploymentSources& sources, report::Deployment& out) {
  if (sources.look == nullptr) {
    out.remarks.push_back(
        "DRS was not asked for this report: what is said of replication is as the rollout last saw it.");
    return;
  }
  std::set<std::string> known;
  for (const DeployedServer& server : out.servers) {
    known.insert(recovery::instance_key(server.account_id, server.instance_id));
  }
  std::size_t since = 0;
  std::set<std::string> now;
  for (const fleet::Instance& instance : sources.look->chosen.instances) {
    const std::string key = recovery::instance_key(instance.ref.scope().account.text(), instance.ref.id().text());
    if (!known.contains(key)) ++since;
    now.insert(key);
  }
  if (since > 0) {
    out.remarks.push_back(plural(since, "instance") +
                          " tagged since are not in this rollout, nor in these numbers: postern dr coverage --gaps "
                          "names them.");
  }
  if (!sources.look->chosen.problems.empty()) return;
  const auto gone =
      std::count_if(known.begin(), known.end(), [&](const std::string& key) { return !now.contains(key); });
  if (gone > 0) {
    out.remarks.push_back(plural(static_cast<std::size_t>(gone), "instance") +
                          " of this rollout are gone, or are no longer tagged for it.");
  }
}

}  // namespace dr_deployment

report::Deployment make_deployment(const DeploymentSources& sources) {
  using namespace dr_deployment;
  report::Deployment out;
  out.world = sources.world;
  out.made_at = sources.now;
  out.made_by = sources.made_by;
  out.rpo = sources.policy.rpo;
  out.fold = [](std::span<const std::string> names) { return term::fold_names(names); };
  if (sources.look != nullptr) out.seen_at = sources.look->sweep.at;
  add_unseen(sources, out);
  if (sources.rollout != nullptr) {
    out.rollout_id = sources.rollout->id;
    add_rollout_facts(sources, out);
    take_rollout(sources, out);
    add_runs(sources, out);
    add_changes(sources, out);
  } else {
    out.facts = sources.facts;
    take_fleet(sources, out);
  }
  std::sort(out.servers.begin(), out.servers.end(), [](const auto& a, const auto& b) {
    return std::tie(a.account_id, a.region, a.instance_id) < std::tie(b.account_id, b.region, b.instance_id);
  });
  out.actions = actions_of(out, sources.rollout);
  return out;
}

}  // namespace postern::cli
