#include "stacks/deploy.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "flow/verdict.hpp"
#include "rt/clock.hpp"

namespace postern::stacks {
namespace deploy_details {

constexpr std::size_t kReasonMax = 500;
constexpr std::size_t kProblemsMax = 10;
constexpr int kMissesMax = 20;  // looks in a row that failed

/// CloudFormation's two ways to say that a change set has nothing in it.
bool says_no_changes(const std::string& reason) {
  return reason.find("didn't contain changes") != std::string::npos ||
         reason.find("No updates are to be performed") != std::string::npos;
}

std::string blocked_reason(const Stack& stack) {
  const std::string reason = stack.reason.empty() ? std::string() : ": " + printable(stack.reason, kReasonMax);
  switch (standing_of(stack.status)) {
    case Standing::busy:
      return "another operation is under way (" + stack.status + ")";
    case Standing::unborn:
      return "its creation failed (" + stack.status + reason + "); it has to be deleted first";
    default:
      return "it needs a person's hand (" + stack.status + reason + ")";
  }
}

std::vector<ResourceChange> in_order(std::vector<ResourceChange> changes) {
  std::sort(changes.begin(), changes.end(),
            [](const ResourceChange& a, const ResourceChange& b) { return a.logical_id < b.logical_id; });
  return changes;
}

/// Of a resource whose own reason says more than "something else failed".
bool is_first_cause(const StackEvent& event) {
  return event.status.ends_with("_FAILED") && !event.reason.empty() &&
         !event.reason.starts_with("Resource creation cancelled") &&
         !event.reason.starts_with("Resource update cancelled") &&
         !event.reason.starts_with("The following resource(s) failed");
}

}  // namespace deploy_details

/// What is followed: an operation on a stack, from the events after `after` on.
struct Deployer::Follow {
  Follow() = default;
  std::string stack;   ///< its id
  std::string after;   ///< the last event that was told of
  bool began = false;  ///< whether the operation is known to have begun
  bool quiet = false;  ///< nothing has happened since the look before
  Applied seen;
};

rt::Task<Result<ChangeSet>> Deployer::await_change_set(rt::CallContext ctx, fleet::ScopePtr scope, std::string stack,
                                                       std::string name) {
  Duration pause = pauses_.first;
  for (;;) {
    CO_TRY(std::optional<ChangeSet> seen, co_await port_.describe_change_set(ctx, scope, stack, name));
    const bool under_way =
        !seen || seen->status == "CREATE_PENDING" || seen->status == "CREATE_IN_PROGRESS" || seen->status.empty();
    if (!under_way) co_return std::move(*seen);
    if (ctx.clock().now() + pause >= ctx.deadline().at()) {
      co_return fail(ErrorKind::timeout, "the change set " + name + " of " + stack + " is not ready yet");
    }
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.clock().now() + pause));
    pause = std::min<Duration>(pause + pause / 2, pauses_.longest);
  }
}

rt::Task<Result<Prepared>> Deployer::prepare(rt::CallContext ctx, fleet::ScopePtr scope, std::optional<Stack> before,
                                             StackOrder order) {
  using namespace deploy_details;
  Prepared out;
  out.stack = order.name;
  out.token = order.token;
  out.before = std::move(before);
  const Standing standing = out.before ? standing_of(out.before->status) : Standing::absent;
  if (standing == Standing::absent) out.before.reset();
  if (standing == Standing::busy || standing == Standing::unborn || standing == Standing::stuck) {
    out.why = "stack " + order.name + ": " + blocked_reason(*out.before);
    co_return out;
  }
  out.change_set = "postern-" + order.token;
  std::optional<Stack> current;
  if (standing == Standing::ready) current = out.before;
  Result<void> asked =
      co_await port_.create_change_set(ctx, scope, std::move(order), std::move(current), out.change_set);
  if (!asked && !flow::is_ambiguous(asked.error())) co_return fail(std::move(asked).error());
  CO_TRY(ChangeSet set, co_await await_change_set(ctx, scope, out.stack, out.change_set));
  if (set.status == "CREATE_COMPLETE") {
    out.outlook = Outlook::changes;
    out.changes = in_order(std::move(set.changes));
    co_return out;
  }
  CO_TRY_VOID(co_await discard(ctx, scope, out));
  if (says_no_changes(set.reason)) {
    out.outlook = Outlook::unchanged;
  } else {
    out.why =
        "stack " + out.stack + ": CloudFormation could not work the changes out: " + printable(set.reason, kReasonMax);
  }
  out.change_set.clear();
  co_return out;
}

