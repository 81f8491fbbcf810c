// audit who, audit trail

#include <algorithm>
#include <map>

#include "adapters/trail_source.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/audit_show.hpp"
#include "cli/aws_command.hpp"
#include "cli/failure.hpp"
#include "cli/run_choice.hpp"
#include "cli/run_ledger.hpp"
#include "term/progress.hpp"

namespace postern::cli {
namespace audit_command {

constexpr int kLastMax = 100'000;
constexpr std::chrono::hours kSinceDefault(24);
/// The clock of this host beside AWS's: a signature from further off is refused.
constexpr Duration kClockError = std::chrono::minutes(5);

/// Draws how far the look-ups are; nothing without a terminal.
class LookupProgress {
 public:
  explicit LookupProgress(const Command& command)
      : command_(command),
        printer_(*command.host().console, command.output().color),
        started_(command.ctx().clock().now()) {}
  void show(const audit::SweepProgress& sweep) {
    const MonoTime now = command_.ctx().clock().now();
    term::Progress progress;
    progress.label = plural(sweep.seen, "event") + ", " + std::to_string(sweep.found) + " found, look-ups";
    progress.total = sweep.jobs;
    progress.succeeded = sweep.done;
    progress.elapsed = now - started_;
    printer_.draw(progress, now);
  }

