#pragma once

/// An HTTP/1.1 server over any Listener, and the adapter that makes a Service a Client in the same process.

#include <list>
#include <memory>
#include <optional>

#include "http/client.hpp"
#include "http/wire.hpp"
#include "rt/sync.hpp"
#include "rt/task_group.hpp"

namespace postern::http {

struct ServerOptions {
  ServerOptions() = default;
  std::size_t connections_max = 10'000;  ///< further ones wait in the listener's queue
  Duration idle_timeout = std::chrono::seconds(75);
  Duration request_timeout = std::chrono::minutes(5);  ///< reading one request and answering it
  WireLimits limits;
};

/// Serves until stop(). Loop thread only; the service outlives it.
class Server {
 public:
  Server(rt::Executor executor, std::unique_ptr<net::Listener> listener, Service& service, PeerInfo peer,
         ServerOptions options = ServerOptions());
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Begins to accept; ctx gives the clock and the rest to the service.
  void start(rt::CallContext ctx);
  net::Endpoint local() const;
  /// Graceful end: closes the listener and idle connections, lets requests under way be answered until ctx's deadline,
  /// then stops. A request counts as under way from its first byte.
  rt::Task<void> drain(rt::CallContext ctx);
  /// Closes the listener, cancels what is under way and waits for it.
  rt::Task<void> stop();
  std::size_t connections() const noexcept { return connections_.size(); }

 private:
  rt::Task<void> accept_loop(rt::CallContext ctx);
  struct Connection;
  rt::Task<void> serve_connection(rt::CallContext ctx, std::unique_ptr<Connection> connection);
  /// One request and its answer; false when the connection has served its last.
  rt::Task<bool> serve_one(rt::CallContext ctx, Connection& connection);
  rt::Task<void> hand_over(rt::CallContext ctx, Connection& connection, std::shared_ptr<Takeover> takeover);
  rt::Task<std::optional<ReceivedRequest>> receive(rt::CallContext ctx, Connection& connection);

  std::unique_ptr<net::Listener> listener_;
  Service& service_;
  PeerInfo peer_;
  ServerOptions options_;
  std::list<Connection*> connections_;  // each lives in its task's frame
  rt::WaitQueue room_;
  rt::Event drained_;
  bool draining_ = false;
  rt::TaskGroup tasks_;  // last: what runs uses the rest
};

/// A Client whose every request is answered by a Service, without bytes in between. The service outlives it.
class ServiceClient final : public Client {
 public:
  explicit ServiceClient(Service& service) : service_(service) {}
  rt::Task<Result<Response>> send(rt::CallContext ctx, Origin origin, Request request) override;

 private:
  Service& service_;
};

}  // namespace postern::http
