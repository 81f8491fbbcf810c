#include "cli/run_report.hpp"

#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/failure.hpp"
#include "flow/left_running.hpp"
#include "term/gather.hpp"
#include "term/node_set.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kReportNamesMax = 16 * 1024;

std::string_view status_of(const flow::Totals& totals, bool interrupted, bool problems) {
  if (interrupted) return "interrupted";
  if (totals.unknown > 0 || problems) return "incomplete";
  if (totals.failed > 0) return totals.succeeded > 0 ? "partial" : "failed";
  return totals.skipped > 0 ? "partial" : "succeeded";
}

struct AccountTotals {
  AccountTotals() = default;
  std::string name;
  flow::Totals totals;
  std::vector<std::string> command_ids;
};

using ByAccount = std::map<std::string, AccountTotals>;

ByAccount by_account(const flow::RunResult& run) {
  ByAccount accounts;
  for (const flow::TargetResult& target : run.targets) {
    const fleet::Scope& scope = target.target.scope();
    AccountTotals& account = accounts[scope.account.text()];
    account.name = scope.account_name;
    switch (target.outcome) {
      case flow::Outcome::succeeded:
        ++account.totals.succeeded;
        break;
      case flow::Outcome::failed:
        ++account.totals.failed;
        break;
      case flow::Outcome::skipped:
        ++account.totals.skipped;
        break;
      case flow::Outcome::unknown:
        ++account.totals.unknown;
        break;
    }
    const bool known =
        target.command_id.empty() || (!account.command_ids.empty() && account.command_ids.back() == target.command_id);
    bool listed = known;
    for (const std::string& id : account.command_ids) listed = listed || id == target.command_id;
    if (!listed) account.command_ids.push_back(target.command_id);
  }
  return accounts;
}

Json totals_json(const flow::Totals& totals) {
  return Json::object()
      .set("succeeded", totals.succeeded)
      .set("failed", totals.failed)
      .set("skipped", totals.skipped)
      .set("unknown", totals.unknown);
}

Json account_json(const std::string& id, const AccountTotals& account) {
  Json json = Json::object();
  json.set("account_id", id).set("name", account.name).set("status", status_of(account.totals, false, false));
  if (!account.command_ids.empty()) json.set("command_id", account.command_ids.front());
  Json ids = Json::array();
  for (const std::string& command : account.command_ids) ids.push_back(command);
  json.set("command_ids", std::move(ids))
      .set("instance_count", account.totals.all())
      .set("totals", totals_json(account.totals));
  return json;
}

Json target_result_json(const flow::TargetResult& target) {
  const fleet::Scope& scope = target.target.scope();
  Json json = Json::object();
  json.set("account_id", scope.account.text())
      .set("region", scope.region.text())
      .set("instance_id", target.target.id().text());
  json.set("status", to_string(target.outcome));
  if (target.exit_code) json.set("exit_code", *target.exit_code);
  if (!target.command_id.empty()) json.set("command_id", target.command_id);
  if (target.outcome == flow::Outcome::succeeded || target.exit_code) {
    json.set("stdout", scrub_utf8(target.out)).set("stderr", scrub_utf8(target.err)).set("truncated", target.truncated);
  }
  if (!target.reason.empty()) json.set("reason", scrub_utf8(target.reason));
  return json;
}

/// Commands that were not seen to end on these instances.
Json left_running_json(const flow::RunResult& run) {
  Json all = Json::array();
  for (const flow::LeftCommand& left : flow::left_running(run)) {
    Json ids = Json::array();
    for (const fleet::InstanceId& id : left.instances) ids.push_back(id.text());
    Json one = Json::object();
    one.set("account_id", left.scope->account.text()).set("region", left.scope->region.text());
    one.set("command_id", left.command_id).set("instance_ids", std::move(ids));
    all.push_back(std::move(one));
  }
  return all;
}

std::string name_of(const TargetNames& names, const fleet::TargetRef& target) {
  const auto found = names.find(target.label());
  return found == names.end() || found->second.empty() ? target.id().text() : found->second;
}

std::string shown_output(const flow::TargetResult& target) {
  std::string text = target.out;
  if (!target.err.empty()) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += target.err;
  }
  if (target.truncated) text += text.empty() || text.back() == '\n' ? "(output truncated)\n" : "\n(output truncated)\n";
  if (target.outcome == flow::Outcome::failed) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += "(failed" + (target.exit_code ? ", exit code " + std::to_string(*target.exit_code) : std::string()) +
            (target.reason.empty() || target.reason == "Failed" ? "" : ": " + target.reason) + ")\n";
  }
  return text;
}

