#pragma once

/// Which run of the ledger a command line means.

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "ledger/store.hpp"

namespace postern::cli {

struct ChosenRun {
  ChosenRun() = default;
  std::string run_id;
  std::vector<std::string> words;  ///< those behind the run's id
};

/// The run that the first word names, or the newest with --latest. Usage when there is none such.
rt::Task<Result<ChosenRun>> chosen_run_and_words(const Command& command, ledger::Store& store);

/// The same where nothing else may follow.
rt::Task<Result<std::string>> chosen_run(const Command& command, ledger::Store& store);

}  // namespace postern::cli
