#include "cli/audit_show.hpp"

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"

namespace postern::cli {
namespace audit_show {

using audit::Match;

constexpr std::size_t kShown = 120;

std::string time_text(WallTime time) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

/// Absent members are left out: an empty text would say that AWS said so.
void set_text(Json& json, std::string_view key, const std::string& value) {
  if (!value.empty()) json.set(key, value);
}

Json looked_json(const LookedInto& looked) {
  Json problems = Json::array();
  for (const LookupProblem& problem : looked.problems) {
    problems.push_back(problem_json(*problem.scope, problem.error));
  }
  Json cuts = Json::array();
  for (const std::string& cut : looked.cuts) cuts.push_back(cut);
  Json json = Json::object().set("from", time_text(looked.from)).set("to", time_text(looked.to));
  json.set("account_regions", looked.sites).set("events", looked.events).set("unreadable_events", looked.unreadable);
  json.set("complete", looked.complete()).set("cut", std::move(cuts)).set("problems", std::move(problems));
  return json;
}

Json assumption_json(const audit::Assumption& one) {
  Json json = Json::object().set("time", time_text(one.time)).set("role_arn", one.role_arn);
  json.set("region", one.region).set("who", one.who);
  set_text(json, "who_account_id", one.who_account);
  set_text(json, "source_identity", one.source_identity);
  set_text(json, "session_name", one.session_name);
  json.set("status", one.error_code.empty() ? "success" : one.error_code == "AccessDenied" ? "denied" : "failed");
  set_text(json, "error_code", one.error_code);
  set_text(json, "error_message", one.error_message);
  set_text(json, "source_ip", one.source_ip);
  set_text(json, "user_agent", one.user_agent);
  json.set("mfa", one.mfa);
  set_text(json, "access_key_id", one.issued_key);
  json.set("event_name", one.event_name).set("event_id", one.event_id);
  set_text(json, "shared_event_id", one.shared_id);
  set_text(json, "request_id", one.request_id);
  return json;
}

Json event_json(const audit::TrailEvent& event) {
  Json json = Json::object().set("event_id", event.id).set("event_name", event.name);
  json.set("time", time_text(event.time)).set("account_id", event.account).set("region", event.region);
  set_text(json, "principal", event.actor.arn);
  set_text(json, "access_key_id", event.actor.access_key_id);
  set_text(json, "source_identity", event.actor.source_identity);
  set_text(json, "source_ip", event.source_ip);
  set_text(json, "error_code", event.error_code);
  set_text(json, "command_id", event.command_id);
  set_text(json, "request_id", event.request_id);
  return json;
}

std::string_view outcome_of(const audit::Mutation& mutation) {
  using flow::record::SendEnd;
  if (!mutation.outcome) return "unknown";
  switch (mutation.outcome->end) {
    case SendEnd::accepted:
      return "accepted";
    case SendEnd::refused:
      return "refused";
    case SendEnd::not_sent:
      return "not_sent";
    case SendEnd::lost:
      return "lost";
  }
  return "unknown";
}

Json mutation_json(const audit::MutationRow& row) {
  Json json = Json::object().set("op", row.mutation.op).set("operation", "ssm:SendCommand");
  json.set("account_id", row.scope->account.text()).set("account_name", row.scope->account_name);
  json.set("region", row.scope->region.text()).set("time", time_text(row.mutation.intended));
  json.set("outcome", outcome_of(row.mutation));
  set_text(json, "command_id", row.mutation.command_id);
  json.set("match", audit::to_string(row.match));
  if (row.event) {
    json.set("proof", audit::to_string(row.proof)).set("event", event_json(*row.event));
    json.set("event_id", row.event->id);
    set_text(json, "who", row.event->actor.arn);
  }
  set_text(json, "note", row.note);
  return json;
}

Json totals_json(const audit::Reconciliation& found) {
  Json totals = Json::object().set("mutations", found.mutations.size());
  for (const Match match :
       {Match::matched, Match::waiting, Match::missing, Match::arrived, Match::disputed, Match::none, Match::unasked}) {
    totals.set(audit::to_string(match), found.count(match));
  }
  totals.set("events_explained", found.events.size() - found.unknown_events());
  totals.set("events_unknown", found.unknown_events());
  return totals;
}

std::string footer_of(const LookedInto& looked) {
  return plural(looked.events, "event") + " read in " + plural(looked.sites, "Region") +
         " of the accounts asked, from " + time_text(looked.from) + " on\n";
}

}  // namespace audit_show

Answer assumptions_answer(const std::string& world, const std::string& role,
                          const std::vector<audit::Assumption>& assumptions, const LookedInto& looked) {
  using namespace audit_show;
  Json rows = Json::array();
  std::size_t succeeded = 0;
  for (const audit::Assumption& one : assumptions) {
    rows.push_back(assumption_json(one));
    if (one.error_code.empty()) ++succeeded;
  }
  Json totals = Json::object().set("assumptions", assumptions.size());
  totals.set("succeeded", succeeded).set("refused", assumptions.size() - succeeded);
  Answer answer;
  answer.world = world;
  answer.document = Json::object().set("schema", "postern.assumptions/1").set("role", role);
  answer.document.set("totals", std::move(totals)).set("assumptions", std::move(rows));
  answer.document.set("looked_into", looked_json(looked));
  answer.rows_key = "assumptions";
  answer.markdown_title = "Who assumed " + role;
  answer.columns.push_back(member_column("TIME", 0, "time"));
  answer.columns.push_back(member_column("WHO", 0, "who"));
  answer.columns.push_back(member_column("SOURCE IDENTITY", 2, "source_identity"));
  answer.columns.push_back(member_column("SESSION", 1, "session_name"));
  answer.columns.push_back(member_column("FROM", 1, "source_ip"));
  answer.columns.push_back(member_column("REGION", 2, "region"));
  answer.columns.push_back(member_column("STATUS", 0, "status"));
  answer.columns.push_back(member_column("ROLE", 3, "role_arn"));
  answer.table_footer = footer_of(looked);
  return answer;
}

Answer reconciliation_answer(const AuditedRun& run, const audit::Reconciliation& found, const LookedInto& looked) {
  using namespace audit_show;
  Json mutations = Json::array();
  for (const audit::MutationRow& row : found.mutations) mutations.push_back(mutation_json(row));
  Json events = Json::array();
  for (const audit::EventRow& row : found.events) {
    Json json = event_json(row.event);
    json.set("known", row.kind == audit::EventKind::explained).set("why", row.why);
    events.push_back(std::move(json));
  }
  Answer answer;
  answer.world = run.world.starts_with("sim:") ? run.world : std::string();
  answer.document = Json::object().set("schema", "postern.reconciliation/1").set("run_id", run.id);
  answer.document.set("world", run.world).set("status", run.status).set("agrees", found.agrees());
  answer.document.set("totals", totals_json(found)).set("mutations", std::move(mutations));
  answer.document.set("events", std::move(events)).set("looked_into", looked_json(looked));
  answer.rows_key = "mutations";
  answer.markdown_title = "Run " + run.id + " beside CloudTrail";
  answer.columns.push_back(member_column("TIME", 1, "time"));
  answer.columns.push_back(member_column("ACCOUNT", 0, "account_name"));
  answer.columns.push_back(member_column("REGION", 1, "region"));
  answer.columns.push_back(id_column("COMMAND", 1, "command_id"));
  answer.columns.push_back(member_column("LEDGER", 0, "outcome"));
  answer.columns.push_back(member_column("CLOUDTRAIL", 0, "match"));
  answer.columns.push_back(member_column("WHO", 2, "who"));
  answer.columns.push_back(member_column("", 1, "note"));
  answer.table_footer = footer_of(looked);
  return answer;
}

std::string describe_reconciliation(const audit::Reconciliation& found) {
  using namespace audit_show;
  std::string out;
  for (const audit::EventRow& row : found.events) {
    if (row.kind != audit::EventKind::unknown) continue;
    const audit::TrailEvent& event = row.event;
    out += "not in the ledger: " + printable(event.name, kShown) + " at " + time_text(event.time) + " in " +
           printable(event.account, kShown) + "/" + printable(event.region, kShown) + " by " +
           printable(event.actor.arn.empty() ? event.actor.account : event.actor.arn, kShown) + " (" + row.why +
           "), event " + printable(event.id, kShown) + "\n";
  }
  if (found.count(Match::waiting) > 0) {
    out += plural(found.count(Match::waiting), "event") +
           " may still come: CloudTrail takes up to 15 minutes. Ask again then\n";
  }
  if (found.agrees()) {
    out += "ledger and CloudTrail agree on " + plural(found.mutations.size(), "mutation") + "\n";
  } else {
    out += "ledger and CloudTrail do not agree: " + std::to_string(found.count(Match::matched)) + " of " +
           plural(found.mutations.size(), "mutation") + " matched, " + plural(found.unknown_events(), "unknown event") +
           "\n";
  }
  return out;
}

}  // namespace postern::cli
