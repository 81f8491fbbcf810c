#pragma once

/// A durable run on a fake Systems Manager and a store in memory: started, killed at any moment, taken up again.

#include "fleet/testing/make.hpp"
#include "flow/driver.hpp"
#include "flow/testing/memory_store.hpp"
#include "flow/verdict.hpp"
#include "rt/testing/manual_loop.hpp"
#include "rt/waiter.hpp"

namespace postern::flow::testing {

class CountingObserver final : public RunObserver {
 public:
  std::size_t sent = 0;
  std::size_t most_running = 0;
  std::size_t last_running = 0;
  Totals last;
  std::vector<std::string> notes;

  void on_sent(const fleet::Batch&, const std::string&) override { ++sent; }
  void on_progress(const Totals& done, std::size_t running) override {
    last = done;
    last_running = running;
    most_running = std::max(most_running, running);
  }
  void on_note(std::string_view text) override { notes.emplace_back(text); }
};

class OpenHold final : public HoldFlag {
 public:
  std::optional<std::string> why;
  std::size_t reads = 0;
  rt::Task<Result<std::optional<std::string>>> read(rt::CallContext) override {
    ++reads;
    co_return why;
  }
};

/// Targets 0..count-1 spread over the scopes in turn. What a process keeps is in `start()`'s and `resume()`'s frames
/// alone: a kill is the cancellation of everything at once, without a word to anybody.
class DurableBed {
 public:
  explicit DurableBed(unsigned count, unsigned scopes, std::string_view waves = "rest") {
    for (unsigned i = 0; i < scopes; ++i) {
      scopes_.push_back(fleet::testing::scope(std::to_string(111122220000ULL + i), "us-east-1"));
    }
    WavePolicy policy;
    Result<std::vector<WaveRule>> rules = parse_waves(waves);
    CHECK(rules.has_value());
    policy.rules = std::move(*rules);
    policy.other = Budget(100, true);
    std::vector<fleet::Instance> instances;
    for (unsigned i = 0; i < count; ++i) {
      instances.push_back(fleet::testing::instance(target(i).scope_ptr(), target(i).id()));
    }
    plan = plan_waves(instances, policy);
    header.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    header.world = "sim:test";
    header.operator_name = "ops@host";
    header.spec.sh_lines.emplace_back("uptime");
    header.digest = ledger::to_hex(plan.digest("uptime"));
    header.policy.scopes_at_once = 100;
    journal.world = header.world;
    port.killer = &killer;
    store.killer = &killer;
    journal.is_dead = [](const std::string&) { return true; };
    journal.holder = R"({"who":"ops@host"})";
  }

  fleet::TargetRef target(unsigned number) const {
    return fleet::TargetRef(scopes_[number % scopes_.size()], fleet::testing::instance_id(number));
  }
  std::string id(unsigned number) const { return target(number).id().text(); }

  /// Opens the run and works on it until it ends, or is held.
  Result<RunResult> start() { return loop.run(start_task(this, loop.context())); }
  Result<RunResult> resume() { return loop.run(resume_task(this, loop.context())); }
  /// The same in a process that the killer may end: absent when it did.
  std::optional<Result<RunResult>> start_and_die() { return mortal(start_task(this, loop.context())); }
  std::optional<Result<RunResult>> resume_and_die() { return mortal(resume_task(this, loop.context())); }
  /// Cancels it after a time, as Ctrl-C does.
  Result<RunResult> start_and_cancel_at(Duration when) {
    std::optional<Result<RunResult>> result;
    rt::TaskGroup group(loop.executor());
    group.spawn(keep(start_task(this, loop.context()), &result));
    loop.advance(when);
    group.cancel();
    for (loop.poll(); group.size() > 0; loop.poll()) CHECK(loop.clock().jump());
    return std::move(*result);
  }

  /// What a person decides about sends in doubt when the run is taken up.
  std::optional<record::Decision> decide;
  /// Records that a resume writes first.
  std::vector<RunRecord> resume_with;

