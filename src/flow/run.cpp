#include "flow/run.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "rt/combine.hpp"

namespace postern::flow {
namespace {

constexpr std::size_t kCommentMax = 100;
constexpr std::size_t kListedOutputMax = 2500;

bool is_done(InvocationStatus status) {
  return status != InvocationStatus::pending && status != InvocationStatus::running;
}

/// Whether AWS can have taken the command although no answer told us so.
bool is_ambiguous(const Error& error) {
  if (error.delivery() == Delivery::not_sent) return false;
  if (error.delivery() == Delivery::sent || error.delivery() == Delivery::unknown) return true;
  // Answered, but not with a verdict: a 5xx, or bytes that make no sense.
  return error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::malformed ||
         error.kind() == ErrorKind::timeout;
}

std::string new_op_id(rt::CallContext ctx) {
  std::array<std::uint8_t, 10> bytes{};
  ctx.random().fill(bytes);
  return make_ulid(ctx.clock().wall_now(), bytes);
}

/// The ledger of one run in memory: every target gets exactly one outcome, and a second one is a bug.
class Accounts {
 public:
  explicit Accounts(RunObserver& observer) : observer_(observer) {}

  void expect(const fleet::TargetRef& target) { ++open_; }
  void finish(TargetResult result) {
    const auto [place, fresh] = results_.emplace(result.target.label(), std::move(result));
    CHECK(fresh);
    count(place->second.outcome);
    CHECK(open_ > 0);
    --open_;
    observer_.on_progress(totals_, open_);
  }
  RunResult take() {
    CHECK(open_ == 0);
    RunResult run;
    for (auto& [label, result] : results_) run.targets.push_back(std::move(result));
    std::sort(run.targets.begin(), run.targets.end(),
              [](const TargetResult& a, const TargetResult& b) { return a.target < b.target; });
    return run;
  }

 private:
  void count(Outcome outcome) {
    switch (outcome) {
      case Outcome::succeeded:
        ++totals_.succeeded;
        break;
      case Outcome::failed:
        ++totals_.failed;
        break;
      case Outcome::skipped:
        ++totals_.skipped;
        break;
      case Outcome::unknown:
        ++totals_.unknown;
        break;
    }
  }
  RunObserver& observer_;
  std::map<std::string, TargetResult> results_;
  Totals totals_;
  std::size_t open_ = 0;
};

TargetResult outcome_of(const fleet::TargetRef& target, Outcome outcome, std::string reason) {
  TargetResult result;
  result.target = target;
  result.outcome = outcome;
  result.reason = std::move(reason);
  return result;
}

/// Carries one batch from its send to its last target's end.
class BatchRun {
 public:
  BatchRun(rt::CallContext ctx, CommandPort& port, const CommandSpec& spec, const RunOptions& options,
           RunObserver& observer, Accounts& accounts)
      : ctx_(ctx), port_(port), spec_(spec), options_(options), observer_(observer), accounts_(accounts) {}

  rt::Task<void> run(PlannedBatch planned) {
    fleet::Batch batch = planned.batch;
    const bool stopped = co_await rt::is_cancelled();
    if (stopped) {
      finish_all(batch, Outcome::skipped, "the run was interrupted before it was sent");
      co_return;
    }
    for (int round = 0; round < 2 && !batch.empty(); ++round) {
      const std::string op_id = new_op_id(ctx_);
      Result<std::string> sent =
          co_await port_.send(ctx_, batch, spec_, planned.shell, make_comment(op_id, spec_.comment));
      if (sent) {
        observer_.on_sent(batch, *sent);
        co_await follow(std::move(batch), std::move(*sent));
        co_return;
      }
      if (is_ambiguous(sent.error())) {
        co_await reconcile(std::move(batch), op_id, sent.error());
        co_return;
      }
      const std::vector<fleet::InstanceId> bad = named_instances(batch, sent.error());
      if (bad.empty() || round > 0) {
        refuse(batch, sent.error());
        co_return;
      }
      // AWS refuses the whole batch for one bad target and names it: that one is left out, the others are sent once
      // more. Nothing was executed, the answer says so.
      batch = drop(batch, bad, sent.error());
    }
  }

 private:
  void finish_all(const fleet::Batch& batch, Outcome outcome, const std::string& reason,
                  const std::string& command_id = "") {
    for (const fleet::TargetRef& target : batch.targets()) {
      TargetResult result = outcome_of(target, outcome, reason);
      result.command_id = command_id;
      accounts_.finish(std::move(result));
    }
  }

