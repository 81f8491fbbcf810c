#include "tests/dst/dr_sim.hpp"

#include "base/check.hpp"
#include "sim/serve/request_log.hpp"
#include "sim/serve/world.hpp"

namespace postern::dst {
namespace dr_sim {

constexpr std::string_view kKey = "AKIADRSIM00000000001";
constexpr std::string_view kSecret = "made-up";
constexpr std::string_view kRole = "OrganizationAccountAccessRole";
constexpr const char* kFleetFile = "/home/operator/fleet.yaml";
constexpr std::size_t kTraceMax = 1'000;

rt::Task<void> keep_code(rt::Task<int> task, std::optional<int>* code) {
  code->emplace(co_await std::move(task));
}

}  // namespace dr_sim

/// The way out of a process: shut once its machine is down. On the way back lists of jobs and servers lag.
class DrSim::Door final : public http::Service {
 public:
  Door(DrSim& sim, std::vector<aws::server::Binding> bindings) : sim_(sim), router_(std::move(bindings)) {}
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) override {
    if (sim_.world_.disk().is_down()) {
      sim_.bury();
      co_return fail(Error(ErrorKind::cancelled, "this process is dead").delivered(Delivery::sent));
    }
    const std::string operation = sim::operation_of(router_, request);
    Result<http::Response> answer = co_await sim_.watcher_->serve(ctx, std::move(peer), std::move(request));
    if (sim_.watcher_->is_dead()) sim_.bury();
    const bool lists = operation == "drs:DescribeJobs" || operation == "drs:DescribeSourceServers";
    if (lists && answer && answer->status == 200) hide_new(*answer);
    co_return answer;
  }

 private:
  static std::optional<WallTime> made(const Json& item) {
    const Json& job = item["creationDateTime"];
    return parse_rfc3339(job.is_string() ? job.as_string() : text_in(item["lifeCycle"]["addedToServiceDateTime"]));
  }
  static std::string text_in(const Json& json) { return std::string(json.to_string().value_or("")); }

  void hide_new(http::Response& answer) const {
    const Result<Json> body = Json::parse(answer.body);
    if (sim_.options_.list_lag == Duration{} || !body || !(*body)["items"].is_array()) return;
    const WallTime now = sim_.cloud_->now(sim_.world_.clock());
    Json kept = Json::array();
    for (const Json& item : (*body)["items"].items()) {
      const std::optional<WallTime> at = made(item);
      if (!at || *at + sim_.options_.list_lag <= now) kept.push_back(item);
    }
    Json shown = *body;
    shown.set("items", std::move(kept));
    answer.body = shown.dump();
  }

  DrSim& sim_;
  aws::server::ServiceRouter router_;
};

DrSim::DrSim(DrSimOptions options) : options_(std::move(options)), world_(options_.seed) {
  world_.trace().set_kept_max(dr_sim::kTraceMax);
  Result<sim::World> read = sim::parse_world(options_.world, "world.yaml");
  if (!read) check_failed("world.yaml", 0, read.error().message().c_str());
  read->config.seed = options_.seed;
  auto made = sim::Cloud::create(std::move(read->config), world_.clock().wall_now());
  if (!made) check_failed("world.yaml", 0, made.error().message().c_str());
  cloud_ = std::move(*made);
  const rt::CallContext server(world_.clock(), world_.random("cloud"), world_.explainer());
  sim::ScriptOptions script;
  script.seed = options_.seed;
  agents_ = std::make_unique<sim::ScriptedAgents>(
      server, [script](const sim::Work& work) { return sim::profile_behaviour(work, script); });
  services_ = std::make_unique<sim::CloudServices>(*cloud_, *agents_, server);
  const auto bindings = services_->bindings();
  watcher_ = std::make_unique<Watcher>(services_->service(),
                                       std::vector<aws::server::Binding>(bindings.begin(), bindings.end()), *cloud_);
  door_ = std::make_unique<Door>(*this, std::vector<aws::server::Binding>(bindings.begin(), bindings.end()));
  client_ = std::make_unique<http::ServiceClient>(*door_);
  in_memory_ = std::make_unique<cli::InMemoryCloud>(*client_);
  others_client_ = std::make_unique<http::ServiceClient>(services_->service());
  world::MapEnvironment& environment = world_.environment();
  environment.set("AWS_ACCESS_KEY_ID", std::string(dr_sim::kKey));
  environment.set("AWS_SECRET_ACCESS_KEY", std::string(dr_sim::kSecret));
  environment.set("AWS_ENDPOINT_URL", "http://127.0.0.1:4566");
  environment.set("POSTERN_WORLD", std::string(kWorldLabel));
  environment.set("POSTERN_LEDGER", std::string(kLedger));
  environment.set("POSTERN_FLEET", dr_sim::kFleetFile);
  world_.disk().put(dr_sim::kFleetFile, options_.fleet);
}

