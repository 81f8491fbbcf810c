// The composition root of the real program: every effect is made here, once, and handed down.

#include <cstdlib>
#include <string>
#include <vector>

#include "app/sim_cloud.hpp"
#include "cli/host.hpp"
#include "cli/plugin_command.hpp"
#include "net/tcp.hpp"
#include "os/allocator.hpp"
#include "os/hardening.hpp"
#include "os/name_service.hpp"
#include "os/random.hpp"
#include "rt/loop.hpp"

namespace postern::app {
namespace {

void leave_now(int exit_code) {
  std::_Exit(exit_code);
}

/// The base name by which the program was started.
std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

/// Of the plugin: the answer of StartSession may be in a variable, which no child of ours is to see.
void take_variable(std::vector<std::string>& arguments) {
  if (arguments.empty() || !arguments.front().starts_with(cli::kPluginVariable)) return;
  const std::string name = arguments.front();
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return;
  arguments.front() = value;
  ::unsetenv(name.c_str());
}

int run(std::string_view program, std::vector<std::string> arguments) {
  const bool plugin = base_name(program) == cli::kPluginName;
  if (plugin) take_variable(arguments);
  rt::Loop loop;
  const auto files = os::make_posix_files();
  const auto environment = os::make_posix_environment();
  const auto console = os::make_posix_console(loop.executor());
  const auto processes = os::make_posix_processes(loop.executor());
  const auto signals = os::make_posix_signals(loop.executor());
  os::KernelRandom random;
  net::TcpDialer dialer(loop.executor());
  SimCloudStarter clouds(loop, *processes, *files, *environment);

  cli::Host host;
  host.clock = &loop.clock();
  host.random = &random;
  host.files = files.get();
  host.environment = environment.get();
  host.console = console.get();
  host.processes = processes.get();
  host.signals = signals.get();
  host.dialer = &dialer;
  host.clouds = &clouds;
  host.leave = &leave_now;
  if (plugin) return loop.run(cli::run_plugin_cli(host, std::move(arguments)));
  return loop.run(cli::run_cli(host, std::move(arguments)));
}

}  // namespace
}  // namespace postern::app

int main(int argc, char** argv) {
  postern::os::return_memory_early();
  postern::os::use_own_name_service();
  (void)postern::os::harden_process();  // best effort: an old kernel may refuse a part of it
  return postern::app::run(argc > 0 ? argv[0] : "", std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
