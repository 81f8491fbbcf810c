// dr status

#include <algorithm>

#include "adapters/drs_servers.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/dr_show.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"
#include "recovery/transitions.hpp"
#include "rt/clock.hpp"

namespace postern::cli {
namespace dr_status {

using recovery::Health;
using recovery::Replication;
using recovery::SourceServer;
using recovery::Sweep;

/// What is asked of every look.
struct Wanted {
  Wanted() = default;
  recovery::SweepOptions sweep;
  std::optional<fleet::Selector> selector;
  bool troubled_only = false;
  bool all_servers = false;
  bool gate = false;
  bool watch = false;
  bool until_protected = false;
  std::chrono::seconds every = std::chrono::seconds(60);
};

Result<Wanted> chosen(const Command& command, const std::optional<fleet::FleetFile>& fleet) {
  const Invocation& invocation = command.invocation();
  Wanted wanted;
  TRY(wanted.sweep.policy, chosen_health_policy(invocation));
  TRY(wanted.sweep.concurrency, chosen_concurrency(command));
  wanted.sweep.points = chosen_points(invocation);
  if (invocation.has("--select")) {
    TRY(wanted.selector, chosen_selector(command, fleet));
  }
  wanted.troubled_only = invocation.has("--troubled");
  wanted.all_servers = invocation.has("--all-servers");
  wanted.gate = invocation.has("--gate");
  wanted.watch = invocation.has("--watch");
  wanted.until_protected = invocation.has("--until");
  if (wanted.until_protected && !wanted.watch) return fail(ErrorKind::usage, "--until goes with --watch");
  if (const auto text = invocation.value("--every")) {
    TRY(wanted.every, parse_duration(*text, "--every"));
    if (wanted.every.count() < 5) return fail(ErrorKind::usage, "--every: at least 5s");
  }
  return wanted;
}

/// A server as a selector sees an instance.
fleet::Instance as_instance(const SourceServer& server) {
  fleet::Instance instance;
  Result<fleet::InstanceId> id = fleet::InstanceId::parse(server.instance_id);
  instance.ref = fleet::TargetRef(server.site, id ? std::move(*id) : fleet::InstanceId());
  const auto name = server.tags.find("Name");
  instance.name = name != server.tags.end() ? name->second : server.hostname;
  instance.tags = server.tags;
  instance.platform = fleet::parse_platform(server.os);
  return instance;
}

struct Row {
  Row(const SourceServer* s, Health h) : server(s), health(std::move(h)) {}
  const SourceServer* server;
  Health health;
};

/// The servers that are meant, with how they are.
std::vector<Row> rows_of(const Sweep& sweep, const Wanted& wanted) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < sweep.servers.size(); ++i) {
    const SourceServer& server = sweep.servers[i];
    if (!wanted.all_servers && !server.is_live()) continue;
    if (wanted.selector && !wanted.selector->matches(as_instance(server))) continue;
    rows.emplace_back(&server, recovery::assess(server, sweep.points[i], sweep.at, wanted.sweep.policy));
  }
  return rows;
}

struct Counts {
  Counts() = default;
  std::map<std::string_view, std::size_t> by_state;
  std::size_t protected_now = 0;
  std::size_t keeping = 0;
  std::size_t all = 0;
};

Counts counts_of(const std::vector<Row>& rows, Duration rpo) {
  Counts counts;
  counts.all = rows.size();
  for (const Row& row : rows) {
    ++counts.by_state[recovery::to_string(row.health.replication)];
    if (row.health.is_protected()) ++counts.protected_now;
    if (row.health.keeps(rpo)) ++counts.keeping;
  }
  return counts;
}

std::string counts_text(const Counts& counts, Duration rpo) {
  std::string out = plural(counts.all, "server") + ": " + std::to_string(counts.protected_now) + " protected, " +
                    std::to_string(counts.keeping) + " within " + format_duration(rpo);
  for (const auto& [state, count] : counts.by_state) out += "; " + std::to_string(count) + " " + std::string(state);
  return out;
}

