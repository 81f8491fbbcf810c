#pragma once

/// An HTTP/1.1 server over any Listener, and the adapter that makes a Service a Client in the same process.

#include <memory>

#include "http/client.hpp"
#include "http/wire.hpp"
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
  /// Closes the listener, cancels what is under way and waits for it.
  rt::Task<void> stop();
  std::size_t connections() const noexcept { return tasks_.size(); }

 private:
  rt::Task<void> accept_loop(rt::CallContext ctx);
  rt::Task<void> serve_connection(rt::CallContext ctx, std::unique_ptr<net::Stream> stream);
  rt::Task<bool> serve_one(rt::CallContext ctx, net::Stream& stream, MessageReader& reader, const PeerInfo& peer);

  std::unique_ptr<net::Listener> listener_;
  Service& service_;
  PeerInfo peer_;
  ServerOptions options_;
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
