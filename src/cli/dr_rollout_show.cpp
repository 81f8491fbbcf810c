#include "cli/dr_rollout_show.hpp"

#include <algorithm>
#include <set>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/dr_show.hpp"
#include "cli/failure.hpp"
#include "term/node_set.hpp"

namespace postern::cli {
namespace rollout_show {

using recovery::RolloutState;
using recovery::RolloutTarget;

std::string name_of(const RolloutTarget& target) {
  return target.instance->name.empty() ? target.instance->ref.id().text() : target.instance->name;
}

Json notes_json(const RolloutTarget& target) {
  Json notes = Json::array();
  for (const recovery::Blocker& note : target.notes) {
    notes.push_back(Json::object().set("code", note.code).set("reason", note.why).set("fix", note.fix));
  }
  return notes;
}

/// Targets with the same fate.
struct Group {
  Group() = default;
  std::vector<const RolloutTarget*> targets;
};
using Groups = std::map<std::pair<RolloutState, std::string>, Group>;

Groups groups_of(const std::vector<RolloutTarget>& targets) {
  Groups groups;
  for (const RolloutTarget& target : targets) {
    groups[std::pair(target.state, target.code)].targets.push_back(&target);
  }
  return groups;
}

Json group_row(const std::pair<RolloutState, std::string>& key, const Group& group) {
  std::vector<std::string> names;
  std::set<std::string> accounts;
  for (const RolloutTarget* target : group.targets) {
    names.push_back(name_of(*target));
    accounts.insert(target->instance->ref.scope().account_name);
  }
  std::string joined;
  for (const std::string& account : accounts) joined += (joined.empty() ? "" : ", ") + account;
  const RolloutTarget& first = *group.targets.front();
  Json json = Json::object();
  json.set("state", to_string(key.first)).set("code", key.second).set("count", group.targets.size());
  json.set("accounts", joined).set("instances", printable(term::fold_names(names), 2000));
  const bool enrolled = key.first == RolloutState::enrolled;
  json.set("reason", enrolled ? "registered before: nothing was sent" : first.reason).set("fix", first.fix);
  return json;
}

/// An entry per account in the shape of the Lambda that people orchestrate with, with members added.
Json accounts_json(const RolloutWork& work) {
  std::map<std::string, std::vector<const RolloutTarget*>> by_account;
  for (const fleet::ScopePtr& scope : work.scopes()) by_account[scope->account.text()];
  for (const RolloutTarget& target : work.targets()) {
    by_account[target.instance->ref.scope().account.text()].push_back(&target);
  }
  std::map<std::string, std::string> unasked;
  for (const fleet::ScopeProblem& problem : work.discovery().problems) {
    unasked[problem.scope->account.text()] = described_message(problem.error, 300);
  }
  Json accounts = Json::array();
  for (const auto& [account, targets] : by_account) {
    Json json = Json::object().set("account_id", account);
    const auto problem = unasked.find(account);
    const std::string status = problem == unasked.end() ? recovery::account_status(targets) : "error";
    json.set("status", status);
    std::set<std::string> commands;
    Json totals = Json::object();
    std::map<std::string_view, std::size_t> counts;
    std::string first_error;
    for (const RolloutTarget* target : targets) {
      ++counts[to_string(target->state)];
      if (!target->command_id.empty()) commands.insert(target->command_id);
      const bool good = target->code.empty();
      if (!good && first_error.empty()) first_error = target->code + ": " + target->reason;
    }
    for (const auto& [state, count] : counts) totals.set(state, count);
    Json ids = Json::array();
    for (const std::string& id : commands) ids.push_back(id);
    if (!commands.empty()) json.set("command_id", *commands.begin()).set("command_ids", std::move(ids));
    json.set("instance_count", targets.size() - counts[to_string(RolloutState::excluded)]);
    json.set("totals", std::move(totals));
    if (status == "no_instances") json.set("message", "No instances found with DR tags");
    if (problem != unasked.end()) json.set("error", problem->second);
    if (problem == unasked.end() && (status == "error" || status == "partial")) json.set("error", first_error);
    accounts.push_back(std::move(json));
  }
  return accounts;
}

std::string count_text(const std::vector<RolloutTarget>& targets) {
  const recovery::RolloutTotals totals = recovery::totals_of(targets);
  std::string out = plural(totals.all, "instance") + ":";
  bool first = true;
  for (const auto& [state, count] : totals.by_state) {
    out += (first ? " " : ", ") + std::to_string(count) + " " + std::string(state);
    first = false;
  }
  return out;
}

Json groups_json(const std::vector<RolloutTarget>& targets) {
  Json rows = Json::array();
  for (const auto& [key, group] : groups_of(targets)) rows.push_back(group_row(key, group));
  return rows;
}

}  // namespace rollout_show

Json rollout_target_json(const recovery::RolloutTarget& target) {
  using namespace rollout_show;
  const fleet::Scope& scope = target.instance->ref.scope();
  Json json = Json::object();
  json.set("account_id", scope.account.text()).set("account", scope.account_name).set("region", scope.region.text());
  json.set("instance_id", target.instance->ref.id().text()).set("name", target.instance->name);
  json.set("family", target.family).set("state", to_string(target.state)).set("code", target.code);
  json.set("reason", target.reason).set("fix", target.fix).set("notes", notes_json(target));
  json.set("site", target.site == nullptr ? std::string() : target.site->region.text());
  json.set("site_account_id", target.site == nullptr ? std::string() : target.site->account.text());
  json.set("run_id", target.run_id).set("command_id", target.command_id).set("source_server_id", target.server_id);
  json.set("replication", target.server_id.empty() ? std::string() : std::string(to_string(target.health.replication)));
  return json;
}

Answer rollout_answer(const Command& command, const RolloutWork& work, RolloutStage stage) {
  using namespace rollout_show;
  Json rows = Json::array();
  for (const RolloutTarget& target : work.targets()) rows.push_back(rollout_target_json(target));
  const recovery::RolloutTotals totals = recovery::totals_of(work.targets());
  Json sums = Json::object().set("all", totals.all);
  for (const auto& [state, count] : totals.by_state) sums.set(state, count);
  Json runs = Json::array();
  for (const InstallGroup& group : work.groups()) {
    if (!group.came) continue;
    runs.push_back(Json::object()
                       .set("run_id", group.came->result.run_id)
                       .set("family", group.label)
                       .set("status", group.came->status));
  }
  Answer answer;
  answer.world = command.host().world;
  answer.document = Json::object().set("schema", "postern.dr_rollout/1");
  answer.document.set("rollout_id", work.id()).set("dry_run", stage == RolloutStage::plan);
  answer.document.set("document", work.documents());
  answer.document.set("totals", std::move(sums)).set("runs", std::move(runs));
  answer.document.set("accounts", accounts_json(work)).set("groups", groups_json(work.targets()));
  answer.document.set("targets", std::move(rows));
  put_sites(answer.document, work.sweep());
  answer.document.set("discovery_problems", problems_json(work.discovery()));
  const Format format = command.output().format;
  const bool folded = format == Format::table || format == Format::markdown;
  answer.rows_key = folded ? "groups" : "targets";
  answer.markdown_title = "Rollout of the replication agent";
  answer.columns.push_back(state_column("STATE", 0, "state"));
  answer.columns.push_back(id_column("CODE", 1, "code"));
  if (folded) {
    answer.columns.push_back(id_column("COUNT", 0, "count"));
    answer.columns.push_back(member_column("INSTANCES", 1, "instances"));
    answer.columns.push_back(member_column("ACCOUNTS", 4, "accounts"));
  } else {
    answer.columns.push_back(id_column("INSTANCE", 0, "instance_id"));
  }
  answer.columns.push_back(member_column("REASON", 2, "reason"));
  answer.table_footer = count_text(work.targets()) + "\n";
  return answer;
}

std::string rollout_plan_text(const RolloutWork& work) {
  using namespace rollout_show;
  std::string out = "Installs the replication agent with " + printable(work.documents(), 200) + "\n";
  for (const InstallGroup& group : work.groups()) {
    out += "  " + group.label + ": " + plural(group.members.size(), "server") + " to " +
           (group.account.empty() ? "" : "account " + group.account + ", ") + group.region + "\n";
  }
  if (work.groups().empty()) out += "  on nobody: no server is ready for it\n";
  for (const auto& [key, group] : groups_of(work.targets())) {
    if (key.first == RolloutState::ready) continue;
    out += "  not on " + plural(group.targets.size(), "server") + ", " + std::string(to_string(key.first)) +
           (key.second.empty() ? "" : " " + key.second) +
           (group.targets.front()->reason.empty() ? "" : ": " + printable(group.targets.front()->reason, 200)) + "\n";
  }
  return out;
}

std::string rollout_advice(const RolloutWork& work) {
  using namespace rollout_show;
  std::string out;
  for (const auto& [key, group] : groups_of(work.targets())) {
    const std::string& fix = group.targets.front()->fix;
    if (!fix.empty()) out += key.second + " (" + plural(group.targets.size(), "server") + "): " + fix + "\n";
  }
  for (const InstallGroup& group : work.groups()) {
    if (group.came) out += how_to_go_on(*group.came);
  }
  return out;
}

int rollout_exit_code(const RolloutWork& work) {
  using rollout_show::RolloutState;
  using rollout_show::RolloutTarget;
  if (work.interrupted()) return kExitInterrupted;
  bool gate = false;
  bool unknown = !work.discovery().problems.empty();
  bool failed = false;
  for (const RolloutTarget& target : work.targets()) {
    switch (target.state) {
      case RolloutState::blocked:
        if (target.code == "SSM_OFFLINE" || target.code == "SITE_UNKNOWN") {
          unknown = true;
        } else {
          gate = true;
        }
        break;
      case RolloutState::not_sent:
        gate = true;
        break;
      case RolloutState::unknown:
        unknown = true;
        break;
      case RolloutState::failed:
      case RolloutState::phantom:
      case RolloutState::installed:
        failed = true;
        break;
      default:
        break;
    }
  }
  if (gate) return kExitGate;
  if (unknown) return kExitUnknown;
  return failed ? kExitTargetFailed : kExitOk;
}

}  // namespace postern::cli
