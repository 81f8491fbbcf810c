#pragma once

/// MuxStreams: connections through a Mux. Whoever owns it moves the byte stream; it moves the bytes of each connection,
/// holds back whoever is too fast for the other side, and gets closing right without the half-close that smux lacks.
/// Both sides of a port session are made of it: who forwards, and the agent.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "net/stream.hpp"
#include "rt/context.hpp"
#include "rt/sync.hpp"
#include "rt/task_group.hpp"
#include "rt/waiter.hpp"
#include "session/mux.hpp"

namespace postern::session {

/// What went through connections.
struct Traffic {
  Traffic() = default;
  std::uint64_t up = 0;    ///< bytes from connections into the session
  std::uint64_t down = 0;  ///< and back
};

struct MuxStreamsOptions {
  MuxStreamsOptions() = default;
  explicit MuxStreamsOptions(MuxSide side) : mux(side) {}
  MuxOptions mux;
  /// A connection whose own side says that it writes no more (a half-close) may still wait for the answer, but FIN ends
  /// both directions (pitfall D11): so it is not said before the other end has said it, or nothing has come for so
  /// long. Zero, as AWS's agent has it: FIN at once. With many open streams less is waited: they would not be enough.
  Duration half_close_wait{};
};

/// Loop thread only.
class MuxStreams {
 public:
  MuxStreams(rt::CallContext ctx, MuxStreamsOptions options) : ctx_(ctx), options_(options), mux_(options.mux) {}
  MuxStreams(const MuxStreams&) = delete;
  MuxStreams& operator=(const MuxStreams&) = delete;

  // ---- the byte stream
  /// Takes what has arrived. Fails with malformed: then break_off().
  Result<void> feed(std::string_view bytes);
  /// Waits until more may be fed: some connection may be slow. One waiter. Fails with cancelled.
  rt::Task<Result<void>> wait_for_room();
  /// Waits until there is something to send. One waiter. Fails with cancelled.
  rt::Task<Result<void>> wait_for_outgoing();
  std::string take_outgoing(std::size_t most);
  void send_nop();

  // ---- connections
  /// Opens a stream; then carry() it. Fails with unavailable when there are too many.
  Result<std::uint32_t> open();
  /// A stream that the other end opened, for servers; then carry() or refuse() it. Look after every feed().
  std::optional<std::uint32_t> accept() { return mux_.accept(); }
  void refuse(std::uint32_t id);
  /// Carries a connection's bytes until one of the two ends has closed it, or break_off(); then the stream is closed,
  /// and the caller closes the connection: with let_go() when the result is that the other end closed first. `traffic`
  /// counts while it lasts.
  enum class Ended : std::uint8_t { by_them, otherwise };
  rt::Task<Ended> carry(std::uint32_t id, net::Stream& stream, Traffic& traffic);
  /// The session is gone: every connection ends.
  void break_off();
  /// Connections that are carried.
  std::size_t size() const noexcept { return carried_.size(); }

 private:
  struct Carried;

  rt::Task<void> carry_up(Carried& one);
  rt::Task<void> carry_down(Carried& one);
  rt::Task<bool> wait_for_input(Carried& one);
  void close(Carried& one);
  Duration half_close_wait() const noexcept;

  rt::CallContext ctx_;
  MuxStreamsOptions options_;
  Mux mux_;
  std::map<std::uint32_t, Carried*> carried_;  ///< each lives in its carry()
  bool broken_ = false;
  rt::Waiter outgoing_;
  rt::Waiter room_;
};

/// Closes a connection whose other end has ended: it hears that, and what it still says is read for a while and
/// dropped. One that is closed without having been read is reset, and the reset would throw away what was written to it
/// last.
rt::Task<void> let_go(rt::CallContext ctx, net::Stream& stream);

}  // namespace postern::session
