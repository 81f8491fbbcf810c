#pragma once

/// Mux: many streams inside one byte stream, as smux version 1 does it (protocol.md B1.9), without I/O. Version 1 has
/// no windows of its own and no half-close: FIN ends both directions.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::session {

constexpr std::size_t kMuxHeaderBytes = 8;
constexpr std::size_t kMuxDataMax = 32'768;

struct MuxFrame {
  enum class Command : std::uint8_t { syn = 0, fin = 1, push = 2, nop = 3 };
  MuxFrame() = default;
  MuxFrame(Command c, std::uint32_t s, std::string d) : command(c), stream(s), data(std::move(d)) {}
  Command command = Command::nop;
  std::uint32_t stream = 0;
  std::string data;
};

/// Appends a frame; at most kMuxDataMax bytes of data (CHECK).
void write_mux_frame_to(std::string& out, MuxFrame::Command command, std::uint32_t stream, std::string_view data);

/// Takes a byte stream, cut anywhere, apart. Fails with malformed for good: another version, an unknown command, data
/// where none belongs.
class MuxReader {
 public:
  void feed(std::string_view bytes);
  Result<std::optional<MuxFrame>> next();

 private:
  std::string buffer_;
  std::size_t used_ = 0;
  bool broken_ = false;
};

enum class MuxSide : std::uint8_t { client, server };

struct MuxOptions {
  MuxOptions() = default;
  explicit MuxOptions(MuxSide s) : side(s) {}
  MuxSide side = MuxSide::client;
  std::size_t streams_max = 4096;
  /// Received and not fetched, of one stream: beyond it the whole byte stream waits (wants_input() is false), as
  /// version 1 has no other way to hold one stream back.
  std::size_t stream_bytes = 256U << 10U;
};

/// One end. The owner feeds what arrives, takes what must be sent, and asks each stream for its bytes.
class Mux {
 public:
  explicit Mux(MuxOptions options) : options_(options) {}

  // ---- the byte stream
  /// Fails with malformed when the other end breaks the protocol: the session is of no use any more.
  Result<void> feed(std::string_view bytes);
  bool wants_input() const noexcept;
  /// Takes up to `most` bytes of what must be sent; streams take turns, frame by frame.
  std::string take_outgoing(std::size_t most);
  bool has_outgoing() const noexcept;

  // ---- streams
  /// Opens a stream (3, 5, 7 ... of a client). Fails with unavailable at streams_max.
  Result<std::uint32_t> open();
  /// A stream that the other end opened and nobody was told of yet.
  std::optional<std::uint32_t> accept();
  /// Bytes that may be written to the stream now; 0 for one that has ended.
  std::size_t room(std::uint32_t stream) const noexcept;
  void write(std::uint32_t stream, std::string_view bytes);
  /// What has arrived for it, and whether the other end has ended it: then no more comes after these bytes.
  struct Input {
    Input() = default;
    std::string bytes;
    bool ended = false;
  };
  Input read(std::uint32_t stream);
  /// Says FIN once everything written has gone out; the stream is forgotten when both have.
  void close(std::uint32_t stream);
  /// Streams with something to read() or newly ended, each once until read.
  std::optional<std::uint32_t> next_readable();
  /// Streams whose room() grew after it had been 0.
  std::optional<std::uint32_t> next_writable();
  std::size_t size() const noexcept { return streams_.size(); }

 private:
  struct Stream {
    Stream() = default;
    std::string in;
    std::string out;
    bool opened = false;  ///< SYN is queued or sent, or came
    bool ended_by_us = false;
    bool fin_sent = false;
    bool ended_by_them = false;
    bool told_readable = false;
    bool was_full = false;
    bool queued = false;
  };

  MuxOptions options_;
  MuxReader reader_;
  std::map<std::uint32_t, Stream> streams_;
  std::deque<std::uint32_t> turns_;  ///< streams with something to send
  std::deque<std::uint32_t> readable_;
  std::deque<std::uint32_t> writable_;
  std::deque<std::uint32_t> accepted_;
  std::string outgoing_;
  std::uint32_t next_id_ = 3;
  std::size_t held_bytes_ = 0;
};

}  // namespace postern::session
