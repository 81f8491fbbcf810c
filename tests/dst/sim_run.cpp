#include "tests/dst/sim_run.hpp"

#include "adapters/inventory_source.hpp"
#include "base/check.hpp"
#include "fleet/discover.hpp"
#include "flow/verdict.hpp"
#include "tests/dst/sim_life.hpp"

namespace postern::dst {
namespace sim_run {

constexpr std::string_view kHub = "111122223333";
constexpr std::string_view kRegion = "us-east-1";
constexpr std::size_t kLogMax = 4U << 20U;

std::string account_id(std::size_t index) {
  return std::to_string(200'000'000'000 + index);
}

sim::AccountConfig hub() {
  sim::UserConfig user;
  user.name = "hub";
  user.access_key_id = "AKIASIMRUN0000000001";
  user.secret_access_key = Secret<>(std::string(kSecretMark) + "-of-the-hub");
  user.permissions.allow.emplace_back("*");
  sim::AccountConfig made;
  made.id = kHub;
  made.users.push_back(std::move(user));
  return made;
}

sim::RoleConfig role() {
  sim::TrustStatement trust;
  trust.principals.push_back("arn:aws:iam::" + std::string(kHub) + ":root");
  trust.external_ids.push_back(external_id());
  sim::RoleConfig made;
  made.name = "PosternOperator";
  made.trust.push_back(std::move(trust));
  made.permissions.allow.emplace_back("ssm:*");
  made.permissions.allow.emplace_back("ec2:Describe*");
  return made;
}

/// 0 to 1, the same for the same instance and seed.
double share_of(std::uint64_t seed, std::string_view instance_id) {
  std::uint64_t hash = 0xCBF29CE484222325ULL ^ seed;
  for (const char c : instance_id) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
  hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  hash ^= hash >> 31U;
  return static_cast<double>(hash >> 11U) * 0x1.0p-53;
}

}  // namespace sim_run

std::string external_id() {
  return std::string(kSecretMark) + "-external-id";
}

/// All that -v would say, for a search for secrets.
class SimRun::Log final : public rt::Explainer {
 public:
  explicit Log(bool kept) : kept_(kept) {}
  bool wants(std::string_view) const override { return kept_ && text_.size() < sim_run::kLogMax; }
  void explain(std::string_view topic, std::string text) override {
    text_.append(topic).append(": ").append(text).append("\n");
  }
  const std::string& text() const noexcept { return text_; }

