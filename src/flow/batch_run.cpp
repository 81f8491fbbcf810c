#include "flow/batch_run.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "rt/uncancelled.hpp"
#include "rt/waiter.hpp"

namespace postern::flow {
namespace {

constexpr std::size_t kListedOutputMax = 2500;

constexpr const char* kInterruptedUnsent = "the run was interrupted before it was sent";
constexpr const char* kLateUnsent = "the run's deadline passed before it was sent";

/// Whether AWS can have taken the command although no answer told us so.
bool is_ambiguous(const Error& error) {
  if (error.delivery() == Delivery::not_sent) return false;
  if (error.delivery() == Delivery::sent || error.delivery() == Delivery::unknown) return true;
  // Answered, but not with a verdict: a 5xx, or bytes that make no sense.
  return error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::malformed ||
         error.kind() == ErrorKind::timeout || error.kind() == ErrorKind::internal;
}

/// Whether the same question may be answered later. `service`, `not_found` and `conflict` may: a command that was just
/// sent need not be known yet (InvalidCommandId, InvocationDoesNotExist).
bool may_pass(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::denied:
    case ErrorKind::credentials:
    case ErrorKind::cancelled:
    case ErrorKind::refused:
    case ErrorKind::usage:
    case ErrorKind::unsupported:
      return false;
    default:
      return true;
  }
}

std::vector<fleet::InstanceId> named_instances(const fleet::Batch& batch, const Error& error) {
  std::vector<fleet::InstanceId> named;
  const std::vector<std::string_view> words = split(error.context("instances"), ' ');
  for (const fleet::InstanceId& id : batch.ids()) {
    if (std::find(words.begin(), words.end(), id.text()) != words.end()) named.push_back(id);
  }
  return named;
}

fleet::InstanceId id_of(const std::string& text) {
  Result<fleet::InstanceId> id = fleet::InstanceId::parse(text);
  CHECK(id.has_value());  // the keys of Open come from InstanceIds
  return std::move(*id);
}

std::string why_open(const Invocation& last, const std::string& trouble) {
  if (!trouble.empty()) return "its state could not be read: " + trouble;
  if (last.instance_id.empty()) return "Systems Manager never listed it";
  const std::string seen = last.details.empty() ? "no details" : last.details;
  return "it had not ended when its time was up; last seen: " + seen;
}

}  // namespace

bool is_done(InvocationStatus status) noexcept {
  return status != InvocationStatus::pending && status != InvocationStatus::running;
}

TargetResult result_of(fleet::TargetRef target, const Invocation& now, const Invocation& before) {
  if (now.status == InvocationStatus::succeeded) {
    TargetResult result(std::move(target), Outcome::succeeded, "");
    result.exit_code = now.exit_code;
    return result;
  }
  TargetResult result(std::move(target), Outcome::failed, now.details.empty() ? "Failed" : now.details);
  result.exit_code = now.exit_code;
  const bool undelivered = now.details == "Delivery Timed Out" || now.details == "Undeliverable";
  if (!undelivered) return result;
  result.exit_code.reset();
  if (before.status == InvocationStatus::running) {
    // The agent had taken it and was not heard of again: whether it ran to its end is not known.
    result.outcome = Outcome::unknown;
    result.reason = now.details + " after it had started";
  } else {
    result.unreachable = true;
  }
  return result;
}

std::string make_op_id(rt::CallContext ctx) {
  std::array<std::uint8_t, 10> bytes{};
  ctx.random().fill(bytes);
  return make_ulid(ctx.clock().wall_now(), bytes);
}

rt::Task<void> BatchRun::run(PlannedBatch planned) {
  fleet::Batch batch = std::move(planned.batch);
  // AWS refuses the whole batch for one bad target and names it: that one is left out and the others are sent once
  // more, never one by one. Nothing was executed, the answer says so.
  for (int round = 0; round < 2 && !batch.empty(); ++round) {
    const bool go = co_await may_send(batch);
    if (!go) co_return;
    Mark mark;
    Result<std::string> sent = co_await send(batch, planned.shell, &mark);
    if (sent) {
      co_await follow(std::move(batch), std::move(*sent));
      co_return;
    }
    if (is_ambiguous(sent.error())) {
      co_await reconcile(std::move(batch), std::move(mark), std::move(sent).error());
      co_return;
    }
    const std::size_t before = batch.ids().size();
    batch = without_named(batch, sent.error());
    const bool last = round > 0 || batch.ids().size() == before;
    if (last) {
      refuse(batch, sent.error());
      co_return;
    }
  }
}

