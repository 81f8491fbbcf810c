#include "cli/run_choice.hpp"

#include "cli/run_ledger.hpp"

namespace postern::cli {

rt::Task<Result<ChosenRun>> chosen_run_and_words(const Command& command, ledger::Store& store) {
  const std::vector<std::string>& words = command.invocation().words;
  const bool latest = command.invocation().has("--latest");
  if (!latest && words.empty()) {
    co_return fail(ErrorKind::usage, "which run? Name it, or --latest; postern runs list shows them");
  }
  ChosenRun chosen;
  chosen.words.assign(words.begin() + (latest ? 0 : 1), words.end());
  std::string name(kLatestRun);
  if (!latest) name = words.front();
  CO_TRY(chosen.run_id, co_await find_run(command, store, std::move(name)));
  co_return chosen;
}

rt::Task<Result<std::string>> chosen_run(const Command& command, ledger::Store& store) {
  const Invocation& invocation = command.invocation();
  const bool latest = invocation.has("--latest");
  if (invocation.words.size() > 1 || (latest && !invocation.words.empty())) {
    co_return fail(ErrorKind::usage, "name one run, or --latest");
  }
  CO_TRY(ChosenRun chosen, co_await chosen_run_and_words(command, store));
  co_return std::move(chosen.run_id);
}

}  // namespace postern::cli
