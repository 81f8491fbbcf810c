#include "flow/driver.hpp"

#include <deque>

#include "base/check.hpp"
#include "flow/probe.hpp"
#include "rt/combine.hpp"
#include "rt/sync.hpp"
#include "rt/uncancelled.hpp"

namespace postern::flow {
namespace {

class Driver {
 public:
  Driver(rt::CallContext ctx, rt::Executor executor, Engine& engine, Journal& journal, CommandPort& port,
         HoldFlag& hold, RunObserver& observer, const DriveOptions& options)
      : ctx_(ctx),
        calls_ctx_(
            ctx.clock(), ctx.random(), ctx.explainer(),
            ctx.deadline().is_never() ? rt::Deadline::never() : rt::Deadline(ctx.deadline().at() + options.send_grace)),
        engine_(engine),
        journal_(journal),
        port_(port),
        hold_(hold),
        observer_(observer),
        options_(options),
        calls_(options.calls_at_once),
        group_(std::move(executor)) {
    for (std::size_t i = 0; i < engine.model().plan().scopes.size(); ++i) lines_.emplace_back(options);
  }

  rt::Task<Result<void>> run() {
    rt::Clock& clock = ctx_.clock();
    renew_at_ = clock.now() + options_.renew_every;
    apply(engine_.begin(moment()));
    while (!over()) {
      if (inbox_.empty()) {
        const bool cancelled = co_await wait();
        if (cancelled) stop("the run was interrupted");
      }
      if (ctx_.deadline().passed(clock)) {
        if (!stopping_) POSTERN_PROBE(driver_deadline);
        stop("the run's deadline passed");
      }
      if (clock.now() >= renew_at_) {
        renew_at_ = clock.now() + options_.renew_every;
        group_.spawn(renew());
      }
      turn();
    }
    if (broken_) {
      POSTERN_PROBE(driver_broken);
      group_.cancel();
    }
    co_await rt::uncancelled(group_.join());
    clock.unschedule(timer_);
    clock.unschedule(grace_);
    if (broken_) co_return fail(*broken_);
    co_return Result<void>();
  }

 private:
  Moment moment() const { return Moment(ctx_.now(), ctx_.clock().wall_now()); }
  bool over() const { return broken_ || (inbox_.empty() && commits_ == 0 && engine_.idle()); }

  /// Waits for an event, a timer or a cancellation; true for the last, once.
  rt::Task<bool> wait() {
    MonoTime next = renew_at_;
    if (const auto wake = engine_.next_wake()) next = std::min(next, *wake);
    if (!ctx_.deadline().is_never() && !stopping_) next = std::min(next, ctx_.deadline().at());
    timer_ = ctx_.clock().schedule(next, [this] { waiter_.wake(); });
    bool cancelled = false;
    if (stopping_) {
      co_await waiter_.wait_always();
    } else {
      cancelled = co_await waiter_.wait() == rt::Wake::cancelled;
    }
    ctx_.clock().unschedule(timer_);
    co_return cancelled;
  }

  void stop(std::string why) {
    if (stopping_) return;
    stopping_ = true;
    apply(engine_.on(event::Stop(std::move(why)), moment()));
    // A send that is cut off half-way would leave nobody knowing what runs: it is given the time to be answered.
    grace_ = ctx_.clock().schedule(ctx_.now() + options_.send_grace, [this] { group_.cancel(); });
  }

  void turn() {
    while (!inbox_.empty() && !broken_) {
      RunEvent event = std::move(inbox_.front());
      inbox_.pop_front();
      apply(engine_.on(std::move(event), moment()));
    }
    const std::optional<MonoTime> wake = engine_.next_wake();
    if (!broken_ && wake && *wake <= ctx_.now()) apply(engine_.on(event::Tick(), moment()));
  }

  void apply(Step step) {
    for (const std::string& note : step.notes) observer_.on_note(note);
    observer_.on_progress(engine_.model().totals(), engine_.running());
    if (step.records.empty() && step.actions.empty()) return;
    ++commits_;
    group_.spawn(commit(std::move(step)));
  }

