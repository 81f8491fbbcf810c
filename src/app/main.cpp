// The composition root of the real program: every effect is made here, once, and handed down.

#include <cstdlib>
#include <string>
#include <vector>

#include "app/sim_cloud.hpp"
#include "cli/host.hpp"
#include "net/tcp.hpp"
#include "os/allocator.hpp"
#include "os/hardening.hpp"
#include "os/random.hpp"
#include "rt/loop.hpp"

namespace postern::app {
namespace {

void leave_now(int exit_code) {
  std::_Exit(exit_code);
}

int run(std::vector<std::string> arguments) {
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
  return loop.run(cli::run_cli(host, std::move(arguments)));
}

}  // namespace
}  // namespace postern::app

int main(int argc, char** argv) {
  postern::os::return_memory_early();
  (void)postern::os::harden_process();  // best effort: an old kernel may refuse a part of it
  return postern::app::run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
