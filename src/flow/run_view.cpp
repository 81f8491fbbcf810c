// A run as others see it: its status, its line in lists, its results.

#include <algorithm>

#include "base/json.hpp"
#include "flow/driver.hpp"

namespace postern::flow {
namespace {

constexpr const char* kSummarySchema = "postern.run-summary/1";

bool in_doubt(const RunModel& model) {
  return std::any_of(model.batches().begin(), model.batches().end(),
                     [](const BatchState& batch) { return batch.phase == BatchPhase::held; });
}

/// What an open target is called: something was sent to it, or may have been, or not.
TargetResult open_result(const RunModel& model, const BatchState& batch, fleet::TargetRef ref, const std::string& why) {
  switch (batch.phase) {
    case BatchPhase::following: {
      TargetResult result(std::move(ref), Outcome::unknown,
                          why + " while it was under way (command " + batch.command_id + ")");
      result.command_id = batch.command_id;
      return result;
    }
    case BatchPhase::sending:
    case BatchPhase::lost:
      return TargetResult(std::move(ref), Outcome::unknown,
                          why + " while it looked for the mark op=" + batch.op + ": the answer to the send was lost");
    case BatchPhase::held:
      return TargetResult(std::move(ref), Outcome::unknown,
                          "the answer to the send was lost and no command with the mark op=" + batch.op +
                              " is listed: " + batch.trouble);
    case BatchPhase::waiting:
    case BatchPhase::done:
      break;
  }
  std::string reason = why + " before it was sent";
  if (model.hold()) reason = "not sent: the run is held: " + model.hold()->why;
  TargetResult result(std::move(ref), Outcome::skipped, std::move(reason));
  result.unreachable = true;
  return result;
}

TargetResult ended_result(const RunModel& model, const TargetState& state, const BatchState& batch,
                          fleet::TargetRef ref) {
  TargetResult result(std::move(ref), state.outcome, model.reason(state.reason));
  result.exit_code = state.exit_code;
  result.truncated = state.truncated;
  result.unreachable = state.unreachable;
  result.refusal = state.refusal;
  if (!state.refusal) result.command_id = batch.command_id;
  return result;
}

}  // namespace

Result<void> check_resumable(const RunModel& model) {
  if (model.closed()) {
    return fail(ErrorKind::refused, "run " + model.header().run_id + " is over: " + model.close()->status);
  }
  if (model.started()) return Result<void>();
  return fail(ErrorKind::refused, "run " + model.header().run_id +
                                      " was never started: nothing was sent, and there is nothing to go on with");
}

bool may_send_more(const RunModel& model) {
  if (model.cancelling() || model.closed()) return false;
  return std::any_of(model.batches().begin(), model.batches().end(), [](const BatchState& batch) {
    return batch.phase != BatchPhase::following && batch.phase != BatchPhase::done;
  });
}

std::string run_status(const RunModel& model) {
  if (model.closed()) return model.close()->status;
  if (!model.started()) return "planned";
  if (in_doubt(model)) return "in doubt";
  if (model.hold()) return "held";
  return model.cancelling() ? "cancelling" : "running";
}

std::string run_summary(const RunModel& model) {
  const Totals& totals = model.totals();
  Json out = Json::object().set("schema", kSummarySchema).set("status", run_status(model));
  out.set("operator", model.header().operator_name).set("selector", model.header().selector.substr(0, 500));
  out.set("comment", model.header().spec.comment.substr(0, 500));
  if (model.header().imported) out.set("imported", true);
  if (!model.break_glass().empty()) out.set("break_glass", model.break_glass().substr(0, 500));
  out.set("targets", model.plan().targets.size() + model.plan().skipped.size()).set("open", model.open());
  out.set("succeeded", totals.succeeded).set("failed", totals.failed);
  out.set("skipped", totals.skipped).set("unknown", totals.unknown);
  return out.dump();
}

rt::Task<Result<RunResult>> results_of(rt::CallContext ctx, ledger::Store& store, const RunModel& model,
                                       std::string why_open) {
  RunResult run;
  run.run_id = model.header().run_id;
  run.parent = model.header().parent;
  std::map<std::uint32_t, std::string> outputs;  // by the model's index of digests
  outputs.emplace(0, "");
  for (std::uint32_t index = 0; index < model.plan().batches.size(); ++index) {
    const BatchPlan& batch = model.plan().batches[index];
    const BatchState& batch_state = model.batches()[index];
    for (std::uint32_t target = batch.first; target < batch.first + batch.count; ++target) {
      const TargetState& state = model.targets()[target];
      fleet::TargetRef ref = model.plan().ref(batch, target);
      if (!state.ended) {
        run.targets.push_back(open_result(model, batch_state, std::move(ref), why_open));
        continue;
      }
      run.targets.push_back(ended_result(model, state, batch_state, std::move(ref)));
      for (const std::uint32_t output : {state.out, state.err}) {
        if (outputs.contains(output)) continue;
        CO_TRY(std::string bytes, co_await store.blob(ctx, model.digest(output)));
        outputs.emplace(output, std::move(bytes));
      }
      run.targets.back().out = outputs[state.out];
      run.targets.back().err = outputs[state.err];
    }
  }
  for (const SkippedTarget& skipped : model.plan().skipped) {
    TargetResult result(skipped.target, Outcome::skipped, skipped.reason);
    result.unreachable = skipped.unreachable;
    run.targets.push_back(std::move(result));
  }
  std::sort(run.targets.begin(), run.targets.end(),
            [](const TargetResult& a, const TargetResult& b) { return a.target < b.target; });
  co_return run;
}

}  // namespace postern::flow