  void refuse(const fleet::Batch& batch, const Error& error) {
    const bool interrupted = error.kind() == ErrorKind::cancelled;
    finish_all(batch, interrupted ? Outcome::skipped : Outcome::failed,
               interrupted ? "the run was interrupted before it was sent" : "not sent: " + error.message());
  }

  static std::vector<fleet::InstanceId> named_instances(const fleet::Batch& batch, const Error& error) {
    std::vector<fleet::InstanceId> named;
    for (const std::string_view word : split(error.context("instances"), ' ')) {
      for (const fleet::InstanceId& id : batch.ids()) {
        if (id.text() == word) named.push_back(id);
      }
    }
    return named;
  }

  fleet::Batch drop(const fleet::Batch& batch, const std::vector<fleet::InstanceId>& bad, const Error& error) {
    for (const fleet::InstanceId& id : bad) {
      TargetResult result =
          outcome_of(fleet::TargetRef(batch.scope_ptr(), id), Outcome::skipped, "AWS refused it: " + error.message());
      result.unreachable = true;
      accounts_.finish(std::move(result));
    }
    observer_.on_note(std::to_string(bad.size()) + " of " + std::to_string(batch.ids().size()) +
                      " targets were refused; the rest is sent without them");
    return batch.without(bad);
  }

  /// The answer to a send was lost. It is never sent again: it is looked for by its comment, and adopted when it is
  /// there.
  rt::Task<void> reconcile(fleet::Batch batch, std::string op_id, Error lost) {
    observer_.on_note("the answer to a send was lost (" + lost.message() + "): looking for the command by its comment");
    const MonoTime give_up = ctx_.now() + options_.settle;
    for (Duration pause = std::chrono::seconds(1); ctx_.now() < give_up; pause *= 2) {
      const Result<void> slept = co_await rt::sleep_until(ctx_.clock(), std::min(ctx_.now() + pause, give_up));
      if (!slept) break;
      Result<std::optional<std::string>> found = co_await port_.find(ctx_, batch.scope_ptr(), comment_mark(op_id));
      if (found && *found) {
        observer_.on_note("found it: " + **found);
        observer_.on_sent(batch, **found);
        co_await follow(std::move(batch), std::move(**found));
        co_return;
      }
    }
    finish_all(
        batch, Outcome::unknown,
        "the answer to the send was lost and no command with the mark op=" + op_id + " is listed: " + lost.message());
  }

  /// How long a command can take at most: delivery, execution, and the lag of lists.
  MonoTime follow_deadline() const {
    return std::min(ctx_.deadline().at(),
                    ctx_.now() + spec_.delivery_timeout + spec_.execution_timeout + options_.settle);
  }

  rt::Task<void> follow(fleet::Batch batch, std::string command_id) {
    std::map<std::string, Invocation> open;  // by instance; last seen
    for (const fleet::InstanceId& id : batch.ids()) open.emplace(id.text(), Invocation());
    const MonoTime give_up = follow_deadline();
    std::string trouble;
    Duration pause = options_.poll_first;
    while (!open.empty() && ctx_.now() < give_up) {
      const Result<void> slept = co_await rt::sleep_until(ctx_.clock(), std::min(ctx_.now() + pause, give_up));
      if (!slept) break;
      pause = std::min(pause * 3 / 2, options_.poll_max);
      Result<std::vector<Invocation>> listed = co_await port_.invocations(ctx_, batch.scope_ptr(), command_id);
      if (!listed) {
        trouble = listed.error().message();
        if (listed.error().kind() == ErrorKind::denied) break;
        continue;
      }
      trouble.clear();
      for (Invocation& invocation : *listed) co_await take(batch, command_id, std::move(invocation), open);
    }
    const bool stopped = co_await rt::is_cancelled();
    for (const auto& [id, last] : open) {
      const auto instance = fleet::InstanceId::parse(id);
      CHECK(instance.has_value());
      TargetResult result = outcome_of(fleet::TargetRef(batch.scope_ptr(), *instance), Outcome::unknown,
                                       why_open(stopped, trouble, last, command_id));
      result.command_id = command_id;
      accounts_.finish(std::move(result));
    }
  }

