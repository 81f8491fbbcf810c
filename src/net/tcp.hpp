#pragma once

/// TCP on the real network.

#include <memory>
#include <string>

#include "net/stream.hpp"
#include "rt/task.hpp"

namespace postern::net {

struct TcpOptions {
  TcpOptions() = default;
  /// The longest that one address of a name is tried while others are left; the last one has what ctx's deadline
  /// leaves.
  Duration address_timeout = std::chrono::seconds(5);
};

/// Resolves names with the system's resolver (in a thread of Asio's own) and tries every address in the resolver's
/// order until one answers. Name resolution that the system does not give up outlives a deadline in that thread; its
/// result is dropped.
class TcpDialer final : public Dialer {
 public:
  explicit TcpDialer(rt::Executor executor, TcpOptions options = TcpOptions());
  rt::Task<Result<std::unique_ptr<Stream>>> dial(rt::CallContext ctx, Endpoint endpoint) override;

 private:
  rt::Executor executor_;
  TcpOptions options_;
};

/// Listens on an address literal; port 0 lets the system choose (local() has the real one). Fails with usage when
/// `at.host` is no address, unavailable when the port is taken, denied when it may not be used.
Result<std::unique_ptr<Listener>> listen_tcp(rt::Executor executor, Endpoint at);

}  // namespace postern::net