DrSim::~DrSim() {
  if (other_) (void)world_.run(other_->close());
}

cli::Host DrSim::host() {
  cli::Host host;
  host.clock = &world_.clock();
  host.random = &world_.random("process");
  host.files = &world_.disk();
  host.environment = &world_.environment();
  host.console = &world_.terminal();
  host.processes = &world_.processes();
  host.dialer = &world_.network().dialer("laptop");
  host.clouds = in_memory_.get();
  return host;
}

/// A process of its own number, on a machine that was started when the last one died.
void DrSim::begin_process() {
  const std::string before = "/proc/" + std::to_string(pid_);
  if (world_.disk().exists(before + "/stat")) CHECK(world_.disk().remove(before + "/stat").has_value());
  ++pid_;
  const std::string pid = std::to_string(pid_);
  const std::string stat = pid + " (postern) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " + pid + "00 0 0\n";
  world_.disk().put("/proc/self/stat", stat);
  world_.disk().put("/proc/" + pid + "/stat", stat);
  world_.disk().put("/proc/sys/kernel/random/boot_id", "boot-" + std::to_string(deaths_) + "\n");
}

/// Whatever the process still waits for, it is woken up to end.
void DrSim::bury() {
  world_.at(world_.clock().now(), [this] {
    if (process_ != nullptr) process_->cancel();
  });
}

rt::Task<int> DrSim::live(std::vector<std::string> words) {
  std::optional<int> code;
  rt::TaskGroup process(world_.executor());
  process_ = &process;
  process.spawn(dr_sim::keep_code(cli::run_cli(host(), std::move(words)), &code));
  co_await process.join();
  process_ = nullptr;
  co_return code.value_or(-1);
}

DrAnswer DrSim::run(std::vector<std::string> words) {
  world::SimDisk& disk = world_.disk();
  world_.terminal().clear();
  words.insert(words.begin(), {"-o", "json"});
  begin_process();
  if (die_at_write_ > 0) disk.crash_operation(die_at_write_, mode_);
  die_at_write_ = 0;
  const std::uint64_t writes = disk.operations();
  const std::uint64_t calls = watcher_->seen();
  const MonoTime begin = world_.clock().now();
  const Result<int> code = world_.run(live(std::move(words)));
  DrAnswer answer;
  answer.code = code ? *code : -1;
  answer.out = world_.terminal().output();
  answer.err = world_.terminal().errors() + (code ? "" : code.error().to_text());
  answer.took = world_.clock().now() - begin;
  answer.died = disk.is_down() || watcher_->is_dead();
  if (Result<Json> parsed = Json::parse(answer.out)) answer.document = std::move(*parsed);
  said_ += answer.err;
  writes_ = disk.operations() - writes;
  calls_ = watcher_->seen() - calls;
  if (answer.died && !disk.is_down()) disk.crash(mode_);
  if (answer.died) ++deaths_;
  disk.crash_operation(0);
  disk.restart();
  watcher_->die_at(0, false);
  watcher_->revive();
  return answer;
}

void DrSim::die_at_write(std::uint64_t nth, world::CrashMode mode) {
  mode_ = mode;
  die_at_write_ = nth;
}

void DrSim::die_at_call(std::uint64_t nth, bool executed, world::CrashMode mode) {
  mode_ = mode;
  watcher_->when_dying([this, mode] { world_.disk().crash_operation(1, mode); });
  watcher_->die_at(nth, executed);
}

adapters::AwsSession& DrSim::other() {
  if (other_) return *other_;
  adapters::SessionEffects effects;
  effects.environment = &world_.environment();
  effects.files = &world_.disk();
  effects.processes = &world_.processes();
  effects.dialer = &world_.network().dialer("laptop");
  effects.clock = &world_.clock();
  effects.http = others_client_.get();
  adapters::SessionOptions options;
  options.settings.region = "us-east-1";
  auto opened = adapters::AwsSession::open(world_.executor(), effects, std::move(options));
  if (!opened) check_failed("session", 0, opened.error().message().c_str());
  other_ = std::move(*opened);
  return *other_;
}

fleet::ScopePtr DrSim::scope(const std::string& account, const std::string& region) {
  auto scope = std::make_shared<fleet::Scope>();
  scope->account = *fleet::AccountId::parse(account);
  scope->region = *fleet::Region::parse(region);
  scope->account_name = account;
  scope->access.kind = fleet::Access::Kind::role;
  scope->access.role = *fleet::RoleArn::build(fleet::Partition::aws, scope->account, std::string(dr_sim::kRole));
  return scope;
}

}  // namespace postern::dst