std::string where_it_is(const Json& row) {
  const std::string step(row["step"].to_string().value_or(""));
  if (!step.empty()) return step;
  const auto percent = row["percent"].to_int();
  if (percent && *percent < 100) return std::to_string(*percent) + "% copied";
  return std::string(row["cause"].to_string().value_or(""));
}

OutputColumn age_column(std::string header, int priority, std::string member) {
  OutputColumn column(std::move(header), priority, [member = std::move(member)](const Json& row) {
    const auto seconds = row[member].to_int();
    return term::Cell(seconds ? age_text(Duration(std::chrono::seconds(*seconds))) : "-");
  });
  column.cut = term::Cut::never;
  return column;
}

Answer answer_of(const Command& command, const Sweep& sweep, const std::vector<Row>& rows, const Wanted& wanted) {
  const Counts counts = counts_of(rows, wanted.sweep.policy.rpo);
  Json totals = Json::object();
  totals.set("servers", counts.all).set("protected", counts.protected_now).set("within_rpo", counts.keeping);
  for (const auto& [state, count] : counts.by_state) totals.set(state, count);
  Json servers = Json::array();
  for (const Row& row : rows) {
    if (wanted.troubled_only && row.health.replication == Replication::healthy) continue;
    servers.push_back(server_json(*row.server, row.health));
  }
  Answer answer;
  answer.world = command.host().world;
  answer.document = Json::object().set("schema", "postern.dr_status/1");
  answer.document.set("rpo_seconds", seconds_json(wanted.sweep.policy.rpo)).set("totals", std::move(totals));
  answer.document.set("servers", std::move(servers));
  put_sites(answer.document, sweep);
  answer.rows_key = "servers";
  answer.markdown_title = "Replication";
  answer.columns.push_back(member_column("ACCOUNT", 3, "account"));
  answer.columns.push_back(id_column("REGION", 4, "region"));
  answer.columns.push_back(member_column("NAME", 1, "name"));
  answer.columns.push_back(id_column("INSTANCE", 2, "instance_id"));
  answer.columns.push_back(id_column("SERVER", 6, "source_server_id"));
  answer.columns.push_back(state_column("REPLICATION", 0, "replication"));
  answer.columns.push_back(age_column("LAG", 3, "lag_seconds"));
  answer.columns.push_back(age_column("SEEN", 5, "sample_age_seconds"));
  answer.columns.push_back(state_column("POINTS", 4, "recoverability"));
  answer.columns.push_back(age_column("EXPOSURE", 0, "exposure_seconds"));
  answer.columns.emplace_back("WHERE IT IS", 2, [](const Json& row) { return term::Cell(where_it_is(row)); });
  answer.table_footer = counts_text(counts, wanted.sweep.policy.rpo) + "\n";
  return answer;
}

/// What mends the troubles, each once with how many servers have it.
std::string advice_text(const std::vector<Row>& rows) {
  std::map<std::pair<std::string, std::string>, std::size_t> by_cause;
  for (const Row& row : rows) {
    if (!row.health.fix.empty()) ++by_cause[std::pair(row.health.cause, row.health.fix)];
  }
  std::string out;
  for (const auto& [advice, count] : by_cause) {
    out += plural(count, "server") + ": " + advice.first + "\n  fix: " + advice.second + "\n";
  }
  return out;
}

int exit_code(const Sweep& sweep, const std::vector<Row>& rows, const Wanted& wanted) {
  const int code = exit_code_of(sweep);
  if (code >= kExitInterrupted || !wanted.gate) return code;
  const bool kept =
      std::all_of(rows.begin(), rows.end(), [&](const Row& row) { return row.health.keeps(wanted.sweep.policy.rpo); });
  return kept && code == kExitOk ? kExitOk : kExitGate;
}

