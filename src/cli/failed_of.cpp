#include "cli/failed_of.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "cli/run_document.hpp"
#include "cli/run_ledger.hpp"
#include "flow/driver.hpp"

namespace postern::cli {
namespace failed_of {

using Place = std::tuple<std::string, std::string, std::string>;

Place place_of(const fleet::TargetRef& target) {
  return Place(target.scope().account.text(), target.scope().region.text(), target.id().text());
}

/// --outcomes: failed unless it says more.
Result<std::set<flow::Outcome>> chosen_outcomes(const Invocation& invocation) {
  std::set<flow::Outcome> outcomes;
  const std::string text = invocation.value("--outcomes").value_or("failed");
  for (const std::string_view part : split(text, ',')) {
    const std::string_view word = trim(part);
    if (word == "failed") {
      outcomes.insert(flow::Outcome::failed);
    } else if (word == "unknown") {
      outcomes.insert(flow::Outcome::unknown);
    } else if (word == "skipped") {
      outcomes.insert(flow::Outcome::skipped);
    } else {
      return fail(ErrorKind::usage, "--outcomes: failed, unknown or skipped, and not \"" + printable(word, 40) + "\"");
    }
  }
  return outcomes;
}

void want(ParentRun& parent, fleet::TargetRef target) {
  parent.wanted.insert(place_of(target));
  parent.targets.push_back(std::move(target));
}

ParentRun parent_of(const flow::RunModel& model, const std::set<flow::Outcome>& outcomes) {
  ParentRun parent;
  parent.run_id = model.header().run_id;
  parent.kind = model.header().kind;
  parent.spec = model.header().spec;
  for (const flow::BatchPlan& batch : model.plan().batches) {
    for (std::uint32_t target = batch.first; target < batch.first + batch.count; ++target) {
      const flow::TargetState& state = model.targets()[target];
      if (state.ended && outcomes.contains(state.outcome)) want(parent, model.plan().ref(batch, target));
    }
  }
  if (outcomes.contains(flow::Outcome::skipped)) {
    for (const flow::SkippedTarget& skipped : model.plan().skipped) want(parent, skipped.target);
  }
  return parent;
}

}  // namespace failed_of

bool names_a_command(const Invocation& invocation) {
  return !invocation.words.empty() || invocation.has("--script") || asks_for_document(invocation);
}

rt::Task<Result<std::optional<ParentRun>>> chosen_parent(const Command& command) {
  const Invocation& invocation = command.invocation();
  const auto named = invocation.value("--failed-of");
  if (!named) {
    for (const char* option : {"--outcomes", "--ended-only"}) {
      if (invocation.has(option)) co_return fail(ErrorKind::usage, std::string(option) + " belongs to --failed-of");
    }
    co_return std::optional<ParentRun>();
  }
  CO_TRY(const std::set<flow::Outcome> outcomes, failed_of::chosen_outcomes(invocation));
  const std::string world = world_without_session(command);
  Result<OpenLedger> ledger = open_ledger(command, world, LedgerUse::look);
  if (!ledger && ledger.error().kind() == ErrorKind::not_found) {
    co_return fail(ErrorKind::usage, "--failed-of: there is no run in the ledger yet");
  }
  if (!ledger) co_return fail(std::move(ledger).error());
  CO_TRY(const std::string id, co_await find_run(command, *ledger->store, *named));
  CO_TRY(const std::unique_ptr<flow::RunModel> model,
         co_await flow::read_run(command.ctx(), *ledger->store, world, id));
  if (!model->closed() && !invocation.has("--ended-only")) {
    co_return fail(Error(ErrorKind::refused, "run " + id + " is not over (" + flow::run_status(*model) +
                                                 "): some of its targets may still come to an end. Resume or cancel "
                                                 "it first, or take those that have ended with --ended-only")
                       .with("rail", "failed-of"));
  }
  if (model->header().imported && !names_a_command(invocation)) {
    co_return fail(ErrorKind::usage, "run " + id + " was imported, without its command: give one after --");
  }
  ParentRun parent = failed_of::parent_of(*model, outcomes);
  if (parent.targets.empty()) {
    co_return fail(ErrorKind::usage, "no target of run " + id + " is " +
                                         printable(invocation.value("--outcomes").value_or("failed"), 40) +
                                         ": there is nothing to do again");
  }
  co_return std::optional<ParentRun>(std::move(parent));
}

void keep_scopes_of(const ParentRun& parent, std::vector<fleet::ScopePtr>& scopes) {
  std::set<std::pair<std::string, std::string>> places;
  for (const auto& [account, region, id] : parent.wanted) places.emplace(account, region);
  std::erase_if(scopes, [&places](const fleet::ScopePtr& scope) {
    return !places.contains(std::pair(scope->account.text(), scope->region.text()));
  });
}

void keep_targets_of(const ParentRun& parent, fleet::Discovery& discovery) {
  std::erase_if(discovery.instances, [&parent](const fleet::Instance& instance) {
    return !parent.wanted.contains(failed_of::place_of(instance.ref));
  });
}

std::vector<flow::SkippedTarget> missing_of(const ParentRun& parent, const fleet::Discovery& discovery) {
  std::set<failed_of::Place> found;
  for (const fleet::Instance& instance : discovery.instances) found.insert(failed_of::place_of(instance.ref));
  std::vector<flow::SkippedTarget> missing;
  for (const fleet::TargetRef& target : parent.targets) {
    if (found.contains(failed_of::place_of(target))) continue;
    missing.emplace_back(target, "it is not found any more in the accounts and Regions of this command");
    missing.back().unreachable = true;
  }
  return missing;
}

}  // namespace postern::cli