rt::Task<bool> BatchRun::may_send(const fleet::Batch& batch) {
  const bool stopped = co_await rt::is_cancelled();
  if (stopped) end_all(batch, Outcome::skipped, kInterruptedUnsent);
  if (!stopped && late()) end_all(batch, Outcome::skipped, kLateUnsent);
  co_return !stopped && !late();
}

/// Sends under a new mark each time; tries again only when the answer was "slow down". `mark` is the last one.
rt::Task<Result<std::string>> BatchRun::send(fleet::Batch batch, Shell shell, Mark* mark) {
  const MonoTime give_up = std::min(ctx_.deadline().at(), ctx_.now() + options_.throttle_max);
  for (Duration pause = std::chrono::seconds(2);; pause = std::min<Duration>(pause * 2, std::chrono::seconds(20))) {
    mark->op_id = make_op_id(ctx_);
    mark->at = ctx_.clock().wall_now();
    std::string comment = make_comment(mark->op_id, spec_.comment);
    // A send that is interrupted half-way would leave nobody knowing what runs: it is given the time to be answered.
    rt::Task<Result<std::string>> sending = port_.send(ctx_, batch, spec_, shell, std::move(comment));
    Result<std::string> sent = co_await rt::with_grace(ctx_, std::move(sending), options_.send_grace);
    if (sent) {
      observer_.on_sent(batch, *sent);
      co_return sent;
    }
    const bool slow_down = sent.error().kind() == ErrorKind::throttled && !is_ambiguous(sent.error());
    if (!slow_down || ctx_.now() + pause > give_up) co_return sent;
    observer_.on_note(batch.scope().label() + ": AWS asks for fewer requests; the send waits");
    const Result<void> slept = co_await rt::sleep_until(ctx_.clock(), ctx_.now() + pause);
    if (!slept) co_return fail(Error(ErrorKind::cancelled, "interrupted").delivered(Delivery::not_sent));
  }
}

/// The answer to a send was lost. It is never sent again: it is looked for by its comment, and adopted when it is
/// there.
rt::Task<void> BatchRun::reconcile(fleet::Batch batch, Mark mark, Error lost) {
  observer_.on_note("the answer to a send was lost (" + lost.message() + "): looking for the command by its comment");
  const MonoTime give_up = std::min(ctx_.deadline().at(), ctx_.now() + options_.settle);
  std::string not_found = "no command with the mark op=" + mark.op_id + " is listed";
  for (Duration pause = std::chrono::seconds(1); ctx_.now() < give_up; pause *= 2) {
    const Result<void> slept = co_await rt::sleep_until(ctx_.clock(), std::min(ctx_.now() + pause, give_up));
    if (!slept) {
      not_found = "the run was interrupted while it looked for the mark op=" + mark.op_id;
      break;
    }
    Result<std::optional<std::string>> found =
        co_await port_.find(ctx_, batch.scope_ptr(), comment_mark(mark.op_id), mark.at);
    if (!found) {
      not_found = "the mark op=" + mark.op_id + " could not be looked for: " + found.error().message();
    } else if (*found) {
      observer_.on_note("found it: " + **found);
      observer_.on_sent(batch, **found);
      co_await follow(std::move(batch), std::move(**found));
      co_return;
    }
  }
  end_all(batch, Outcome::unknown, "the answer to the send was lost and " + not_found + ": " + lost.message());
}