  static rt::Task<Result<RunResult>> start_task(DurableBed* bed, rt::CallContext ctx) {
    CO_TRY(std::unique_ptr<Journal> journal,
           co_await Journal::create(ctx, bed->store, bed->header, bed->plan, bed->journal));
    std::vector<RunRecord> started;
    started.emplace_back(record::Started());
    std::vector<RunRecord> copy = started;
    CO_TRY_VOID(co_await journal->append(ctx, std::move(copy), std::vector<ledger::Blob>(), std::string("{}")));
    CHECK(journal->model().apply(started.front(), ctx.clock().wall_now()).has_value());
    co_return co_await work(bed, ctx, journal.get());
  }

  static rt::Task<Result<RunResult>> resume_task(DurableBed* bed, rt::CallContext ctx) {
    CO_TRY(std::unique_ptr<Journal> journal,
           co_await Journal::take_up(ctx, bed->store, bed->header.run_id, bed->journal));
    Result<void> resumable = check_resumable(journal->model());
    if (!resumable) {
      co_await journal->close(ctx, false);
      co_return fail(std::move(resumable).error());
    }
    for (const RunRecord& record : bed->resume_with) {
      std::vector<RunRecord> one;
      one.push_back(record);
      CO_TRY_VOID(co_await journal->append(ctx, std::move(one), std::vector<ledger::Blob>(), std::string("{}")));
      CO_TRY_VOID(journal->model().apply(record, ctx.clock().wall_now()));
    }
    co_return co_await work(bed, ctx, journal.get());
  }

  static rt::Task<Result<RunResult>> work(DurableBed* bed, rt::CallContext ctx, Journal* journal) {
    Engine engine(std::move(journal->model()), [ctx] { return make_op_id(ctx); });
    if (bed->decide) {
      for (std::uint32_t batch = 0; batch < engine.model().batches().size(); ++batch) {
        if (engine.model().batches()[batch].phase != BatchPhase::held) continue;
        const Moment now(ctx.now(), ctx.clock().wall_now());
        Result<Step> step = engine.decide(batch, *bed->decide, "", "ops@host", "a test says so", now);
        CHECK(step.has_value());
        std::vector<RunRecord> records = std::move(step->records);
        CO_TRY_VOID(co_await journal->append(ctx, std::move(records), std::vector<ledger::Blob>(), std::string("{}")));
      }
    }
    const Result<void> driven =
        co_await drive(ctx, engine, *journal, *bed->through, bed->hold, bed->observer, bed->options);
    bed->status = run_status(engine.model());
    if (!driven) co_return fail(driven.error());
    std::string why = engine.stopped().empty() ? "the run is not over" : engine.stopped();
    rt::CallContext reading(ctx.clock(), ctx.random(), ctx.explainer());
    CO_TRY(RunResult run, co_await results_of(reading, bed->store, engine.model(), std::move(why)));
    run.interrupted = co_await rt::is_cancelled();
    co_return run;
  }

  rt::testing::ManualLoop loop;
  Killer killer;
  FakePort port;
  CommandPort* through = &port;  ///< another one for runs of another kind
  MemoryStore store;
  OpenHold hold;
  Plan plan;
  RunHeader header;
  JournalOptions journal;
  DriveOptions options;
  CountingObserver observer;
  std::string status;

 private:
  static rt::Task<void> keep(rt::Task<Result<RunResult>> task, std::optional<Result<RunResult>>* into) {
    into->emplace(co_await std::move(task));
  }

  std::optional<Result<RunResult>> mortal(rt::Task<Result<RunResult>> task) {
    std::optional<Result<RunResult>> result;
    rt::TaskGroup group(loop.executor());
    killer.on_death = [&group] { group.cancel(); };
    group.spawn(keep(std::move(task), &result));
    for (loop.poll(); group.size() > 0; loop.poll()) CHECK(loop.clock().jump());
    killer.on_death = nullptr;
    if (killer.dead) result.reset();
    killer.dead = false;
    killer.kill_before = 0;
    killer.kill_after = 0;
    return result;
  }

  std::vector<fleet::ScopePtr> scopes_;
};

}  // namespace postern::flow::testing
