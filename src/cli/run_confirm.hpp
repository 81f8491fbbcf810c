#pragma once

/// Agreeing to a plan: --yes, a question on the terminal, or the name of what is production.

#include "cli/command.hpp"
#include "cli/run_rails.hpp"

namespace postern::cli {

/// How the plan was agreed to ("--yes", "asked", "typed payments-prod", "--confirm payments-prod"): what the ledger
/// keeps. Refused when it was not; usage when there is nobody to ask. `plan_name` is what the plan is called.
rt::Task<Result<std::string>> confirm_plan(const Command& command, const flow::Plan& plan,
                                           const Production& production);

}  // namespace postern::cli
