#pragma once

#include "cli/host.hpp"
#include "os/processes.hpp"
#include "rt/loop.hpp"

namespace postern::app {

/// Starts sim's clouds for the command line. Loop, processes and files outlive it.
class SimCloudStarter final : public cli::CloudStarter {
 public:
  SimCloudStarter(rt::Loop& loop, os::Processes& processes, os::Files& files, const os::Environment& environment)
      : loop_(loop), processes_(processes), files_(files), environment_(environment) {}
  rt::Task<Result<std::unique_ptr<cli::RunningCloud>>> start(rt::CallContext ctx, cli::CloudOrder order) override;
  Result<std::string> world_file(const std::optional<fleet::FleetFile>& fleet) override;

 private:
  rt::Loop& loop_;
  os::Processes& processes_;
  os::Files& files_;
  const os::Environment& environment_;
};

}  // namespace postern::app
