#include "cli/durable_run.hpp"

#include <algorithm>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"
#include "cli/run_interrupt.hpp"
#include "cli/run_progress.hpp"
#include "cli/run_timing.hpp"
#include "flow/exit_code.hpp"
#include "flow/verdict.hpp"
#include "os/allocator.hpp"
#include "rt/uncancelled.hpp"
#include "rt/waiter.hpp"

namespace postern::cli {
namespace {

constexpr Duration kCancelTime = std::chrono::minutes(1);
constexpr Duration kTellTime = std::chrono::minutes(30);  ///< reading 100,000 outputs from a slow disk

/// Nobody holds the run.
class NoHold final : public flow::HoldFlag {
 public:
  rt::Task<Result<std::optional<std::string>>> read(rt::CallContext) override {
    co_return std::optional<std::string>();
  }
};

/// A context that outlives the command's deadline and its cancellation, for what must still be said or read.
rt::CallContext late_context(const Command& command, Duration limit) {
  const rt::CallContext outer = command.ctx();
  return rt::CallContext(outer.clock(), outer.random(), outer.explainer(), rt::Deadline::after(outer.clock(), limit));
}

rt::Task<Result<void>> append_one(rt::CallContext ctx, flow::Journal& journal, flow::RunRecord record) {
  CO_TRY_VOID(journal.model().apply(record, ctx.clock().wall_now()));
  std::vector<flow::RunRecord> records;
  records.push_back(std::move(record));
  std::string summary = flow::run_summary(journal.model());
  co_return co_await journal.append(ctx, std::move(records), std::vector<ledger::Blob>(), std::move(summary));
}

struct Driven {
  Driven() = default;
  std::string stopped;
  bool interrupted = false;
};

/// The engine at work until nothing moves any more.
rt::Task<Result<Driven>> drive_it(rt::CallContext ctx, flow::Engine& engine, flow::Journal& journal,
                                  flow::CommandPort& port, flow::HoldFlag* flag, RunProgress& progress,
                                  flow::GateTester& gate) {
  NoHold nobody;
  flow::HoldFlag& hold = flag == nullptr ? nobody : *flag;
  flow::DriveOptions options;
  options.gate = &gate;
  rt::TaskGroup ticking(co_await rt::asio::this_coro::executor);
  ticking.spawn(keep_ticking(ctx, &progress));
  const Result<void> ended = co_await flow::drive(ctx, engine, journal, port, hold, progress, options);
  ticking.cancel();
  co_await rt::uncancelled(ticking.join());
  if (!ended) co_return fail(ended.error());
  Driven driven;
  driven.stopped = engine.stopped();
  driven.interrupted = co_await rt::is_cancelled();
  co_return driven;
}

rt::Task<Result<RunCame>> tell(const Command& command, OpenLedger& ledger, const flow::RunModel& model, Driven driven) {
  // What came and went while the run was followed, before what came of it is put together.
  os::return_freed_memory();
  RunCame came = as_it_is(model, ledger.world, driven.stopped.empty() ? "the run is not over" : driven.stopped);
  came.result.interrupted = driven.interrupted;
  came.notice = flow::notice_of(model);
  came.notify = model.header().notify;
  if (came.notice) {
    const rt::CallContext ctx = late_context(command, std::chrono::minutes(5));
    CO_TRY(const std::optional<ledger::StreamInfo> info,
           co_await ledger.store->find(ctx, flow::run_stream(came.result.run_id)));
    if (info) {
      came.notice->version = info->version;
      came.notice->head = ledger::to_hex(info->head);
    }
    came.notice->go_on = how_to_go_on(came);
  }
  co_return came;
}

/// The stream of events of a run that begins or is taken up, if there is to be one.
rt::Task<Result<RunEvents*>> events_of(rt::CallContext ctx, RunOutputs* outputs, OpenLedger& ledger,
                                       const flow::RunModel& model) {
  if (outputs == nullptr) co_return nullptr;
  const report::RunFacts facts = facts_of(model, ledger.world);
  co_return co_await outputs->begin_events(ctx, *ledger.store, model, facts);
}

flow::Moment moment_of(rt::CallContext ctx) {
  return flow::Moment(ctx.now(), ctx.clock().wall_now());
}

std::string commands_on_targets(const std::vector<flow::LeftCommand>& left) {
  std::size_t targets = 0;
  for (const flow::LeftCommand& one : left) targets += one.targets;
  return plural(left.size(), "command") + " on " + plural(targets, "target");
}

/// Takes the interrupted run up once more, cancels what runs and watches it end for a while.
rt::Task<void> cancel_the_rest(const Command& command, OpenLedger& ledger, flow::CommandPort& port,
                               const std::vector<fleet::ScopePtr>& scopes, RunCame* came) {
  ResumeOrder order;
  order.run_id = came->result.run_id;
  order.cancel = true;
  order.why = "interrupted";
  const std::string what = commands_on_targets(flow::left_running(came->result));
  Result<RunCame> after = co_await resume_run(command, ledger, port, scopes, std::move(order));
  if (!after) {
    command.err("the run could not be cancelled: " + described_message(after.error(), 400) + "\n");
    co_return;
  }
  const bool interrupted = came->result.interrupted;
  *came = std::move(*after);
  came->result.interrupted = interrupted;
  const std::vector<flow::LeftCommand> left = flow::left_running(came->result);
  if (left.empty()) {
    command.err("cancelled: " + what + "\n");
  } else {
    command.err(commands_on_targets(left) + " may still be running:\n" + stop_lines(left));
  }
}

/// Jobs of Elastic Disaster Recovery cannot be stopped.
std::string jobs_left(const std::vector<flow::LeftCommand>& left, const std::string& run_id) {
  return plural(left.size(), "job") +
         " of Elastic Disaster Recovery may still be under way, and run to their end: there is no call that cancels "
         "one. "
         "postern resume " +
         run_id + " follows them\n";
}

/// After a run: what may still be running is named, and cancelled if that is wished.
rt::Task<void> settle(const Command& command, OpenLedger& ledger, flow::CommandPort& port,
                      const std::vector<fleet::ScopePtr>& scopes, RunCame* came, bool alone) {
  const std::vector<flow::LeftCommand> left = flow::left_running(came->result);
  if (left.empty()) co_return;
  if (came->kind != flow::RunKind::command) {
    command.err(jobs_left(left, came->result.run_id));
    co_return;
  }
  OnInterrupt choice = chosen_on_interrupt(command);
  // Several questions at once are none.
  if (choice == OnInterrupt::ask && !alone) choice = OnInterrupt::leave;
  if (!came->result.interrupted || choice != OnInterrupt::cancel) {
    command.err(commands_on_targets(left) + " may still be running; this stops " + (left.size() == 1 ? "it" : "them") +
                ":\n" + stop_lines(left));
  }
  if (!came->result.interrupted || choice == OnInterrupt::leave) co_return;
  if (choice == OnInterrupt::ask) {
    const Result<bool> yes =
        co_await ask_yes(command, "Cancel the " + plural(left.size(), "command") + " still running?");
    if (!yes || !*yes) co_return;
  }
  co_await cancel_the_rest(command, ledger, port, scopes, came);
}

/// What the ledger does not keep: literal ExternalIds, by account.
void complete_access(flow::RunModel& model, const std::vector<fleet::ScopePtr>& scopes) {
  for (std::uint32_t i = 0; i < model.plan().scopes.size(); ++i) {
    const fleet::Scope& mine = *model.plan().scopes[i];
    const bool may_lack = mine.access.kind == fleet::Access::Kind::role && !mine.access.external_id;
    if (!may_lack) continue;
    const auto same = std::find_if(scopes.begin(), scopes.end(), [&mine](const fleet::ScopePtr& one) {
      return one->account == mine.account && one->access.role == mine.access.role;
    });
    if (same == scopes.end() || !(*same)->access.external_id) continue;
    fleet::Access access = mine.access;
    access.external_id = (*same)->access.external_id;
    model.set_access(i, std::move(access));
  }
}

/// What a person decided, as records, before the engine begins.
rt::Task<Result<void>> decide_all(rt::CallContext ctx, flow::Engine& engine, flow::Journal& journal,
                                  const ResumeOrder& order, std::string by) {
  if (!order.decide) co_return Result<void>();
  std::vector<std::uint32_t> doubtful;
  for (std::uint32_t batch = 0; batch < engine.model().batches().size(); ++batch) {
    if (engine.model().batches()[batch].phase == flow::BatchPhase::held) doubtful.push_back(batch);
  }
  if (doubtful.empty()) co_return fail(ErrorKind::usage, "no send of this run is in doubt: there is nothing to decide");
  if (*order.decide == flow::record::Decision::adopt && doubtful.size() > 1) {
    co_return fail(ErrorKind::usage, std::to_string(doubtful.size()) +
                                         " sends are in doubt: one command cannot be adopted for all of them");
  }
  for (const std::uint32_t batch : doubtful) {
    CO_TRY(flow::Step step, engine.decide(batch, *order.decide, order.command_id, by, order.why, moment_of(ctx)));
    std::string summary = flow::run_summary(engine.model());
    CO_TRY_VOID(co_await journal.append(ctx, std::move(step.records), std::move(step.blobs), std::move(summary)));
  }
  co_return Result<void>();
}

/// deliver() with its result put somewhere, as rt::uncancelled() wants it.
rt::Task<void> deliver_into(RunOutputs* outputs, rt::CallContext ctx, RunTold told, Result<int>* code) {
  *code = co_await outputs->deliver(ctx, told);
}

}  // namespace

bool is_over(const RunCame& run) {
  return run.notice && run.notice->event == flow::NoticeEvent::ended;
}

RunCame as_it_is(const flow::RunModel& model, std::string world, const std::string& why_open) {
  RunCame came;
  came.result = flow::result_of_run(model, why_open);
  came.facts = facts_of(model, std::move(world));
  came.status = flow::run_status(model);
  came.hold = model.hold();
  came.kind = model.header().kind;
  const bool launches = came.kind == flow::RunKind::drill || came.kind == flow::RunKind::recovery;
  if (launches) came.gated = model.plan().skipped.size();
  return came;
}

rt::Task<Result<int>> deliver_run(const Command& command, RunOutputs& outputs, OpenLedger& ledger, const RunCame& run,
                                  const fleet::Discovery& discovery, int exit_code) {
  report::RunFacts facts = run.facts;
  for (const fleet::ScopeProblem& problem : discovery.problems) {
    facts.asked.push_back(problem.scope);
    facts.unasked.emplace_back(problem.scope, described_message(problem.error, 500));
  }
  RunTold told;
  told.result = &run.result;
  told.facts = &facts;
  told.discovery = &discovery;
  told.store = ledger.store.get();
  told.exit_code = exit_code;
  Result<int> code = exit_code;
  co_await rt::uncancelled(deliver_into(&outputs, late_context(command, kTellTime), told, &code));
  command.err(how_to_go_on(run));
  co_return code;
}

rt::Task<Result<RunCame>> start_run(const Command& command, OpenLedger& ledger, flow::CommandPort& port,
                                    RunOrder order) {
  const rt::CallContext ctx = command.ctx();
  if (order.header.run_id.empty()) order.header.run_id = flow::make_op_id(ctx);
  const std::string run_id = order.header.run_id;
  flow::JournalOptions options = journal_options(command, ledger.world);
  Result<std::unique_ptr<flow::Journal>> opened =
      co_await flow::Journal::create(ctx, *ledger.store, std::move(order.header), order.plan, std::move(options));
  if (!opened) {
    if (opened.error().kind() != ErrorKind::conflict) co_return fail(std::move(opened).error());
    co_return fail(in_other_hands(std::move(opened).error(), "this very plan is being run: it"));
  }
  flow::Journal& journal = **opened;
  flow::record::Started started;
  started.confirmed = order.confirmed;
  const std::vector<fleet::ScopePtr> scopes = order.plan.scopes;
  order.plan = flow::Plan();  // the model has it
  Result<RunEvents*> events = co_await events_of(ctx, order.outputs, ledger, journal.model());
  if (!events) {
    co_await journal.close(ctx, false);
    co_return fail(std::move(events).error());
  }
  CO_TRY_VOID(co_await append_one(ctx, journal, std::move(started)));
  if (order.opened) co_await order.opened(journal.model());
  flow::Engine engine(std::move(journal.model()), [ctx] { return flow::make_op_id(ctx); });
  const bool alone = order.label.empty();
  RunProgress progress(command, engine.model(), *events, std::move(order.label));
  const LeaveNote note(command, [&progress] { return progress.last_words(); });
  LocalGate gate(command);
  Result<Driven> driven = co_await drive_it(ctx, engine, journal, port, order.hold, progress, gate);
  progress.finish();
  if (!driven) co_return fail(std::move(driven).error().with("run", run_id));
  CO_TRY(RunCame came, co_await tell(command, ledger, engine.model(), std::move(*driven)));
  progress.left(flow::left_running(came.result));
  co_await rt::uncancelled(settle(command, ledger, port, scopes, &came, alone));
  co_return came;
}

rt::Task<Result<RunCame>> resume_run(const Command& command, OpenLedger& ledger, flow::CommandPort& port,
                                     const std::vector<fleet::ScopePtr>& scopes, ResumeOrder order) {
  const bool settling = order.cancel;
  const rt::CallContext ctx = settling ? late_context(command, kCancelTime) : command.ctx();
  flow::JournalOptions options = journal_options(command, ledger.world);
  Result<std::unique_ptr<flow::Journal>> opened =
      co_await flow::Journal::take_up(ctx, *ledger.store, order.run_id, std::move(options));
  if (!opened) {
    if (opened.error().kind() != ErrorKind::conflict) co_return fail(std::move(opened).error());
    co_return fail(in_other_hands(std::move(opened).error(), "run " + order.run_id));
  }
  flow::Journal& journal = **opened;
  Result<void> ready = flow::check_resumable(journal.model());
  complete_access(journal.model(), scopes);
  const std::string by = operator_name(command);
  if (ready) {
    flow::record::Resumed resumed;
    resumed.by = by;
    resumed.release = order.release;
    resumed.why = order.why;
    resumed.break_glass = order.break_glass;
    ready = co_await append_one(ctx, journal, std::move(resumed));
  }
  if (ready && order.cancel) {
    flow::record::Cancelling cancelling;
    cancelling.by = by;
    cancelling.why = order.why;
    ready = co_await append_one(ctx, journal, std::move(cancelling));
  }
  if (!ready) {
    co_await journal.close(ctx, false);
    co_return fail(std::move(ready).error());
  }
  Result<RunEvents*> events = co_await events_of(ctx, order.outputs, ledger, journal.model());
  if (!events) {
    co_await journal.close(ctx, false);
    co_return fail(std::move(events).error());
  }
  if (order.opened) co_await order.opened(journal.model());
  flow::Engine engine(std::move(journal.model()), [ctx] { return flow::make_op_id(ctx); });
  ready = co_await decide_all(ctx, engine, journal, order, by);
  if (!ready) {
    co_await journal.close(ctx, false);
    co_return fail(std::move(ready).error());
  }
  RunProgress progress(command, engine.model(), *events);
  const LeaveNote note(command, [&progress] { return progress.last_words(); });
  LocalGate gate(command);
  Result<Driven> driven = co_await drive_it(ctx, engine, journal, port, order.hold, progress, gate);
  progress.finish();
  if (!driven) co_return fail(std::move(driven).error().with("run", order.run_id));
  CO_TRY(RunCame came, co_await tell(command, ledger, engine.model(), std::move(*driven)));
  progress.left(flow::left_running(came.result));
  if (!settling) co_await rt::uncancelled(settle(command, ledger, port, scopes, &came, true));
  co_return came;
}

std::string how_to_go_on(const RunCame& run) {
  const std::string& id = run.result.run_id;
  if (run.status == "in doubt") {
    return "run " + id + " is in doubt: look at the targets, then\n" + "    postern resume " + id +
           " --decide reissue   # they did not run it: send it to them\n" + "    postern resume " + id +
           " --decide skip      # leave them as unknown\n";
  }
  if (run.status == "held") {
    return "run " + id + " is held: " + printable(run.hold ? run.hold->why : "", 400) + "\n" + "    postern resume " +
           id + " --release   # go on with the targets that are left\n" + "    postern cancel " + id +
           "             # leave them\n";
  }
  if (run.status == "running") {
    return "run " + id + " is not over:\n    postern resume " + id + "\n    postern cancel " + id + "\n";
  }
  return {};
}

int exit_code_of(const RunCame& run, std::size_t scope_problems) {
  int code = flow::exit_code_of(run.result, scope_problems);
  if (run.gated > 0 && code < kExitInterrupted) code = kExitGate;
  if (run.status != "held" || run.result.interrupted || code >= kExitInterrupted) return code;
  const bool credentials = run.hold && run.hold->cause == flow::record::HoldCause::credentials;
  const bool ran =
      std::any_of(run.result.targets.begin(), run.result.targets.end(),
                  [](const flow::TargetResult& target) { return target.outcome != flow::Outcome::skipped; });
  return credentials && !ran ? kExitEnvironment : kExitGate;
}

}  // namespace postern::cli
