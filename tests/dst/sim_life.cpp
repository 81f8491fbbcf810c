// The processes of a run: opened, killed, taken up again, and what people do in between.

#include "tests/dst/sim_life.hpp"

#include "adapters/command_port.hpp"
#include "flow/verdict.hpp"
#include "ledger/sqlite_store.hpp"

namespace postern::dst {
namespace sim_life {

constexpr std::size_t kLivesMax = 100;
constexpr std::uint64_t kCrashWithin = 400;  // disk operations: more than a small run makes, so that some crash late
constexpr std::uint64_t kCallWithin = 60;
constexpr std::size_t kPage = 500;
constexpr std::size_t kNotesMax = 2'000;

/// The fleet is held for a while.
class HeldFor final : public flow::HoldFlag {
 public:
  /// `unreadable` counts down over all lives.
  HeldFor(MonoTime from, MonoTime until, std::size_t* unreadable)
      : from_(from), until_(until), unreadable_(unreadable) {}
  rt::Task<Result<std::optional<std::string>>> read(rt::CallContext ctx) override {
    if (*unreadable_ > 0) {
      --*unreadable_;
      co_return fail(ErrorKind::denied, "the hub refuses to say");
    }
    const bool held = ctx.now() >= from_ && ctx.now() < until_;
    co_return held ? std::optional<std::string>("the fleet is held") : std::nullopt;
  }

 private:
  MonoTime from_;
  MonoTime until_;
  std::size_t* unreadable_;
};

class Notes final : public flow::RunObserver {
 public:
  explicit Notes(std::vector<std::string>& into) : into_(into) {}
  void on_note(std::string_view text) override {
    if (into_.size() < kNotesMax) into_.emplace_back(text);
  }

 private:
  std::vector<std::string>& into_;
};

rt::Task<Result<void>> append_one(rt::CallContext ctx, flow::Journal* journal, flow::RunRecord record) {
  CO_TRY_VOID(journal->model().apply(record, ctx.clock().wall_now()));
  std::vector<flow::RunRecord> records;
  records.push_back(std::move(record));
  co_return co_await journal->append(ctx, std::move(records), std::vector<ledger::Blob>(), std::string("{}"));
}

rt::Task<Result<std::unique_ptr<flow::Journal>>> open_journal(rt::CallContext ctx, ledger::Store* store,
                                                              const flow::RunHeader& header, const flow::Plan& plan) {
  flow::JournalOptions options;
  options.world = header.world;
  options.is_dead = [](const std::string&) { return true; };
  flow::JournalOptions again = options;
  Result<std::unique_ptr<flow::Journal>> journal =
      co_await flow::Journal::take_up(ctx, *store, header.run_id, std::move(again));
  const bool there = journal && (*journal)->model().started();
  if (there) co_return journal;
  flow::RunHeader fresh = header;
  fresh.run_id = flow::make_op_id(ctx);  // one that was never started stays behind as it is
  journal = co_await flow::Journal::create(ctx, *store, std::move(fresh), plan, std::move(options));
  if (!journal) co_return journal;
  CO_TRY_VOID(co_await append_one(ctx, journal->get(), flow::record::Started()));
  co_return journal;
}

}  // namespace sim_life

/// The command that carries the mark of the batch's last send, as somebody finds it who looks at the account.
std::string SimRun::find_command(const flow::RunModel& model, std::uint32_t batch) const {
  const fleet::Scope& scope = model.plan().scope_of(model.plan().batches[batch]);
  const std::string mark = flow::comment_mark(model.batches()[batch].op);
  for (const sim::Command* command : services_->engine().list(scope.account.text(), scope.region.text())) {
    if (command->spec.comment.starts_with(mark)) return command->id;
  }
  return {};
}

/// What people do before the run goes on: hold over, sign in again, cancel.
rt::Task<Result<void>> SimRun::attend(rt::CallContext ctx, flow::Journal* journal, Work* work, SimRunResult* result) {
  const People& people = options_.people;
  const auto& hold = journal->model().hold();
  const bool interrupted = result->interrupted && people.cancel;
  const bool over_budget = hold && hold->cause == flow::record::HoldCause::budget && !people.release_budget;
  if ((interrupted || over_budget) && !journal->model().cancelling()) {
    flow::record::Cancelling cancelling;
    cancelling.by = "dst";
    CO_TRY_VOID(co_await sim_life::append_one(ctx, journal, std::move(cancelling)));
    result->cancelled = true;
    work->disturbed = std::max(work->disturbed, ctx.now());
  }
  if (!hold || journal->model().cancelling()) co_return Result<void>();
  const MonoTime free = work->begin + people.hold_until;
  if (hold->cause == flow::record::HoldCause::operator_flag && ctx.now() < free) {
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), free));
  }
  flow::record::Resumed released;
  released.by = "dst";
  released.release = true;
  CO_TRY_VOID(co_await sim_life::append_one(ctx, journal, std::move(released)));
  ++result->holds;
  work->disturbed = std::max(work->disturbed, ctx.now());
  co_return Result<void>();
}