rt::Task<void> BatchRun::follow(fleet::Batch batch, std::string command_id) {
  state_.sent(batch);
  observer_.on_progress(state_.totals(), state_.running());
  Open open;
  for (const fleet::InstanceId& id : batch.ids()) open.emplace(id.text(), Invocation());
  const MonoTime start = ctx_.now();
  // Delivery, execution, and the lag of lists are all that a command can take.
  const MonoTime give_up =
      std::min(ctx_.deadline().at(), start + spec_.delivery_timeout + spec_.execution_timeout + options_.settle);
  MonoTime readable_at = start;
  std::string trouble;
  Duration pause = options_.poll_first;
  while (!open.empty() && ctx_.now() < give_up) {
    const Result<void> slept = co_await rt::sleep_until(ctx_.clock(), std::min(ctx_.now() + pause, give_up));
    if (!slept) break;
    pause = std::min(pause * 3 / 2, options_.poll_max);
    Result<std::vector<Invocation>> listed = co_await port_.invocations(ctx_, batch.scope_ptr(), command_id);
    if (!listed) {
      trouble = listed.error().message();
      if (!may_pass(listed.error().kind()) || ctx_.now() - readable_at >= options_.trouble_max) break;
      continue;
    }
    trouble.clear();
    readable_at = ctx_.now();
    observer_.on_progress(state_.totals(), state_.running());
    for (Invocation& invocation : *listed) co_await take(batch.scope_ptr(), command_id, std::move(invocation), open);
    // What was never listed is waited for only while something else is.
    const bool any_seen =
        std::any_of(open.begin(), open.end(), [](const auto& entry) { return !entry.second.instance_id.empty(); });
    if (!any_seen && readable_at - start >= options_.settle) break;
  }
  const bool stopped = co_await rt::is_cancelled();
  for (const auto& [id, last] : open) {
    std::string why = why_open(last, trouble);
    if (late()) why = "the run's deadline passed while it was under way";
    if (stopped) why = "the run was interrupted while it was under way";
    TargetResult result(fleet::TargetRef(batch.scope_ptr(), id_of(id)), Outcome::unknown,
                        why + " (command " + command_id + ")");
    result.command_id = command_id;
    end(std::move(result));
  }
}

rt::Task<void> BatchRun::take(fleet::ScopePtr scope, const std::string& command_id, Invocation invocation, Open& open) {
  const auto waiting = open.find(invocation.instance_id);
  if (waiting == open.end()) co_return;
  if (!is_done(invocation.status)) {
    waiting->second = std::move(invocation);
    co_return;
  }
  const fleet::InstanceId id = id_of(invocation.instance_id);
  TargetResult result = result_of(fleet::TargetRef(scope, id), invocation, waiting->second);
  open.erase(waiting);
  result.command_id = command_id;
  result.truncated = invocation.truncated || invocation.output.size() >= kListedOutputMax;
  result.out = std::move(invocation.output);
  // The listing mixes stdout and stderr and cuts early: what is long or went wrong on the node is read in full.
  const bool ran_badly = result.outcome == Outcome::failed && !result.unreachable;
  if (result.truncated || ran_badly) {
    Result<Output> full = co_await port_.output(ctx_, scope, command_id, id);
    if (full) {
      result.out = std::move(full->out);
      result.err = std::move(full->err);
      result.truncated = full->truncated;
      if (!result.exit_code) result.exit_code = full->exit_code;
    }
  }
  end(std::move(result));
}

void BatchRun::end(TargetResult result) {
  state_.ended(std::move(result));
  observer_.on_progress(state_.totals(), state_.running());
}

void BatchRun::end_all(const fleet::Batch& batch, Outcome outcome, const std::string& reason) {
  for (const fleet::TargetRef& target : batch.targets()) {
    TargetResult result(target, outcome, reason);
    result.unreachable = outcome == Outcome::skipped;
    end(std::move(result));
  }
}

void BatchRun::refuse(const fleet::Batch& batch, const Error& error) {
  if (error.kind() == ErrorKind::cancelled || (error.kind() == ErrorKind::timeout && late())) {
    end_all(batch, Outcome::skipped, error.kind() == ErrorKind::cancelled ? kInterruptedUnsent : kLateUnsent);
    return;
  }
  for (const fleet::TargetRef& target : batch.targets()) {
    TargetResult result(target, Outcome::failed, "not sent: " + error.message());
    result.refusal = error.kind();
    end(std::move(result));
  }
}

/// Ends the targets that the refusal names; the others are returned.
fleet::Batch BatchRun::without_named(const fleet::Batch& batch, const Error& error) {
  const std::vector<fleet::InstanceId> named = named_instances(batch, error);
  for (const fleet::InstanceId& id : named) {
    TargetResult result(fleet::TargetRef(batch.scope_ptr(), id), Outcome::skipped,
                        "AWS refused it: " + error.message());
    result.unreachable = true;
    end(std::move(result));
  }
  if (!named.empty()) {
    observer_.on_note(std::to_string(named.size()) + " of " + std::to_string(batch.ids().size()) + " targets in " +
                      batch.scope().label() + " were refused and are left out");
  }
  return batch.without(named);
}

}  // namespace postern::flow
