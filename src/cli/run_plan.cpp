#include "cli/run_plan.hpp"

#include <algorithm>
#include <set>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"
#include "term/node_set.hpp"
#include "term/table.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kPlanNameDigits = 8;  // 2^32 plans: nobody types another one's name by accident
constexpr std::size_t kLinesFolded = 20;    // of each list
constexpr std::size_t kNamesFolded = 400;
constexpr std::size_t kNamesWhole = 16 * 1024;

/// An account's part of the plan.
struct AccountPlan {
  AccountPlan() = default;
  fleet::ScopePtr scope;
  std::vector<std::pair<std::string, std::size_t>> regions;  ///< with targets
  std::size_t targets = 0;
  std::size_t commands = 0;
};

std::vector<AccountPlan> account_plans(const flow::Plan& plan) {
  std::vector<std::pair<std::size_t, std::size_t>> scopes(plan.scopes.size());  // targets, commands
  for (const flow::BatchPlan& batch : plan.batches) {
    scopes[batch.scope].first += batch.count;
    ++scopes[batch.scope].second;
  }
  // Scopes are sorted: an account's Regions stand together.
  std::vector<AccountPlan> accounts;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    const fleet::ScopePtr& scope = plan.scopes[i];
    if (scopes[i].first == 0) continue;
    const bool same = !accounts.empty() && accounts.back().scope->account == scope->account &&
                      accounts.back().scope->who() == scope->who();
    if (!same) {
      accounts.emplace_back();
      accounts.back().scope = scope;
    }
    accounts.back().regions.emplace_back(scope->region.text(), scopes[i].first);
    accounts.back().targets += scopes[i].first;
    accounts.back().commands += scopes[i].second;
  }
  return accounts;
}

std::string document_name(const PlanSheet& sheet, flow::Shell shell) {
  return std::string(sheet.spec == nullptr ? document_of(shell) : document_of(*sheet.spec, shell));
}

/// Targets by document.
std::map<std::string, std::size_t> documents_of(const PlanSheet& sheet) {
  std::map<std::string, std::size_t> documents;
  for (const flow::BatchPlan& batch : sheet.plan->batches) documents[document_name(sheet, batch.shell)] += batch.count;
  return documents;
}

std::size_t accounts_of_wave(const flow::Plan& plan, const flow::WavePlan& wave) {
  std::set<std::string> accounts;
  for (std::uint32_t i = 0; i < wave.batches; ++i) {
    accounts.insert(plan.scope_of(plan.batches[wave.first_batch + i]).account.text());
  }
  return accounts.size();
}

std::size_t shown(std::size_t count, PlanDetail detail) {
  // One line more than is hidden is no gain.
  return detail == PlanDetail::whole || count <= kLinesFolded + 1 ? count : kLinesFolded;
}

std::string render_lines(const term::Table& table) {
  term::TableOptions options;
  options.header = term::Header::hidden;
  return table.render(options).text;
}

term::Table table_of(std::size_t columns) {
  std::vector<term::Column> all(columns);
  for (term::Column& column : all) column.cut = term::Cut::never;
  return term::Table(std::move(all));
}

std::string accounts_text(const flow::Plan& plan, PlanDetail detail) {
  const std::vector<AccountPlan> accounts = account_plans(plan);
  const std::size_t lines = shown(accounts.size(), detail);
  term::Table table = table_of(3);
  std::size_t hidden = 0;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const AccountPlan& account = accounts[i];
    if (i >= lines) {
      hidden += account.targets;
      continue;
    }
    std::string regions;
    for (const auto& [region, targets] : account.regions) {
      regions.append(regions.empty() ? "" : ", ").append(region);
      if (account.regions.size() > 1) regions += " " + std::to_string(targets);
    }
    std::vector<term::Cell> cells;
    cells.emplace_back("  " + account.scope->who());
    cells.emplace_back(plural(account.targets, "target"));
    cells.emplace_back(std::move(regions));
    table.add(std::move(cells));
  }
  std::string out = render_lines(table);
  if (lines < accounts.size()) {
    out += "  ... and " + plural(accounts.size() - lines, "account") + " more with " + plural(hidden, "target") +
           " (-v shows all; so does --dry-run -o json)\n";
  }
  return out;
}

