#pragma once

/// CloudServer: a simulated cloud with live agents on a loopback address, over TLS with a CA of its own, or plain.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/server.hpp"
#include "net/certificates.hpp"
#include "sim/cloud_services.hpp"
#include "sim/live_agents.hpp"

namespace postern::sim {

enum class Transport : std::uint8_t { tls, plain };

struct CloudServerOptions {
  CloudServerOptions() = default;
  /// Live agents run what any holder of the cloud's keys sends: nothing but 127.0.0.0/8 and ::1 is accepted.
  net::Endpoint listen = net::Endpoint("127.0.0.1", 0);
  Transport transport = Transport::tls;
  LiveAgentOptions agents;  ///< root_dir is required
  EngineOptions engine;
};

/// Borrowed effects; all outlive the server.
struct CloudHost {
  CloudHost(rt::Executor e, rt::CallContext c, os::Processes& p, os::Files& f)
      : executor(std::move(e)), ctx(c), processes(&p), files(&f) {}
  rt::Executor executor;
  rt::CallContext ctx;
  os::Processes* processes;
  os::Files* files;
};

/// start() listens and serves from then on; stop() must have ended before it goes. Loop thread only.
class CloudServer {
 public:
  /// Fails with usage (config, address), unavailable (port), or as LiveAgents::start() does. Nothing is left behind.
  static Result<std::unique_ptr<CloudServer>> start(CloudHost host, CloudConfig config, CloudServerOptions options);
  ~CloudServer();

  std::string endpoint_url() const;  ///< "https://127.0.0.1:43211"
  /// The certificate that clients must trust; empty over plain HTTP.
  const std::string& ca_pem() const noexcept { return ca_pem_; }
  std::string world_id() const { return cloud_->world_id(); }
  /// Hub credentials, Region and endpoint as environment variables. AWS_CA_BUNDLE is the caller's: it needs a file.
  std::vector<std::pair<std::string, std::string>> environment() const;
  Cloud& cloud() noexcept { return *cloud_; }
  CloudServices& services() noexcept { return *services_; }
  /// Ends connections and agents, and removes the agents' folder.
  rt::Task<void> stop();

 private:
  CloudServer() = default;
  Result<void> listen(const CloudHost& host, const CloudServerOptions& options);

  std::unique_ptr<Cloud> cloud_;
  std::unique_ptr<LiveAgents> agents_;
  std::unique_ptr<CloudServices> services_;
  std::unique_ptr<http::Server> server_;
  Transport transport_ = Transport::tls;
  std::string ca_pem_;
};

}  // namespace postern::sim
