#include "cli/deploy_show.hpp"

#include <algorithm>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"
#include "term/node_set.hpp"

namespace postern::cli {
namespace deploy_show_detail {

using stacks::Outcome;
using stacks::Outlook;
using stacks::ResourceChange;

constexpr std::size_t kWhyMax = 400;

std::string sign_of(const ResourceChange& change) {
  if (change.action == "Add" || change.action == "Import") return "+";
  if (change.action == "Remove") return "-";
  return change.replacement == "True" ? "!" : "~";
}

std::string what_of(const ResourceChange& change) {
  std::string text;
  for (const std::string& each : change.what) text += (text.empty() ? "" : ", ") + each;
  if (change.replacement == "True") return "replaced by a new one" + (text.empty() ? "" : " (" + text + ")");
  if (change.replacement == "Conditional") text += std::string(text.empty() ? "" : "; ") + "perhaps replaced";
  return text;
}

std::string lines_of(const std::vector<ResourceChange>& changes) {
  std::size_t id_width = 0;
  std::size_t type_width = 0;
  for (const ResourceChange& change : changes) {
    id_width = std::max(id_width, change.logical_id.size());
    type_width = std::max(type_width, change.type.size());
  }
  std::string out;
  for (const ResourceChange& change : changes) {
    std::string line = "  " + sign_of(change) + " " + printable(change.logical_id, 255);
    line.append(id_width - std::min(id_width, change.logical_id.size()) + 2, ' ');
    line += printable(change.type, 255);
    const std::string what = what_of(change);
    if (!what.empty()) line += std::string(type_width - std::min(type_width, change.type.size()) + 2, ' ') + what;
    out += line + "\n";
  }
  return out;
}

/// Accounts of which the same is to be said.
struct Group {
  Group(std::string h, std::string b) : head(std::move(h)), body(std::move(b)) {}
  std::string head;
  std::string body;
  std::vector<std::string> accounts;
};

std::string head_of(const DeployRow& row, DeployDeed deed) {
  if (row.problem) return row.problem->kind() == ErrorKind::refused ? "cannot be changed now" : "not reached";
  if (deed == DeployDeed::remove || deed == DeployDeed::look_at_removal) return row.found ? "delete" : "not there";
  if (!row.prepared) return "not reached";
  if (row.prepared->outlook == Outlook::unchanged) return "no changes";
  if (row.prepared->outlook == Outlook::blocked) return "cannot be changed now";
  return row.prepared->creates() ? "create" : "change";
}

std::string body_of(const DeployRow& row) {
  if (row.problem) return "  " + described_message(*row.problem, kWhyMax) + "\n";
  if (!row.prepared) return {};
  if (row.prepared->outlook == Outlook::blocked) return "  " + row.prepared->why + "\n";
  return lines_of(row.prepared->changes);
}

struct Sum {
  Sum() = default;
  std::size_t accounts = 0;
  std::size_t add = 0;
  std::size_t change = 0;
  std::size_t remove = 0;
  void take(const std::vector<ResourceChange>& changes) {
    for (const ResourceChange& each : changes) {
      const std::string sign = sign_of(each);
      ++(sign == "+" ? add : sign == "-" ? remove : change);
    }
  }
};

Json change_json(const ResourceChange& change) {
  Json what = Json::array();
  for (const std::string& each : change.what) what.push_back(each);
  Json json = Json::object().set("action", to_lower(change.action)).set("logical_id", change.logical_id);
  json.set("type", change.type).set("physical_id", change.physical_id).set("what", std::move(what));
  json.set("replaced", change.replacement == "True");
  return json;
}

std::string reason_of(const DeployRow& row) {
  if (row.problem) return described_message(*row.problem, kWhyMax);
  if (row.applied && !row.applied->problems.empty()) return row.applied->problems.front();
  if (row.applied && row.applied->outcome == Outcome::unknown) {
    return "CloudFormation was still at it when the time was over";
  }
  return row.prepared ? row.prepared->why : std::string();
}

Json row_json(const DeployWork& work, const DeployRow& row, DeployDeed deed) {
  const fleet::Scope& scope = *row.place.scope;
  Json json = Json::object().set("account_id", scope.account.text()).set("name", scope.account_name);
  json.set("region", scope.region.text())
      .set("stack", work.order().stack_of(row.place))
      .set("status", status_of(row, deed));
  Sum sum;
  Json changes = Json::array();
  if (row.prepared) {
    sum.take(row.prepared->changes);
    for (const ResourceChange& each : row.prepared->changes) changes.push_back(change_json(each));
  }
  json.set("changes", std::move(changes));
  if (!row.place.vpc.empty()) json.set("vpc_id", row.place.vpc);
  const std::string short_sum =
      "+" + std::to_string(sum.add) + " ~" + std::to_string(sum.change) + " -" + std::to_string(sum.remove);
  json.set("change_count", sum.add + sum.change + sum.remove == 0 ? std::string() : short_sum);
  if (row.applied && row.applied->after) {
    json.set("stack_id", row.applied->after->id);
    Json outputs = Json::object();
    for (const auto& [key, value] : row.applied->after->outputs) outputs.set(key, value);
    json.set("outputs", std::move(outputs));
  }
  if (row.applied) {
    Json problems = Json::array();
    for (const std::string& each : row.applied->problems) problems.push_back(each);
    json.set("problems", std::move(problems));
  }
  if (!row.external_id.empty())
    json.set("external_id", row.external_id).set("external_id_is_new", row.made_external_id);
  if (row.problem) json.set("error", failure_json(*row.problem));
  json.set("reason", reason_of(row));
  return json;
}

}  // namespace deploy_show_detail

std::string describe_deployment(const DeployWork& work, DeployDeed deed) {
  using namespace deploy_show_detail;
  std::vector<Group> groups;
  for (const DeployRow& row : work.rows()) {
    std::string head = head_of(row, deed);
    std::string body = body_of(row);
    auto found = std::find_if(groups.begin(), groups.end(),
                              [&](const Group& group) { return group.head == head && group.body == body; });
    if (found == groups.end()) {
      groups.emplace_back(std::move(head), std::move(body));
      found = groups.end() - 1;
    }
    found->accounts.push_back(work.order().name_of(row.place));
  }
  std::string out;
  if (!work.rows().empty()) {
    out = "stack " + work.order().stack + (work.rows().front().place.stack.empty() ? "" : ", one for each VPC");
    if (!work.order().is_regional()) out += " in " + work.rows().front().place.scope->region.text();
    out += "\n";
  }
  for (const Group& group : groups) {
    std::string names;
    for (const std::string& name : group.accounts) names += (names.empty() ? "" : ", ") + name;
    if (group.accounts.size() > 6)
      names = plural(group.accounts.size(), work.order().is_regional() ? "stack" : "account") + ": " + names;
    out += group.head + ": " + names + "\n" + group.body;
  }
  return out;
}

std::string sum_of_changes(const DeployWork& work) {
  using namespace deploy_show_detail;
  Sum sum;
  for (const DeployRow& row : work.rows()) {
    if (!row.waits()) continue;
    ++sum.accounts;
    sum.take(row.prepared->changes);
  }
  return plural(sum.accounts, work.order().is_regional() ? "stack" : "account") + ": " + plural(sum.add, "resource") +
         " to add, " + std::to_string(sum.change) + " to change, " + std::to_string(sum.remove) + " to remove";
}

std::string status_of(const DeployRow& row, DeployDeed deed) {
  using namespace deploy_show_detail;
  if (row.applied) {
    switch (row.applied->outcome) {
      case Outcome::done:
        if (deed == DeployDeed::remove) return "deleted";
        return row.prepared && row.prepared->creates() ? "created" : "changed";
      case Outcome::rolled_back:
        return "rolled_back";
      case Outcome::failed:
        return "failed";
      case Outcome::unknown:
        break;
    }
    return "unknown";
  }
  if (row.problem) return row.problem->kind() == ErrorKind::refused ? "blocked" : "failed";
  if (deed == DeployDeed::remove || deed == DeployDeed::look_at_removal) return row.found ? "would_delete" : "absent";
  if (!row.prepared) return "unknown";
  if (row.prepared->outlook == Outlook::unchanged) return "unchanged";
  if (row.prepared->outlook == Outlook::blocked) return "blocked";
  return row.prepared->creates() ? "would_create" : "would_change";
}

Answer deploy_answer(const Command& command, const DeployWork& work, DeployDeed deed) {
  using namespace deploy_show_detail;
  Answer answer;
  answer.world = command.host().world;
  Json accounts = Json::array();
  for (const DeployRow& row : work.rows()) accounts.push_back(row_json(work, row, deed));
  answer.document = Json::object()
                        .set("schema", "postern.deploy/1")
                        .set("part", work.order().part)
                        .set("stack", work.order().stack)
                        .set("accounts", std::move(accounts));
  answer.rows_key = "accounts";
  answer.markdown_title = "Deployment of " + work.order().stack;
  answer.columns.push_back(id_column("ACCOUNT", 0, "account_id"));
  answer.columns.push_back(member_column("NAME", 1, "name"));
  if (work.order().is_regional()) answer.columns.push_back(member_column("REGION", 1, "region"));
  const bool by_vpc = !work.rows().empty() && !work.rows().front().place.vpc.empty();
  if (by_vpc) answer.columns.push_back(id_column("VPC", 1, "vpc_id"));
  answer.columns.emplace_back("STATUS", 0, [](const Json& row) {
    const std::string status(row["status"].to_string().value_or(""));
    const bool bad = status == "failed" || status == "rolled_back" || status == "blocked" || status == "unknown";
    return term::Cell(status, bad ? term::Style::bad : term::Style::good);
  });
  answer.columns.push_back(member_column("CHANGES", 2, "change_count"));
  answer.columns.push_back(member_column("REASON", 1, "reason"));
  return answer;
}

int deploy_exit_code(const DeployWork& work) {
  using namespace deploy_show_detail;
  std::size_t failed = 0;
  bool gate = false;
  bool unknown = false;
  bool unreached = true;
  for (const DeployRow& row : work.rows()) {
    const bool never_asked = row.problem && !row.applied && !row.prepared && !row.found;
    unreached = unreached && never_asked;
    if (row.prepared && row.prepared->outlook == Outlook::blocked) gate = true;
    if (row.problem && row.problem->kind() == ErrorKind::refused) gate = true;
    if (row.problem && row.problem->kind() != ErrorKind::refused) ++failed;
    if (!row.applied) continue;
    unknown = unknown || row.applied->outcome == Outcome::unknown;
    if (row.applied->outcome == Outcome::rolled_back || row.applied->outcome == Outcome::failed) ++failed;
  }
  if (!work.rows().empty() && unreached) return exit_code_of(*work.rows().front().problem);
  if (gate) return kExitGate;
  if (unknown) return kExitUnknown;
  return failed > 0 ? kExitTargetFailed : kExitOk;
}

}  // namespace postern::cli
