#pragma once

/// Reading what targets printed out of the ledger, a little at a time.

#include <limits>

#include "flow/result.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::flow {

/// How much measure_outputs() leaves in memory: a run that prints no more than this is read once.
inline constexpr std::size_t kOutputsKept = 16U << 20U;
inline constexpr std::size_t kOutputsAll = std::numeric_limits<std::size_t>::max();

/// The bytes of one text, if they are not in memory.
rt::Task<Result<void>> load_output(rt::CallContext ctx, ledger::Store& store, OutputText text);
/// What the target printed on both streams.
rt::Task<Result<void>> load_output_of(rt::CallContext ctx, ledger::Store& store, const TargetResult& target);
/// Reads every text of the run once, so that size() and key() are known. `run` and `store` outlive the call.
rt::Task<Result<void>> measure_outputs(rt::CallContext ctx, ledger::Store& store, const RunResult& run,
                                       std::size_t kept = kOutputsKept);

/// While it lives its target's output is in memory if it was when this was made; what was not there before load() is
/// forgotten again.
class LoadedOutput {
 public:
  explicit LoadedOutput(const TargetResult* target)
      : target_(target),
        had_out_(target == nullptr || target->out.loaded()),
        had_err_(target == nullptr || target->err.loaded()) {}
  LoadedOutput(const LoadedOutput&) = delete;
  LoadedOutput& operator=(const LoadedOutput&) = delete;
  ~LoadedOutput() {
    if (!had_out_) target_->out.forget();
    if (!had_err_) target_->err.forget();
  }

 private:
  const TargetResult* target_;
  bool had_out_;
  bool had_err_;
};

}  // namespace postern::flow
