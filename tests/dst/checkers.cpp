#include "tests/dst/checkers.hpp"

#include <map>
#include <set>

namespace postern::dst {
namespace checkers {

using flow::BatchPhase;
using flow::Outcome;

/// Sent, and not known to have ended.
bool is_active(BatchPhase phase) {
  return phase == BatchPhase::sending || phase == BatchPhase::lost || phase == BatchPhase::following;
}

/// Looks at an intent in the light of all records before it.
std::string check_intent(const flow::RunModel& model, const flow::record::Intent& intent) {
  const std::string who = "intent " + intent.op + ": ";
  const flow::Plan& plan = model.plan();
  const flow::BatchPlan& batch = plan.batches[intent.batch];
  if (model.hold()) return who + "sent while the run is held";
  if (model.cancelling()) return who + "sent after the run was cancelled";
  for (std::uint32_t wave = 0; wave < batch.wave; ++wave) {
    if (model.open_of_wave(wave) > 0) return who + "sent before the wave before it ended";
  }
  const flow::WavePlan& wave = plan.waves[batch.wave];
  if (model.failures(batch.wave) > wave.budget.allowed(wave.targets)) return who + "sent beyond the wave's budget";
  std::set<std::uint32_t> scopes;
  std::size_t in_scope = 1;
  for (std::size_t i = 0; i < plan.batches.size(); ++i) {
    if (i == intent.batch || !is_active(model.batches()[i].phase)) continue;
    scopes.insert(plan.batches[i].scope);
    if (plan.batches[i].scope == batch.scope) ++in_scope;
  }
  const flow::RunPolicy& policy = model.header().policy;
  if (policy.batches_at_once > 0 && in_scope > policy.batches_at_once) return who + "too many batches in its scope";
  const bool opens = scopes.insert(batch.scope).second;
  if (opens && scopes.size() > policy.scopes_at_once) return who + "too many scopes at once";
  return {};
}

/// What the simulated cloud has of this run.
struct Seen {
  Seen() = default;
  std::map<std::string, std::size_t> by_op;
  std::map<std::string, std::size_t> started;                                 ///< by instance
  std::map<std::string, std::map<std::string, sim::InvocationState>> states;  ///< by command, then instance
};

/// "postern op=01ARZ3NDEKTSV4RRFFQ69G5FAV comment": the ULID.
std::string op_of(std::string_view comment) {
  constexpr std::string_view kMark = "postern op=";
  if (!comment.starts_with(kMark)) return {};
  return std::string(comment.substr(kMark.size(), 26));
}

Seen look_at(SimRun& run, const std::string& comment) {
  Seen seen;
  for (const fleet::ScopePtr& scope : run.scopes()) {
    for (const sim::Command* command : run.services().engine().list(scope->account.text(), scope->region.text())) {
      if (!command->spec.comment.ends_with(comment)) continue;
      ++seen.by_op[op_of(command->spec.comment)];
      for (const sim::Invocation& invocation : command->invocations()) {
        if (invocation.started) ++seen.started[invocation.instance_id];
        seen.states[command->id][invocation.instance_id] = invocation.state;
      }
    }
  }
  return seen;
}

/// Whether a result says what the cloud says.
std::string check_outcome(const flow::TargetResult& target, const Seen& seen) {
  const std::string id = target.target.id().text();
  const std::string who = target.target.label() + ": ";
  const auto ran = seen.started.find(id);
  const std::size_t times = ran == seen.started.end() ? 0 : ran->second;
  if (target.outcome == Outcome::skipped && times > 0) return who + "is called skipped and ran the command";
  if (target.outcome == Outcome::unknown || target.outcome == Outcome::skipped) return {};
  if (target.refusal) return times == 0 ? "" : who + "is called not sent and ran the command";
  const auto command = seen.states.find(target.command_id.text());
  if (command == seen.states.end()) return who + "has a command that there is not";
  const auto state = command->second.find(id);
  if (state == command->second.end()) return who + "is not in its command";
  const bool success = state->second == sim::InvocationState::success;
  if (target.outcome == Outcome::succeeded) return success ? "" : who + "is called succeeded and did not";
  if (success || !sim::is_terminal(state->second)) return who + "is called failed and did not fail";
  return {};
}

std::string scan(std::string_view where, std::string_view text) {
  return text.find(kSecretMark) == std::string_view::npos ? "" : "a secret is in " + std::string(where);
}

std::string scan_disk(world::SimDisk& disk, const std::string& folder) {
  const Result<std::vector<std::string>> names = disk.list(folder);
  if (!names) return {};
  for (const std::string& name : *names) {
    const std::string path = folder + "/" + name;
    const Result<os::FileStat> stat = disk.stat(path);
    const bool directory = stat && stat->type == os::FileType::directory;
    const Result<std::string> bytes = directory ? Result<std::string>("") : disk.read(path, 64U << 20U);
    std::string wrong = directory ? scan_disk(disk, path) : bytes ? scan(path, *bytes) : path + " cannot be read";
    if (!wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace checkers

std::string check_totals(const SimRunResult& result, const SimRunOptions& options) {
  if (result.discovered > 0 && !result.over) return "the run ended as '" + result.status + "'";
  const flow::Totals totals = result.run.totals();
  if (totals.all() != result.discovered) {
    return std::to_string(result.discovered) + " were discovered and " + std::to_string(totals.all()) +
           " accounted for";
  }
  const bool all_there = options.faults_for > Duration{} || !options.faults;
  if (all_there && result.discovered != options.agents) return "not all targets were discovered";
  for (std::size_t i = 1; i < result.run.targets.size(); ++i) {
    if (!(result.run.targets[i - 1].target < result.run.targets[i].target)) return "a target has two results";
  }
  return {};
}

std::string check_records(const SimRunResult& result) {
  flow::RunModel model;
  for (std::size_t i = 0; i < result.records.size(); ++i) {
    const flow::RunRecord& record = result.records[i];
    if (const auto* intent = std::get_if<flow::record::Intent>(&record)) {
      std::string wrong = checkers::check_intent(model, *intent);
      if (!wrong.empty()) return wrong;
    }
    const Result<void> applied = model.apply(record, result.recorded_at[i]);
    if (!applied) return applied.error().to_text();
  }
  if (!model.closed()) return "its records do not close it";
  const flow::Totals now = model.totals();
  const flow::Totals then = model.close()->totals;
  const bool same = now.succeeded == then.succeeded && now.failed == then.failed && now.skipped == then.skipped &&
                    now.unknown == then.unknown;
  return same ? "" : "the totals of its end are not those of its targets";
}

std::string check_truth(const SimRunResult& result, SimRun& run) {
  std::map<std::string, std::uint32_t> batches;  // by op
  bool idempotent = false;
  std::string comment;
  for (const flow::RunRecord& record : result.records) {
    if (const auto* opened = std::get_if<flow::record::Opened>(&record)) {
      idempotent = opened->header.policy.idempotent;
      comment = opened->header.spec.comment;
    }
    if (const auto* intent = std::get_if<flow::record::Intent>(&record)) batches.emplace(intent->op, intent->batch);
  }
  const checkers::Seen seen = checkers::look_at(run, comment);
  std::map<std::uint32_t, std::size_t> commands;
  for (const auto& [op, count] : seen.by_op) {
    const auto intent = batches.find(op);
    if (intent == batches.end()) return "a command was sent without an intent: " + op;
    if (count > 1) return "one intent led to " + std::to_string(count) + " commands: " + op;
    if (++commands[intent->second] > 1 && !idempotent) return "a batch was sent twice: " + op;
  }
  for (const auto& [instance, times] : seen.started) {
    if (times > 1 && !idempotent) return instance + " ran the command " + std::to_string(times) + " times";
  }
  for (const flow::TargetResult& target : result.run.targets) {
    std::string wrong = checkers::check_outcome(target, seen);
    if (!wrong.empty()) return wrong;
  }
  return {};
}

std::string check_time(const SimRunResult& result, const SimRunOptions& options) {
  std::size_t batches = 0;
  for (const flow::RunRecord& record : result.records) {
    if (const auto* opened = std::get_if<flow::record::Opened>(&record)) batches = opened->batches;
  }
  // One after the other at worst; each looked for, sent, waited for, and given up in the end.
  const flow::RunPolicy& policy = options.policy;
  const Duration one = options.delivery_timeout + options.execution_timeout + 6 * policy.settle + policy.throttle_max;
  const Duration most = one * static_cast<std::int64_t>(batches + 1) + std::chrono::minutes(10);
  if (result.calm_time <= most) return {};
  return "it took " + format_duration(result.calm_time) + " after the last disturbance; " + format_duration(most) +
         " would do";
}

std::string check_secrets(const SimRunResult& result, SimRun& run) {
  using checkers::scan;
  std::string wrong = scan("the log", run.log());
  if (wrong.empty()) wrong = scan("the trace", run.world().trace().to_text());
  for (const std::string& note : result.notes) {
    if (wrong.empty()) wrong = scan("a note", note);
  }
  for (const flow::TargetResult& target : result.run.targets) {
    if (wrong.empty()) wrong = scan("a result", target.reason + target.out.bytes() + target.err.bytes());
  }
  if (wrong.empty()) wrong = checkers::scan_disk(run.world().disk(), "/home/operator");
  return wrong;
}

std::string check_run(const SimRunResult& result, SimRun& run) {
  std::string wrong = check_totals(result, run.options());
  if (wrong.empty() && run.options().audited) wrong = check_records(result);
  if (wrong.empty() && run.options().audited) wrong = check_truth(result, run);
  if (wrong.empty() && run.options().audited) wrong = check_time(result, run.options());
  if (wrong.empty() && run.options().audited) wrong = check_secrets(result, run);
  return wrong;
}

}  // namespace postern::dst
