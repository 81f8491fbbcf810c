#pragma once

/// Every effect that a command may use, handed in by the composition root. Nothing here is global.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "fleet/fleet_file.hpp"
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

/// What kind of simulated cloud is wanted, and where.
struct CloudOrder {
  CloudOrder() = default;
  std::optional<std::string> world_yaml;  ///< absent: the demo's world
  std::string world_file;                 ///< its name in messages
  std::optional<std::string> faults_yaml;
  std::string faults_file;
  net::Endpoint listen = net::Endpoint("127.0.0.1", 0);
  bool plain_door = false;   ///< plain HTTP on loopback beside HTTPS
  std::string truth_socket;  ///< empty: the truth is not served
  std::string metadata_of;   ///< an instance's id or name; empty: no metadata service
  std::function<void(std::string_view line)> on_request;
};

/// A simulated cloud that somebody started; stop() must have ended before this object goes.
class RunningCloud {
 public:
  virtual ~RunningCloud() = default;
  virtual std::string endpoint_url() const = 0;  ///< "https://127.0.0.1:43211"
  virtual std::string plain_url() const = 0;     ///< "http://127.0.0.1:43212" or empty
  virtual std::string metadata_url() const = 0;  ///< of the instance that was asked for; or empty
  virtual std::string ca_pem() const = 0;
  virtual std::string fleet_yaml() const = 0;  ///< the matching fleet file
  virtual std::string world_id() const = 0;    ///< "sim:demo"
  virtual std::string summary() const = 0;     ///< "4 accounts, 24 instances in 2 Regions"
  /// Environment variables that a user would export: credentials, Region, endpoint.
  virtual std::vector<std::pair<std::string, std::string>> environment() const = 0;
  /// No new connections; what is under way is answered until ctx's deadline.
  virtual rt::Task<void> drain(rt::CallContext ctx) = 0;
  virtual rt::Task<void> stop() = 0;
};

class CloudStarter {
 public:
  virtual ~CloudStarter() = default;
  virtual rt::Task<Result<std::unique_ptr<RunningCloud>>> start(rt::CallContext ctx, CloudOrder order) = 0;
  /// A commented world file: of the fleet's accounts, or the demo's when there is no fleet.
  virtual Result<std::string> world_file(const std::optional<fleet::FleetFile>& fleet) = 0;
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
  std::string world;                       ///< "sim:demo" when all this happens in a simulated world
  void (*leave)(int exit_code) = nullptr;  ///< ends the process now, terminal restored; does not return
};

/// Runs one command line (without the program's name) and returns the exit code; everything has been printed.
rt::Task<int> run_cli(Host host, std::vector<std::string> arguments);
/// The same as session-manager-plugin. The caller has put what a variable holds (kPluginVariable) in the place of its
/// name, and taken it out of the environment.
rt::Task<int> run_plugin_cli(Host host, std::vector<std::string> arguments);

}  // namespace postern::cli
