#include "cli/run_confirm.hpp"

#include <algorithm>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/prompt.hpp"
#include "cli/run_plan.hpp"
#include "term/node_set.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kProductionNamesMax = 400;

Error not_agreed(std::string text) {
  return Error(ErrorKind::refused, std::move(text)).with("rail", "confirm");
}

std::string size_of(const flow::Plan& plan) {
  return plural(account_count(plan), "account") + ", " + plural(plan.targets.size(), "instance");
}

std::string names_of_production(const Production& production) {
  return printable(term::fold_names(production.accounts), kProductionNamesMax);
}

bool accepts(const Production& production, const std::string& word) {
  return std::find(production.accepted.begin(), production.accepted.end(), word) != production.accepted.end();
}

rt::Task<Result<std::string>> confirm_production(const Command& command, const flow::Plan& plan,
                                                 const Production& production) {
  const std::string names = names_of_production(production);
  const bool several = production.accounts.size() > 1;
  if (!can_ask(command)) {
    co_return fail(not_agreed(names + (several ? " are" : " is") + " tagged env: prod, where --yes is not enough: " +
                              "--confirm " + production.word + " agrees to this plan"));
  }
  const std::string question = size_of(plan) + ", production: " + names + ". Type " +
                               (several ? "the plan's name, " : "") + production.word + ", to proceed:";
  CO_TRY(const std::string typed, co_await ask_word(command, question));
  if (!accepts(production, typed)) co_return fail(not_agreed("not confirmed: nothing was sent"));
  co_return "typed " + typed;
}

}  // namespace

rt::Task<Result<std::string>> confirm_plan(const Command& command, const flow::Plan& plan,
                                           const Production& production) {
  const Invocation& invocation = command.invocation();
  if (plan.targets.empty()) co_return std::string("nothing to do");
  if (const auto word = invocation.value("--confirm")) {
    if (accepts(production, *word)) co_return "--confirm " + *word;
    co_return fail(not_agreed(
        "--confirm " + printable(*word, 100) + " does not name this plan: it is " + production.accepted.front() +
        (production.word.empty() || production.accounts.size() > 1 ? std::string()
                                                                   : ", and its production is " + production.word)));
  }
  if (!production.accounts.empty()) co_return co_await confirm_production(command, plan, production);
  if (invocation.has("--yes")) co_return std::string("--yes");
  if (!command.host().console->is_tty(os::StdStream::in)) {
    co_return fail(ErrorKind::usage, "there is no terminal to ask on: --yes runs the plan, --dry-run only shows it");
  }
  CO_TRY(const bool yes, co_await ask_yes(command, size_of(plan) + ". Proceed?"));
  if (!yes) co_return fail(not_agreed("not confirmed: nothing was sent"));
  co_return std::string("asked");
}

}  // namespace postern::cli