std::string waves_text(const flow::Plan& plan, PlanDetail detail) {
  if (plan.targets.empty()) return {};
  term::Table table = table_of(4);
  const std::size_t lines = shown(plan.waves.size(), detail);
  for (std::size_t i = 0; i < lines; ++i) {
    const flow::WavePlan& wave = plan.waves[i];
    const std::size_t allowed = wave.budget.allowed(wave.targets);
    std::string budget = (allowed == 0 ? std::string("none") : std::to_string(allowed)) + " may fail";
    if (wave.budget.percent) budget += " (" + wave.budget.text() + ")";
    std::vector<term::Cell> cells;
    cells.emplace_back("  " + wave.name);
    cells.emplace_back(plural(wave.targets, "target"));
    cells.emplace_back("in " + plural(accounts_of_wave(plan, wave), "account"));
    cells.emplace_back(std::move(budget));
    table.add(std::move(cells));
  }
  std::string out = plan.waves.size() == 1 ? "one wave:\n" : "waves, one after the other:\n";
  out += render_lines(table);
  if (lines < plan.waves.size()) {
    out += "  ... and " + plural(plan.waves.size() - lines, "wave") + " more (-v shows all)\n";
  }
  return out;
}

std::string skipped_text(const PlanSheet& sheet, PlanDetail detail) {
  std::map<std::string, std::vector<std::string>> skipped;  // by reason
  for (const flow::SkippedTarget& one : sheet.plan->skipped) {
    skipped[one.reason].push_back(sheet.names->name_or_id(one.target));
  }
  const std::size_t lines = shown(skipped.size(), detail);
  std::string out;
  std::size_t line = 0;
  std::size_t hidden = 0;
  for (const auto& [reason, who] : skipped) {
    if (line++ >= lines) {
      hidden += who.size();
      continue;
    }
    const std::size_t most = detail == PlanDetail::whole ? kNamesWhole : kNamesFolded;
    const std::string count = who.size() > 1 ? " (" + std::to_string(who.size()) + ")" : "";
    out += "skips " + printable(term::fold_names(who), most) + count + ": " + printable(reason, 400) + "\n";
  }
  if (hidden > 0) out += "skips " + std::to_string(hidden) + " more for other reasons (-v shows all)\n";
  return out;
}

std::string rails_text(const PlanSheet& sheet) {
  std::string out;
  if (!sheet.asks.empty()) out += "to run it, say also: " + join(sheet.asks, " ") + "\n";
  for (const RailFinding& finding : sheet.findings) {
    out += "would be refused: " + finding.why + (finding.breakable ? "; or --break-glass REASON" : "") + "\n";
  }
  return out;
}

Json rails_json(const PlanSheet& sheet) {
  Json refusals = Json::array();
  for (const RailFinding& finding : sheet.findings) {
    Json one = Json::object().set("rail", finding.rail).set("reason", finding.why);
    refusals.push_back(std::move(one.set("break_glass", finding.breakable)));
  }
  return refusals;
}

Json waves_json(const flow::Plan& plan) {
  Json waves = Json::array();
  for (const flow::WavePlan& wave : plan.waves) {
    Json one = Json::object().set("name", wave.name).set("targets", wave.targets).set("commands", wave.batches);
    one.set("accounts", accounts_of_wave(plan, wave)).set("max_errors", wave.budget.text());
    waves.push_back(std::move(one.set("may_fail", wave.budget.allowed(wave.targets))));
  }
  return waves;
}

Json accounts_json(const flow::Plan& plan) {
  Json accounts = Json::array();
  for (const AccountPlan& account : account_plans(plan)) {
    Json regions = Json::array();
    for (const auto& [region, targets] : account.regions) {
      regions.push_back(Json::object().set("region", region).set("targets", targets));
    }
    Json one = Json::object().set("account_id", account.scope->account.text()).set("name", account.scope->account_name);
    one.set("access", account.scope->access.describe()).set("targets", account.targets);
    accounts.push_back(std::move(one.set("commands", account.commands).set("regions", std::move(regions))));
  }
  return accounts;
}

Json target_place(const fleet::TargetRef& target, const TargetNames& names) {
  const fleet::Scope& scope = target.scope();
  Json json = Json::object().set("account_id", scope.account.text()).set("region", scope.region.text());
  return json.set("instance_id", target.id().text()).set("name", std::string(names.of(target)));
}