rt::Task<Result<void>> SimRun::decide(rt::CallContext ctx, flow::Engine* engine, flow::Journal* journal,
                                      SimRunResult* result) {
  using flow::record::Decision;
  for (std::uint32_t batch = 0; batch < engine->model().batches().size(); ++batch) {
    if (engine->model().batches()[batch].phase != flow::BatchPhase::held) continue;
    Decision decision = options_.people.in_doubt;
    std::string command;
    if (decision != Decision::skip) {
      command = find_command(engine->model(), batch);
      decision = command.empty() ? Decision::reissue : Decision::adopt;
    }
    const flow::Moment now(ctx.now(), ctx.clock().wall_now());
    CO_TRY(flow::Step step, engine->decide(batch, decision, command, std::string("dst"), std::string(), now));
    CO_TRY_VOID(co_await journal->append(ctx, std::move(step.records), std::move(step.blobs), std::string("{}")));
    ++result->doubts;
  }
  co_return Result<void>();
}

rt::Task<Result<void>> SimRun::read_back(rt::CallContext ctx, ledger::Store* store, Work* work, SimRunResult* result) {
  CO_TRY(const std::unique_ptr<flow::RunModel> model,
         co_await flow::read_run(ctx, *store, work->header.world, result->run.run_id));
  const std::string id = result->run.run_id;
  CO_TRY(result->run, co_await flow::results_of(ctx, *store, *model, "the run is not over"));
  result->status = flow::run_status(*model);
  result->over = model->closed();
  result->records.clear();
  result->recorded_at.clear();
  if (!options_.audited || !model->closed()) co_return Result<void>();
  for (;;) {
    CO_TRY(const std::vector<ledger::Record> page,
           co_await store->read(ctx, flow::run_stream(id), result->records.size() + 1, sim_life::kPage));
    if (page.empty()) co_return Result<void>();
    for (const ledger::Record& record : page) {
      CO_TRY(flow::RunRecord decoded, flow::decode_run_record(record));
      result->records.push_back(std::move(decoded));
      result->recorded_at.push_back(record.at);
    }
  }
}

