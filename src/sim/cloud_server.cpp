#include "sim/cloud_server.hpp"

#include "net/tcp.hpp"
#include "net/tls.hpp"
#include "sim/demo_cloud.hpp"

namespace postern::sim {
namespace cloud_server {

constexpr std::chrono::hours kBackdated{1};
constexpr std::chrono::hours kValidFor{24 * 30};

struct Tls {
  Tls() = default;
  std::string ca_pem;
  std::shared_ptr<net::TlsServer> server;
};

bool is_loopback(const std::string& host) {
  return host == "::1" || host.starts_with("127.");
}

Result<Tls> make_tls(const std::string& world, const std::string& host, WallTime now) {
  const net::Validity validity(now - kBackdated, now + kValidFor);
  TRY(const net::CertifiedKey ca, net::make_ca("postern simulated cloud " + world, validity));
  std::vector<std::string> names;
  names.emplace_back("localhost");
  names.push_back(host);
  TRY(net::CertifiedKey leaf, net::issue_server_certificate(ca, names, validity));
  net::TlsServerConfig config;
  config.certificate_chain_pem = leaf.certificate_pem;
  config.private_key_pem = std::move(leaf.key_pem);
  Tls tls;
  tls.ca_pem = ca.certificate_pem;
  TRY(tls.server, net::TlsServer::create(std::move(config)));
  return tls;
}

}  // namespace cloud_server

CloudServer::~CloudServer() = default;

Result<std::unique_ptr<CloudServer>> CloudServer::start(CloudHost host, CloudConfig config,
                                                        CloudServerOptions options) {
  if (!cloud_server::is_loopback(options.listen.host)) {
    return fail(ErrorKind::usage, "a simulated cloud with live agents listens on a loopback address only, not on " +
                                      options.listen.to_text());
  }
  if (options.agents.root_dir.empty()) return fail(ErrorKind::usage, "live agents need a folder to work in");
  std::unique_ptr<CloudServer> made(new CloudServer());
  TRY(made->cloud_, Cloud::create(std::move(config), host.ctx.clock().wall_now()));
  made->transport_ = options.transport;
  made->agents_ = std::make_unique<LiveAgents>(host.executor, host.ctx, *host.processes, *host.files, options.agents);
  made->services_ = std::make_unique<CloudServices>(*made->cloud_, *made->agents_, host.ctx, options.engine);
  TRY_VOID(made->listen(host, options));
  TRY_VOID(made->agents_->start());
  made->server_->start(host.ctx);
  return made;
}

Result<void> CloudServer::listen(const CloudHost& host, const CloudServerOptions& options) {
  TRY(std::unique_ptr<net::Listener> listener, net::listen_tcp(host.executor, options.listen));
  http::PeerInfo peer;
  if (options.transport == Transport::tls) {
    TRY(cloud_server::Tls tls,
        cloud_server::make_tls(cloud_->world_id(), options.listen.host, host.ctx.clock().wall_now()));
    ca_pem_ = std::move(tls.ca_pem);
    listener = std::make_unique<net::TlsListener>(std::move(listener), std::move(tls.server));
    peer.tls = true;
  }
  server_ = std::make_unique<http::Server>(host.executor, std::move(listener), services_->service(), std::move(peer));
  return {};
}

std::string CloudServer::endpoint_url() const {
  const std::string scheme = transport_ == Transport::tls ? "https://" : "http://";
  return scheme + server_->local().to_text();
}

std::vector<std::pair<std::string, std::string>> CloudServer::environment() const {
  auto variables = hub_environment(cloud_->config());
  variables.emplace_back("AWS_ENDPOINT_URL", endpoint_url());
  return variables;
}

rt::Task<void> CloudServer::stop() {
  co_await server_->stop();
  co_await agents_->stop();
}

}  // namespace postern::sim