 private:
  bool kept_;
  std::string text_;
};

SimRun::SimRun(SimRunOptions options)
    : options_(std::move(options)), world_(options_.seed), log_(std::make_unique<Log>(options_.audited)) {}

SimRun::~SimRun() {
  if (session_) (void)world_.run(session_->close());
}

const std::string& SimRun::log() const {
  return log_->text();
}

sim::CloudConfig SimRun::config() const {
  sim::CloudConfig made;
  made.name = "dst";
  made.seed = options_.seed;
  made.hub_account = sim_run::kHub;
  made.list_lag = options_.list_lag;
  made.clock_skew = options_.clock_skew;
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
      if (options_.platform) node.platform = options_.platform(next);
      if (node.platform == sim::Platform::windows) node.platform_name = "Microsoft Windows Server 2022 Datacenter";
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

void SimRun::make_scopes() {
  for (std::size_t i = 0; i < options_.accounts; ++i) {
    auto scope = std::make_shared<fleet::Scope>();
    scope->account = *fleet::AccountId::parse(sim_run::account_id(i));
    scope->region = *fleet::Region::parse(sim_run::kRegion);
    scope->account_name = scope->account.text();
    scope->access.kind = fleet::Access::Kind::role;
    scope->access.role = *fleet::RoleArn::build(fleet::Partition::aws, scope->account, "PosternOperator");
    scope->access.external_id = fleet::SecretRef::literal(external_id());
    scopes_.push_back(std::move(scope));
  }
}

Result<void> SimRun::start() {
  if (session_) return Result<void>();
  const rt::CallContext server(world_.clock(), world_.random("cloud"), *log_);
  sim::ScriptOptions script;
  script.seed = options_.seed;
  script.run_time = options_.command_time;
  script.jitter = options_.jitter;
  const double spread = options_.spread;
  agents_ = std::make_unique<sim::ScriptedAgents>(server, [script, spread](const sim::Work& work) {
    sim::Behaviour behaviour = sim::profile_behaviour(work, script);
    const double factor = 1 + (spread - 1) * sim_run::share_of(script.seed, work.key.instance_id);
    const double time = static_cast<double>(behaviour.run_time.count()) * factor;
    behaviour.run_time = Duration(static_cast<Duration::rep>(time));
    return behaviour;
  });
  sim::EngineOptions engine;
  engine.commands_max = options_.commands_max;
  services_ = std::make_unique<sim::CloudServices>(*cloud_, *agents_, server, engine);
  if (options_.faults && options_.faults_for == Duration{}) options_.faults(services_->faults());
  const auto bindings = services_->bindings();
  watcher_ = std::make_unique<Watcher>(services_->service(),
                                       std::vector<aws::server::Binding>(bindings.begin(), bindings.end()), *cloud_);
  client_ = std::make_unique<http::ServiceClient>(*watcher_);
  world_.environment().set("AWS_ACCESS_KEY_ID", "AKIASIMRUN0000000001");
  world_.environment().set("AWS_SECRET_ACCESS_KEY", std::string(kSecretMark) + "-of-the-hub");
  world_.environment().set("AWS_REGION", std::string(sim_run::kRegion));
  adapters::SessionEffects effects;
  effects.environment = &world_.environment();
  effects.files = &world_.disk();
  effects.processes = &world_.processes();
  effects.dialer = &world_.network().dialer("laptop");
  effects.clock = &world_.clock();
  effects.http = client_.get();
  TRY(session_, adapters::AwsSession::open(world_.executor(), effects, adapters::SessionOptions()));
  make_scopes();
  return Result<void>();
}

void SimRun::terminate(const std::vector<fleet::Instance>& found) {
  for (std::size_t i = 0; options_.gone_every > 0 && i < found.size(); i += options_.gone_every) {
    sim::Instance* const instance = cloud_->ec2().find(found[i].ref.id().text());
    CHECK(instance != nullptr);
    cloud_->ec2().change(*instance, sim::InstanceState::shutting_down, sim::InstanceState::terminated,
                         world_.clock().wall_now());
  }
}

Result<SimRunResult> SimRun::run() {
  TRY_VOID(start());
  return world_.run(go());
}

rt::Task<Result<SimRunResult>> SimRun::go() {
  const rt::CallContext ctx(world_.clock(), world_.random("ctx"), *log_);
  const MonoTime begin = ctx.now();
  SimRunResult result;
  adapters::AwsInventory inventory(*session_);
  fleet::DiscoverOptions discover;
  discover.concurrency = options_.discover_at_once;
  std::vector<fleet::ScopePtr> all = scopes_;
  CO_TRY(const fleet::Discovery found,
         co_await fleet::discover(ctx, inventory, std::move(all), fleet::Selector::all(), discover));
  result.discovered = found.instances.size();
  result.scope_problems = found.problems.size();
  terminate(found.instances);
  Work work;
  work.hold_unreadable = options_.people.hold_unreadable;
  flow::WavePolicy waves;
  if (!options_.waves.empty()) {
    CO_TRY(waves.rules, flow::parse_waves(options_.waves));
  }
  waves.canary = options_.canary;
  waves.other = options_.max_errors;
  waves.batch_max = options_.batch_max;
  work.plan = flow::plan_waves(found.instances, waves);
  work.header.run_id = flow::make_op_id(ctx);
  work.header.world = "sim:dst";
  work.header.operator_name = "dst@laptop";
  work.header.reason = result.discovered == 0 ? "nobody is there" : "a run of many";
  work.header.spec.sh_lines.emplace_back("uname -srm");
  work.header.spec.powershell_lines.emplace_back("hostname");
  work.header.spec.execution_timeout = options_.execution_timeout;
  work.header.spec.delivery_timeout = options_.delivery_timeout;
  // Two runs of one plan at a time are refused: these are different ones.
  work.header.spec.comment = work.header.run_id;
  work.header.digest = ledger::to_hex(work.plan.digest(flow::spec_text(work.header.spec) + work.header.run_id));
  work.header.policy = options_.policy;
  work.begin = ctx.now();
  work.disturbed = work.begin;
  if (options_.faults && options_.faults_for > Duration{}) {
    options_.faults(services_->faults());
    work.disturbed = work.begin + options_.faults_for;
    world_.at(work.disturbed, [this] { services_->faults().clear(); });
  }
  const std::uint64_t writes = world_.disk().operations();
  const std::uint64_t calls = watcher_->seen();
  CO_TRY_VOID(co_await run_durably(ctx, &work, &result));
  result.writes = world_.disk().operations() - writes;
  result.calls = watcher_->seen() - calls;
  result.virtual_time = ctx.now() - begin;
  result.run_time = ctx.now() - work.begin;
  result.calm_time = ctx.now() - work.disturbed;
  for (const flow::TargetResult& target : result.run.targets) {
    const std::string line = target.target.label() + " " + std::string(flow::to_string(target.outcome));
    world_.trace().append("target", line + " " + target.command_id.text() + " " + target.reason + target.out.bytes());
  }
  co_return result;
}

}  // namespace postern::dst
