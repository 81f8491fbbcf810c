#pragma once

/// Every effect that a command may use, handed in by the composition root. Nothing here is global.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "http/client.hpp"
#include "net/stream.hpp"
#include "os/console.hpp"
#include "os/environment.hpp"
#include "os/files.hpp"
#include "os/processes.hpp"
#include "os/signals.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::cli {

/// A simulated cloud that somebody started for `demo`; it ends with this object.
class RunningCloud {
 public:
  virtual ~RunningCloud() = default;
  virtual std::string endpoint_url() const = 0;  ///< "https://127.0.0.1:43211"
  virtual std::string ca_pem() const = 0;
  virtual std::string fleet_yaml() const = 0;  ///< the matching fleet file
  virtual std::string world_id() const = 0;    ///< "sim:demo"
  /// Environment variables that a user would export: credentials, Region, endpoint.
  virtual std::vector<std::pair<std::string, std::string>> environment() const = 0;
  virtual rt::Task<void> stop() = 0;
};

class CloudStarter {
 public:
  virtual ~CloudStarter() = default;
  virtual rt::Task<Result<std::unique_ptr<RunningCloud>>> start(rt::CallContext ctx) = 0;
};

/// Borrowed: all outlive the command.
struct Host {
  Host() = default;
  rt::Clock* clock = nullptr;
  rt::Random* random = nullptr;
  os::Files* files = nullptr;
  os::Environment* environment = nullptr;
  os::Console* console = nullptr;
  os::Processes* processes = nullptr;
  os::Signals* signals = nullptr;
  net::Dialer* dialer = nullptr;  ///< plain TCP, no TLS, no proxy
  CloudStarter* clouds = nullptr;
  void (*leave)(int exit_code) = nullptr;  ///< ends the process now, terminal restored; does not return
};

/// Runs one command line (without the program's name) and returns the exit code; everything has been printed.
rt::Task<int> run_cli(Host host, std::vector<std::string> arguments);

}  // namespace postern::cli
