#pragma once

/// Installer: what commands that run AWS's installer of the replication agent do to a node, whatever agent it has. All
/// other work is handed on.

#include <map>
#include <string>
#include <vector>

#include "sim/agents.hpp"
#include "sim/drs/sites.hpp"

namespace postern::sim::drs {

/// What an installer was told on its command line.
struct InstallOptions {
  InstallOptions() = default;
  std::string region;
  std::string account;               ///< --account-id; empty: the instance's
  std::vector<std::string> devices;  ///< empty: all disks
  Tags tags;
};

/// The options of the installer that a step runs; absent: it runs none. Words may stand in variables that the script
/// itself sets: NAME='VALUE' of a shell, $NAME = 'VALUE' of PowerShell.
std::optional<InstallOptions> install_options(const WorkStep& step);

/// Loop thread only. Sites and inner agents outlive it, and whoever listens to work under way does too.
class Installer final : public Agents {
 public:
  Installer(Sites& sites, Agents& inner) : sites_(sites), inner_(inner) {}
  ~Installer() override;
  Installer(const Installer&) = delete;
  Installer& operator=(const Installer&) = delete;

  Reach reach(const Instance& instance) const override { return inner_.reach(instance); }
  void deliver(Work work, WorkListener& listener) override;
  void cancel(const WorkKey& key) override;

 private:
  struct Running {
    Running() = default;
    Work work;
    WorkListener* listener = nullptr;
    std::vector<StepOutcome> done;
    std::size_t step = 0;
    InstallOptions options;
    std::string outcome;  ///< its class; empty: success
    std::string detail;
    rt::Clock::TimerId timer = 0;
    bool started = false;
    bool cancelled = false;
  };

  void later(const WorkKey& key, Duration after, void (Installer::*then)(const WorkKey&));
  void begin(const WorkKey& key);
  void run_next(const WorkKey& key);
  void end_step(const WorkKey& key);
  /// What becomes of it, and how long it takes.
  void decide(Running& running);
  std::string obstacle(Running& running, const Instance* instance, SiteRecord& site);
  std::string network_obstacle(const Instance& instance, const std::string& region, std::string& detail) const;
  std::string rights_obstacle(const Instance& instance, const InstallOptions& options, std::string& detail) const;
  /// Of an installation into another account: the roles by which it gets there.
  std::string trust_obstacle(const Instance& instance, const Identity& node, const std::string& target,
                             std::string& detail) const;
  /// What a look inside the node finds.
  std::string probe(const Running& running, const std::string& region);
  /// The id of the node's server, which is made when it has none.
  std::string enrol(const Running& running, const Instance& instance);

  Sites& sites_;
  Agents& inner_;
  std::map<WorkKey, Running> running_;
};

}  // namespace postern::sim::drs
