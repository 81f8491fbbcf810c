#include "sim/serve/cloud_server.hpp"

#include "base/text.hpp"
#include "net/tls.hpp"
#include "net/unix_socket.hpp"
#include "sim/agents/live_node.hpp"
#include "sim/agents/scripted_agents.hpp"
#include "sim/serve/demo_cloud.hpp"
#include "sim/serve/paced_stream.hpp"

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

/// The name of an instance whose commands would really run; empty when there is none.
std::string live_node(const CloudConfig& config) {
  for (const AccountConfig& account : config.accounts) {
    for (const InstanceConfig& instance : account.instances) {
      const AgentProfile profile = instance.agent.profile;
      const bool idle = profile == AgentProfile::none || profile == AgentProfile::offline ||
                        profile == AgentProfile::connection_lost || profile == AgentProfile::remote;
      if (!idle) return instance.name;
    }
  }
  return {};
}

Result<void> check_addresses(const CloudConfig& config, const CloudServerOptions& options) {
  if (options.plain_listen && !is_loopback(options.plain_listen->host)) {
    return fail(ErrorKind::usage,
                "plain HTTP is served on a loopback address only, not on " + options.plain_listen->to_text());
  }
  if (is_loopback(options.listen.host)) return {};
  const std::string node = live_node(config);
  if (node.empty()) return {};
  return fail(ErrorKind::usage, "the live agents of this cloud (" + node +
                                    " is one) run commands on this host, so it is served on a loopback address only, "
                                    "not on " +
                                    options.listen.to_text());
}

Result<Tls> make_tls(const std::string& world, const CloudServerOptions& options, WallTime now) {
  const net::Validity validity(now - kBackdated, now + kValidFor);
  net::CertifiedKey ca;
  if (options.authority) {
    ca = *options.authority;
  } else {
    TRY(ca, net::make_ca("postern simulated cloud " + world, validity));
  }
  std::vector<std::string> names;
  names.emplace_back("localhost");
  names.emplace_back("*.localhost");  // buckets
  names.push_back(options.listen.host);
  TRY(net::CertifiedKey leaf, net::issue_server_certificate(ca, names, validity));
  net::TlsServerConfig config;
  config.certificate_chain_pem = leaf.certificate_pem;
  config.private_key_pem = std::move(leaf.key_pem);
  Tls tls;
  tls.ca_pem = ca.certificate_pem;
  TRY(tls.server, net::TlsServer::create(std::move(config)));
  return tls;
}

/// What stands for the agents of a cloud without live ones.
Behaviour nothing_happens(const Work&) {
  Behaviour behaviour;
  behaviour.output = "simulated\n";
  return behaviour;
}

/// By id, or by a name that only one instance has.
Result<std::string> find_instance(const Cloud& cloud, const std::string& wanted) {
  std::vector<std::string> ids;
  for (const AccountConfig& account : cloud.config().accounts) {
    for (const std::string& region : cloud.regions()) {
      for (const Instance& one : cloud.instances(account.id, region)) {
        if (one.id == wanted || one.name == wanted) ids.push_back(one.id);
      }
    }
  }
  if (ids.size() == 1) return ids.front();
  const std::string named = "instance '" + printable(wanted, 100) + "'";
  if (ids.empty()) return fail(ErrorKind::usage, "there is no " + named + " in " + cloud.world_id());
  return fail(ErrorKind::usage, std::to_string(ids.size()) + " instances are called '" + printable(wanted, 100) +
                                    "': give an id, such as " + ids.front());
}

rt::Task<void> drain_one(http::Server* server, rt::CallContext ctx) {
  if (server != nullptr) co_await server->drain(ctx);
}

}  // namespace cloud_server

CloudServer::~CloudServer() = default;

Result<std::unique_ptr<CloudServer>> CloudServer::start(CloudHost host, CloudConfig config,
                                                        CloudServerOptions options) {
  TRY_VOID(cloud_server::check_addresses(config, options));
  // A cloud keeps its instances elsewhere than in its config: what they are is asked before.
  const bool live = !cloud_server::live_node(config).empty() || cloud_server::is_loopback(options.listen.host);
  std::unique_ptr<CloudServer> made(new CloudServer());
  TRY(made->cloud_, Cloud::create(std::move(config), host.ctx.clock().wall_now()));
  made->transport_ = options.transport;
  if (live) {
    TRY_VOID(made->make_agents(host, options));
  } else {
    made->scripted_ = std::make_unique<ScriptedAgents>(host.ctx, &cloud_server::nothing_happens);
  }
  Agents& agents = made->live_ ? static_cast<Agents&>(*made->live_) : *made->scripted_;
  made->services_ = std::make_unique<CloudServices>(*made->cloud_, agents, host.ctx, options.engine);
  if (made->live_) made->make_sessions(host, options);
  TRY_VOID(made->listen(host, options));
  TRY_VOID(made->listen_beside(host, options));
  if (made->live_) {
    TRY_VOID(made->live_->start());
    if (!made->ca_pem_.empty()) {
      const std::string trust = os::join_path(options.agents.root_dir, kLiveTrustFile);
      TRY_VOID(write_whole_file(*host.files, trust, made->ca_pem_, 0644));
    }
  }
  if (!options.metadata_of.empty()) TRY_VOID(made->serve_metadata(host, options.metadata_of));
  for (http::Server* server : {made->server_.get(), made->plain_.get(), made->truth_.get(), made->metadata_.get()}) {
    if (server != nullptr) server->start(host.ctx);
  }
  return made;
}

