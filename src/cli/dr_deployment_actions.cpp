// What is left to do after a rollout, each with the lines that do it.

#include <set>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/dr_deployment.hpp"
#include "flow/script_quote.hpp"

namespace postern::cli {
namespace dr_actions {

using report::DeployedServer;
using report::Deployment;
using report::DeploymentAction;
using report::DeploymentClass;
using report::Stage;

constexpr std::size_t kIdsNamed = 20;  ///< in one line; with more the selection of the rollout stands there
constexpr std::size_t kShown = 3;      ///< outputs to read

std::string texts_of(const Json& array, std::string_view option) {
  std::string out;
  for (const Json& one : array.items()) {
    out += " " + std::string(option) + " " + flow::quote_for_sh(one.to_string().value_or(""));
  }
  return out;
}

/// " -s id:i-...,i-..." of those that are meant; else the whole selection, which is no wrong one: a rollout leaves
/// alone what needs nothing.
std::string selection(const std::vector<const DeployedServer*>& servers, const RolloutRead* rollout) {
  if (servers.size() <= kIdsNamed) {
    std::string ids;
    for (const DeployedServer* server : servers) ids += (ids.empty() ? "" : ",") + server->instance_id;
    return " -s id:" + ids;
  }
  return rollout == nullptr ? std::string() : texts_of(rollout->header["selected"], "-s");
}

/// The rollout once more, for these servers.
std::string again(const std::vector<const DeployedServer*>& servers, const RolloutRead* rollout) {
  std::string line = "postern dr rollout";
  if (rollout == nullptr) return line + selection(servers, rollout);
  const Json& header = rollout->header;
  const auto text = [&header](std::string_view key) { return std::string(header[key].to_string().value_or("")); };
  if (!text("account").empty()) line += " " + flow::quote_for_sh(text("account"));
  line += texts_of(header["from"], "--from");
  if (!text("to").empty()) line += " --to " + flow::quote_for_sh(text("to"));
  constexpr std::string_view kUsual = "AWSDisasterRecovery-InstallDRAgentOnInstance";
  if (text("document") != kUsual) line += " --document " + flow::quote_for_sh(text("document"));
  line += texts_of(header["tags"], "--tag") + texts_of(header["waived"], "--waive");
  if (!header["probe"].to_bool().value_or(true)) line += " --no-probe";
  return line + selection(servers, rollout);
}

std::string accounts_of(const std::vector<const DeployedServer*>& servers) {
  std::set<std::string> accounts;
  for (const DeployedServer* server : servers) accounts.insert(server->account_id);
  std::string out;
  for (const std::string& account : accounts) out += " --account " + account;
  return out;
}

std::vector<std::string> outputs_of(const std::vector<const DeployedServer*>& servers) {
  std::vector<std::string> lines;
  for (const DeployedServer* server : servers) {
    if (server->run_id.empty() || lines.size() == kShown) continue;
    lines.push_back("postern runs output " + server->run_id + " " + server->instance_id);
  }
  return lines;
}

void blocked(const DeploymentClass& one, const RolloutRead* rollout, DeploymentAction& action) {
  if (one.code == "TARGET_NOT_INITIALIZED") {
    action.commands.push_back("postern dr init" + accounts_of(one.servers));
  } else if (one.code == "PROFILE_LACKS_DRS_POLICY") {
    action.commands.push_back("postern dr prepare" + selection(one.servers, rollout));
  } else if (one.code == "SSM_OFFLINE" || one.code == "INSTANCE_STOPPED" || one.code == "NO_INSTANCE_PROFILE") {
    action.commands.push_back("postern targets" + selection(one.servers, rollout));
  } else if (one.code == "DUPLICATE_REGISTRATION" || one.code == "OTHER_SITE") {
    action.commands.push_back("postern dr status --all-servers" + selection(one.servers, rollout));
  }
  action.commands.push_back(again(one.servers, rollout));
}

std::string what_of(const DeploymentClass& one) {
  const std::string code = one.code.empty() ? std::string() : " (" + one.code + ")";
  switch (one.stage) {
    case Stage::registered:
      return one.fix.empty() ? "Wait until they are protected" : "Mend their replication";
    case Stage::installed:
      return "Wait until DRS knows them";
    case Stage::phantom:
      return "Find out why the installer did nothing" + code;
    case Stage::failed:
      return "Mend what the installation failed of" + code + ", and install again";
    case Stage::blocked:
      return "Clear what is in the way" + code + ", and install";
    case Stage::not_sent:
      return "Install where nothing was sent" + code;
    case Stage::missing:
      return "Install the agent" + code;
    default:
      return "Find out what became of them" + code;
  }
}

DeploymentAction item_of(const DeploymentClass& one, const RolloutRead* rollout) {
  DeploymentAction action;
  action.what = what_of(one);
  action.why = one.fix.empty() ? one.reason : one.fix;
  action.servers = one.servers.size();
  switch (one.stage) {
    case Stage::registered:
      action.commands.emplace_back(one.fix.empty() ? "postern dr status --watch --until protected"
                                                   : "postern dr status --troubled");
      break;
    case Stage::installed:
      action.commands.push_back("postern dr coverage" + selection(one.servers, rollout));
      break;
    case Stage::phantom:
    case Stage::failed:
      action.commands = outputs_of(one.servers);
      action.commands.push_back(again(one.servers, rollout));
      break;
    case Stage::blocked:
      blocked(one, rollout, action);
      break;
    case Stage::not_sent:
    case Stage::missing:
      action.commands.push_back(again(one.servers, rollout));
      break;
    default:
      action.commands.push_back("postern dr coverage" + selection(one.servers, rollout));
      break;
  }
  return action;
}

/// Runs that are not over come first: nothing else is sent while they wait.
void add_open_runs(const Deployment& deployment, std::vector<DeploymentAction>& out) {
  for (const report::DeploymentRun& run : deployment.runs) {
    const bool open = run.status == "held" || run.status == "in doubt" || run.status == "running";
    if (!open) continue;
    DeploymentAction action;
    action.what = "Decide about the run for " + run.family + ", which is " + run.status;
    action.why = run.status == "held" ? "nothing more is sent until somebody lets it go on, or ends it"
                                      : "it is taken up where it stopped, or ended";
    action.commands.push_back("postern resume " + run.id + (run.status == "held" ? " --release" : ""));
    action.commands.push_back("postern cancel " + run.id);
    out.push_back(std::move(action));
  }
}

}  // namespace dr_actions

std::vector<report::DeploymentAction> actions_of(const report::Deployment& deployment, const RolloutRead* rollout) {
  using namespace dr_actions;
  std::vector<DeploymentAction> out;
  add_open_runs(deployment, out);
  // What somebody has to mend before what only takes time.
  for (const bool bad : {true, false}) {
    for (const DeploymentClass& one : report::classes_of(deployment)) {
      const bool is_bad = report::tone_of(one.stage) == "bad";
      if (is_bad == bad && one.stage != Stage::excluded) out.push_back(item_of(one, rollout));
    }
  }
  if (!deployment.unseen.empty()) {
    DeploymentAction action;
    action.what = "Ask the " + plural(deployment.unseen.size(), "place") + " that could not be asked";
    action.commands.emplace_back("postern accounts check");
    out.push_back(std::move(action));
  }
  if (out.empty()) return out;
  DeploymentAction last;
  last.what = "See that nothing is missing";
  last.commands.emplace_back("postern dr coverage --gaps --gate");
  out.push_back(std::move(last));
  return out;
}

}  // namespace postern::cli
