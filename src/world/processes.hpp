#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "os/processes.hpp"
#include "world/trace.hpp"

namespace postern::world {

/// Child processes that are functions of their specification.
class ScriptedProcesses final : public os::Processes {
 public:
  using Program = std::function<Result<os::ProcessResult>(const os::ProcessSpec&)>;

  ScriptedProcesses(rt::Clock& clock, Trace& trace) : clock_(clock), trace_(trace) {}
  /// argv[0] == `name` runs `program` and takes `duration` of virtual time.
  void install(std::string name, Program program, Duration duration = {});
  /// The argv of every program that was started, in order.
  const std::vector<std::vector<std::string>>& started() const noexcept { return started_; }

  /// not_found for a program that nobody installed; timeout and cancelled as for a real one.
  rt::Task<Result<os::ProcessResult>> run(rt::CallContext ctx, os::ProcessSpec spec) override;

 private:
  struct Installed {
    Installed() = default;
    Program program;
    Duration duration{};
  };
  rt::Clock& clock_;
  Trace& trace_;
  std::map<std::string, Installed> programs_;
  std::vector<std::vector<std::string>> started_;
};

}  // namespace postern::world
