#include "cli/dr_prepare.hpp"

#include <algorithm>
#include <set>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace dr_prepare {

using recovery::AttachOutcome;
using recovery::NodeVerdict;

constexpr std::size_t kTextMax = 400;
constexpr std::size_t kActionsShown = 4;
constexpr std::size_t kProfilesShown = 12;

std::string few_of(const std::vector<std::string>& texts, std::size_t shown) {
  std::string out;
  for (std::size_t i = 0; i < texts.size() && i < shown; ++i) out += (i == 0 ? "" : ", ") + texts[i];
  if (texts.size() > shown) out += " and " + plural(texts.size() - shown, "other");
  return out;
}

std::string regions_of(const recovery::RoleCheck& role) {
  std::vector<std::string> names;
  for (const fleet::ScopePtr& scope : role.scopes) names.push_back(scope->region.text());
  return few_of(names, kActionsShown);
}

std::string described(const NodePreparation& preparation, const recovery::RoleChange& change) {
  const recovery::RoleCheck& role = preparation.survey.roles[change.role];
  std::string out = role.scopes.front()->who() + ": role " + printable(role.role.name, kTextMax) + "\n";
  out += "  does not allow " + few_of(role.rights.missing_drs, kActionsShown) + "\n";
  out += "  + attach " + change.policy_arn + "\n";
  std::vector<std::string> profiles;
  for (const recovery::ProfileUse& use : change.profiles) {
    profiles.push_back(printable(use.profile.name, kTextMax) + " (" + plural(use.instances, "instance") + ")");
  }
  out += "  whoever has the role gets it: instance " + std::string(profiles.size() == 1 ? "profile " : "profiles ") +
         few_of(profiles, kProfilesShown) + " in " + regions_of(role) + "\n";
  for (const std::string& note : change.notes) out += "  note: " + note + "\n";
  return out;
}

struct AttachOne {
  AttachOne(rt::CallContext c, recovery::NodeRoles& p, NodePreparation& w) : ctx(c), port(&p), work(&w) {}
  rt::Task<void> operator()(std::size_t index) const {
    const recovery::RoleChange& change = work->changes[index];
    Result<recovery::AttachResult> result =
        co_await recovery::attach_node_policy(ctx, *port, work->survey.roles[change.role], change.policy_arn);
    if (result) {
      work->results[index] = std::move(*result);
      co_return;
    }
    // Cancelled on the way: nobody knows.
    work->results[index].emplace();
    work->results[index]->error = std::move(result).error();
  }
  rt::CallContext ctx;
  recovery::NodeRoles* port;
  NodePreparation* work;
};

Json texts_json(const std::vector<std::string>& texts) {
  Json out = Json::array();
  for (const std::string& each : texts) out.push_back(scrub_utf8(each));
  return out;
}

Json change_json(const NodePreparation& preparation, std::size_t role) {
  const recovery::RoleChange& change = *preparation.change_of(role);
  const recovery::AttachResult* result = preparation.result_of(role);
  Json json = Json::object().set("policy_arn", change.policy_arn);
  json.set("status", result == nullptr ? "would_attach" : std::string(to_string(result->outcome)));
  if (result != nullptr && result->error) json.set("error", failure_json(*result->error));
  Json profiles = Json::array();
  for (const recovery::ProfileUse& use : change.profiles) {
    profiles.push_back(Json::object()
                           .set("name", scrub_utf8(use.profile.name))
                           .set("arn", scrub_utf8(use.profile.arn))
                           .set("instances", use.instances));
  }
  json.set("profiles", std::move(profiles)).set("notes", texts_json(change.notes));
  return json;
}

std::string reason_of(const NodePreparation& preparation, const recovery::NodeCheck& node) {
  const recovery::AttachResult* result = node.role == recovery::kNoRole ? nullptr : preparation.result_of(node.role);
  if (result == nullptr) return node.reason;
  if (result->error) return described_message(*result->error, kTextMax);
  return result->outcome == AttachOutcome::attached ? std::string() : node.reason;
}

}  // namespace dr_prepare

const recovery::RoleChange* NodePreparation::change_of(std::size_t role) const {
  const auto found = std::find_if(changes.begin(), changes.end(), [&](const auto& one) { return one.role == role; });
  return found == changes.end() ? nullptr : &*found;
}

const recovery::AttachResult* NodePreparation::result_of(std::size_t role) const {
  const recovery::RoleChange* change = change_of(role);
  if (change == nullptr) return nullptr;
  const auto& result = results[static_cast<std::size_t>(change - changes.data())];
  return result ? &*result : nullptr;
}