 private:
  const Command& command_;
  term::ProgressPrinter printer_;
  MonoTime started_;
};

rt::Task<Result<std::vector<audit::SweepResult>>> look_up(const Command& command, AwsWork& work,
                                                          std::vector<audit::SweepJob> jobs,
                                                          audit::SweepOptions options) {
  LookupProgress progress(command);
  options.on_progress = [&progress](const audit::SweepProgress& sweep) { progress.show(sweep); };
  adapters::CloudTrailEvents source(*work.session);
  co_return co_await audit::sweep(command.ctx(), source, std::move(jobs), std::move(options));
}

/// Adds what became of jobs to what was looked into. `needed`: the accounts without which the answer is not complete;
/// empty: all.
void note_results(const std::vector<audit::SweepJob>& jobs, const std::vector<audit::SweepResult>& results,
                  const std::set<std::string>& needed, LookedInto& looked) {
  std::set<std::string> told;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const audit::SweepResult& result = results[i];
    const std::string site = audit::site_of(*jobs[i].scope);
    looked.events += result.seen;
    looked.unreadable += result.unreadable;
    if (result.cut_at) {
      looked.cuts.push_back(site + ": no " + jobs[i].lookup.value + " before " +
                            format_rfc3339(std::chrono::floor<std::chrono::seconds>(*result.cut_at)) + " was read");
    }
    // One problem of a place is told once, however many look-ups it broke.
    if (!result.failure || !told.insert(site).second) continue;
    const bool beside = !needed.empty() && !needed.contains(jobs[i].scope->account.text());
    (beside ? looked.beside : looked.problems).emplace_back(jobs[i].scope, *result.failure);
  }
}

void tell_looked(const Command& command, const LookedInto& looked) {
  fleet::Discovery asked;  // for its way of telling problems
  for (const LookupProblem& problem : looked.problems) asked.problems.emplace_back(problem.scope, problem.error);
  command.err(summarize_problems(asked));
  if (!looked.beside.empty()) {
    const LookupProblem& first = looked.beside.front();
    command.err("note: who called from account " + first.scope->account.text() +
                " is told by its number only: its own events could not be asked: " +
                described_message(first.error, 300) + "\n");
  }
  for (const std::string& cut : looked.cuts) command.err("warning: too many events: " + cut + "\n");
  if (looked.unreadable > 0) {
    command.err("warning: " + plural(looked.unreadable, "event") + " of CloudTrail could not be read\n");
  }
}

// ---- audit who ----

struct WhoOrder {
  WhoOrder() = default;
  std::string role;  ///< as it was given
  std::string name;
  std::string account;  ///< of an ARN; empty: all accounts that the command is about
  std::size_t last = 0;
  std::chrono::seconds since = std::chrono::hours(24 * 90);
};

Result<WhoOrder> who_order(const Invocation& invocation) {
  WhoOrder order;
  if (invocation.words.size() != 1) {
    return fail(ErrorKind::usage, "say which role: its name or its ARN (postern audit who PosternOperator)");
  }
  order.role = invocation.words.front();
  if (order.role.starts_with("arn:")) {
    TRY(const fleet::RoleArn arn, fleet::RoleArn::parse(order.role));
    order.name = arn.name();
    order.account = arn.account().text();
  } else {
    if (const std::string why = fleet::RoleArn::check_name(order.role); !why.empty())
      return fail(ErrorKind::usage, why);
    order.name = order.role.substr(order.role.rfind('/') + 1);
  }
  const auto last = invocation.value("--last");
  const auto since = invocation.value("--since");
  if (last) {
    TRY(const int count, parse_count(*last, "--last", 1, kLastMax));
    order.last = static_cast<std::size_t>(count);
  }
  if (!last && !since) order.since = kSinceDefault;
  if (since) {
    TRY(order.since, parse_duration(*since, "--since"));
    if (order.since.count() <= 0 || order.since > audit::kHistory) {
      return fail(ErrorKind::usage, "--since: CloudTrail's event history goes back 90 days (2160h)");
    }
  }
  return order;
}

/// The caller's own account, where the events of callers are that say who they were.
fleet::ScopePtr own_scope(const AwsWork& work) {
  fleet::Scope own;
  const std::string& region = work.session->settings().region;
  Result<fleet::Region> parsed = fleet::Region::parse(region.empty() ? "us-east-1" : region);
  if (!parsed) return nullptr;
  own.region = std::move(*parsed);
  own.partition = fleet::partition_of(own.region);
  return std::make_shared<const fleet::Scope>(std::move(own));
}

/// Keeps what the role can be in, and the caller's own account. False when no way leads to the role's account.
bool keep_scopes(const WhoOrder& order, AwsWork& work, const fleet::ScopePtr& own, std::set<std::string>& accounts) {
  std::vector<fleet::ScopePtr> kept;
  for (const fleet::ScopePtr& scope : work.scopes) {
    if (scope->account.empty()) continue;
    if (!order.account.empty() && scope->account.text() != order.account) continue;
    accounts.insert(scope->account.text());
    kept.push_back(scope);
  }
  if (own != nullptr && own->account.text() == order.account && accounts.insert(order.account).second) {
    kept.push_back(own);
  }
  std::set<fleet::Region> regions;
  for (const fleet::ScopePtr& scope : kept) regions.insert(scope->region);
  const bool beside = own != nullptr && !own->account.empty() && !accounts.contains(own->account.text());
  if (beside) {
    for (const fleet::Region& region : regions) {
      fleet::Scope there = *own;
      there.region = region;
      kept.push_back(std::make_shared<const fleet::Scope>(std::move(there)));
    }
  }
  work.scopes = std::move(kept);
  return !accounts.empty();
}

/// Resolves who is who: the scopes of the role's accounts and the caller's own, in the Regions that are asked.
rt::Task<Result<std::set<std::string>>> find_places(const Command& command, AwsWork& work, const WhoOrder& order,
                                                    std::size_t concurrency) {
  const fleet::ScopePtr unnamed = own_scope(work);
  if (unnamed != nullptr) work.scopes.push_back(unnamed);
  CO_TRY_VOID(co_await name_accounts(command, work, concurrency));
  fleet::ScopePtr own;
  if (unnamed != nullptr) {
    own = work.scopes.back();
    work.scopes.pop_back();
  }
  std::set<std::string> accounts;
  if (!keep_scopes(order, work, own, accounts)) {
    co_return fail(ErrorKind::usage,
                   order.account.empty()
                       ? "no account is known to look into: its credentials could not be named by STS"
                       : "no way leads into account " + order.account +
                             ": it is neither the caller's nor in the fleet file; give --role-arn or --fleet");
  }
  const Invocation& invocation = command.invocation();
  if (!invocation.has("--region") && !invocation.has("--all-regions")) {
    CO_TRY_VOID(co_await widen_to_all_regions(command, work));
  }
  co_return accounts;
}

std::vector<audit::SweepJob> who_jobs(const AwsWork& work, const std::set<std::string>& accounts, WallTime from,
                                      WallTime to) {
  std::vector<audit::SweepJob> jobs;
  for (const fleet::ScopePtr& scope : work.scopes) {
    const bool of_role = accounts.contains(scope->account.text());
    for (const std::string_view name : audit::kAssumptionNames) {
      // Who comes with a token of another provider has no account where there would be an event of theirs.
      if (!of_role && name != audit::kAssumptionNames[0]) continue;
      audit::Lookup lookup(audit::LookupKey::event_name, std::string(name));
      lookup.from = from;
      lookup.to = to;
      jobs.emplace_back(scope, std::move(lookup));
    }
  }
  return jobs;
}

rt::Task<Result<int>> who(const Command& command, AwsWork& work, const WhoOrder& order, std::size_t concurrency) {
  CO_TRY(const std::set<std::string> accounts, co_await find_places(command, work, order, concurrency));
  LookedInto looked;
  looked.to = command.ctx().clock().wall_now();
  looked.from = looked.to - order.since;
  looked.sites = work.scopes.size();
  const std::vector<audit::SweepJob> jobs = who_jobs(work, accounts, looked.from, looked.to + kClockError);
  audit::RoleQuery role;
  role.name = order.name;
  role.accounts = accounts;
  audit::SweepOptions options;
  options.concurrency = concurrency;
  options.enough = order.last;
  options.wanted = [&role](const audit::TrailEvent& event) { return role.fits(event); };
  std::vector<audit::SweepJob> asked = jobs;
  CO_TRY(std::vector<audit::SweepResult> results,
         co_await look_up(command, work, std::move(asked), std::move(options)));
  note_results(jobs, results, accounts, looked);
  std::vector<audit::TrailEvent> events;
  for (audit::SweepResult& result : results) {
    for (audit::TrailEvent& event : result.events) events.push_back(std::move(event));
  }
  const std::vector<audit::Assumption> found = audit::assumptions_of(std::move(events), role, order.last);
  CO_TRY_VOID(command.answer(assumptions_answer(command.host().world, order.role, found, looked)));
  tell_looked(command, looked);
  if (found.empty() && looked.complete()) {
    command.err("nobody assumed it in that time; events may be 15 minutes late\n");
  }
  co_return looked.complete() ? kExitOk : kExitUnknown;
}

// ---- audit trail ----

struct ReadRun {
  ReadRun() = default;
  std::string id;
  OpenLedger ledger;
  std::unique_ptr<flow::RunModel> model;
  audit::MutationLog log;
};

rt::Task<Result<std::unique_ptr<flow::RunModel>>> read_calls(const Command& command, const OpenLedger& ledger,
                                                             std::string id, audit::MutationLog* log) {
  flow::RecordSeen seen = [log](const flow::RunRecord& record, WallTime at) { log->add(record, at); };
  co_return co_await flow::read_run(command.ctx(), *ledger.store, ledger.world, std::move(id), std::move(seen));
}

rt::Task<Result<ReadRun>> read_run_of(const Command& command, const AwsWork& work) {
  ReadRun run;
  CO_TRY(run.ledger, open_ledger(command, world_label(command, work.session.get()), LedgerUse::look));
  CO_TRY(run.id, co_await chosen_run(command, *run.ledger.store));
  CO_TRY(run.model, co_await read_calls(command, run.ledger, run.id, &run.log));
  co_return run;
}

/// Runs of one rollout share its credentials: what another run of the ledger says that it sent is no stranger's. A run
/// that the ledger does not have, or that says nothing of a command, explains none.
rt::Task<Result<std::map<std::string, std::string>>> commands_of_others(const Command& command, const ReadRun& run,
                                                                        std::set<std::string> others) {
  constexpr std::size_t kMost = 200;
  std::map<std::string, std::string> commands;
  std::size_t looked = 0;
  for (const std::string& id : others) {
    if (++looked > kMost) break;
    CO_TRY(const std::optional<ledger::StreamInfo> info,
           co_await run.ledger.store->find(command.ctx(), std::string(kRunPrefix) + id));
    if (!info || info->pruned) continue;
    audit::MutationLog log;
    const auto model = co_await read_calls(command, run.ledger, id, &log);
    if (!model) continue;
    for (const audit::Mutation& mutation : log.mutations()) {
      if (!mutation.command_id.empty()) commands.emplace(mutation.command_id, id);
    }
  }
  co_return commands;
}

/// The run's accounts and Regions that something was sent to, with today's way in where there is one: what the ledger
/// keeps of access lacks ExternalIds, and is for another duty.
std::vector<fleet::ScopePtr> places_of(const ReadRun& run, const AwsWork& work) {
  std::map<std::string, fleet::ScopePtr> places;
  for (const audit::Mutation& mutation : run.log.mutations()) {
    const flow::Plan& plan = run.model->plan();
    const fleet::ScopePtr& scope = plan.scopes[plan.batches[mutation.batch].scope];
    if (places.contains(audit::site_of(*scope))) continue;
    fleet::Scope place = *scope;
    for (const fleet::ScopePtr& known : work.scopes) {
      if (known->account == place.account) place.access = known->access;
    }
    places.emplace(audit::site_of(*scope), std::make_shared<const fleet::Scope>(std::move(place)));
  }
  std::vector<fleet::ScopePtr> out;
  for (auto& [site, scope] : places) out.push_back(std::move(scope));
  return out;
}

void set_window(const ReadRun& run, LookedInto& looked) {
  looked.to = run.model->last_at();
  for (const audit::Mutation& mutation : run.log.mutations()) {
    if (looked.from == WallTime() || mutation.intended < looked.from) looked.from = mutation.intended;
    looked.to = std::max(looked.to, mutation.ended);
  }
  if (looked.from == WallTime()) looked.from = looked.to;
  looked.from -= kClockError;
  looked.to += kClockError;
}

void add_lookup(const fleet::ScopePtr& scope, audit::LookupKey key, std::string value, const LookedInto& looked,
                std::vector<audit::SweepJob>& jobs) {
  audit::Lookup lookup(key, std::move(value));
  lookup.from = looked.from;
  lookup.to = looked.to;
  jobs.emplace_back(scope, std::move(lookup));
}

/// One round of look-ups; its events are added to the evidence, each once.
rt::Task<Result<void>> gather(const Command& command, AwsWork& work, std::vector<audit::SweepJob> jobs,
                              std::size_t concurrency, audit::Evidence* evidence, LookedInto* looked) {
  audit::SweepOptions options;
  options.concurrency = concurrency;
  std::vector<audit::SweepJob> asked = jobs;
  CO_TRY(std::vector<audit::SweepResult> results,
         co_await look_up(command, work, std::move(asked), std::move(options)));
  std::set<std::string> ids;
  for (const audit::TrailEvent& event : evidence->events) ids.insert(event.id);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (results[i].failure || results[i].cut_at) evidence->unasked.insert(audit::site_of(*jobs[i].scope));
    for (audit::TrailEvent& event : results[i].events) {
      if (ids.insert(event.id).second) evidence->events.push_back(std::move(event));
    }
  }
  const std::set<std::string> all;
  note_results(jobs, results, all, *looked);
  co_return Result<void>();
}

