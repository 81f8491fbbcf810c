#include "cli/run_report.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/failure.hpp"
#include "cli/step_pieces.hpp"
#include "flow/left_running.hpp"
#include "term/diff.hpp"
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
    if (!listed) account.command_ids.push_back(target.command_id.text());
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

enum class OutputTold : std::uint8_t { yes, no };

Json target_result_json(const flow::TargetResult& target, OutputTold output) {
  const fleet::Scope& scope = target.target.scope();
  Json json = Json::object();
  json.set("account_id", scope.account.text())
      .set("region", scope.region.text())
      .set("instance_id", target.target.id().text());
  json.set("status", to_string(target.outcome));
  if (target.exit_code) json.set("exit_code", *target.exit_code);
  if (!target.command_id.empty()) json.set("command_id", target.command_id.text());
  const bool ran = target.outcome == flow::Outcome::succeeded || target.exit_code.has_value();
  if (ran && output == OutputTold::yes) {
    json.set("stdout", scrub_utf8(target.out.bytes()))
        .set("stderr", scrub_utf8(target.err.bytes()))
        .set("truncated", target.truncated);
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

std::string name_of(const flow::TargetResult& target) {
  return target.name.empty() ? target.target.id().text() : target.name;
}

std::string shown_output(const flow::TargetResult& target) {
  std::string text = target.out.bytes();
  if (!target.err.empty()) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += target.err.bytes();
  }
  if (target.truncated) {
    const bool said = target.outcome == flow::Outcome::failed || target.reason.empty();
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += "(output truncated" + (said ? std::string() : ": " + target.reason) + ")\n";
  }
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

/// What stands before and behind the targets in the document.
Json head_of(const flow::RunResult& run, const fleet::Discovery& discovery, std::string_view world) {
  const flow::Totals totals = run.totals();
  Json accounts = Json::array();
  for (const auto& [id, account] : by_account(run)) accounts.push_back(account_json(id, account));
  for (const fleet::ScopeProblem& problem : discovery.problems) {
    accounts.push_back(problem_json(*problem.scope, problem.error).set("status", "unknown").set("instance_count", 0));
  }
  Json head = Json::object();
  head.set("schema", "postern.run/1").set("world", world).set("run_id", run.run_id);
  if (!run.parent.empty()) head.set("parent", run.parent);
  head.set("status", status_of(totals, run.interrupted, !discovery.problems.empty()))
      .set("totals", totals_json(totals));
  head.set("accounts", std::move(accounts));
  return head;
}

Json tail_of(const flow::RunResult& run, const fleet::Discovery& discovery) {
  return Json::object().set("problems", problems_json(discovery)).set("left_running", left_running_json(run));
}

std::string indented(const Json& value, std::size_t columns) {
  std::string out;
  // A line feed inside of text is an escape in JSON.
  for (const char c : value.dump_pretty()) {
    out += c;
    if (c == '\n') out.append(columns, ' ');
  }
  return out;
}

/// Targets whose commands ended alike and printed the same.
struct ShownGroup {
  ShownGroup() = default;
  std::vector<const flow::TargetResult*> targets;
  std::string first;  ///< of their names
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    out.reserve(targets.size());
    for (const flow::TargetResult* target : targets) out.push_back(name_of(*target));
    std::sort(out.begin(), out.end(), term::natural_less);
    return out;
  }
  term::GatheredBlock block() const {
    term::GatheredBlock made;
    made.names = names();
    made.output = shown_output(*targets.front());
    while (made.output.ends_with('\n') || made.output.ends_with('\r')) made.output.pop_back();
    return made;
  }
};

bool did_run(const flow::TargetResult& target) {
  return target.outcome == flow::Outcome::succeeded || (target.outcome == flow::Outcome::failed && !target.unreachable);
}

/// The most common first, equals by first name.
std::vector<ShownGroup> shown_groups(const flow::RunResult& run) {
  using Key = std::tuple<ledger::Digest, ledger::Digest, bool, bool, int, std::string_view>;
  std::map<Key, ShownGroup> by_key;
  for (const flow::TargetResult& target : run.targets) {
    if (!did_run(target)) continue;
    const bool failed = target.outcome == flow::Outcome::failed;
    const Key key(target.out.key(), target.err.key(), target.truncated, failed,
                  failed ? target.exit_code.value_or(-1) : 0, failed ? target.reason : std::string_view());
    ShownGroup& group = by_key[key];
    std::string name = name_of(target);
    if (group.targets.empty() || term::natural_less(name, group.first)) group.first = std::move(name);
    group.targets.push_back(&target);
  }
  std::vector<ShownGroup> groups;
  groups.reserve(by_key.size());
  for (auto& [key, group] : by_key) groups.push_back(std::move(group));
  std::sort(groups.begin(), groups.end(), [](const ShownGroup& a, const ShownGroup& b) {
    if (a.targets.size() != b.targets.size()) return a.targets.size() > b.targets.size();
    return term::natural_less(a.first, b.first);
  });
  return groups;
}

void add_groups(StepPieces& pieces, const flow::RunResult& run, term::Color color) {
  for (ShownGroup& one : shown_groups(run)) {
    const flow::TargetResult* example = one.targets.front();
    pieces.add(example, [group = std::move(one), color] {
      const term::GatheredBlock blocks[] = {group.block()};
      return term::render_gathered(blocks, color);
    });
  }
}

void add_diffs(StepPieces& pieces, const flow::RunResult& run, term::Color color) {
  // Made by the first piece and shared by all that are compared with it.
  const auto renderer = std::make_shared<std::optional<term::DiffRenderer>>();
  bool first = true;
  for (ShownGroup& one : shown_groups(run)) {
    const flow::TargetResult* example = one.targets.front();
    pieces.add(example, [group = std::move(one), color, renderer, first] {
      if (!first) return (*renderer)->difference(group.block());
      renderer->emplace(group.block(), term::DiffOptions(), color);
      return (*renderer)->majority();
    });
    first = false;
  }
}

void add_targets(StepPieces& pieces, const flow::RunResult& run, term::Color color) {
  for (const flow::TargetResult& target : run.targets) {
    if (!did_run(target)) continue;
    pieces.add(&target, [&target, color] {
      ShownGroup group;
      group.targets.push_back(&target);
      const term::GatheredBlock blocks[] = {group.block()};
      return term::render_gathered(blocks, color);
    });
  }
}

/// Those on which nothing ran, by what became of them.
std::string without_output(const flow::RunResult& run, std::size_t width) {
  std::map<std::string, std::vector<std::string>> without;
  for (const flow::TargetResult& target : run.targets) {
    if (did_run(target)) continue;
    without[std::string(to_string(target.outcome)) + ": " + target.reason].push_back(name_of(target));
  }
  std::string out = without.empty() ? "" : "\n";
  for (const auto& [reason, who] : without) {
    const std::string line = printable(term::fold_names(who), kReportNamesMax) + ": " + printable(reason, 400) + "\n";
    out += width > 0 ? fit_lines(line, width) : line;
  }
  return out;
}

/// The row of the short forms, which show no output.
constexpr const char* kRowMembers[] = {"account_id", "region", "instance_id", "status", "exit_code", "reason"};

std::string cell_text(const Json& value) {
  if (value.is_null()) return "";
  return printable(value.is_string() ? value.as_string() : value.dump());
}

std::string markdown_row(const flow::TargetResult& target) {
  const Json row = target_result_json(target, OutputTold::no);
  std::string out = "|";
  for (const char* member : kRowMembers) {
    out += ' ';
    for (const char c : cell_text(row[member])) out.append(c == '|' ? "\\" : "") += c;
    out += " |";
  }
  return out + "\n";
}

std::string text_row(const flow::TargetResult& target) {
  const Json row = target_result_json(target, OutputTold::no);
  std::string out;
  for (const char* member : kRowMembers) out.append(out.empty() ? "" : "\t") += cell_text(row[member]);
  return out + "\n";
}

}  // namespace

