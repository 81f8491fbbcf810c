#pragma once

/// A deployment report made of what the ledger has of a rollout and of one look at AWS. Pure, but for the lines that it
/// was given to read.

#include <memory>

#include "cli/dr_look.hpp"
#include "cli/rollout_ledger.hpp"
#include "flow/driver.hpp"
#include "report/deployment.hpp"

namespace postern::cli {

/// A run that a rollout opened. What failed there has its output in memory.
struct InstallRun {
  InstallRun() = default;
  RolloutRun run;
  std::unique_ptr<flow::RunModel> model;  ///< null: its records are gone, or make no sense
  std::string trouble;                    ///< why it is null
  ledger::StreamInfo info;
  flow::RunResult result;
};

struct DeploymentSources {
  DeploymentSources() = default;
  std::string world;
  std::string made_by;
  WallTime now;
  recovery::HealthPolicy policy;
  const RolloutRead* rollout = nullptr;  ///< null: the state of the fleet
  std::vector<InstallRun> runs;
  const DrLook* look = nullptr;               ///< null: the ledger alone
  std::vector<report::UnseenPlace> unseen;    ///< what could not even be tried
  std::vector<report::DeploymentFact> facts;  ///< of the state of the fleet
};

report::Deployment make_deployment(const DeploymentSources& sources);

/// What is left to do about it, with command lines.
std::vector<report::DeploymentAction> actions_of(const report::Deployment& deployment, const RolloutRead* rollout);

}  // namespace postern::cli
