#include "flow/left_running.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "flow/batch_run.hpp"
#include "rt/combine.hpp"

namespace postern::flow {
namespace {

bool is_left(const TargetResult& target) {
  return target.outcome == Outcome::unknown && !target.command_id.empty();
}

class Canceller {
 public:
  Canceller(rt::CallContext ctx, CommandPort& port, RunResult& run, const std::vector<LeftCommand>& left,
            const CancelOptions& options, std::vector<std::optional<Error>>& errors)
      : ctx_(ctx), port_(&port), run_(&run), left_(&left), options_(&options), errors_(&errors) {}

  rt::Task<void> operator()(std::size_t index) const {
    const LeftCommand& command = (*left_)[index];
    const Result<void> asked = co_await port_->cancel(ctx_, command.scope, command.command_id);
    if (!asked) {
      (*errors_)[index] = asked.error();
      co_return;
    }
    const MonoTime give_up = std::min(ctx_.deadline().at(), ctx_.now() + options_->settle);
    mark_asked(command);
    while (ctx_.now() < give_up && any_left(command)) {
      const Result<void> slept = co_await rt::sleep_until(ctx_.clock(), ctx_.now() + options_->poll);
      if (!slept) co_return;
      const Result<std::vector<Invocation>> listed =
          co_await port_->invocations(ctx_, command.scope, command.command_id);
      if (!listed) continue;
      for (const Invocation& invocation : *listed) take(command, invocation);
    }
  }

 private:
  bool belongs(const TargetResult& target, const LeftCommand& command) const {
    return is_left(target) && target.command_id == command.command_id && target.target.scope() == *command.scope;
  }
  bool any_left(const LeftCommand& command) const {
    return std::any_of(run_->targets.begin(), run_->targets.end(),
                       [&](const TargetResult& target) { return belongs(target, command); });
  }
  void mark_asked(const LeftCommand& command) const {
    for (TargetResult& target : run_->targets) {
      if (belongs(target, command)) {
        target.reason = "it was asked to stop and has not been seen to end (command " + command.command_id + ")";
      }
    }
  }
  void take(const LeftCommand& command, const Invocation& invocation) const {
    if (!is_done(invocation.status)) return;
    for (TargetResult& target : run_->targets) {
      if (!belongs(target, command) || target.target.id().text() != invocation.instance_id) continue;
      Invocation before;
      before.status = InvocationStatus::running;
      TargetResult ended = result_of(target.target, invocation, before);
      ended.command_id = command.command_id;
      ended.out = invocation.output;
      ended.truncated = invocation.truncated;
      target = std::move(ended);
    }
  }

  rt::CallContext ctx_;
  CommandPort* port_;
  RunResult* run_;
  const std::vector<LeftCommand>* left_;
  const CancelOptions* options_;
  std::vector<std::optional<Error>>* errors_;
};

}  // namespace

std::vector<LeftCommand> left_running(const RunResult& run) {
  std::vector<LeftCommand> left;
  std::map<std::pair<const fleet::Scope*, std::string>, std::size_t> known;
  for (const TargetResult& target : run.targets) {
    if (!is_left(target)) continue;
    const auto key = std::make_pair(&target.target.scope(), target.command_id);
    const auto [found, fresh] = known.emplace(key, left.size());
    if (fresh) left.emplace_back(target.target.scope_ptr(), target.command_id);
    left[found->second].instances.push_back(target.target.id());
  }
  return left;
}

rt::Task<std::vector<CancelProblem>> cancel_left_running(rt::CallContext ctx, CommandPort& port, RunResult& run,
                                                         CancelOptions options) {
  const std::vector<LeftCommand> left = left_running(run);
  std::vector<std::optional<Error>> errors(left.size());
  const Canceller cancel(ctx, port, run, left, options, errors);
  co_await rt::for_each_bounded(left.size(), std::max<std::size_t>(options.concurrency, 1), cancel);
  std::vector<CancelProblem> problems;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (errors[i]) problems.emplace_back(left[i], std::move(*errors[i]));
  }
  co_return problems;
}

}  // namespace postern::flow
