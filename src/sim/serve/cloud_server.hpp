#pragma once

/// CloudServer: a simulated cloud at an address of this host, over TLS with a CA of its own, or plain, or both.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/server.hpp"
#include "net/certificates.hpp"
#include "net/tcp.hpp"
#include "os/children.hpp"
#include "sim/agents/instance_metadata.hpp"
#include "sim/cloud_services.hpp"
#include "sim/live_agents.hpp"
#include "sim/serve/request_log.hpp"
#include "sim/serve/truth.hpp"
#include "sim/sessions/live/live_sessions.hpp"

namespace postern::sim {

enum class Transport : std::uint8_t { tls, plain };

struct CloudServerOptions {
  CloudServerOptions() = default;
  /// Live agents run what any holder of the cloud's keys sends: a cloud that has some is served on 127.0.0.0/8 and ::1
  /// only.
  net::Endpoint listen = net::Endpoint("127.0.0.1", 0);
  Transport transport = Transport::tls;
  /// A second door without TLS, for peers that speak nothing else. Loopback only, whatever the agents are.
  std::optional<net::Endpoint> plain_listen;
  /// Signs the server's certificate; absent: made anew for every server.
  std::optional<net::CertifiedKey> authority;
  LiveAgentOptions agents;  ///< root_dir is required for a cloud with live agents
  EngineOptions engine;
  /// The simulator's truth as JSON at a unix socket; empty: nowhere.
  std::string truth_socket;
  /// The id or name of the instance whose metadata service is served too, as 169.254.169.254 answers on the instance
  /// itself: plain HTTP on a loopback port of its own. Empty: none.
  std::string metadata_of;
  /// Told of every answered request; may be empty.
  RequestLog on_request;
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
  /// Fails with usage (config, address), unavailable (port), conflict (the socket's path is taken), or as
  /// LiveAgents::start() does. Nothing is left behind.
  static Result<std::unique_ptr<CloudServer>> start(CloudHost host, CloudConfig config, CloudServerOptions options);
  ~CloudServer();

  std::string endpoint_url() const;  ///< "https://127.0.0.1:43211"
  std::string plain_url() const;     ///< "http://127.0.0.1:43212"; empty without a plain door
  std::string metadata_url() const;  ///< "http://127.0.0.1:43213/"; empty when none is served
  /// The certificate that clients must trust; empty over plain HTTP.
  const std::string& ca_pem() const noexcept { return ca_pem_; }
  std::string world_id() const { return cloud_->world_id(); }
  /// Hub credentials, Region and endpoint as environment variables. AWS_CA_BUNDLE is the caller's: it needs a file.
  std::vector<std::pair<std::string, std::string>> environment() const;
  Cloud& cloud() noexcept { return *cloud_; }
  CloudServices& services() noexcept { return *services_; }
  /// Takes no new connections and lets requests under way be answered until ctx's deadline.
  rt::Task<void> drain(rt::CallContext ctx);
  /// Ends connections and agents, and removes the agents' folder and the truth's socket.
  rt::Task<void> stop();

 private:
  CloudServer() = default;
  Result<void> make_agents(const CloudHost& host, const CloudServerOptions& options);
  void make_sessions(const CloudHost& host, const CloudServerOptions& options);
  Result<void> listen(const CloudHost& host, const CloudServerOptions& options);
  Result<void> listen_beside(const CloudHost& host, const CloudServerOptions& options);
  Result<void> serve_metadata(const CloudHost& host, const std::string& instance);

  std::unique_ptr<Cloud> cloud_;
  std::unique_ptr<LiveAgents> live_;  ///< null when there are none
  std::unique_ptr<Agents> scripted_;  ///< what takes their place
  std::unique_ptr<CloudServices> services_;
  std::unique_ptr<os::Children> children_;
  std::unique_ptr<net::TcpDialer> dialer_;
  std::unique_ptr<LiveSessions> live_sessions_;  ///< null when there are none
  std::unique_ptr<http::Service> logged_;
  std::unique_ptr<http::Service> truth_service_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> plain_;
  std::unique_ptr<http::Server> truth_;
  std::unique_ptr<InstanceMetadata> metadata_service_;
  std::unique_ptr<http::Server> metadata_;
  Transport transport_ = Transport::tls;
  std::string ca_pem_;
};

}  // namespace postern::sim
