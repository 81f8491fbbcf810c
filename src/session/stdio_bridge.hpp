#pragma once

/// A session on standard input and output, byte for byte: what ssh's ProxyCommand wants (AWS-StartSSHSession).

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "rt/context.hpp"
#include "session/data_channel.hpp"

namespace postern::session {

/// Standard input and output, or what stands for them.
class ByteEnds {
 public:
  virtual ~ByteEnds() = default;
  /// At least one byte; 0 is the end. Fails with cancelled.
  virtual rt::Task<Result<std::size_t>> read(std::span<std::byte> into) = 0;
  /// Writes all of it. Fails when nobody reads any more.
  virtual rt::Task<Result<void>> write(std::string bytes) = 0;
};

struct BridgeOptions {
  BridgeOptions() = default;
  /// The end of the input does not end a session, the far side does. It is given so long from the last thing that it
  /// said; then the session is ended.
  Duration linger = std::chrono::seconds(15);
  /// Of events that are no output: messages, errors of a command, flags. May be empty.
  std::function<void(const SessionEvent&)> on_event;
};

/// Carries bytes until the session has ended, whose run() is another task's; the input's end and an output that nobody
/// reads end it too. Returns why the service says that it ended; may be empty. Fails with the session's own error, or
/// cancelled: then the caller terminates it.
rt::Task<Result<std::string>> bridge(rt::CallContext ctx, DataChannel& channel, ByteEnds& local,
                                     BridgeOptions options = BridgeOptions());

}  // namespace postern::session