/// One process: true when the run is over.
rt::Task<Result<bool>> SimRun::live_once(rt::CallContext ctx, Work* work, SimRunResult* result) {
  const std::unique_ptr<rt::Worker> worker = rt::make_inline_worker();
  ledger::SqliteOptions sqlite;
  const bool real = !options_.ledger_file.empty();
  sqlite.path = real ? options_.ledger_file : "/home/operator/ledger.db";
  sqlite.world = work->header.world;
  if (!real) sqlite.files = &world_.disk();
  CO_TRY(const std::unique_ptr<ledger::Store> store, ledger::open_sqlite_store(std::move(sqlite), *worker));
  flow::RunHeader header = work->header;
  if (!result->run.run_id.empty()) header.run_id = result->run.run_id;
  CO_TRY(const std::unique_ptr<flow::Journal> journal,
         co_await sim_life::open_journal(ctx, store.get(), header, work->plan));
  // From here on there is a run that the next life must take up.
  result->run.run_id = journal->model().header().run_id;
  for (std::uint32_t i = 0; i < journal->model().plan().scopes.size(); ++i) {
    fleet::Access access = journal->model().plan().scopes[i]->access;
    access.external_id = fleet::SecretRef::literal(external_id());  // the ledger does not keep literals
    journal->model().set_access(i, std::move(access));
  }
  CO_TRY_VOID(co_await attend(ctx, journal.get(), work, result));
  if (!journal->model().closed()) {
    flow::Engine engine(std::move(journal->model()), [ctx] { return flow::make_op_id(ctx); });
    const std::size_t doubts = result->doubts;
    CO_TRY_VOID(co_await decide(ctx, &engine, journal.get(), result));
    if (result->doubts > doubts) work->disturbed = std::max(work->disturbed, ctx.now());
    adapters::SsmCommands commands(*session_);
    const People& people = options_.people;
    sim_life::HeldFor hold(work->begin + people.hold_from, work->begin + people.hold_until, &work->hold_unreadable);
    sim_life::Notes observer(result->notes);
    rt::CallContext limited = ctx;
    const bool interrupts = people.interrupt_after > Duration{} && !result->interrupted;
    if (interrupts) limited = ctx.within(people.interrupt_after);
    CO_TRY_VOID(co_await flow::drive(limited, engine, *journal, commands, hold, observer, flow::DriveOptions()));
    if (!engine.stopped().empty()) {
      result->interrupted = true;
      work->disturbed = std::max(work->disturbed, ctx.now());
    }
  }
  CO_TRY_VOID(co_await read_back(ctx, store.get(), work, result));
  co_return result->over;
}

void SimRun::arm_crash(std::size_t life, std::size_t left) {
  rt::Random& random = world_.random("crashes");
  world::CrashMode mode = options_.crash_mode;
  if (left > 0) mode = random.below(2) == 0 ? world::CrashMode::lose_unsynced : world::CrashMode::tear;
  watcher_->when_dying([this, mode] { world_.disk().crash_operation(1, mode); });
  if (left > 0 && random.below(3) == 0) {
    watcher_->die_at(1 + random.below(sim_life::kCallWithin), random.below(2) == 0);
  } else if (left > 0) {
    world_.disk().crash_operation(1 + random.below(sim_life::kCrashWithin), mode);
  }
  if (life > 0) return;
  if (options_.crash_at_write > 0) world_.disk().crash_operation(options_.crash_at_write, mode);
  if (options_.crash_at_call > 0) watcher_->die_at(options_.crash_at_call, options_.crash_executes);
}

rt::Task<Result<void>> SimRun::run_durably(rt::CallContext ctx, Work* work, SimRunResult* result) {
  std::size_t crashes = options_.crashes;
  while (result->lives < sim_life::kLivesMax) {
    arm_crash(result->lives, crashes);
    ++result->lives;
    const Result<bool> over = co_await live_once(ctx, work, result);
    if (watcher_->is_dead() && !world_.disk().is_down()) world_.disk().crash(options_.crash_mode);
    const bool crashed = world_.disk().is_down() || watcher_->is_dead();
    world_.disk().crash_operation(0);
    world_.disk().restart();
    watcher_->die_at(0, false);
    watcher_->revive();
    result->crashed += crashed ? 1U : 0U;
    if (over && *over) co_return Result<void>();
    if (!over && !crashed) co_return fail(over.error());
    if (crashed) {
      crashes -= crashes > 0 ? 1 : 0;
      work->disturbed = std::max(work->disturbed, ctx.now());
    }
    // Whoever takes it up does so after a while.
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.now() + std::chrono::seconds(5)));
  }
  co_return fail(ErrorKind::internal, "the run does not come to an end: " + result->status);
}

}  // namespace postern::dst
