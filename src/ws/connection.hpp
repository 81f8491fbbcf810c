#pragma once

/// One WebSocket on one stream, either end.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.hpp"
#include "net/stream.hpp"
#include "rt/context.hpp"
#include "rt/sync.hpp"
#include "ws/frame.hpp"

namespace postern::ws {

struct ConnectionOptions {
  ConnectionOptions() = default;
  Role role = Role::server;
  FrameLimits limits;
  std::string leftover;  ///< what came after the handshake
};

/// One task may receive while others send: their frames take turns. Deadlines are the caller's, as for streams. Loop
/// thread only; the stream outlives it.
class Connection {
 public:
  /// `random` makes the masks of a client's frames and outlives the connection.
  Connection(net::Stream& stream, rt::Random& random, ConnectionOptions options);
  /// The next text or binary message, a pong, or the end: a close, which has been answered by then. Pings are answered
  /// and not shown. Fails with malformed when the peer broke the protocol (it has been told with the right close code),
  /// unavailable when the stream ended without a close, cancelled; nothing can be received after that.
  rt::Task<Result<Event>> receive();
  /// More has been read of the stream already: the next receive() need not wait for all of it.
  bool has_more() const noexcept { return reader_.has_more(); }
  /// Sends a message, or a ping. Fails with usage after close(), else as Stream::write_all().
  rt::Task<Result<void>> send(Event::Kind kind, std::string payload);
  /// Sends messages one after the other in one write. `payloads` outlives the call.
  rt::Task<Result<void>> send_all(Event::Kind kind, const std::vector<std::string>& payloads);
  /// Sends a close, once; the answer comes through receive().
  rt::Task<Result<void>> close(std::uint16_t code, std::string reason);
  /// Neither side has said goodbye.
  bool is_open() const noexcept { return !close_sent_ && !ended_; }

 private:
  rt::Task<Result<void>> write(Event::Kind kind, std::span<const std::string> payloads);

  net::Stream& stream_;
  rt::Random& random_;
  Role role_;
  FrameReader reader_;
  rt::Semaphore writing_{1};
  bool close_sent_ = false;
  bool ended_ = false;
};

/// The client's opening handshake on a fresh stream; `request` has target, Host and headers (a signature, say). The
/// stream outlives the connection. Fails with service when the server says no (context "status"), malformed, or as the
/// stream does.
rt::Task<Result<std::unique_ptr<Connection>>> open_client(rt::CallContext ctx, net::Stream& stream,
                                                          http::Request request,
                                                          std::string subprotocols = std::string(),
                                                          FrameLimits limits = FrameLimits());

}  // namespace postern::ws