/// The sessions that sent the run's commands, in each place: whatever else they did is asked for by their keys.
std::vector<audit::SweepJob> session_jobs(const audit::Reconciliation& found,
                                          const std::vector<fleet::ScopePtr>& places, const LookedInto& looked) {
  std::map<std::string, std::set<std::string>> keys_of_account;
  const std::set<std::string> keys = audit::session_keys(found);
  for (const audit::MutationRow& row : found.mutations) {
    if (row.event && keys.contains(row.event->actor.access_key_id)) {
      keys_of_account[row.scope->account.text()].insert(row.event->actor.access_key_id);
    }
  }
  std::vector<audit::SweepJob> jobs;
  for (const fleet::ScopePtr& place : places) {
    for (const std::string& key : keys_of_account[place->account.text()]) {
      add_lookup(place, audit::LookupKey::access_key, key, looked, jobs);
    }
  }
  return jobs;
}

rt::Task<Result<int>> trail(const Command& command, AwsWork& work, std::size_t concurrency) {
  CO_TRY(const ReadRun run, co_await read_run_of(command, work));
  const std::vector<fleet::ScopePtr> places = places_of(run, work);
  LookedInto looked;
  set_window(run, looked);
  looked.sites = places.size();
  audit::Evidence evidence;
  std::vector<audit::SweepJob> jobs;
  for (const fleet::ScopePtr& place : places) {
    for (const char* name : {"SendCommand", "CancelCommand"}) {
      add_lookup(place, audit::LookupKey::event_name, name, looked, jobs);
    }
    // What its sessions did, whatever the ledger says of it: CloudTrail has their name as the user's.
    const std::string_view session = audit::own_session(run.model->header());
    if (!session.empty()) add_lookup(place, audit::LookupKey::user_name, std::string(session), looked, jobs);
  }
  CO_TRY_VOID(co_await gather(command, work, std::move(jobs), concurrency, &evidence, &looked));
  const WallTime now = command.ctx().clock().wall_now();
  const std::set<std::string> none;
  audit::Reconciliation found = audit::reconcile(*run.model, run.log, evidence, none, now);
  const std::set<std::string> keys = audit::session_keys(found);
  if (!keys.empty()) {
    std::vector<audit::SweepJob> further = session_jobs(found, places, looked);
    CO_TRY_VOID(co_await gather(command, work, std::move(further), concurrency, &evidence, &looked));
    found = audit::reconcile(*run.model, run.log, evidence, keys, now);
  }
  if (std::set<std::string> others = audit::other_runs(found, run.id); !others.empty()) {
    CO_TRY(evidence.other_commands, co_await commands_of_others(command, run, std::move(others)));
    found = audit::reconcile(*run.model, run.log, evidence, keys, now);
  }
  AuditedRun audited;
  audited.id = run.id;
  audited.world = run.ledger.world;
  audited.status = run.model->close() ? run.model->close()->status : "open";
  CO_TRY_VOID(command.answer(reconciliation_answer(audited, found, looked)));
  tell_looked(command, looked);
  command.err(describe_reconciliation(found));
  co_return found.agrees() && looked.complete() ? kExitOk : kExitGate;
}

}  // namespace audit_command

rt::Task<Result<int>> run_audit_who(const Command& command) {
  CO_TRY(const audit_command::WhoOrder order, audit_command::who_order(command.invocation()));
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  CO_TRY(AwsWork work, co_await open_aws(command, fleet::Duty::observe));
  CO_TRY_VOID(co_await require_hub(command, work));
  Result<int> code = co_await audit_command::who(command, work, order, concurrency);
  co_await work.session->close();
  co_return code;
}

rt::Task<Result<int>> run_audit_trail(const Command& command) {
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  CO_TRY(AwsWork work, co_await open_aws(command, fleet::Duty::observe));
  CO_TRY_VOID(co_await require_hub(command, work));
  CO_TRY_VOID(co_await name_accounts(command, work, concurrency));
  Result<int> code = co_await audit_command::trail(command, work, concurrency);
  co_await work.session->close();
  co_return code;
}

}  // namespace postern::cli
