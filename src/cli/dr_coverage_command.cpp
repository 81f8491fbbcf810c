// dr coverage

#include <algorithm>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/dr_look.hpp"
#include "cli/dr_show.hpp"
#include "cli/failure.hpp"
#include "cli/target_json.hpp"

namespace postern::cli {
namespace dr_coverage {

using recovery::Cover;
using recovery::Coverage;
using recovery::CoverRow;

Json row_json(const CoverRow& row) {
  const fleet::Scope& scope = row.instance->ref.scope();
  Json json = Json::object();
  json.set("account_id", scope.account.text()).set("account", scope.account_name).set("region", scope.region.text());
  json.set("instance_id", row.instance->ref.id().text()).set("name", row.instance->name);
  json.set("instance_state", to_string(row.instance->state)).set("cover", to_string(row.cover));
  json.set("reason", row.reason);
  Json findings = Json::array();
  std::string joined;
  for (const std::string& finding : row.findings) {
    findings.push_back(finding);
    joined += (joined.empty() ? "" : ", ") + finding;
  }
  json.set("findings", std::move(findings)).set("finding_text", joined);
  json.set("server", row.server == nullptr ? Json() : server_json(*row.server, row.health));
  return json;
}

Json totals_json(const recovery::CoverCounts& counts) {
  Json totals = Json::object();
  totals.set("tagged", counts.tagged).set("installed", counts.installed).set("registered", counts.registered());
  totals.set("protected", counts.protected_now).set("enrolled", counts.enrolled).set("missing", counts.missing);
  totals.set("excluded", counts.excluded).set("unknown", counts.unknown).set("reconcile", counts.reconcile());
  return totals;
}

std::string footer(const recovery::CoverCounts& counts) {
  const auto part = [](std::size_t count, std::string_view name) {
    return std::to_string(count) + " " + std::string(name);
  };
  return plural(counts.tagged, "tagged instance") + " = " + part(counts.protected_now, "protected") + " + " +
         part(counts.enrolled, "enrolled") + " + " + part(counts.installed, "installed") + " + " +
         part(counts.missing, "missing") + " + " + part(counts.excluded, "excluded") + " + " +
         part(counts.unknown, "unknown") + "\n";
}

Answer answer_of(const Command& command, const DrLook& seen, const Coverage& coverage) {
  Json rows = Json::array();
  for (const CoverRow& row : coverage.rows) {
    const bool gap = row.cover != Cover::protected_now && row.cover != Cover::excluded;
    if (gap || !row.findings.empty() || !command.invocation().has("--gaps")) rows.push_back(row_json(row));
  }
  Json orphans = Json::array();
  for (const recovery::SourceServer* server : coverage.orphans) {
    const recovery::Health health = recovery::assess(*server, recovery::PointsRead(), seen.sweep.at, seen.input.policy);
    orphans.push_back(server_json(*server, health));
  }
  Answer answer;
  answer.world = command.host().world;
  answer.document = Json::object().set("schema", "postern.dr_coverage/1");
  answer.document.set("totals", totals_json(coverage.counts)).set("instances", std::move(rows));
  answer.document.set("orphans", std::move(orphans));
  put_sites(answer.document, seen.sweep);
  answer.document.set("discovery_problems", problems_json(seen.chosen));
  answer.rows_key = "instances";
  answer.markdown_title = "Coverage";
  answer.columns.push_back(member_column("ACCOUNT", 3, "account"));
  answer.columns.push_back(id_column("REGION", 4, "region"));
  answer.columns.push_back(id_column("INSTANCE", 2, "instance_id"));
  answer.columns.push_back(member_column("NAME", 1, "name"));
  answer.columns.push_back(state_column("COVER", 0, "cover"));
  answer.columns.push_back(member_column("REASON", 1, "reason"));
  answer.columns.push_back(member_column("FINDINGS", 2, "finding_text"));
  answer.table_footer = footer(coverage.counts);
  return answer;
}

std::string orphans_text(const Coverage& coverage) {
  std::string out;
  constexpr std::size_t kNamed = 10;
  for (std::size_t i = 0; i < coverage.orphans.size() && i < kNamed; ++i) {
    const recovery::SourceServer& server = *coverage.orphans[i];
    out += server.site->label() + ": " + server.id + " protects " + printable(server.instance_id, 40) +
           ", which is gone: its points in time are all that is left of it\n";
  }
  if (coverage.orphans.size() > kNamed) out += "and " + plural(coverage.orphans.size() - kNamed, "more server") + "\n";
  return out;
}

int exit_code(const Command& command, const DrLook& seen, const Coverage& coverage) {
  const int code = std::max(exit_code_of(seen.sweep), exit_code_of(seen.chosen));
  if (code >= kExitInterrupted || !command.invocation().has("--gate")) return code;
  const bool whole = coverage.counts.protected_now + coverage.counts.excluded == coverage.counts.tagged;
  return whole && code == kExitOk ? kExitOk : kExitGate;
}

Result<LookOrder> look_order(const Command& command, const DrWork& work) {
  LookOrder order;
  TRY(order.selector, chosen_dr_selector(command, work.aws.fleet));
  TRY(order.sweep.policy, chosen_health_policy(command.invocation()));
  TRY(order.sweep.concurrency, chosen_concurrency(command));
  order.sweep.points = chosen_points(command.invocation());
  return order;
}

rt::Task<Result<DrLook>> look(const Command& command, const DrWork& work) {
  CO_TRY(LookOrder order, look_order(command, work));
  co_return co_await look_at_dr(command, work, std::move(order));
}

}  // namespace dr_coverage

rt::Task<Result<int>> run_dr_coverage(const Command& command) {
  using namespace dr_coverage;
  CO_TRY(DrWork work, co_await open_dr(command, fleet::Duty::observe));
  Result<DrLook> seen = co_await look(command, work);
  co_await work.aws.session->close();
  if (!seen) co_return fail(std::move(seen).error());
  const Coverage coverage = seen->coverage();
  CO_TRY_VOID(command.answer(answer_of(command, *seen, coverage)));
  std::string notes = orphans_text(coverage) + summarize_sites(seen->sweep) + summarize_problems(seen->chosen);
  if (!seen->ledger_trouble.empty()) {
    notes += "the ledger could not be read, so installations that DRS does not know are counted as missing: " +
             seen->ledger_trouble + "\n";
  }
  if (!notes.empty()) command.err("\n" + notes);
  co_return exit_code(command, *seen, coverage);
}

}  // namespace postern::cli