  rt::Task<void> commit(Step step) {
    Result<void> written;
    std::vector<RunRecord> told;
    std::vector<ledger::Blob> told_blobs;
    if (!step.records.empty()) {
      const Telling telling = observer_.telling();
      if (telling != Telling::nothing) told = step.records;
      if (telling == Telling::all) told_blobs = step.blobs;
      std::string summary = run_summary(engine_.model());
      written =
          co_await journal_.append(calls_ctx_, std::move(step.records), std::move(step.blobs), std::move(summary));
    }
    --commits_;
    if (!written && !broken_) broken_ = written.error();
    if (written && !told.empty()) observer_.on_recorded(engine_.model(), told, told_blobs);
    if (!broken_) {
      for (Action& one : step.actions) group_.spawn(perform(std::move(one)));
    }
    waiter_.wake();
  }

  rt::Task<void> renew() {
    const Result<void> renewed = co_await journal_.renew(calls_ctx_);
    // Only a lost lease ends the run; a store that is slow to answer is asked again.
    if (!renewed && renewed.error().kind() == ErrorKind::conflict && !broken_) broken_ = renewed.error();
    waiter_.wake();
  }

  /// First a turn in its scope, then one of all: what waits for its scope keeps nobody else waiting.
  rt::Task<void> perform(Action due) {
    rt::Semaphore* const line = line_of(due);
    std::optional<rt::Semaphore::Permit> in_scope;
    if (line != nullptr && co_await line->acquire()) in_scope.emplace(*line);
    const bool cancelled = line != nullptr && !in_scope;
    std::optional<rt::Semaphore::Permit> permit;
    if (!cancelled && co_await calls_.acquire()) permit.emplace(calls_);
    if (auto* send = std::get_if<action::Send>(&due)) {
      // When it is cancelled in the line it has not left, and says so.
      co_await perform_send(send, permit.has_value());
    } else if (auto* find = std::get_if<action::Find>(&due)) {
      LostSend lost;
      lost.mark = comment_mark(find->op);
      lost.not_before = find->not_before;
      lost.targets = std::move(find->targets);
      Result<std::optional<std::string>> found =
          co_await port_.find(calls_ctx_, scope_of(find->batch), std::move(lost));
      push(event::Found(find->op, std::move(found)));
    } else if (auto* list = std::get_if<action::List>(&due)) {
      Result<std::vector<Invocation>> listed =
          co_await port_.invocations(calls_ctx_, scope_of(list->batch), list->command_id);
      push(event::Listed(list->batch, std::move(listed)));
    } else if (auto* count = std::get_if<action::Count>(&due)) {
      Result<std::vector<CommandCount>> counts =
          co_await port_.counts(calls_ctx_, engine_.model().plan().scopes[count->scope], count->not_before);
      push(event::Counted(count->scope, std::move(counts)));
    } else if (auto* fetch = std::get_if<action::Fetch>(&due)) {
      fleet::InstanceId id = engine_.model().plan().targets[fetch->target].id;
      Result<Output> output =
          co_await port_.output(calls_ctx_, scope_of(fetch->batch), fetch->command_id, std::move(id));
      push(event::Fetched(fetch->target, std::move(output)));
    } else if (auto* cancel = std::get_if<action::Cancel>(&due)) {
      Result<void> taken = co_await port_.cancel(calls_ctx_, scope_of(cancel->batch), cancel->command_id);
      push(event::CancelTaken(cancel->batch, std::move(taken)));
    } else if (auto* gate = std::get_if<action::TestGate>(&due)) {
      co_await perform_gate(gate->wave);
    } else {
      co_await perform_hold();
    }
  }

  rt::Task<void> perform_gate(std::uint32_t wave) {
    std::optional<std::string> why_not("there is nobody to run its command");
    if (options_.gate != nullptr) {
      Result<std::optional<std::string>> tested = co_await options_.gate->test(ctx_, engine_.model(), wave);
      if (tested) {
        why_not = std::move(*tested);
      } else {
        why_not = tested.error().message();
      }
    }
    push(event::GateTested(std::move(why_not)));
  }

