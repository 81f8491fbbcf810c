#include "flow/run.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "flow/batch_run.hpp"
#include "flow/run_state.hpp"
#include "rt/combine.hpp"
#include "rt/waiter.hpp"

namespace postern::flow {
namespace {

constexpr std::size_t kCommentMax = 100;

class BatchRunner {
 public:
  BatchRunner(BatchRun& run, const std::vector<PlannedBatch>& batches, std::size_t& started)
      : run_(&run), batches_(&batches), started_(&started) {}
  rt::Task<void> operator()(std::size_t index) const {
    *started_ = index + 1;  // indices are handed out in order
    return run_->run((*batches_)[index]);
  }

 private:
  BatchRun* run_;
  const std::vector<PlannedBatch>* batches_;
  std::size_t* started_;
};

}  // namespace

std::string comment_mark(std::string_view op_id) {
  return "postern op=" + std::string(op_id) + " ";
}

std::string make_comment(std::string_view op_id, std::string_view user_comment) {
  std::string comment = comment_mark(op_id);
  const std::string_view cut = user_comment.substr(0, kCommentMax - comment.size());
  comment += cut.substr(0, utf8_prefix(cut));  // not in the middle of a character
  return comment;
}

rt::Task<RunResult> run_plain(rt::CallContext ctx, CommandPort& port, RunPlan plan, CommandSpec spec,
                              RunOptions options, RunObserver& observer) {
  RunState state(plan);
  observer.on_progress(state.totals(), state.running());
  RunResult result;
  result.run_id = options.run_id.empty() ? make_op_id(ctx) : options.run_id;
  BatchRun batch_run(ctx, port, spec, options, observer, state);
  std::size_t started = 0;
  const BatchRunner runner(batch_run, plan.batches, started);
  co_await rt::for_each_bounded(plan.batches.size(), std::max<std::size_t>(options.concurrency, 1), runner);
  // for_each_bounded starts none after a cancellation. Those batches are run all the same: each sees the cancellation
  // before it sends, and accounts for its targets.
  for (std::size_t i = started; i < plan.batches.size(); ++i) co_await batch_run.run(plan.batches[i]);
  result.interrupted = co_await rt::is_cancelled();
  result.targets = state.take();
  co_return result;
}

}  // namespace postern::flow
