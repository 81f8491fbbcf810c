#pragma once

#include "cli/host.hpp"
#include "os/processes.hpp"
#include "rt/loop.hpp"

namespace postern::app {

/// Starts sim's demo cloud for the command line. Loop, processes and files outlive it.
class DemoCloudStarter final : public cli::CloudStarter {
 public:
  DemoCloudStarter(rt::Loop& loop, os::Processes& processes, os::Files& files, const os::Environment& environment)
      : loop_(loop), processes_(processes), files_(files), environment_(environment) {}
  rt::Task<Result<std::unique_ptr<cli::RunningCloud>>> start(rt::CallContext ctx) override;

 private:
  rt::Loop& loop_;
  os::Processes& processes_;
  os::Files& files_;
  const os::Environment& environment_;
};

}  // namespace postern::app