Json targets_json(const PlanSheet& sheet) {
  const flow::Plan& plan = *sheet.plan;
  Json targets = Json::array();
  for (const flow::BatchPlan& batch : plan.batches) {
    for (std::uint32_t i = 0; i < batch.count; ++i) {
      Json one = target_place(plan.ref(batch, batch.first + i), *sheet.names);
      one.set("wave", plan.waves[batch.wave].name).set("document", document_name(sheet, batch.shell));
      targets.push_back(std::move(one));
    }
  }
  return targets;
}

}  // namespace

std::string plan_name(std::string_view digest) {
  return std::string(digest.substr(0, kPlanNameDigits));
}

std::size_t account_count(const flow::Plan& plan) {
  std::set<std::string> accounts;
  for (const fleet::ScopePtr& scope : plan.scopes) accounts.insert(scope->account.text());
  return accounts.size();
}

std::string plan_text(const PlanSheet& sheet, PlanDetail detail) {
  const flow::Plan& plan = *sheet.plan;
  std::set<std::string> regions;
  for (const fleet::ScopePtr& scope : plan.scopes) regions.insert(scope->region.text());
  std::string out = "Plan " + plan_name(sheet.digest) + ": " + plural(plan.targets.size(), "target") + " in " +
                    plural(account_count(plan), "account") + " and " + plural(regions.size(), "Region") + ", " +
                    plural(plan.batches.size(), "command") + "\n";
  out += accounts_text(plan, detail);
  for (const auto& [document, targets] : documents_of(sheet)) {
    out += "document " + printable(document, 200) + ": " + plural(targets, "target") + "\n";
  }
  for (const std::string& document : sheet.documents) out += "with: " + document + "\n";
  out += "runs: " + sheet.runs + "\n" + sheet.places + waves_text(plan, detail) + skipped_text(sheet, detail);
  return out + summarize_problems(*sheet.discovery) + rails_text(sheet);
}

Json plan_document(const PlanSheet& sheet) {
  const flow::Plan& plan = *sheet.plan;
  Json documents = Json::array();
  for (const auto& [document, targets] : documents_of(sheet)) {
    documents.push_back(Json::object().set("name", document).set("targets", targets));
  }
  Json versions = Json::array();
  for (const std::string& one : sheet.documents) versions.push_back(scrub_utf8(one));
  Json skipped = Json::array();
  for (const flow::SkippedTarget& one : plan.skipped) {
    Json json = target_place(one.target, *sheet.names);
    skipped.push_back(std::move(json.set("reason", scrub_utf8(one.reason)).set("unreachable", one.unreachable)));
  }
  Json document = Json::object().set("schema", "postern.plan/1").set("world", sheet.world);
  document.set("plan", plan_name(sheet.digest)).set("digest", sheet.digest).set("runs", scrub_utf8(sheet.runs));
  Json limits = Json::array();
  for (const std::string_view line : split(sheet.places, '\n')) {
    if (!line.empty()) limits.push_back(scrub_utf8(line));
  }
  document.set("limits", std::move(limits));  // time limits, gates, where outputs go: as the text has them
  Json totals = Json::object().set("targets", plan.targets.size()).set("accounts", account_count(plan));
  totals.set("commands", plan.batches.size()).set("skipped", plan.skipped.size());
  document.set("totals", std::move(totals)).set("documents", std::move(documents));
  document.set("document_versions", std::move(versions));
  document.set("waves", waves_json(plan)).set("accounts", accounts_json(plan));
  document.set("targets", targets_json(sheet)).set("skipped", std::move(skipped));
  Json asks = Json::array();
  for (const std::string& ask : sheet.asks) asks.push_back(ask);
  document.set("asks", std::move(asks)).set("refusals", rails_json(sheet));
  return document.set("problems", problems_json(*sheet.discovery));
}

Result<void> answer_plan(const Command& command, const PlanSheet& sheet) {
  const OutputOptions& options = command.output();
  if (options.format == Format::table && !options.query) {
    const PlanDetail detail = command.invocation().has("--verbose") ? PlanDetail::whole : PlanDetail::folded;
    const std::string text = plan_text(sheet, detail);
    command.out(world_banner(command.host().world, options.color));
    command.out(options.width > 0 ? fit_lines(text, options.width) : text);
    return Result<void>();
  }
  Answer answer;
  answer.document = plan_document(sheet);
  answer.rows_key = "targets";
  answer.markdown_title = "Plan " + plan_name(sheet.digest);
  for (const char* column : {"account_id", "region", "instance_id", "name", "wave", "document"}) {
    answer.columns.push_back(member_column(column, 0, column));
  }
  return command.answer(answer);
}

}  // namespace postern::cli