std::string NodePreparation::status_of(const recovery::NodeCheck& node) const {
  using recovery::AttachOutcome;
  if (node.verdict == recovery::NodeVerdict::ok) return "ready";
  if (node.verdict == recovery::NodeVerdict::unreadable) return "unknown";
  if (node.role == recovery::kNoRole || change_of(node.role) == nullptr) return "not_ready";
  const recovery::AttachResult* result = result_of(node.role);
  if (result == nullptr) return "would_change";
  return std::string(to_string(result->outcome));
}

rt::Task<Result<NodePreparation>> look_at_nodes(const Command& command, recovery::NodeRoles& port,
                                                const std::vector<fleet::Instance>& instances,
                                                const std::vector<fleet::ScopePtr>& sites,
                                                const recovery::StagingSites& staging, std::size_t concurrency) {
  NodePreparation out;
  CO_TRY(out.survey, co_await recovery::survey_nodes(command.ctx(), port, instances, sites, staging, concurrency));
  CO_TRY(out.changes, co_await recovery::plan_role_changes(command.ctx(), port, out.survey, concurrency));
  out.results.resize(out.changes.size());
  co_return out;
}

std::string describe_node_changes(const NodePreparation& preparation) {
  std::string out;
  for (const recovery::RoleChange& change : preparation.changes) out += dr_prepare::described(preparation, change);
  return out;
}

std::string sum_of_node_changes(const NodePreparation& preparation) {
  std::set<std::string> accounts;
  for (const recovery::RoleChange& change : preparation.changes) {
    accounts.insert(preparation.survey.roles[change.role].scopes.front()->account.text());
  }
  return plural(preparation.changes.size(), "role") + " in " + plural(accounts.size(), "account");
}

rt::Task<Result<void>> attach_node_policies(const Command& command, recovery::NodeRoles& port,
                                            NodePreparation& preparation, std::size_t concurrency) {
  const dr_prepare::AttachOne attach(command.ctx(), port, preparation);
  co_await rt::for_each_bounded(preparation.changes.size(), concurrency, attach);
  const bool stopped = co_await rt::is_cancelled();
  if (stopped) co_return fail(ErrorKind::cancelled, "interrupted");
  co_return Result<void>();
}

Json nodes_json(const NodePreparation& preparation) {
  Json out = Json::array();
  for (const recovery::NodeCheck& node : preparation.survey.nodes) {
    const fleet::Scope& scope = node.target.scope();
    Json json = Json::object();
    json.set("account_id", scope.account.text()).set("account", scope.account_name);
    json.set("region", scope.region.text()).set("instance_id", node.target.id().text());
    json.set("name", scrub_utf8(node.name)).set("instance_profile", scrub_utf8(node.profile));
    const bool known = node.role != recovery::kNoRole;
    json.set("role", known ? scrub_utf8(preparation.survey.roles[node.role].role.name) : std::string());
    json.set("verdict", to_string(node.verdict)).set("status", preparation.status_of(node));
    json.set("reason", scrub_utf8(dr_prepare::reason_of(preparation, node)));
    out.push_back(std::move(json));
  }
  return out;
}

Json node_roles_json(const NodePreparation& preparation) {
  using dr_prepare::texts_json;
  Json out = Json::array();
  for (std::size_t i = 0; i < preparation.survey.roles.size(); ++i) {
    const recovery::RoleCheck& role = preparation.survey.roles[i];
    Json json = Json::object();
    json.set("account_id", role.scopes.front()->account.text()).set("account", role.scopes.front()->account_name);
    json.set("role", scrub_utf8(role.role.name)).set("arn", scrub_utf8(role.role.arn));
    json.set("verdict", to_string(role.verdict)).set("instances", role.instances);
    json.set("missing", texts_json(role.rights.missing_drs)).set("missing_ssm", texts_json(role.rights.missing_ssm));
    json.set("unread", texts_json(role.rights.unread)).set("reason", scrub_utf8(role.reason));
    if (preparation.change_of(i) != nullptr) json.set("change", dr_prepare::change_json(preparation, i));
    out.push_back(std::move(json));
  }
  return out;
}

int exit_code_of(const NodePreparation& preparation) {
  bool failed = false;
  bool unknown = false;
  for (const recovery::NodeCheck& node : preparation.survey.nodes) {
    const std::string status = preparation.status_of(node);
    failed = failed || status == "failed" || status == "not_ready";
    unknown = unknown || status == "unknown";
  }
  if (unknown) return kExitUnknown;
  return failed ? kExitTargetFailed : kExitOk;
}

}  // namespace postern::cli
