// A run as others see it: its status, its line in lists, its results.

#include <algorithm>

#include "base/json.hpp"
#include "flow/driver.hpp"
#include "flow/outputs.hpp"

namespace postern::flow {
namespace {

constexpr const char* kSummarySchema = "postern.run-summary/1";

/// What an open target is called: something was sent to it, or may have been, or not.
TargetResult open_result(const RunModel& model, const BatchState& batch, fleet::TargetRef ref, const std::string& why) {
  const RunWords& words = words_of(model.header().kind);
  switch (batch.phase) {
    case BatchPhase::following: {
      TargetResult result(std::move(ref), Outcome::unknown,
                          why + " while it was under way (" + std::string(words.sent) + " " + batch.command_id + ")");
      result.command_id = batch.command_id;
      return result;
    }
    case BatchPhase::sending:
    case BatchPhase::lost:
      return TargetResult(std::move(ref), Outcome::unknown,
                          why + " while it looked for the mark op=" + batch.op + ": the answer to the send was lost");
    case BatchPhase::held:
      return TargetResult(std::move(ref), Outcome::unknown,
                          "the answer to the send was lost and no " + std::string(words.sent) +
                              " with the mark op=" + batch.op + " is listed: " + batch.trouble);
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

TargetResult ended_result(const RunModel& model, const TargetState& state, const SharedText& command,
                          fleet::TargetRef ref) {
  TargetResult result(std::move(ref), state.outcome, model.reason(state.reason));
  result.exit_code = state.exit_code;
  result.truncated = state.truncated;
  result.unreachable = state.unreachable;
  result.refusal = state.refusal;
  if (!state.refusal) result.command_id = command;
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
  if (model.in_doubt() > 0) return "in doubt";
  if (model.hold()) return "held";
  return model.cancelling() ? "cancelling" : "running";
}

std::string run_summary(const RunModel& model) {
  const Totals& totals = model.totals();
  Json out = Json::object().set("schema", kSummarySchema).set("status", run_status(model));
  out.set("operator", model.header().operator_name).set("selector", model.header().selector.substr(0, 500));
  out.set("comment", model.header().spec.comment.substr(0, 500));
  if (model.header().imported) out.set("imported", true);
  if (model.header().kind != RunKind::command) {
    out.set("kind", to_string(model.header().kind));
    if (!model.header().parent.empty()) out.set("parent", model.header().parent);
  }
  if (!model.break_glass().empty()) out.set("break_glass", model.break_glass().substr(0, 500));
  out.set("targets", model.plan().targets.size() + model.plan().skipped.size()).set("open", model.open());
  out.set("succeeded", totals.succeeded).set("failed", totals.failed);
  out.set("skipped", totals.skipped).set("unknown", totals.unknown);
  return out.dump();
}

TargetResult target_result(const RunModel& model, std::uint32_t target, const std::string& why_open) {
  const std::uint32_t index = model.batch_of_target(target);
  const TargetState& state = model.targets()[target];
  fleet::TargetRef ref = model.plan().ref(model.plan().batches[index], target);
  TargetResult result = state.ended ? ended_result(model, state, model.batches()[index].command_id, std::move(ref))
                                    : open_result(model, model.batches()[index], std::move(ref), why_open);
  result.name = model.plan().targets[target].name;
  if (state.out != 0) result.out = OutputText::stored(model.digest(state.out));
  if (state.err != 0) result.err = OutputText::stored(model.digest(state.err));
  return result;
}

TargetResult skipped_result(const SkippedTarget& skipped) {
  TargetResult result(skipped.target, Outcome::skipped, skipped.reason);
  result.name = skipped.name;
  result.unreachable = skipped.unreachable;
  return result;
}

RunResult result_of_run(const RunModel& model, const std::string& why_open) {
  RunResult run;
  run.run_id = model.header().run_id;
  run.parent = model.header().parent;
  run.targets.reserve(model.plan().targets.size() + model.plan().skipped.size());
  std::vector<OutputText> outputs(model.digest_count());  // by the model's index of digests; 0 is nothing
  const auto output_of = [&](std::uint32_t index) -> const OutputText& {
    if (index != 0 && outputs[index].empty()) outputs[index] = OutputText::stored(model.digest(index));
    return outputs[index];
  };
  for (std::uint32_t index = 0; index < model.plan().batches.size(); ++index) {
    const BatchPlan& batch = model.plan().batches[index];
    const BatchState& batch_state = model.batches()[index];
    const SharedText command = batch_state.command_id;
    for (std::uint32_t target = batch.first; target < batch.first + batch.count; ++target) {
      const TargetState& state = model.targets()[target];
      fleet::TargetRef ref = model.plan().ref(batch, target);
      run.targets.push_back(state.ended ? ended_result(model, state, command, std::move(ref))
                                        : open_result(model, batch_state, std::move(ref), why_open));
      run.targets.back().name = model.plan().targets[target].name;
      run.targets.back().out = output_of(state.out);
      run.targets.back().err = output_of(state.err);
    }
  }
  for (const SkippedTarget& skipped : model.plan().skipped) run.targets.push_back(skipped_result(skipped));
  const auto in_order = [](const TargetResult& a, const TargetResult& b) { return a.target < b.target; };
  // A run in one wave has them in order as they are.
  if (!std::is_sorted(run.targets.begin(), run.targets.end(), in_order)) {
    std::sort(run.targets.begin(), run.targets.end(), in_order);
  }
  return run;
}

rt::Task<Result<RunResult>> results_of(rt::CallContext ctx, ledger::Store& store, const RunModel& model,
                                       std::string why_open) {
  RunResult run = result_of_run(model, why_open);
  CO_TRY_VOID(co_await measure_outputs(ctx, store, run, kOutputsAll));
  co_return run;
}

}  // namespace postern::flow
