#pragma once

/// Disaster recovery on the full simulator: postern's own command lines (cli::run_cli), each a process with the
/// simulated disk as its machine's, against the simulator's services in memory and in virtual time. Nothing is put
/// together here that the program does not put together itself.

#include <memory>
#include <string>
#include <vector>

#include "adapters/aws_session.hpp"
#include "base/json.hpp"
#include "cli/in_memory.hpp"
#include "http/server.hpp"
#include "sim/agents/profiles.hpp"
#include "sim/cloud_services.hpp"
#include "tests/dst/watcher.hpp"
#include "world/world.hpp"

namespace postern::dst {

struct DrSimOptions {
  DrSimOptions() = default;
  std::uint64_t seed = 1;
  std::string world;    ///< a world file; its seed is replaced
  std::string fleet;    ///< the fleet file
  Duration list_lag{};  ///< of Elastic Disaster Recovery's lists
};

/// How one command line ended.
struct DrAnswer {
  DrAnswer() = default;
  int code = 0;
  bool died = false;  ///< the process was killed on the way
  std::string out;
  std::string err;
  Json document;  ///< of stdout; null when it is none
  Duration took{};
  std::string text() const { return std::to_string(code) + "\n" + out + "\n" + err; }
};

class DrSim {
 public:
  /// CHECKs that both files can be read.
  explicit DrSim(DrSimOptions options);
  ~DrSim();
  DrSim(const DrSim&) = delete;
  DrSim& operator=(const DrSim&) = delete;

  /// One process: `postern -o json WORDS`.
  DrAnswer run(std::vector<std::string> words);
  /// The next process dies at this write or sync of its disk, or at this call, counted from its beginning. 0: not. The
  /// machine stops with it: what was not synced is lost or torn.
  void die_at_write(std::uint64_t nth, world::CrashMode mode);
  void die_at_call(std::uint64_t nth, bool executed, world::CrashMode mode);
  /// Of the process that ran last.
  std::uint64_t writes() const noexcept { return writes_; }
  std::uint64_t calls() const noexcept { return calls_; }
  std::size_t deaths() const noexcept { return deaths_; }

  sim::Cloud& cloud() noexcept { return *cloud_; }
  sim::CloudServices& services() noexcept { return *services_; }
  sim::drs::Sites& sites() noexcept { return services_->disaster_recovery(); }
  Watcher& watcher() noexcept { return *watcher_; }
  world::World& world() noexcept { return world_; }
  std::uint64_t seed() const noexcept { return options_.seed; }
  /// Somebody else, with the same keys, in one of the accounts.
  adapters::AwsSession& other();
  static fleet::ScopePtr scope(const std::string& account, const std::string& region);
  /// Every message on stderr so far.
  const std::string& said() const noexcept { return said_; }

  static constexpr std::string_view kLedger = "/home/operator/ledger.db";
  static constexpr std::string_view kWorldLabel = "sim:dr";

 private:
  class Door;
  rt::Task<int> live(std::vector<std::string> words);
  void begin_process();
  void bury();
  cli::Host host();

  DrSimOptions options_;
  world::World world_;
  std::unique_ptr<sim::Cloud> cloud_;
  std::unique_ptr<sim::ScriptedAgents> agents_;
  std::unique_ptr<sim::CloudServices> services_;
  std::unique_ptr<Watcher> watcher_;
  std::unique_ptr<Door> door_;
  std::unique_ptr<http::ServiceClient> client_;
  std::unique_ptr<cli::InMemoryCloud> in_memory_;
  std::unique_ptr<http::ServiceClient> others_client_;
  std::unique_ptr<adapters::AwsSession> other_;
  rt::TaskGroup* process_ = nullptr;
  world::CrashMode mode_ = world::CrashMode::tear;
  std::uint64_t pid_ = 4'000;
  std::uint64_t die_at_write_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t calls_ = 0;
  std::size_t deaths_ = 0;
  std::string said_;
};

}  // namespace postern::dst
