#pragma once

/// Inside of run_plain(): one batch from its send to its last target's end.

#include <map>

#include "flow/run.hpp"
#include "flow/run_state.hpp"

namespace postern::flow {

/// A target's end by what is listed of it now; `before` is what was last seen of it.
TargetResult result_of(fleet::TargetRef target, const Invocation& now, const Invocation& before);

/// A ULID of ctx's clock and random source.
std::string make_op_id(rt::CallContext ctx);

/// Shared by all batches of a run; everything referred to outlives it.
class BatchRun {
 public:
  BatchRun(rt::CallContext ctx, CommandPort& port, const CommandSpec& spec, const RunOptions& options,
           RunObserver& observer, RunState& state)
      : ctx_(ctx), port_(port), spec_(spec), options_(options), observer_(observer), state_(state) {}

  /// When it returns every target of the batch has ended in the state.
  rt::Task<void> run(PlannedBatch planned);

 private:
  /// What is known of a command's targets that have not ended, by instance id; `instance_id` is empty while unlisted.
  using Open = std::map<std::string, Invocation>;

  /// By what a send can be found again.
  struct Mark {
    Mark() = default;
    std::string op_id;
    WallTime at;
  };

  rt::Task<bool> may_send(const fleet::Batch& batch);
  rt::Task<Result<std::string>> send(fleet::Batch batch, Shell shell, Mark* mark);
  rt::Task<void> reconcile(fleet::Batch batch, Mark mark, Error lost);
  rt::Task<void> follow(fleet::Batch batch, std::string command_id);
  rt::Task<void> take(fleet::ScopePtr scope, const std::string& command_id, Invocation invocation, Open& open);

  void end(TargetResult result);
  void end_all(const fleet::Batch& batch, Outcome outcome, const std::string& reason);
  void refuse(const fleet::Batch& batch, const Error& error);
  fleet::Batch without_named(const fleet::Batch& batch, const Error& error);
  bool late() const { return ctx_.deadline().passed(ctx_.clock()); }

  rt::CallContext ctx_;
  CommandPort& port_;
  const CommandSpec& spec_;
  const RunOptions& options_;
  RunObserver& observer_;
  RunState& state_;
};

}  // namespace postern::flow