  static std::string why_open(bool stopped, const std::string& trouble, const Invocation& last,
                              const std::string& command_id) {
    const std::string which = " (command " + command_id + ")";
    if (stopped) return "the run was interrupted while it was under way" + which;
    if (!trouble.empty()) return "its state could not be read: " + trouble + which;
    if (last.instance_id.empty()) return "Systems Manager never listed it" + which;
    return "it had not ended when the waiting did; last seen: " + last.details + which;
  }

  rt::Task<void> take(const fleet::Batch& batch, const std::string& command_id, Invocation invocation,
                      std::map<std::string, Invocation>& open) {
    const auto waiting = open.find(invocation.instance_id);
    if (waiting == open.end()) co_return;
    waiting->second = invocation;
    if (!is_done(invocation.status)) co_return;
    const auto id = fleet::InstanceId::parse(invocation.instance_id);
    CHECK(id.has_value());
    open.erase(waiting);
    TargetResult result = result_of(fleet::TargetRef(batch.scope_ptr(), *id), command_id, invocation);
    // The listing mixes stdout and stderr and cuts early: what is long or went wrong is read in full.
    const bool incomplete = invocation.truncated || invocation.output.size() >= kListedOutputMax;
    if (incomplete || invocation.status == InvocationStatus::failed) {
      Result<Output> full = co_await port_.output(ctx_, batch.scope_ptr(), command_id, *id);
      if (full) {
        result.out = std::move(full->out);
        result.err = std::move(full->err);
        result.truncated = full->truncated;
        if (!result.exit_code) result.exit_code = full->exit_code;
      } else {
        result.truncated = incomplete;
      }
    }
    accounts_.finish(std::move(result));
  }

  static TargetResult result_of(fleet::TargetRef target, const std::string& command_id, const Invocation& invocation) {
    TargetResult result;
    result.target = std::move(target);
    result.command_id = command_id;
    result.exit_code = invocation.exit_code;
    result.out = invocation.output;
    result.truncated = invocation.truncated;
    if (invocation.status == InvocationStatus::succeeded) {
      result.outcome = Outcome::succeeded;
      return result;
    }
    result.outcome = Outcome::failed;
    result.reason = invocation.details.empty() ? "failed" : invocation.details;
    // Never handed to the node: nothing ran there.
    result.unreachable = invocation.details == "Delivery Timed Out" || invocation.details == "Undeliverable";
    if (result.unreachable) result.exit_code.reset();
    return result;
  }

  rt::CallContext ctx_;
  CommandPort& port_;
  const CommandSpec& spec_;
  const RunOptions& options_;
  RunObserver& observer_;
  Accounts& accounts_;
};

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

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::succeeded:
      return "succeeded";
    case Outcome::failed:
      return "failed";
    case Outcome::skipped:
      return "skipped";
    case Outcome::unknown:
      return "unknown";
  }
  return "unknown";
}

Totals RunResult::totals() const {
  Totals totals;
  for (const TargetResult& target : targets) {
    switch (target.outcome) {
      case Outcome::succeeded:
        ++totals.succeeded;
        break;
      case Outcome::failed:
        ++totals.failed;
        break;
      case Outcome::skipped:
        ++totals.skipped;
        break;
      case Outcome::unknown:
        ++totals.unknown;
        break;
    }
  }
  return totals;
}

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
  Accounts accounts(observer);
  for (const PlannedBatch& batch : plan.batches) {
    for (const fleet::TargetRef& target : batch.batch.targets()) accounts.expect(target);
  }
  for (const SkippedTarget& skipped : plan.skipped) {
    accounts.expect(skipped.target);
    TargetResult result = outcome_of(skipped.target, Outcome::skipped, skipped.reason);
    result.unreachable = skipped.unreachable;
    accounts.finish(std::move(result));
  }
  BatchRun batch_run(ctx, port, spec, options, observer, accounts);
  // for_each_bounded stops starting after a cancellation; batches that were never started are told so by running them:
  // each sees the cancellation first.
  std::size_t started = 0;
  const BatchRunner runner(batch_run, plan.batches, started);
  co_await rt::for_each_bounded(plan.batches.size(), std::max<std::size_t>(options.concurrency, 1), runner);
  for (std::size_t i = started; i < plan.batches.size(); ++i) co_await batch_run.run(plan.batches[i]);
  const bool interrupted = co_await rt::is_cancelled();
  RunResult result = accounts.take();
  result.interrupted = interrupted;
  result.run_id = new_op_id(ctx);
  co_return result;
}

}  // namespace postern::flow
