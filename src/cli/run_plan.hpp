#pragma once

/// The plan of a run as it is shown before anything is sent: as text and as a document.

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/run_rails.hpp"

namespace postern::cli {

/// Whether long lists are cut: a plan for a thousand accounts has to fit a screen.
enum class PlanDetail : std::uint8_t { folded, whole };

/// Everything that is said of a plan. Borrows plan, discovery and names.
struct PlanSheet {
  PlanSheet(const flow::Plan& p, const fleet::Discovery& d, const TargetNames& n)
      : plan(&p), discovery(&d), names(&n) {}
  const flow::Plan* plan;
  const fleet::Discovery* discovery;
  const TargetNames* names;
  const flow::CommandSpec* spec = nullptr;  ///< null: a script
  std::string digest;                       ///< hex
  std::string runs;                         ///< the command, as describe_script() tells it
  std::vector<std::string> documents;       ///< that were looked at, with version and hash, one a line
  std::string places;                       ///< lines about time limits, gates, where outputs go
  std::string world;
  std::vector<std::string> asks;      ///< what must be said to run it, besides a yes: "--expect 120"
  std::vector<RailFinding> findings;  ///< what would refuse it all the same
};

/// What people call a plan by: the first digits of its digest.
std::string plan_name(std::string_view digest);

/// The ids of the accounts that the plan sends to.
std::size_t account_count(const flow::Plan& plan);

std::string plan_text(const PlanSheet& sheet, PlanDetail detail);

/// Schema postern.plan/1.
Json plan_document(const PlanSheet& sheet);

/// What --dry-run answers.
Result<void> answer_plan(const Command& command, const PlanSheet& sheet);

}  // namespace postern::cli