Result<void> CloudServer::make_agents(const CloudHost& host, const CloudServerOptions& options) {
  if (options.agents.root_dir.empty()) return fail(ErrorKind::usage, "live agents need a folder to work in");
  live_ = std::make_unique<LiveAgents>(host.executor, host.ctx, *host.processes, *host.files, options.agents);
  return {};
}

void CloudServer::make_sessions(const CloudHost& host, const CloudServerOptions& options) {
  children_ = os::make_posix_children(host.executor);
  dialer_ = std::make_unique<net::TcpDialer>(host.executor);
  const LiveSessionParts parts(services_->sessions(), services_->kms(), *children_, *host.files, *dialer_);
  LiveSessionOptions how;
  how.root_dir = options.agents.root_dir;
  how.shell = options.agents.shell;
  live_sessions_ = std::make_unique<LiveSessions>(host.executor, host.ctx, parts, std::move(how));
  services_->run_sessions(*live_sessions_);
}

Result<void> CloudServer::listen(const CloudHost& host, const CloudServerOptions& options) {
  TRY(std::unique_ptr<net::Listener> listener, net::listen_tcp(host.executor, options.listen));
  http::PeerInfo peer;
  if (options.transport == Transport::tls) {
    TRY(cloud_server::Tls tls, cloud_server::make_tls(cloud_->world_id(), options, host.ctx.clock().wall_now()));
    ca_pem_ = std::move(tls.ca_pem);
    listener = std::make_unique<net::TlsListener>(std::move(listener), std::move(tls.server));
    peer.tls = true;
  }
  http::Service* service = &services_->service();
  if (options.on_request) {
    const auto bindings = services_->bindings();
    logged_ = std::make_unique<LoggedService>(
        *service, std::vector<aws::server::Binding>(bindings.begin(), bindings.end()), options.on_request);
    service = logged_.get();
  }
  PaceTable& paces = services_->faults().paces();
  listener = std::make_unique<PacedListener>(std::move(listener), paces, host.ctx);
  server_ = std::make_unique<http::Server>(host.executor, std::move(listener), *service, std::move(peer));
  if (!options.plain_listen) return {};
  TRY(listener, net::listen_tcp(host.executor, *options.plain_listen));
  listener = std::make_unique<PacedListener>(std::move(listener), paces, host.ctx);
  plain_ = std::make_unique<http::Server>(host.executor, std::move(listener), *service, http::PeerInfo());
  return {};
}

Result<void> CloudServer::listen_beside(const CloudHost& host, const CloudServerOptions& options) {
  if (options.truth_socket.empty()) return {};
  TRY(std::unique_ptr<net::Listener> listener, net::listen_unix(host.executor, options.truth_socket));
  truth_service_ = std::make_unique<TruthService>(*cloud_);
  truth_ = std::make_unique<http::Server>(host.executor, std::move(listener), *truth_service_, http::PeerInfo());
  return {};
}

Result<void> CloudServer::serve_metadata(const CloudHost& host, const std::string& instance) {
  TRY(const std::string id, cloud_server::find_instance(*cloud_, instance));
  TRY(std::unique_ptr<net::Listener> listener, net::listen_tcp(host.executor, net::Endpoint("127.0.0.1", 0)));
  metadata_service_ = std::make_unique<InstanceMetadata>(*cloud_, MetadataView(id, 1));
  metadata_ = std::make_unique<http::Server>(host.executor, std::move(listener), *metadata_service_, http::PeerInfo());
  return {};
}

std::string CloudServer::metadata_url() const {
  // With the slash: older botocores join the path to it as it is.
  return metadata_ ? "http://" + metadata_->local().to_text() + "/" : std::string();
}

std::string CloudServer::endpoint_url() const {
  const std::string scheme = transport_ == Transport::tls ? "https://" : "http://";
  return scheme + server_->local().to_text();
}

std::string CloudServer::plain_url() const {
  return plain_ ? "http://" + plain_->local().to_text() : std::string();
}

std::vector<std::pair<std::string, std::string>> CloudServer::environment() const {
  auto variables = hub_environment(cloud_->config());
  variables.emplace_back("AWS_ENDPOINT_URL", endpoint_url());
  variables.emplace_back("POSTERN_WORLD", world_id());
  return variables;
}

rt::Task<void> CloudServer::drain(rt::CallContext ctx) {
  co_await cloud_server::drain_one(server_.get(), ctx);
  co_await cloud_server::drain_one(plain_.get(), ctx);
}

rt::Task<void> CloudServer::stop() {
  if (truth_) co_await truth_->stop();
  if (metadata_) co_await metadata_->stop();
  if (plain_) co_await plain_->stop();
  co_await server_->stop();
  if (live_sessions_) co_await live_sessions_->stop();
  if (live_) co_await live_->stop();
}

}  // namespace postern::sim
