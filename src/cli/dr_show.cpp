#include "cli/dr_show.hpp"

#include <set>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"

namespace postern::cli {
namespace dr_show_detail {

term::Style style_of(std::string_view state) {
  static const std::set<std::string_view> kGood = {"healthy", "fresh", "protected"};
  static const std::set<std::string_view> kWarning = {"lagging", "starting", "catching_up", "rescanning",  "aged",
                                                      "unknown", "enrolled", "not_read",    "initializing"};
  static const std::set<std::string_view> kPlain = {"excluded", "-", ""};
  if (kGood.contains(state)) return term::Style::good;
  if (kWarning.contains(state)) return term::Style::warning;
  return kPlain.contains(state) ? term::Style::plain : term::Style::bad;
}

Json time_json(const std::optional<WallTime>& time) {
  return time ? Json(format_rfc3339(*time)) : Json();
}

}  // namespace dr_show_detail

std::string age_text(const std::optional<Duration>& age) {
  if (!age) return "-";
  const auto whole = std::chrono::floor<std::chrono::seconds>(*age);
  return whole.count() == 0 ? "0s" : format_duration(whole);
}

Json seconds_json(const std::optional<Duration>& age) {
  if (!age) return {};
  return Json(static_cast<std::int64_t>(std::chrono::floor<std::chrono::seconds>(*age).count()));
}

Json server_json(const recovery::SourceServer& server, const recovery::Health& health) {
  using namespace dr_show_detail;
  Json json = Json::object();
  json.set("account_id", server.site->account.text()).set("account", server.site->account_name);
  json.set("region", server.site->region.text()).set("source_server_id", server.id);
  json.set("instance_id", server.instance_id).set("origin_account_id", server.origin_account);
  const auto name = server.tags.find("Name");
  json.set("origin_region", server.origin_region).set("hostname", server.hostname);
  json.set("name", name != server.tags.end() ? name->second : server.hostname);
  json.set("replication", to_string(health.replication)).set("state", server.state_text);
  json.set("recoverability", to_string(health.recoverability));
  json.set("lag_seconds", seconds_json(server.lag)).set("sample_age_seconds", seconds_json(health.sample_age));
  json.set("point_age_seconds", seconds_json(health.point_age));
  json.set("exposure_seconds", seconds_json(health.exposure));
  json.set("protected", health.is_protected());
  json.set("percent", health.percent ? Json(static_cast<std::int64_t>(*health.percent)) : Json());
  json.set("eta", time_json(server.eta)).set("last_seen", time_json(server.last_seen));
  json.set("next_attempt", time_json(server.next_attempt));
  json.set("total_bytes", server.disks.total).set("replicated_bytes", server.disks.replicated);
  json.set("backlog_bytes", server.disks.backlog).set("step", recovery::step_text(server));
  Json steps = Json::array();
  for (const recovery::InitiationStep& step : server.steps) {
    steps.push_back(Json::object().set("name", step.name).set("status", step.status));
  }
  json.set("steps", std::move(steps)).set("error", server.error).set("raw_error", server.raw_error);
  json.set("cause", health.cause).set("fix", health.fix);
  json.set("recovery_instance_id", server.recovery_instance_id).set("last_launch_result", server.last_launch_result);
  json.set("staging_status", server.staging_status).set("staging_account_id", server.staging_account);
  json.set("staging_error", server.staging_error);
  json.set("agent_version", server.agent_version);
  return json;
}

void put_sites(Json& document, const recovery::Sweep& sweep) {
  Json problems = Json::array();
  for (const fleet::ScopeProblem& problem : sweep.problems) {
    problems.push_back(problem_json(*problem.scope, problem.error));
  }
  Json uninitialized = Json::array();
  for (const fleet::ScopePtr& site : sweep.uninitialized) {
    uninitialized.push_back(Json::object().set("account_id", site->account.text()).set("region", site->region.text()));
  }
  document.set("sites", static_cast<std::int64_t>(sweep.sites_asked)).set("at", format_rfc3339(sweep.at));
  document.set("problems", std::move(problems)).set("uninitialized", std::move(uninitialized));
}

std::string summarize_sites(const recovery::Sweep& sweep) {
  std::string out;
  for (const fleet::ScopeProblem& problem : sweep.problems) {
    out += problem.scope->label() + ": DRS could not be asked: " + described_message(problem.error, 400) + "\n";
  }
  constexpr std::size_t kNamed = 10;
  for (std::size_t i = 0; i < sweep.uninitialized.size() && i < kNamed; ++i) {
    out += sweep.uninitialized[i]->label() + ": DRS is not initialized here (postern dr init)\n";
  }
  if (sweep.uninitialized.size() > kNamed) {
    out += "and " + plural(sweep.uninitialized.size() - kNamed, "more site") + " where DRS is not initialized\n";
  }
  return out;
}

int exit_code_of(const recovery::Sweep& sweep) {
  if (sweep.problems.empty()) return kExitOk;
  const bool none = sweep.problems.size() == sweep.sites_asked;
  return none ? exit_code_of(sweep.problems.front().error) : kExitUnknown;
}

OutputColumn state_column(std::string header, int priority, std::string member) {
  OutputColumn column(std::move(header), priority, [member = std::move(member)](const Json& row) {
    const std::string state(row[member].to_string().value_or(""));
    return term::Cell(state, dr_show_detail::style_of(state));
  });
  column.cut = term::Cut::never;
  return column;
}

Result<recovery::HealthPolicy> chosen_health_policy(const Invocation& invocation) {
  recovery::HealthPolicy policy;
  if (const auto text = invocation.value("--rpo")) {
    TRY(const std::chrono::seconds rpo, parse_duration(*text, "--rpo"));
    if (rpo.count() < 1) return fail(ErrorKind::usage, "--rpo: at least one second");
    policy.rpo = rpo;
  }
  return policy;
}

recovery::ReadPoints chosen_points(const Invocation& invocation) {
  const std::string whose = invocation.value("--points").value_or("troubled");
  if (whose == "all") return recovery::ReadPoints::of_all;
  return whose == "none" ? recovery::ReadPoints::nobodys : recovery::ReadPoints::of_the_troubled;
}

Result<fleet::Selector> chosen_dr_selector(const Command& command, const std::optional<fleet::FleetFile>& fleet) {
  if (command.invocation().has("--select")) return chosen_selector(command, fleet);
  TRY(const fleet::Selector usual, fleet::Selector::parse("tag:dr:enabled=true and tag:dr:recovery-strategy=drs"));
  return usual;
}

}  // namespace postern::cli