rt::Task<Result<void>> Deployer::discard(rt::CallContext ctx, fleet::ScopePtr scope, Prepared prepared) {
  if (prepared.change_set.empty()) co_return Result<void>();
  CO_TRY_VOID(co_await port_.delete_change_set(ctx, scope, prepared.stack, prepared.change_set));
  // The shell of a stack that nobody made a change set for before us is ours to take away; another's stays.
  if (prepared.before) co_return Result<void>();
  CO_TRY(const std::optional<Stack> shell, co_await port_.describe(ctx, scope, prepared.stack));
  if (!shell || standing_of(shell->status) != Standing::empty) co_return Result<void>();
  co_return co_await port_.delete_stack(ctx, scope, shell->id, prepared.token + "-shell");
}

/// One look at the stack; true when the operation is over.
rt::Task<Result<bool>> Deployer::look(rt::CallContext ctx, fleet::ScopePtr scope, Follow& what, EventSink sink) {
  using namespace deploy_details;
  CO_TRY(const std::vector<StackEvent> events, co_await port_.events(ctx, scope, what.stack, what.after));
  what.quiet = events.empty();
  for (const StackEvent& event : events) {
    what.began = true;
    what.after = event.id;
    if (is_first_cause(event) && what.seen.problems.size() < kProblemsMax) {
      what.seen.problems.push_back(event.logical_id + " (" + event.type + "): " + printable(event.reason, kReasonMax));
    }
    if (sink) sink(*scope, event);
  }
  // Looked at after the events: what happens between the two is told in the next round, so that none is missed.
  CO_TRY(what.seen.after, co_await port_.describe(ctx, scope, what.stack));
  const Standing standing = what.seen.after ? standing_of(what.seen.after->status) : Standing::absent;
  if (standing == Standing::absent) co_return true;
  co_return what.began&& what.quiet&& standing != Standing::busy&& standing != Standing::empty;
}

rt::Task<Result<Applied>> Deployer::follow(rt::CallContext ctx, fleet::ScopePtr scope, Follow what, EventSink sink) {
  using namespace deploy_details;
  Duration pause = pauses_.first;
  int misses = 0;
  for (;;) {
    const Result<bool> over = co_await look(ctx, scope, what, sink);
    if (over && *over) break;
    misses = over ? 0 : misses + 1;
    if (!over && (!flow::may_pass(over.error().kind()) || misses > kMissesMax)) co_return fail(over.error());
    if (ctx.clock().now() + pause >= ctx.deadline().at()) co_return std::move(what.seen);
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.clock().now() + pause));
    const bool moving = over && !what.quiet;
    pause = moving ? pauses_.first : std::min<Duration>(pause + pause / 2, pauses_.longest);
  }
  Applied out = std::move(what.seen);
  const std::string status = out.after ? out.after->status : "DELETE_COMPLETE";
  if (ended_well(status)) {
    out.outcome = Outcome::done;
    out.problems.clear();  // what failed on the way was made good
    co_return out;
  }
  out.outcome = status.ends_with("ROLLBACK_COMPLETE") ? Outcome::rolled_back : Outcome::failed;
  if (out.problems.empty()) out.problems.push_back(status + (out.after ? ": " + out.after->reason : std::string()));
  co_return out;
}

rt::Task<Result<Applied>> Deployer::apply(rt::CallContext ctx, fleet::ScopePtr scope, Prepared prepared,
                                          EventSink sink) {
  using namespace deploy_details;
  CO_TRY(const std::optional<Stack> stack, co_await port_.describe(ctx, scope, prepared.stack));
  if (!stack)
    co_return fail(ErrorKind::not_found, "stack " + prepared.stack + " has gone since its change set was made");
  Follow what;
  what.stack = stack->id;
  CO_TRY(what.after, co_await port_.newest_event(ctx, scope, stack->id));
  const Result<void> told =
      co_await port_.execute_change_set(ctx, scope, stack->id, prepared.change_set, "postern-" + prepared.token);
  if (!told && !flow::is_ambiguous(told.error())) co_return fail(told.error());
  if (!told) {
    // The answer was lost. A change set that is still there to be executed has not been.
    CO_TRY(const std::optional<ChangeSet> set,
           co_await port_.describe_change_set(ctx, scope, stack->id, prepared.change_set));
    if (set && set->execution_status == "AVAILABLE") co_return fail(told.error());
  }
  co_return co_await follow(ctx, std::move(scope), std::move(what), std::move(sink));
}

rt::Task<Result<Applied>> Deployer::remove(rt::CallContext ctx, fleet::ScopePtr scope, Stack stack, std::string token,
                                           EventSink sink) {
  using namespace deploy_details;
  Follow what;
  what.stack = stack.id;
  CO_TRY(what.after, co_await port_.newest_event(ctx, scope, stack.id));
  Result<void> told = co_await port_.delete_stack(ctx, scope, stack.id, "postern-" + token);
  if (!told && flow::is_ambiguous(told.error())) {
    // A second deletion of the same stack with the same token does nothing more than the first.
    told = co_await port_.delete_stack(ctx, scope, stack.id, "postern-" + token);
  }
  if (!told) co_return fail(told.error());
  co_return co_await follow(ctx, std::move(scope), std::move(what), std::move(sink));
}

}  // namespace postern::stacks
