#pragma once

/// Live agents: commands really run, as shell scripts in child processes of this program, with this user's rights.

#include <map>
#include <memory>
#include <string>

#include "os/files.hpp"
#include "os/processes.hpp"
#include "rt/context.hpp"
#include "rt/sync.hpp"
#include "rt/task_group.hpp"
#include "sim/agents.hpp"

namespace postern::sim {

struct LiveAgentOptions {
  LiveAgentOptions() = default;
  /// Made on start(), private to this object, and removed with everything in it by stop().
  std::string root_dir;
  std::string shell = "/bin/sh";
  std::size_t running_max = 8;  ///< child processes at once, over all instances; further work waits
};

/// Every instance has a home and a bin folder (its `programs`, first in PATH) below the root; every command a folder
/// of its own. The environment is clean: PATH, HOME, LANG, HOSTNAME, what the real agent sets
/// (AWS_SSM_INSTANCE_ID, AWS_SSM_REGION_NAME, AWS_SSM_PLATFORM_*, SSM_COMMAND_ID) and POSTERN_SIM_HOSTNAME. Windows
/// work fails: there is no PowerShell here. What a command wrote before it was timed out or cancelled is lost.
/// processes and files outlive it; stop() before it goes.
class LiveAgents final : public Agents {
 public:
  LiveAgents(rt::Executor executor, rt::CallContext ctx, os::Processes& processes, os::Files& files,
             LiveAgentOptions options);
  /// Makes the root. Fails as Files::make_dirs does.
  Result<void> start();
  void deliver(Work work, WorkListener& listener) override;
  void cancel(const WorkKey& key) override;
  /// Kills what runs, waits for it and removes the root.
  rt::Task<void> stop();

 private:
  rt::Task<void> supervise(Work work, WorkListener* listener);
  rt::Task<void> execute(const Work* work, WorkListener* listener, WorkOutcome* outcome, bool* accepted);
  rt::Task<Result<os::ProcessResult>> run_script(const Work& work, const WorkStep& step);
  Result<os::ProcessSpec> prepare(const Work& work, const WorkStep& step);

  rt::CallContext ctx_;
  os::Processes& processes_;
  os::Files& files_;
  LiveAgentOptions options_;
  bool started_ = false;
  rt::Semaphore slots_;
  std::map<WorkKey, rt::TaskGroup*> running_;
  rt::TaskGroup tasks_;  // last: what runs uses the rest
};

}  // namespace postern::sim
