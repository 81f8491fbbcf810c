#include "world/processes.hpp"

#include <cerrno>

#include "base/text.hpp"
#include "os/errno_error.hpp"
#include "rt/combine.hpp"

namespace postern::world {

void ScriptedProcesses::install(std::string name, Program program, Duration duration) {
  Installed installed;
  installed.program = std::move(program);
  installed.duration = duration;
  programs_.insert_or_assign(std::move(name), std::move(installed));
}

rt::Task<Result<os::ProcessResult>> ScriptedProcesses::run(rt::CallContext ctx, os::ProcessSpec spec) {
  if (spec.argv.empty()) co_return fail(ErrorKind::usage, "no program to start");
  const auto at = programs_.find(spec.argv[0]);
  if (at == programs_.end()) co_return fail(os::errno_error(ENOENT, "start " + spec.argv[0]));
  trace_.append("process", join(spec.argv, " "));
  started_.push_back(spec.argv);
  const Installed installed = at->second;
  if (installed.duration > Duration::zero()) {
    CO_TRY_VOID(co_await rt::with_deadline(ctx, rt::sleep_until(clock_, clock_.now() + installed.duration)));
  }
  co_return installed.program(spec);
}

}  // namespace postern::world