Result<int> tell(const Command& command, const Sweep& sweep, const Wanted& wanted) {
  const std::vector<Row> rows = rows_of(sweep, wanted);
  TRY_VOID(command.answer(answer_of(command, sweep, rows, wanted)));
  std::string notes = summarize_sites(sweep);
  if (command.output().format == Format::table) notes = advice_text(rows) + notes;
  if (!notes.empty()) command.err("\n" + notes);
  return exit_code(sweep, rows, wanted);
}

std::string name_of(const SourceServer& server) {
  const auto name = server.tags.find("Name");
  const std::string& text = name != server.tags.end() ? name->second : server.hostname;
  const std::string& id = server.instance_id.empty() ? server.id : server.instance_id;
  return text.empty() ? id : text + " (" + id + ")";
}

void tell_changes(const Command& command, const std::vector<Row>& rows, recovery::Transitions& transitions) {
  for (const Row& row : rows) {
    const auto change = transitions.see(row.server->site->label() + "/" + row.server->id, row.health.replication);
    if (!change) continue;
    command.err(row.server->site->label() + ": " + printable(name_of(*row.server), 120) + ": " +
                std::string(recovery::to_string(change->from)) + " -> " + std::string(recovery::to_string(change->to)) +
                (row.health.cause.empty() ? "" : ": " + row.health.cause) + "\n");
  }
}

/// One look after the other until everything is as it should be, the deadline passes or somebody stops it; then the
/// last one is the answer.
rt::Task<Result<int>> watch(const Command& command, recovery::ServerSource& source, const DrWork& work,
                            const Wanted& wanted) {
  recovery::Transitions transitions;
  std::optional<Sweep> last;
  std::string said;
  for (;;) {
    Result<Sweep> sweep = co_await recovery::sweep_sites(command.ctx(), source, work.sites, wanted.sweep);
    if (!sweep) {
      // Stopped: what was seen last is still worth telling.
      if (last) CO_TRY_VOID(tell(command, *last, wanted));
      co_return fail(std::move(sweep).error());
    }
    last = std::move(*sweep);
    const std::vector<Row> rows = rows_of(*last, wanted);
    const Counts counts = counts_of(rows, wanted.sweep.policy.rpo);
    tell_changes(command, rows, transitions);
    std::string line = counts_text(counts, wanted.sweep.policy.rpo);
    if (line != said) command.err(format_rfc3339(last->at) + "  " + line + "\n");
    said = std::move(line);
    const bool all = counts.protected_now == counts.all && counts.all > 0 && last->problems.empty();
    if (wanted.until_protected && all) co_return tell(command, *last, wanted);
    const MonoTime next = command.ctx().now() + wanted.every;
    if (next >= command.ctx().deadline().at() && !command.ctx().deadline().is_never()) {
      CO_TRY_VOID(tell(command, *last, wanted));
      co_return fail(ErrorKind::timeout, std::to_string(counts.all - counts.protected_now) + " of " +
                                             plural(counts.all, "server") + " are not protected yet");
    }
    const Result<void> slept = co_await rt::sleep_until(command.ctx().clock(), next);
    if (!slept) {
      CO_TRY_VOID(tell(command, *last, wanted));
      co_return fail(slept.error());
    }
  }
}

}  // namespace dr_status

rt::Task<Result<int>> run_dr_status(const Command& command) {
  CO_TRY(DrWork work, co_await open_dr(command, fleet::Duty::observe));
  Result<int> code = kExitOk;
  const Result<dr_status::Wanted> wanted = dr_status::chosen(command, work.aws.fleet);
  if (!wanted) {
    code = fail(wanted.error());
  } else {
    adapters::DrsServers source(*work.aws.session);
    if (wanted->watch) {
      code = co_await dr_status::watch(command, source, work, *wanted);
    } else {
      Result<recovery::Sweep> sweep = co_await recovery::sweep_sites(command.ctx(), source, work.sites, wanted->sweep);
      if (sweep) {
        code = dr_status::tell(command, *sweep, *wanted);
      } else {
        code = fail(std::move(sweep).error());
      }
    }
  }
  co_await work.aws.session->close();
  co_return code;
}

}  // namespace postern::cli
