#include "cli/dr_report.hpp"

#include <algorithm>
#include <map>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/failure.hpp"
#include "flow/outputs.hpp"
#include "recovery/job.hpp"
#include "recovery/server_evidence.hpp"
#include "rt/uncancelled.hpp"

namespace postern::cli {
namespace dr_report {

constexpr Duration kTellTime = std::chrono::minutes(10);  ///< reading 10,000 servers' ends from a slow disk

Json totals_json(const flow::Totals& totals) {
  Json out = Json::object().set("succeeded", totals.succeeded).set("failed", totals.failed);
  return out.set("skipped", totals.skipped).set("unknown", totals.unknown);
}

/// One server's end, with what the ledger keeps of it.
Json server_json(const flow::TargetResult& target, flow::RunKind kind) {
  const fleet::Scope& site = target.target.scope();
  Json out = Json::object().set("account_id", site.account.text()).set("region", site.region.text());
  out.set(kind == flow::RunKind::cleanup ? "recovery_instance_id" : "source_server_id", target.target.id().text());
  out.set("name", scrub_utf8(target.name)).set("status", to_string(target.outcome));
  if (!target.reason.empty()) out.set("reason", scrub_utf8(target.reason));
  if (!target.command_id.empty()) out.set("job_id", target.command_id.text());
  const Json evidence = recovery::read_evidence(target.out.bytes());
  for (const Json::Member& member : evidence.members()) {
    if (!out.contains(member.key)) out.set(member.key, member.value);
  }
  if (target.err.empty()) return out;
  Json log = Json::array();
  const std::string lines(target.err.bytes());
  for (const std::string_view line : split(lines, '\n')) {
    if (!line.empty()) log.push_back(scrub_utf8(line));
  }
  return out.set("log", std::move(log));
}

Json jobs_json(const flow::RunResult& run) {
  std::map<std::pair<std::string, std::string>, std::pair<const fleet::Scope*, std::size_t>> jobs;
  for (const flow::TargetResult& target : run.targets) {
    if (target.command_id.empty()) continue;
    auto& job = jobs[std::pair(target.target.scope().label(), target.command_id.text())];
    job.first = &target.target.scope();
    ++job.second;
  }
  Json out = Json::array();
  for (const auto& [key, job] : jobs) {
    Json one = Json::object().set("account_id", job.first->account.text()).set("region", job.first->region.text());
    out.push_back(one.set("job_id", key.second).set("servers", job.second));
  }
  return out;
}

/// The worst of what was launched; a point in time that nobody knows is no zero.
Json rpo_json(const Json& servers) {
  std::int64_t worst = 0;
  std::size_t known = 0;
  std::size_t unknown = 0;
  for (const Json& server : servers.items()) {
    if (server["status"].to_string() != "succeeded") continue;
    const auto rpo = server["rpo_s"].to_int();
    (rpo ? known : unknown) += 1;
    worst = std::max(worst, rpo.value_or(0));
  }
  Json out = Json::object();
  if (known > 0) out.set("worst_s", worst);
  return out.set("known", known).set("unknown", unknown);
}

Json residue_json(const std::vector<Residue>& residue) {
  Json out = Json::array();
  for (const Residue& one : residue) {
    Json item = Json::object().set("account_id", one.site->account.text()).set("region", one.site->region.text());
    out.push_back(item.set("kind", one.kind).set("id", one.id).set("state", scrub_utf8(one.state)));
  }
  return out;
}

std::string_view status_of(const RecoveryTold& told) {
  const flow::Totals totals = told.run->result.totals();
  if (told.run->status == "held" || told.run->status == "in doubt" || told.run->status == "cancelled") {
    return told.run->status;
  }
  if (told.run->result.interrupted) return "interrupted";
  if (totals.unknown > 0 || !told.unverified.empty()) return "incomplete";
  if (!told.residue.empty()) return "residue";
  if (totals.failed > 0) return totals.succeeded > 0 ? "partial" : "failed";
  // A cleanup leaves alone what is not the run's: that is as it should be.
  const bool exceptions = totals.skipped > 0 && told.run->kind != flow::RunKind::cleanup;
  return exceptions ? "completed_with_exceptions" : "succeeded";
}

term::Cell status_cell(const Json& row) {
  const std::string status(row["status"].to_string().value_or(""));
  const term::Style style = status == "succeeded" ? term::Style::good
                            : status == "skipped" ? term::Style::warning
                                                  : term::Style::bad;
  return term::Cell(status, style);
}

term::Cell rpo_cell(const Json& row) {
  if (row["status"].to_string() != "succeeded") return term::Cell(std::string());
  const auto rpo = row["rpo_s"].to_int();
  if (!rpo) return term::Cell(std::string("unknown"), term::Style::warning);
  const bool previous = !row["flags"].items().empty();
  return term::Cell(recovery::describe_span(std::chrono::seconds(*rpo)) + (previous ? " (previous snapshot)" : ""),
                    previous ? term::Style::warning : term::Style::plain);
}

std::string footer_of(const RecoveryTold& told, const Json& document) {
  const flow::Totals totals = told.run->result.totals();
  std::string out = std::string(to_string(told.run->kind)) + " " + told.run->result.run_id + ": " +
                    std::to_string(totals.succeeded) + " succeeded, " + std::to_string(totals.failed) + " failed, " +
                    std::to_string(totals.skipped) + " skipped, " + std::to_string(totals.unknown) + " unknown";
  const Json& rpo = document["rpo"];
  if (const auto worst = rpo["worst_s"].to_int()) {
    out += "; worst RPO " + recovery::describe_span(std::chrono::seconds(*worst));
  }
  if (rpo["unknown"].to_int().value_or(0) > 0) {
    out += "; RPO of " + std::to_string(*rpo["unknown"].to_int()) + " not known";
  }
  out += "\n";
  if (told.verified && told.residue.empty() && told.unverified.empty()) out += "nothing is left of it\n";
  for (const Residue& one : told.residue) {
    out += "LEFT: " + one.kind + " " + printable(one.id, 60) + " " + printable(one.state, 40) + " in " +
           one.site->label() + "\n";
  }
  for (const std::string& one : told.unverified) out += "not verified: " + printable(one, 400) + "\n";
  return out;
}

/// What comes after a drill or recovery that is over: the failed ones again, and the end of a drill.
std::string what_next(const RunCame& run) {
  const bool over = run.status != "held" && run.status != "in doubt" && run.status != "running";
  if (!over || run.kind == flow::RunKind::cleanup) return {};
  const flow::Totals totals = run.result.totals();
  const bool drill = run.kind == flow::RunKind::drill;
  std::string out;
  if (totals.failed > 0) {
    out += std::string("    postern dr ") + (drill ? "drill" : "recover") + " --failed-of " + run.result.run_id +
           "   # only what failed\n";
  }
  if (drill && totals.succeeded > 0) {
    out += "    postern dr cleanup " + run.result.run_id + "             # end what it launched\n";
  }
  return out.empty() ? out : "next:\n" + out;
}

Json document_of(const RecoveryTold& told) {
  const RunCame& run = *told.run;
  Json out = Json::object().set("schema", "postern.recovery/1").set("world", run.facts.world);
  out.set("run_id", run.result.run_id).set("kind", to_string(run.kind));
  if (run.kind != flow::RunKind::cleanup) out.set("is_drill", run.kind == flow::RunKind::drill);
  if (!run.result.parent.empty()) out.set("parent", run.result.parent);
  out.set("status", status_of(told)).set("totals", totals_json(run.result.totals()));
  out.set("jobs", jobs_json(run.result));
  Json servers = Json::array();
  for (const flow::TargetResult& target : run.result.targets) servers.push_back(server_json(target, run.kind));
  if (run.kind != flow::RunKind::cleanup) out.set("rpo", rpo_json(servers));
  out.set("servers", std::move(servers));
  if (run.kind == flow::RunKind::cleanup) {
    Json unverified = Json::array();
    for (const std::string& one : told.unverified) unverified.push_back(scrub_utf8(one));
    out.set("verified", told.verified && told.unverified.empty());
    out.set("residue", residue_json(told.residue)).set("unverified", std::move(unverified));
  }
  return out.set("problems", told.asked == nullptr ? Json::array() : problems_json(*told.asked));
}

void add_columns(Answer& answer, flow::RunKind kind) {
  answer.columns.push_back(id_column("ACCOUNT", 3, "account_id"));
  answer.columns.push_back(id_column("REGION", 4, "region"));
  if (kind == flow::RunKind::cleanup) {
    answer.columns.push_back(id_column("RECOVERY INSTANCE", 0, "recovery_instance_id"));
  } else {
    answer.columns.push_back(id_column("SERVER", 0, "source_server_id"));
  }
  answer.columns.push_back(member_column("NAME", 1, "name"));
  answer.columns.emplace_back("STATUS", 0, status_cell);
  if (kind != flow::RunKind::cleanup) {
    answer.columns.push_back(id_column("RECOVERY INSTANCE", 2, "recovery_instance_id"));
    answer.columns.emplace_back("RPO", 1, rpo_cell);
  }
  answer.columns.push_back(id_column("JOB", 5, "job_id"));
  answer.columns.push_back(member_column("REASON", 1, "reason"));
}

rt::Task<void> deliver(const Command* command, OpenLedger* ledger, const RecoveryTold* told, Result<void>* done) {
  const rt::CallContext outer = command->ctx();
  const rt::CallContext ctx(outer.clock(), outer.random(), outer.explainer(),
                            rt::Deadline::after(outer.clock(), kTellTime));
  for (const flow::TargetResult& target : told->run->result.targets) {
    *done = co_await flow::load_output_of(ctx, *ledger->store, target);
    if (!*done) co_return;
  }
  Answer answer;
  answer.document = document_of(*told);
  answer.rows_key = "servers";
  answer.markdown_title = "Run " + told->run->result.run_id;
  add_columns(answer, told->run->kind);
  answer.table_footer = footer_of(*told, answer.document);
  *done = command->answer(answer);
}

}  // namespace dr_report

rt::Task<Result<int>> deliver_recovery(const Command& command, OpenLedger& ledger, RecoveryTold told) {
  Result<void> done;
  co_await rt::uncancelled(dr_report::deliver(&command, &ledger, &told, &done));
  if (!done) co_return fail(done.error());
  command.err(how_to_go_on(*told.run) + dr_report::what_next(*told.run));
  if (told.asked != nullptr) command.err(summarize_problems(*told.asked));
  int code = told.exit_code;
  if (code < kExitInterrupted && !told.unverified.empty()) code = std::max(code, kExitUnknown);
  if (code == kExitOk && !told.residue.empty()) code = kExitTargetFailed;
  co_return code;
}

}  // namespace postern::cli
