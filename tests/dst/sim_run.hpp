#pragma once

/// One run of the product over a simulated cloud in virtual time and in memory: discovery, plan, a durable run with its
/// ledger on the simulated disk, through the real adapters and the real client, against the simulator's services. For
/// tests of many seeds and for the bench.

#include <functional>
#include <memory>

#include "adapters/aws_session.hpp"
#include "flow/driver.hpp"
#include "http/server.hpp"
#include "sim/agents/profiles.hpp"
#include "sim/cloud_services.hpp"
#include "tests/dst/watcher.hpp"
#include "world/world.hpp"

namespace postern::dst {

/// What must never be seen outside of the requests that carry it: scanned for in the trace, the log and the database.
inline constexpr std::string_view kSecretMark = "MARKEDSECRET";

/// What the people around a run do, and when.
struct People {
  People() = default;
  Duration interrupt_after{};  ///< 0: never; then the run is resumed after a while
  bool cancel = false;         ///< the resumed run is cancelled
  /// The fleet is held from one moment to the other, counted from the beginning of the run. 0: never.
  Duration hold_from{};
  Duration hold_until{};
  std::size_t hold_unreadable = 0;  ///< so many times the flag cannot be read
  bool release_budget = true;       ///< else a run that is held for its budget is cancelled
  /// Of a send in doubt. A person who wants it adopted looks at the account; what is not there is sent again.
  flow::record::Decision in_doubt = flow::record::Decision::skip;
};

struct SimRunOptions {
  SimRunOptions() = default;
  std::uint64_t seed = 1;
  std::size_t accounts = 4;
  std::size_t agents = 40;            ///< over all accounts
  std::size_t discover_at_once = 40;  ///< scopes, in discovery
  flow::RunPolicy policy;
  std::string waves;  ///< as --waves has it; empty: one
  flow::Budget canary;
  flow::Budget max_errors = flow::Budget(100, true);
  std::size_t batch_max = fleet::kBatchTargetsMax;
  Duration command_time = std::chrono::seconds(30);
  double jitter = 0.1;  ///< of the command's time, both ways
  double spread = 1;    ///< the slowest target takes so many times the command's time, the others anything between
  std::chrono::seconds execution_timeout = std::chrono::hours(1);
  std::chrono::seconds delivery_timeout = std::chrono::minutes(10);
  Duration list_lag = std::chrono::milliseconds(300);
  std::size_t commands_max = 20'000;  ///< that the cloud remembers
  Duration clock_skew{};              ///< the cloud's clock minus the client's
  People people;
  /// How often the machine of the run stops at a random moment of its disk, loses or tears what was not synced, and is
  /// started again.
  std::size_t crashes = 0;
  /// Instead: once, at this write or sync of the run's disk, or at this call. 0: not.
  std::uint64_t crash_at_write = 0;
  std::uint64_t crash_at_call = 0;
  world::CrashMode crash_mode = world::CrashMode::tear;
  bool crash_executes = false;  ///< at a call: the cloud does what it asks for
  /// The profile of the n-th agent.
  std::function<sim::AgentProfile(std::size_t)> profile = [](std::size_t) { return sim::AgentProfile::live; };
  std::function<sim::Platform(std::size_t)> platform;  ///< empty: Linux
  std::size_t gone_every = 0;  ///< of what was discovered, every n-th is terminated before the run begins; 0: none
  std::function<void(sim::FaultyService&)> faults;  ///< empty: none
  Duration faults_for{};                            ///< from the beginning of the run; 0: for ever
  /// Empty: the ledger is on the World's disk. Else a file of the real one, so that it is not counted as memory.
  std::string ledger_file;
  bool audited = true;  ///< the run's records and its log are kept for the checkers
};

/// What a run was seen to do.
struct SimRunResult {
  SimRunResult() = default;
  std::size_t discovered = 0;
  std::size_t scope_problems = 0;
  flow::RunResult run;
  std::string status;     ///< flow::run_status()
  std::size_t lives = 0;  ///< processes that it took
  std::size_t crashed = 0;
  std::size_t holds = 0;     ///< ended by a person
  std::size_t doubts = 0;    ///< sends that were left to a person
  std::uint64_t writes = 0;  ///< operations of the disk, from the run's opening on
  std::uint64_t calls = 0;
  bool over = false;  ///< closed
  bool interrupted = false;
  bool cancelled = false;   ///< a person wanted its end
  Duration virtual_time{};  ///< with discovery
  Duration run_time{};      ///< without
  Duration calm_time{};     ///< from the last thing that went wrong or was done by a person to the end
  std::vector<flow::RunRecord> records;
  std::vector<WallTime> recorded_at;
  std::vector<std::string> notes;  ///< what people were told
};

/// Made in two steps, so that what a cloud at rest costs can be measured in between.
class SimRun {
 public:
  explicit SimRun(SimRunOptions options);
  ~SimRun();
  SimRun(const SimRun&) = delete;
  SimRun& operator=(const SimRun&) = delete;

  /// The cloud's state alone. CHECKs: its config is ours.
  void make_cloud();
  /// Services, agents and client; run() does it when it was not done.
  Result<void> start();
  /// A run to its end. May be called again: the next run on the same fleet and ledger.
  Result<SimRunResult> run();
  /// The same as a task, for runs beside each other. start() comes first.
  rt::Task<Result<SimRunResult>> go();
  const SimRunOptions& options() const noexcept { return options_; }
  sim::Cloud& cloud() noexcept { return *cloud_; }
  sim::CloudServices& services() noexcept { return *services_; }
  Watcher& watcher() noexcept { return *watcher_; }
  world::World& world() noexcept { return world_; }
  /// What the client explained with -v.
  const std::string& log() const;
  const std::vector<fleet::ScopePtr>& scopes() const noexcept { return scopes_; }

 private:
  class Log;
  struct Work;
  sim::CloudConfig config() const;
  void make_scopes();
  void terminate(const std::vector<fleet::Instance>& found);
  rt::Task<Result<void>> run_durably(rt::CallContext ctx, Work* work, SimRunResult* result);
  rt::Task<Result<bool>> live_once(rt::CallContext ctx, Work* work, SimRunResult* result);
  rt::Task<Result<void>> attend(rt::CallContext ctx, flow::Journal* journal, Work* work, SimRunResult* result);
  rt::Task<Result<void>> decide(rt::CallContext ctx, flow::Engine* engine, flow::Journal* journal,
                                SimRunResult* result);
  rt::Task<Result<void>> read_back(rt::CallContext ctx, ledger::Store* store, Work* work, SimRunResult* result);
  std::string find_command(const flow::RunModel& model, std::uint32_t batch) const;
  void arm_crash(std::size_t life, std::size_t left);

  SimRunOptions options_;
  world::World world_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<sim::Cloud> cloud_;
  std::unique_ptr<sim::ScriptedAgents> agents_;
  std::unique_ptr<sim::CloudServices> services_;
  std::unique_ptr<Watcher> watcher_;
  std::unique_ptr<http::ServiceClient> client_;
  std::unique_ptr<adapters::AwsSession> session_;
  std::vector<fleet::ScopePtr> scopes_;
};

}  // namespace postern::dst
