#pragma once

/// A rollout as an answer: schema postern.dr_rollout/1, or its groups as a table.

#include "cli/dr_rollout_work.hpp"
#include "cli/output.hpp"

namespace postern::cli {

enum class RolloutStage : std::uint8_t { plan, done };

/// A target as an item of the document, and of the ledger's record of the rollout.
Json rollout_target_json(const recovery::RolloutTarget& target);

Answer rollout_answer(const Command& command, const RolloutWork& work, RolloutStage stage);
/// What is about to be done and what is in the way, for stderr.
std::string rollout_plan_text(const RolloutWork& work);
/// What is left to do by somebody, and how runs that stopped go on.
std::string rollout_advice(const RolloutWork& work);
/// DESIGN.md section 9: 130 interrupted; 3 something was in the way before anything was sent, or a family was held; 4
/// unreachable or unknown; 1 failed, or not what it seemed.
int rollout_exit_code(const RolloutWork& work);

}  // namespace postern::cli
