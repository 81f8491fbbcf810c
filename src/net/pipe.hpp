#pragma once

/// In-memory connections: the two ends of a pipe are Streams, and a MemoryNetwork has listeners by name.

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "net/stream.hpp"

namespace postern::net {

struct PipeOptions {
  PipeOptions() = default;
  explicit PipeOptions(std::size_t c) : capacity(c) {}
  /// Bytes in flight per direction. 0: a write ends when the other side has read it all, so that back-pressure is
  /// tested. Two sides that both write before they read (TLS 1.3 does) need more, as they have with the buffers of a
  /// real socket.
  std::size_t capacity = 0;
  /// What peer() of the first and the second end say.
  std::string first_peer;
  std::string second_peer;
};

/// Two ends joined. Closing or destroying one end lets the other read what is in flight, then 0; its writes fail.
/// Operations can be cancelled at any point; a cancelled write has delivered a prefix (none: not_sent).
std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_pipe(PipeOptions options = PipeOptions());

/// A network of named hosts in memory. Loop thread only. Listeners and dialers may outlive it.
class MemoryNetwork {
 public:
  explicit MemoryNetwork(std::size_t capacity = 64 * 1024);
  ~MemoryNetwork();

  /// Fails with unavailable when host and port are taken. Port 0 takes a free one from 49152 up.
  Result<std::unique_ptr<Listener>> listen(Endpoint at);
  /// Connects to listeners: "connection refused" for a known host's other ports, "name not found" for hosts without a
  /// listener.
  Dialer& dialer() noexcept;

 private:
  struct Registry;
  class MemoryDialer;
  class MemoryListener;
  std::shared_ptr<Registry> registry_;
  std::unique_ptr<MemoryDialer> dialer_;
};

}  // namespace postern::net
