#pragma once

/// The plan of a drill, a recovery or a cleanup as it is shown before anything is called: as text and as a document.

#include "cli/run_plan.hpp"
#include "recovery/launch_plan.hpp"

namespace postern::cli {

/// Everything that is said of such a plan. Borrows the plan and what is chosen.
struct DrSheet {
  DrSheet(const flow::Plan& p, flow::RunKind k) : plan(&p), kind(k) {}
  const flow::Plan* plan;
  flow::RunKind kind;
  const std::vector<recovery::ChosenLaunch>* chosen = nullptr;  ///< null: a cleanup
  const fleet::Discovery* asked = nullptr;
  const TargetNames* names = nullptr;
  std::string digest;  ///< hex
  std::string world;
  std::string point;   ///< of a launch
  std::string of_run;  ///< of a cleanup
  std::string override_reason;
  Json launch;  ///< settings for this launch alone, by the names of fleet::launch_fields(); empty: the servers' own
  std::vector<std::string> doubts;
  std::vector<std::string> asks;
  std::vector<RailFinding> findings;
};

std::string dr_plan_text(const DrSheet& sheet, PlanDetail detail);
/// Schema postern.recovery-plan/1.
Json dr_plan_document(const DrSheet& sheet);
/// What --dry-run answers.
Result<void> answer_dr_plan(const Command& command, const DrSheet& sheet);

}  // namespace postern::cli
