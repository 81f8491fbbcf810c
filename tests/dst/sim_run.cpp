#include "tests/dst/sim_run.hpp"

#include "adapters/command_port.hpp"
#include "adapters/inventory_source.hpp"
#include "base/check.hpp"
#include "fleet/discover.hpp"
#include "flow/driver.hpp"
#include "flow/verdict.hpp"
#include "ledger/sqlite_store.hpp"

namespace postern::dst {
namespace sim_run {

constexpr std::string_view kHub = "111122223333";
constexpr std::string_view kRegion = "us-east-1";

class Silent final : public rt::Explainer {
 public:
  bool wants(std::string_view) const override { return false; }
  void explain(std::string_view, std::string) override {}
};

std::string account_id(std::size_t index) {
  return std::to_string(200'000'000'000 + index);
}

sim::AccountConfig hub() {
  sim::UserConfig user;
  user.name = "hub";
  user.access_key_id = "AKIASIMRUN0000000001";
  user.secret_access_key = Secret<>(std::string("secret"));
  user.permissions.allow.emplace_back("*");
  sim::AccountConfig made;
  made.id = kHub;
  made.users.push_back(std::move(user));
  return made;
}

sim::RoleConfig role() {
  sim::TrustStatement trust;
  trust.principals.push_back("arn:aws:iam::" + std::string(kHub) + ":root");
  trust.external_ids.emplace_back("x-1");
  sim::RoleConfig made;
  made.name = "PosternOperator";
  made.trust.push_back(std::move(trust));
  made.permissions.allow.emplace_back("ssm:*");
  made.permissions.allow.emplace_back("ec2:Describe*");
  return made;
}

}  // namespace sim_run

SimRun::SimRun(SimRunOptions options)
    : options_(std::move(options)), world_(options_.seed), silent_(std::make_unique<sim_run::Silent>()) {}

SimRun::~SimRun() {
  if (session_) (void)world_.run(session_->close());
}

sim::CloudConfig SimRun::config() const {
  sim::CloudConfig made;
  made.name = "dst";
  made.seed = options_.seed;
  made.hub_account = sim_run::kHub;
  made.accounts.push_back(sim_run::hub());
  std::size_t next = 0;
  for (std::size_t i = 0; i < options_.accounts; ++i) {
    sim::AccountConfig account;
    account.id = sim_run::account_id(i);
    account.roles.push_back(sim_run::role());
    const std::size_t end = options_.agents * (i + 1) / options_.accounts;
    for (; next < end; ++next) {
      sim::InstanceConfig& node = account.instances.emplace_back();
      node.name = "node-" + std::to_string(next);
      node.region = sim_run::kRegion;
      node.tags["env"] = next % 3 == 0 ? "prod" : "dev";
      node.tags["service"] = "service-" + std::to_string(next % 7);
      node.agent.profile = options_.profile(next);
    }
    made.accounts.push_back(std::move(account));
  }
  return made;
}

void SimRun::make_cloud() {
  auto made = sim::Cloud::create(config(), world_.clock().wall_now());
  CHECK(made.has_value());
  cloud_ = std::move(*made);
}

std::vector<fleet::ScopePtr> SimRun::scopes() const {
  std::vector<fleet::ScopePtr> all;
  for (std::size_t i = 0; i < options_.accounts; ++i) {
    auto scope = std::make_shared<fleet::Scope>();
    scope->account = *fleet::AccountId::parse(sim_run::account_id(i));
    scope->region = *fleet::Region::parse(sim_run::kRegion);
    scope->account_name = scope->account.text();
    scope->access.kind = fleet::Access::Kind::role;
    scope->access.role = *fleet::RoleArn::build(fleet::Partition::aws, scope->account, "PosternOperator");
    scope->access.external_id = fleet::SecretRef::literal("x-1");
    all.push_back(std::move(scope));
  }
  return all;
}

Result<SimRunResult> SimRun::run() {
  const rt::CallContext server(world_.clock(), world_.random("cloud"), *silent_);
  sim::ScriptOptions script;
  script.seed = options_.seed;
  script.run_time = options_.command_time;
  agents_ = std::make_unique<sim::ScriptedAgents>(
      server, [script](const sim::Work& work) { return sim::profile_behaviour(work, script); });
  services_ = std::make_unique<sim::CloudServices>(*cloud_, *agents_, server);
  if (options_.faults) options_.faults(services_->faults());
  client_ = std::make_unique<http::ServiceClient>(services_->service());
  world_.environment().set("AWS_ACCESS_KEY_ID", "AKIASIMRUN0000000001");
  world_.environment().set("AWS_SECRET_ACCESS_KEY", "secret");
  world_.environment().set("AWS_REGION", std::string(sim_run::kRegion));
  adapters::SessionEffects effects;
  effects.environment = &world_.environment();
  effects.files = &world_.disk();
  effects.processes = &world_.processes();
  effects.dialer = &world_.network().dialer("laptop");
  effects.clock = &world_.clock();
  effects.http = client_.get();
  TRY(session_, adapters::AwsSession::open(world_.executor(), effects, adapters::SessionOptions()));
  return world_.run(go());
}

struct SimRun::Work {
  Work() = default;
  flow::Plan plan;
  flow::RunHeader header;
};

namespace sim_run {

constexpr std::size_t kLivesMax = 100;
constexpr std::uint64_t kCrashWithin = 400;  // disk operations: more than a small run makes, so that some crash late

class NoHold final : public flow::HoldFlag {
 public:
  rt::Task<Result<std::optional<std::string>>> read(rt::CallContext) override {
    co_return std::optional<std::string>();
  }
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

}  // namespace sim_run

/// One process: true when the run is over.
rt::Task<Result<bool>> SimRun::live_once(rt::CallContext ctx, const Work* work, SimRunResult* result) {
  const std::unique_ptr<rt::Worker> worker = rt::make_inline_worker();
  ledger::SqliteOptions sqlite;
  sqlite.path = "/home/operator/ledger.db";
  sqlite.world = work->header.world;
  sqlite.files = &world_.disk();
  CO_TRY(const std::unique_ptr<ledger::Store> store, ledger::open_sqlite_store(std::move(sqlite), *worker));
  flow::RunHeader header = work->header;
  if (!result->run.run_id.empty()) header.run_id = result->run.run_id;
  CO_TRY(const std::unique_ptr<flow::Journal> journal,
         co_await sim_run::open_journal(ctx, store.get(), header, work->plan));
  // From here on there is a run that the next life must take up.
  result->run.run_id = journal->model().header().run_id;
  for (std::uint32_t i = 0; i < journal->model().plan().scopes.size(); ++i) {
    fleet::Access access = journal->model().plan().scopes[i]->access;
    access.external_id = fleet::SecretRef::literal("x-1");  // the ledger does not keep literals
    journal->model().set_access(i, std::move(access));
  }
  if (journal->model().hold()) {
    // Held for credentials: somebody signs in and lets it go on.
    flow::record::Resumed released;
    released.by = "dst";
    released.release = true;
    CO_TRY_VOID(co_await sim_run::append_one(ctx, journal.get(), std::move(released)));
    ++result->holds;
  }
  if (!journal->model().closed()) {
    flow::Engine engine(std::move(journal->model()), [ctx] { return flow::make_op_id(ctx); });
    for (std::uint32_t batch = 0; batch < engine.model().batches().size(); ++batch) {
      if (engine.model().batches()[batch].phase != flow::BatchPhase::held) continue;
      const flow::Moment now(ctx.now(), ctx.clock().wall_now());
      CO_TRY(flow::Step step,
             engine.decide(batch, flow::record::Decision::skip, std::string(), "dst", std::string(), now));
      CO_TRY_VOID(co_await journal->append(ctx, std::move(step.records), std::move(step.blobs), std::string("{}")));
      ++result->doubts;
    }
    adapters::SsmCommands commands(*session_);
    sim_run::NoHold hold;
    flow::RunObserver observer;
    CO_TRY_VOID(co_await flow::drive(ctx, engine, *journal, commands, hold, observer, flow::DriveOptions()));
  }
  CO_TRY(const std::unique_ptr<flow::RunModel> model,
         co_await flow::read_run(ctx, *store, work->header.world, result->run.run_id));
  const std::string id = result->run.run_id;
  CO_TRY(result->run, co_await flow::results_of(ctx, *store, *model, "the run is not over"));
  result->status = flow::run_status(*model);
  co_return model->closed();
}

rt::Task<Result<void>> SimRun::run_durably(rt::CallContext ctx, Work work, SimRunResult* result) {
  rt::Random& random = world_.random("crashes");
  for (std::size_t crashes = options_.crashes; result->lives < sim_run::kLivesMax;) {
    ++result->lives;
    if (crashes > 0) {
      const world::CrashMode mode = random.below(2) == 0 ? world::CrashMode::lose_unsynced : world::CrashMode::tear;
      world_.disk().crash_operation(1 + random.below(sim_run::kCrashWithin), mode);
    }
    const Result<bool> over = co_await live_once(ctx, &work, result);
    const bool crashed = world_.disk().is_down();
    world_.disk().crash_operation(0);
    world_.disk().restart();
    if (over && *over) co_return Result<void>();
    if (!over && !crashed) co_return fail(over.error());
    if (crashed) --crashes;
    // Whoever takes it up does so after a while.
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.now() + std::chrono::seconds(5)));
  }
  co_return fail(ErrorKind::internal, "the run does not come to an end");
}

rt::Task<Result<SimRunResult>> SimRun::go() {
  const rt::CallContext ctx(world_.clock(), world_.random("ctx"), *silent_);
  const MonoTime begin = ctx.now();
  SimRunResult result;
  adapters::AwsInventory inventory(*session_);
  fleet::DiscoverOptions discover;
  discover.concurrency = options_.scopes_at_once;
  CO_TRY(const fleet::Discovery found,
         co_await fleet::discover(ctx, inventory, scopes(), fleet::Selector::all(), discover));
  result.discovered = found.instances.size();
  result.scope_problems = found.problems.size();
  Work work;
  flow::WavePolicy waves;
  waves.other = flow::Budget(100, true);
  work.plan = flow::plan_waves(found.instances, waves);
  work.header.run_id = flow::make_op_id(ctx);
  work.header.world = "sim:dst";
  work.header.operator_name = "dst@laptop";
  work.header.spec.sh_lines.emplace_back("uname -srm");
  work.header.spec.execution_timeout = options_.execution_timeout;
  work.header.spec.delivery_timeout = options_.delivery_timeout;
  work.header.digest = ledger::to_hex(work.plan.digest(flow::spec_text(work.header.spec)));
  work.header.policy.scopes_at_once = static_cast<std::uint32_t>(options_.batches_at_once);
  CO_TRY_VOID(co_await run_durably(ctx, std::move(work), &result));
  result.virtual_time = ctx.now() - begin;
  for (const flow::TargetResult& target : result.run.targets) {
    const std::string line = target.target.label() + " " + std::string(flow::to_string(target.outcome));
    world_.trace().append("target", line + " " + target.command_id + " " + target.reason + target.out.bytes());
  }
  co_return result;
}

std::string check_run(const SimRunResult& result, const sim::Cloud& cloud) {
  if (result.discovered > 0 && (result.status.empty() || result.status == "running")) {
    return "the run ended as '" + result.status + "'";
  }
  const flow::Totals totals = result.run.totals();
  if (totals.all() != result.discovered) {
    return std::to_string(result.discovered) + " were discovered and " + std::to_string(totals.all()) +
           " accounted for";
  }
  const sim::Truth& truth = cloud.truth();
  for (const auto& [instance, executions] : truth.executions) {
    const auto accepted = truth.targeted.find(instance);
    if (accepted == truth.targeted.end() || executions > accepted->second) {
      return instance + " ran a command more often than one was accepted for it";
    }
  }
  for (const flow::TargetResult& target : result.run.targets) {
    const auto ran = truth.executions.find(target.target.id().text());
    const std::uint64_t times = ran == truth.executions.end() ? 0 : ran->second;
    if (times > 1) return target.target.label() + " ran the command " + std::to_string(times) + " times";
    if (target.outcome == flow::Outcome::succeeded && times != 1) {
      return target.target.label() + " is called succeeded and never ran the command";
    }
  }
  return {};
}

}  // namespace postern::dst