  rt::Task<void> perform_send(action::Send* send, bool may) {
    if (!may) {
      POSTERN_PROBE(stopped_with_calls);
      Error error(ErrorKind::cancelled, "interrupted");
      push(event::Sent(send->op, fail(std::move(error).delivered(Delivery::not_sent))));
      co_return;
    }
    const fleet::Batch batch = send->targets.front();
    const Plan& plan = engine_.model().plan();
    const Shell shell = plan.batches[send->batch].shell;
    CommandSpec spec = spec_for(plan, engine_.model().header().spec, plan.batches[send->batch]);
    std::string comment = make_comment(send->op, engine_.model().header().run_id, spec.comment);
    Result<std::string> sent = co_await port_.send(calls_ctx_, batch, std::move(spec), shell, std::move(comment));
    if (sent) observer_.on_sent(batch, *sent);
    push(event::Sent(send->op, std::move(sent)));
  }

  rt::Task<void> perform_hold() {
    Result<std::optional<std::string>> read = co_await hold_.read(calls_ctx_);
    if (!read) {
      if (read.error().kind() != ErrorKind::cancelled) {
        POSTERN_PROBE(hold_flag_unreadable);
        observer_.on_note("whether the fleet is held could not be read: " + read.error().message());
      }
      read = std::optional<std::string>();
    }
    push(event::HoldRead(std::move(*read)));
  }

  /// The line in which the action waits for its scope; null: it is not about one.
  rt::Semaphore* line_of(const Action& due) {
    const std::vector<BatchPlan>& batches = engine_.model().plan().batches;
    if (const auto* send = std::get_if<action::Send>(&due)) return &lines_[batches[send->batch].scope].sends;
    if (const auto* find = std::get_if<action::Find>(&due)) return &lines_[batches[find->batch].scope].others;
    if (const auto* list = std::get_if<action::List>(&due)) return &lines_[batches[list->batch].scope].others;
    if (const auto* count = std::get_if<action::Count>(&due)) return &lines_[count->scope].others;
    if (const auto* fetch = std::get_if<action::Fetch>(&due)) return &lines_[batches[fetch->batch].scope].others;
    if (const auto* cancel = std::get_if<action::Cancel>(&due)) return &lines_[batches[cancel->batch].scope].others;
    return nullptr;
  }

  fleet::ScopePtr scope_of(std::uint32_t batch) const {
    return engine_.model().plan().scopes[engine_.model().plan().batches[batch].scope];
  }

  void push(RunEvent event) {
    inbox_.push_back(std::move(event));
    waiter_.wake();
  }

  rt::CallContext ctx_;
  rt::CallContext calls_ctx_;  ///< outlives the run's deadline by the grace
  Engine& engine_;
  Journal& journal_;
  CommandPort& port_;
  HoldFlag& hold_;
  RunObserver& observer_;
  const DriveOptions& options_;
  struct Lines {
    explicit Lines(const DriveOptions& options)
        : sends(options.scope_calls_at_once), others(options.scope_calls_at_once) {}
    rt::Semaphore sends;
    rt::Semaphore others;
  };

  std::deque<RunEvent> inbox_;
  rt::Waiter waiter_;
  rt::Semaphore calls_;
  std::deque<Lines> lines_;  ///< by scope
  std::optional<Error> broken_;
  std::size_t commits_ = 0;
  bool stopping_ = false;
  MonoTime renew_at_;
  rt::Clock::TimerId timer_ = 0;
  rt::Clock::TimerId grace_ = 0;
  rt::TaskGroup group_;
};

}  // namespace

rt::Task<Result<void>> drive(rt::CallContext ctx, Engine& engine, Journal& journal, CommandPort& port, HoldFlag& hold,
                             RunObserver& observer, DriveOptions options) {
  rt::Executor executor = co_await rt::asio::this_coro::executor;
  Driver driver(ctx, std::move(executor), engine, journal, port, hold, observer, options);
  Result<void> result = co_await driver.run();
  co_await rt::uncancelled(journal.close(ctx, engine.model().closed()));
  co_return result;
}

}  // namespace postern::flow
