#include "tests/dst/sim_run.hpp"

#include "adapters/command_port.hpp"
#include "adapters/inventory_source.hpp"
#include "base/check.hpp"
#include "fleet/discover.hpp"
#include "flow/run.hpp"

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
  flow::RunOptions run;
  run.concurrency = options_.batches_at_once;
  flow::CommandSpec spec;
  spec.sh_lines.emplace_back("uname -srm");
  spec.execution_timeout = options_.execution_timeout;
  spec.delivery_timeout = options_.delivery_timeout;
  adapters::SsmCommands commands(*session_);
  flow::RunObserver observer;
  flow::RunPlan plan = flow::plan_run(found.instances);
  result.run = co_await flow::run_plain(ctx, commands, std::move(plan), std::move(spec), std::move(run), observer);
  result.virtual_time = ctx.now() - begin;
  for (const flow::TargetResult& target : result.run.targets) {
    const std::string line = target.target.label() + " " + std::string(flow::to_string(target.outcome));
    world_.trace().append("target", line + " " + target.command_id + " " + target.reason + target.out);
  }
  co_return result;
}

std::string check_run(const SimRunResult& result, const sim::Cloud& cloud) {
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
