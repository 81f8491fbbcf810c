#include "cli/dr_plan.hpp"

#include <algorithm>
#include <map>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"
#include "term/node_set.hpp"

namespace postern::cli {
namespace dr_plan {

constexpr std::size_t kNamesFolded = 400;
constexpr std::size_t kNamesWhole = 16 * 1024;
constexpr std::size_t kWhyMax = 400;

std::size_t names_max(PlanDetail detail) {
  return detail == PlanDetail::whole ? kNamesWhole : kNamesFolded;
}

/// Names by what is said of them, one line each.
std::string grouped(const std::map<std::string, std::vector<std::string>>& groups, const std::string& word,
                    PlanDetail detail) {
  std::string out;
  for (const auto& [why, who] : groups) {
    const std::string count = who.size() > 1 ? " (" + std::to_string(who.size()) + ")" : "";
    out += word + " " + printable(term::fold_names(who), names_max(detail)) + count + ": " + printable(why, kWhyMax) +
           "\n";
  }
  return out;
}

std::string sites_text(const DrSheet& sheet) {
  std::string out;
  const flow::Plan& plan = *sheet.plan;
  for (std::uint32_t i = 0; i < plan.scopes.size(); ++i) {
    std::size_t targets = 0;
    std::size_t jobs = 0;
    for (const flow::BatchPlan& batch : plan.batches) {
      if (batch.scope != i) continue;
      targets += batch.count;
      ++jobs;
    }
    const std::string what = sheet.kind == flow::RunKind::cleanup ? "instance" : "server";
    out += "  " + plan.scopes[i]->label() + ": " + plural(targets, what) + ", " + plural(jobs, "job") + "\n";
  }
  return out;
}

std::string mode_text(const DrSheet& sheet) {
  switch (sheet.kind) {
    case flow::RunKind::recovery:
      return "RECOVERY, no drill: isDrill false, point in time: " + sheet.point + "\n";
    case flow::RunKind::cleanup:
      return "ends what run " + sheet.of_run + " launched as a drill, and nothing else\n";
    default:
      return "drill: isDrill true, point in time: " + sheet.point + "\n";
  }
}

/// What the servers are launched with instead of their own settings.
std::string settings_text(const Json& launch) {
  if (launch.empty()) return std::string();
  std::string out;
  for (const Json::Member& each : launch.members()) {
    out += (out.empty() ? "" : ", ") + each.key + " " + recovery::setting_text(each.value);
  }
  return "for this launch alone: " + out + "; the servers' own settings are put back afterwards\n";
}

/// Which launches lose more than a snapshot of now would, and what they end.
std::string launches_text(const DrSheet& sheet, PlanDetail detail) {
  std::map<std::string, std::vector<std::string>> old_points;
  std::map<std::string, std::vector<std::string>> over;
  std::vector<std::string> live;
  std::vector<std::string> drills;
  for (const recovery::ChosenLaunch& one : *sheet.chosen) {
    if (!one.choice.go) continue;
    const std::string& name = one.candidate.name;
    if (!one.choice.snapshot.empty() && one.choice.rpo) {
      old_points["the newest point in time, RPO " + recovery::describe_span(*one.choice.rpo)].push_back(name);
    }
    if (one.choice.overridden) over[one.choice.why].push_back(name);
    if (one.choice.replaces.empty()) continue;
    (one.choice.replaces_live ? live : drills).push_back(name + " (" + one.choice.replaces + ")");
  }
  std::string out = grouped(old_points, "launches", detail);
  out += grouped(over, "goes over the gate (--override):", detail);
  if (!live.empty()) {
    out += "REPLACES LIVE RECOVERIES, which end with all that was written to them: " +
           printable(join(live, ", "), names_max(detail)) + "\n";
  }
  if (!drills.empty()) {
    out += "ends the instances of an earlier drill: " + printable(join(drills, ", "), names_max(detail)) + "\n";
  }
  return out;
}

std::string skipped_text(const DrSheet& sheet, PlanDetail detail) {
  std::map<std::string, std::vector<std::string>> skipped;
  for (const flow::SkippedTarget& one : sheet.plan->skipped) {
    skipped[one.reason].push_back(one.name.empty() ? one.target.id().text() : one.name);
  }
  return grouped(skipped, sheet.kind == flow::RunKind::cleanup ? "leaves" : "blocked:", detail);
}

std::size_t blocked_that_may_go(const DrSheet& sheet) {
  if (sheet.chosen == nullptr) return 0;
  return static_cast<std::size_t>(
      std::count_if(sheet.chosen->begin(), sheet.chosen->end(),
                    [](const recovery::ChosenLaunch& one) { return !one.choice.go && one.choice.overridable; }));
}

std::string rails_text(const DrSheet& sheet) {
  std::string out;
  for (const std::string& doubt : sheet.doubts) out += "note: " + printable(doubt, 600) + "\n";
  if (const std::size_t count = blocked_that_may_go(sheet); count > 0) {
    out += plural(count, "blocked server") + " would go with --override REASON, from the newest point in time\n";
  }
  if (!sheet.asks.empty()) out += "to run it, say also: " + join(sheet.asks, " ") + "\n";
  for (const RailFinding& finding : sheet.findings) {
    out += "would be refused: " + finding.why + (finding.breakable ? "; or --break-glass REASON" : "") + "\n";
  }
  return out;
}

Json place(const fleet::TargetRef& target, const DrSheet& sheet) {
  Json out =
      Json::object().set("account_id", target.scope().account.text()).set("region", target.scope().region.text());
  out.set(sheet.kind == flow::RunKind::cleanup ? "recovery_instance_id" : "source_server_id", target.id().text());
  return out.set("name", scrub_utf8(sheet.names->name_or_id(target)));
}

Json launch_json(const recovery::ChosenLaunch& one, const DrSheet& sheet) {
  Json out = place(one.ref(), sheet);
  if (!one.candidate.server.instance_id.empty()) out.set("instance_id", one.candidate.server.instance_id);
  out.set("replication", scrub_utf8(one.candidate.server.state_text)).set("goes", one.choice.go);
  if (!one.choice.why.empty()) out.set("reason", scrub_utf8(one.choice.why));
  out.set("overridable", one.choice.overridable).set("overridden", one.choice.overridden);
  if (!one.choice.go) return out;
  out.set("snapshot_id", one.choice.snapshot);
  if (one.choice.point)
    out.set("point_in_time", format_rfc3339(std::chrono::floor<std::chrono::seconds>(*one.choice.point)));
  if (one.choice.rpo) out.set("rpo_s", std::chrono::duration_cast<std::chrono::seconds>(*one.choice.rpo).count());
  if (!one.choice.replaces.empty()) {
    out.set("replaces", one.choice.replaces).set("replaces_live", one.choice.replaces_live);
  }
  return out;
}

Json servers_json(const DrSheet& sheet) {
  Json out = Json::array();
  if (sheet.chosen != nullptr) {
    for (const recovery::ChosenLaunch& one : *sheet.chosen) out.push_back(launch_json(one, sheet));
    return out;
  }
  const flow::Plan& plan = *sheet.plan;
  for (const flow::BatchPlan& batch : plan.batches) {
    for (std::uint32_t i = batch.first; i < batch.first + batch.count; ++i) {
      out.push_back(place(plan.ref(batch, i), sheet).set("goes", true));
    }
  }
  for (const flow::SkippedTarget& one : plan.skipped) {
    out.push_back(place(one.target, sheet).set("goes", false).set("reason", scrub_utf8(one.reason)));
  }
  return out;
}

Json sites_json(const DrSheet& sheet) {
  Json out = Json::array();
  const flow::Plan& plan = *sheet.plan;
  for (std::uint32_t i = 0; i < plan.scopes.size(); ++i) {
    Json jobs = Json::array();
    for (const flow::BatchPlan& batch : plan.batches) {
      if (batch.scope == i) jobs.push_back(batch.count);
    }
    Json one =
        Json::object().set("account_id", plan.scopes[i]->account.text()).set("name", plan.scopes[i]->account_name);
    out.push_back(one.set("region", plan.scopes[i]->region.text()).set("servers_per_job", std::move(jobs)));
  }
  return out;
}

}  // namespace dr_plan

std::string dr_plan_text(const DrSheet& sheet, PlanDetail detail) {
  const flow::Plan& plan = *sheet.plan;
  const std::string what = sheet.kind == flow::RunKind::cleanup ? "recovery instance" : "server";
  std::string out = "Plan " + plan_name(sheet.digest) + ": " + std::string(to_string(sheet.kind)) + " of " +
                    plural(plan.targets.size(), what) + " in " + plural(plan.scopes.size(), "site") + ", " +
                    plural(plan.batches.size(), "job") + "\n";
  out += dr_plan::mode_text(sheet) + dr_plan::sites_text(sheet);
  out += dr_plan::settings_text(sheet.launch);
  if (sheet.chosen != nullptr) out += dr_plan::launches_text(sheet, detail);
  out += dr_plan::skipped_text(sheet, detail);
  if (sheet.asked != nullptr) out += summarize_problems(*sheet.asked);
  return out + dr_plan::rails_text(sheet);
}

Json dr_plan_document(const DrSheet& sheet) {
  const flow::Plan& plan = *sheet.plan;
  Json out = Json::object().set("schema", "postern.recovery-plan/1").set("world", sheet.world);
  out.set("plan", plan_name(sheet.digest)).set("digest", sheet.digest).set("kind", to_string(sheet.kind));
  if (sheet.kind != flow::RunKind::cleanup) {
    out.set("is_drill", sheet.kind == flow::RunKind::drill).set("point", sheet.point);
  }
  if (!sheet.of_run.empty()) out.set("of_run", sheet.of_run);
  if (!sheet.launch.empty()) out.set("launch_settings", sheet.launch);
  if (!sheet.override_reason.empty()) out.set("override", scrub_utf8(sheet.override_reason));
  Json totals = Json::object().set("servers", plan.targets.size()).set("jobs", plan.batches.size());
  out.set("totals", std::move(totals.set("sites", plan.scopes.size()).set("skipped", plan.skipped.size())));
  out.set("sites", dr_plan::sites_json(sheet)).set("servers", dr_plan::servers_json(sheet));
  Json asks = Json::array();
  for (const std::string& ask : sheet.asks) asks.push_back(ask);
  Json refusals = Json::array();
  for (const RailFinding& finding : sheet.findings) {
    Json one = Json::object().set("rail", finding.rail).set("reason", scrub_utf8(finding.why));
    refusals.push_back(std::move(one.set("break_glass", finding.breakable)));
  }
  Json doubts = Json::array();
  for (const std::string& doubt : sheet.doubts) doubts.push_back(scrub_utf8(doubt));
  out.set("asks", std::move(asks)).set("refusals", std::move(refusals)).set("notes", std::move(doubts));
  return out.set("problems", sheet.asked == nullptr ? Json::array() : problems_json(*sheet.asked));
}

Result<void> answer_dr_plan(const Command& command, const DrSheet& sheet) {
  const OutputOptions& options = command.output();
  if (options.format == Format::table && !options.query) {
    const PlanDetail detail = command.invocation().has("--verbose") ? PlanDetail::whole : PlanDetail::folded;
    const std::string text = dr_plan_text(sheet, detail);
    command.out(world_banner(command.host().world, options.color));
    command.out(options.width > 0 ? fit_lines(text, options.width) : text);
    return Result<void>();
  }
  Answer answer;
  answer.document = dr_plan_document(sheet);
  answer.rows_key = "servers";
  answer.markdown_title = "Plan " + plan_name(sheet.digest);
  const bool cleanup = sheet.kind == flow::RunKind::cleanup;
  for (const char* column :
       {"account_id", "region", cleanup ? "recovery_instance_id" : "source_server_id", "name", "goes", "reason"}) {
    answer.columns.push_back(member_column(column, 0, column));
  }
  return command.answer(answer);
}

}  // namespace postern::cli
