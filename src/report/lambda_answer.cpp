#include "report/lambda_answer.hpp"

#include "base/plural.hpp"
#include "base/text.hpp"
#include "report/run_summary.hpp"

namespace postern::report {
namespace lambda_shape {

/// What went wrong in an account, in one sentence; the first reason stands for all.
std::string error_of(const AccountSummary& account, const flow::TargetResult* first_wrong) {
  std::string text;
  const auto part = [&](std::size_t count, const char* what) {
    if (count == 0) return;
    text.append(text.empty() ? "" : ", ").append(std::to_string(count)).append(what);
  };
  part(account.totals.failed, " failed");
  part(account.totals.unknown, " unknown");
  std::size_t unreachable = account.errors;
  // Errors that are neither unknown nor failed are those that we wanted and could not reach.
  unreachable -= std::min(unreachable, account.totals.unknown);
  if (account.totals.failed == 0) part(unreachable, " unreachable");
  if (!text.empty()) text = text + " of " + plural(account.totals.all(), "instance");
  if (first_wrong != nullptr && !first_wrong->reason.empty()) {
    text += ": " + first_wrong->target.id().text() + ": " + first_wrong->reason;
  }
  for (const std::string& problem : account.problems) text += (text.empty() ? "" : "; ") + problem;
  return printable(text, 2'000);
}

}  // namespace lambda_shape

Json lambda_answer(const flow::RunResult& run, const RunFacts& facts) {
  std::map<std::string_view, const flow::TargetResult*> first_wrong;
  std::map<std::string_view, std::size_t> left_out;
  for (const flow::TargetResult& target : run.targets) {
    const std::string_view account = target.target.scope().account.text();
    const bool wrong = target.outcome == flow::Outcome::failed || is_error(target);
    if (wrong) first_wrong.emplace(account, &target);
    if (!wrong && target.outcome == flow::Outcome::skipped) ++left_out[account];
  }
  Json body = Json::array();
  for (const AccountSummary& account : summarize_accounts(run, facts)) {
    const auto found = first_wrong.find(account.account_id);
    const flow::TargetResult* wrong = found == first_wrong.end() ? nullptr : found->second;
    const std::size_t skipped = left_out[account.account_id];
    const std::size_t wanted = account.totals.all() - skipped;
    Json entry = Json::object();
    entry.set("account_id", account.account_id);
    if (wrong != nullptr || !account.problems.empty()) {
      entry.set("status", "error").set("error", lambda_shape::error_of(account, wrong));
    } else if (wanted == 0) {
      std::string message = "No instances found";
      if (skipped > 0) message = "No instances left: " + std::to_string(skipped) + " skipped by rule";
      if (skipped == 0 && !facts.selector.empty()) message += " that match " + printable(facts.selector, 200);
      entry.set("status", "no_instances").set("message", message);
    } else {
      entry.set("status", "success");
    }
    if (!account.command_ids.empty()) {
      Json ids = Json::array();
      for (const std::string& id : account.command_ids) ids.push_back(id);
      entry.set("command_id", account.command_ids.front()).set("command_ids", std::move(ids));
    }
    Json totals = Json::object();
    totals.set("succeeded", account.totals.succeeded).set("failed", account.totals.failed);
    totals.set("skipped", account.totals.skipped).set("unknown", account.totals.unknown);
    entry.set("instance_count", wanted).set("totals", std::move(totals));
    body.push_back(std::move(entry));
  }
  return Json::object().set("statusCode", 200).set("body", std::move(body));
}

}  // namespace postern::report
