#pragma once

/// ClientPool: the real Client. Keep-alive connections per origin; SigV4 signs requests, not connections, so that all
/// accounts share them.

#include <cstdint>
#include <list>
#include <map>
#include <memory>

#include "http/client.hpp"
#include "http/wire.hpp"
#include "rt/sync.hpp"
#include "rt/task_group.hpp"

namespace postern::http {

struct PoolOptions {
  PoolOptions() = default;
  std::size_t connections_per_origin = 40;           ///< at once; further requests wait in order of arrival
  std::size_t idle_per_origin = 40;                  ///< kept open between requests
  Duration idle_timeout = std::chrono::seconds(50);  ///< AWS closes after about a minute
  Duration max_age = std::chrono::minutes(30);       ///< so that DNS changes are followed
  Duration connect_timeout = std::chrono::seconds(10);
  WireLimits limits;
};

/// Counters since the pool was made.
struct PoolStats {
  PoolStats() = default;
  std::uint64_t requests = 0;
  std::uint64_t opened = 0;
  std::uint64_t reused = 0;
};

/// See Client for errors. Loop thread only. Its dialers outlive it.
class ClientPool final : public Client {
 public:
  /// `plain` serves http origins, `tls` https ones; a null `tls` refuses https.
  ClientPool(rt::Executor executor, rt::Clock& clock, net::Dialer& plain, net::Dialer* tls,
             PoolOptions options = PoolOptions());
  ~ClientPool() override;
  rt::Task<Result<Response>> send(rt::CallContext ctx, Origin origin, Request request) override;
  /// Closes what is idle. No request may be under way.
  rt::Task<void> close();
  const PoolStats& stats() const noexcept { return stats_; }

 private:
  struct Connection;
  struct PerOrigin;
  class Exchange;

  PerOrigin& slot(const Origin& origin);
  std::unique_ptr<Connection> take_idle(PerOrigin& per_origin, MonoTime now);
  rt::Task<Result<std::unique_ptr<Connection>>> connect(rt::CallContext ctx, const Origin& origin);
  void sweep();
  void arm_sweep();
  void give_back(PerOrigin& per_origin, std::unique_ptr<Connection> connection, MonoTime now);

  rt::Clock* clock_;
  net::Dialer* plain_;
  net::Dialer* tls_;
  PoolOptions options_;
  PoolStats stats_;
  std::map<Origin, std::unique_ptr<PerOrigin>> origins_;
  rt::Clock::TimerId sweep_timer_ = 0;  // armed while a connection is idle
};

}  // namespace postern::http