Json run_document(const flow::RunResult& run, const fleet::Discovery& discovery, std::string_view world) {
  Json document = head_of(run, discovery, world);
  Json targets = Json::array();
  for (const flow::TargetResult& target : run.targets) {
    targets.push_back(target_result_json(target, OutputTold::yes));
  }
  document.set("targets", std::move(targets));
  const Json tail = tail_of(run, discovery);
  for (const Json::Member& member : tail.members()) document.set(member.key, member.value);
  return document;
}

std::unique_ptr<report::Pieces> run_json(const flow::RunResult& run, const fleet::Discovery& discovery,
                                         std::string_view world) {
  auto pieces = std::make_unique<StepPieces>();
  std::string head = head_of(run, discovery, world).dump_pretty();
  head.resize(head.size() - 2);  // its end: a line feed and a brace
  pieces->add(head + ",\n  \"targets\": [");
  const char* separator = "\n    ";
  for (const flow::TargetResult& target : run.targets) {
    pieces->add(&target,
                [&target, separator] { return separator + indented(target_result_json(target, OutputTold::yes), 4); });
    separator = ",\n    ";
  }
  const std::string tail = tail_of(run, discovery).dump_pretty();
  pieces->add((run.targets.empty() ? "]," : "\n  ],") + tail.substr(1) + "\n");
  return pieces;
}

std::unique_ptr<report::Pieces> run_rows(const flow::RunResult& run, Format format, const std::string& world) {
  auto pieces = std::make_unique<StepPieces>();
  if (format == Format::markdown) {
    std::string head = "# Run " + run.run_id + "\n\n";
    if (!world.empty()) head += "**SIMULATED** " + printable(world, 80) + "\n\n";
    std::string rule = "|";
    head += "|";
    for (const char* member : kRowMembers) {
      head += " " + std::string(member) + " |";
      rule += " --- |";
    }
    pieces->add(head + "\n" + rule + "\n");
  }
  for (const flow::TargetResult& target : run.targets) {
    if (format == Format::ndjson) {
      pieces->add(&target, [&target, world] {
        Json row = target_result_json(target, OutputTold::yes);
        if (!world.empty()) row.set("world", world);
        return row.dump() + "\n";
      });
    } else {
      pieces->add(nullptr,
                  [&target, format] { return format == Format::markdown ? markdown_row(target) : text_row(target); });
    }
  }
  return pieces;
}

std::unique_ptr<report::Pieces> run_text(const flow::RunResult& run, const fleet::Discovery& discovery,
                                         const OutputOptions& options, Grouping grouping) {
  auto pieces = std::make_unique<StepPieces>();
  switch (grouping) {
    case Grouping::gathered:
      add_groups(*pieces, run, options.color);
      break;
    case Grouping::by_target:
      add_targets(*pieces, run, options.color);
      break;
    case Grouping::diff:
      add_diffs(*pieces, run, options.color);
      break;
  }
  pieces->add(nullptr, [&run, &discovery, options] {
    return without_output(run, options.width) + "\n" + totals_table(run, discovery, options);
  });
  return pieces;
}

}  // namespace postern::cli