std::string totals_table(const flow::RunResult& run, const fleet::Discovery& discovery, const OutputOptions& options) {
  std::vector<term::Column> columns;
  columns.emplace_back("ACCOUNT", 0);
  columns.emplace_back("NAME", 1);
  for (const char* header : {"SUCCEEDED", "FAILED", "SKIPPED", "UNKNOWN"})
    columns.emplace_back(header, 0, term::Align::right);
  term::Table table(std::move(columns));
  const auto number = [](std::size_t count, term::Style style) {
    return term::Cell(std::to_string(count), count == 0 ? term::Style::dim : style);
  };
  for (const auto& [id, account] : by_account(run)) {
    std::vector<term::Cell> cells;
    cells.emplace_back(id);
    cells.emplace_back(account.name);
    cells.push_back(number(account.totals.succeeded, term::Style::good));
    cells.push_back(number(account.totals.failed, term::Style::bad));
    cells.push_back(number(account.totals.skipped, term::Style::warning));
    cells.push_back(number(account.totals.unknown, term::Style::bad));
    table.add(std::move(cells));
  }
  term::TableOptions table_options;
  table_options.width = options.width;
  table_options.color = options.color;
  std::string out = table.render(table_options).text;
  std::string unasked;
  if (!discovery.problems.empty())
    unasked = "not asked, their targets are unknown: " + places_of(discovery.problems) + "\n";
  return out + (options.width > 0 ? fit_lines(unasked, options.width) : unasked);
}

}  // namespace

TargetNames target_names(const std::vector<fleet::Instance>& instances) {
  TargetNames names;
  for (const fleet::Instance& instance : instances) names.emplace(instance.ref.label(), instance.name);
  return names;
}

Json run_document(const flow::RunResult& run, const fleet::Discovery& discovery, std::string_view world) {
  const flow::Totals totals = run.totals();
  Json accounts = Json::array();
  for (const auto& [id, account] : by_account(run)) accounts.push_back(account_json(id, account));
  for (const fleet::ScopeProblem& problem : discovery.problems) {
    accounts.push_back(problem_json(*problem.scope, problem.error).set("status", "unknown").set("instance_count", 0));
  }
  Json targets = Json::array();
  for (const flow::TargetResult& target : run.targets) targets.push_back(target_result_json(target));
  Json document = Json::object();
  document.set("schema", "postern.run/1").set("world", world).set("run_id", run.run_id);
  if (!run.parent.empty()) document.set("parent", run.parent);
  document.set("status", status_of(totals, run.interrupted, !discovery.problems.empty()))
      .set("totals", totals_json(totals));
  document.set("accounts", std::move(accounts))
      .set("targets", std::move(targets))
      .set("problems", problems_json(discovery));
  document.set("left_running", left_running_json(run));
  return document;
}

std::string run_text(const flow::RunResult& run, const fleet::Discovery& discovery, const TargetNames& names,
                     const OutputOptions& options, Grouping grouping) {
  std::string out;
  std::vector<term::NamedOutput> outputs;
  std::map<std::string, std::vector<std::string>> without;  // reason -> names, for those that ran nothing
  for (const flow::TargetResult& target : run.targets) {
    const bool ran =
        target.outcome == flow::Outcome::succeeded || (target.outcome == flow::Outcome::failed && !target.unreachable);
    if (ran) {
      outputs.emplace_back(name_of(names, target.target), shown_output(target));
    } else {
      without[std::string(to_string(target.outcome)) + ": " + target.reason].push_back(name_of(names, target.target));
    }
  }
  if (grouping == Grouping::gathered) {
    out += term::render_gathered(term::gather(outputs), options.color);
  } else {
    for (const term::NamedOutput& one : outputs) {
      const term::NamedOutput single[] = {one};
      out += term::render_gathered(term::gather(single), options.color);
    }
  }
  if (!without.empty()) out += "\n";
  for (const auto& [reason, who] : without) {
    const std::string line = printable(term::fold_names(who), kReportNamesMax) + ": " + printable(reason, 400) + "\n";
    out += options.width > 0 ? fit_lines(line, options.width) : line;
  }
  return out + "\n" + totals_table(run, discovery, options);
}

Result<void> answer_run(const Command& command, const flow::RunResult& run, const fleet::Discovery& discovery,
                        const TargetNames& names, std::string_view world) {
  const OutputOptions& options = command.output();
  if (options.format == Format::table && !options.query) {
    const Grouping grouping = command.invocation().has("--by-target") ? Grouping::by_target : Grouping::gathered;
    command.out(world_banner(command.host().world, options.color) + run_text(run, discovery, names, options, grouping));
    return Result<void>();
  }
  Answer answer;
  answer.document = run_document(run, discovery, world);
  answer.rows_key = "targets";
  answer.markdown_title = "Run " + run.run_id;
  for (const char* column : {"account_id", "region", "instance_id", "status", "exit_code", "reason"}) {
    answer.columns.push_back(member_column(column, 0, column));
  }
  return command.answer(answer);
}

}  // namespace postern::cli
