#pragma once

/// One run of the product over a simulated cloud in virtual time and in memory: discovery, plan, a durable run with its
/// ledger on the simulated disk, through the real adapters and the real client, against the simulator's services. For
/// tests of many seeds and for the bench.

#include <functional>
#include <memory>

#include "adapters/aws_session.hpp"
#include "flow/result.hpp"
#include "http/server.hpp"
#include "sim/agents/profiles.hpp"
#include "sim/cloud_services.hpp"
#include "world/world.hpp"

namespace postern::dst {

struct SimRunOptions {
  SimRunOptions() = default;
  std::uint64_t seed = 1;
  std::size_t accounts = 4;
  std::size_t agents = 40;           ///< over all accounts
  std::size_t batches_at_once = 80;  ///< of at most 50 targets
  std::size_t scopes_at_once = 40;   ///< in discovery
  Duration command_time = std::chrono::seconds(30);
  std::chrono::seconds execution_timeout = std::chrono::hours(1);
  std::chrono::seconds delivery_timeout = std::chrono::minutes(10);
  /// How often the machine of the run stops at a random moment of its disk, loses or tears what was not synced, and is
  /// started again.
  std::size_t crashes = 0;
  /// The profile of the n-th agent.
  std::function<sim::AgentProfile(std::size_t)> profile = [](std::size_t) { return sim::AgentProfile::live; };
  std::function<void(sim::FaultyService&)> faults;  ///< empty: none
};

struct SimRunResult {
  SimRunResult() = default;
  std::size_t discovered = 0;
  std::size_t scope_problems = 0;
  flow::RunResult run;
  std::string status;      ///< flow::run_status()
  std::size_t lives = 0;   ///< processes that it took
  std::size_t holds = 0;   ///< ended by a person
  std::size_t doubts = 0;  ///< sends that were left to a person, who gave their targets up
  Duration virtual_time{};
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
  /// Services, agents, client, and the run to its end. Once.
  Result<SimRunResult> run();
  sim::Cloud& cloud() noexcept { return *cloud_; }
  world::World& world() noexcept { return world_; }

 private:
  sim::CloudConfig config() const;
  std::vector<fleet::ScopePtr> scopes() const;
  struct Work;
  rt::Task<Result<SimRunResult>> go();
  rt::Task<Result<void>> run_durably(rt::CallContext ctx, Work work, SimRunResult* result);
  rt::Task<Result<bool>> live_once(rt::CallContext ctx, const Work* work, SimRunResult* result);

  SimRunOptions options_;
  world::World world_;
  std::unique_ptr<rt::Explainer> silent_;
  std::unique_ptr<sim::Cloud> cloud_;
  std::unique_ptr<sim::ScriptedAgents> agents_;
  std::unique_ptr<sim::CloudServices> services_;
  std::unique_ptr<http::ServiceClient> client_;
  std::unique_ptr<adapters::AwsSession> session_;
};

/// What must be true of every run, whatever went wrong in it; empty: all is.
std::string check_run(const SimRunResult& result, const sim::Cloud& cloud);

}  // namespace postern::dst
