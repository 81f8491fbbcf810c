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
  MuxFrame(Command c, std::uint32_t s, std::string_view d) : command(c), stream(s), data(d) {}
  Command command = Command::nop;
  std::uint32_t stream = 0;
  std::string_view data;
};

/// Appends a frame; at most kMuxDataMax bytes of data (CHECK).
void write_mux_frame_to(std::string& out, MuxFrame::Command command, std::uint32_t stream, std::string_view data);

/// Takes a byte stream, cut anywhere, apart. Holds a header at most beside what it was fed.
class MuxReader {
 public:
  void feed(std::string_view bytes);
  /// The next frame. The data of a push are handed on as they come: one frame of the wire may be several here, none of
  /// them empty, and one without data is none. Data are valid until feed(). Fails with malformed for good: another
  /// version, an unknown command, data where none belongs.
  Result<std::optional<MuxFrame>> next();

 private:
  std::string buffer_;
  std::size_t used_ = 0;
  std::uint32_t stream_ = 0;
  std::size_t left_ = 0;  ///< of the data of a push for stream_
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
  /// Written and not taken, of one stream.
  std::size_t out_bytes = 64U << 10U;
  /// All streams together, each direction.
  std::size_t total_bytes = 4U << 20U;
};

/// One end. The owner feeds what arrives, takes what must be sent, and asks each stream for its bytes.
class Mux {
 public:
  explicit Mux(MuxOptions options);

  // ---- the byte stream
  /// Fails with malformed when the other end breaks the protocol: the session is of no use any more.
  Result<void> feed(std::string_view bytes);
  bool wants_input() const noexcept;
  /// Takes up to `most` bytes of what must be sent; streams take turns, frame by frame.
  std::string take_outgoing(std::size_t most);
  bool has_outgoing() const noexcept { return outgoing_.size() > outgoing_used_ || !turns_.empty(); }
  /// Says nothing to the other end, so that it hears something. Old agents need it, newer ones do without.
  void send_nop() { write_control(MuxFrame::Command::nop, 0); }

  // ---- streams
  /// Opens a stream (3, 5, 7 ... of a client). Fails with unavailable at streams_max.
  Result<std::uint32_t> open();
  /// A stream that the other end opened and nobody was told of yet. Only servers are asked: streams that a client is
  /// offered are refused.
  std::optional<std::uint32_t> accept();
  /// Bytes that may be written to the stream now; 0 for one that has ended.
  std::size_t room(std::uint32_t stream) const noexcept;
  /// What is written to a stream that has ended goes nowhere.
  void write(std::uint32_t stream, std::string_view bytes);
  /// What has arrived for it, and whether the other end has ended it: then no more comes after these bytes.
  struct Input {
    Input() = default;
    std::string bytes;
    bool ended = false;
  };
  Input read(std::uint32_t stream);
  /// Nothing more is read from the stream. Says FIN once everything written has gone out; then the stream is forgotten,
  /// and what the other end still sends for it is dropped.
  void close(std::uint32_t stream);
  /// Streams with something to read() or newly ended, each once until read.
  std::optional<std::uint32_t> next_readable();
  /// Streams to which more can be written than before, each once until written to.
  std::optional<std::uint32_t> next_writable();
  /// Open streams.
  std::size_t size() const noexcept { return streams_.size(); }

 private:
  struct Stream {
    Stream() = default;
    std::size_t pending() const noexcept { return out.size() - out_used; }

    std::string in;
    std::string out;
    std::size_t out_used = 0;
    bool ended_by_us = false;
    bool ended_by_them = false;
    bool told_readable = false;
    bool told_writable = false;
    bool queued = false;  ///< in turns_
  };

  void take(const MuxFrame& frame);
  void take_syn(std::uint32_t id);
  void take_data(Stream& stream, std::uint32_t id, std::string_view data);
  void take_fin(Stream& stream, std::uint32_t id);
  void tell_readable(Stream& stream, std::uint32_t id);
  void queue_turn(Stream& stream, std::uint32_t id);
  void write_turn_to(std::string& out);
  void write_control(MuxFrame::Command command, std::uint32_t id);
  std::string take_in(Stream& stream);
  void drop_out(Stream& stream);

  MuxOptions options_;
  MuxReader reader_;
  std::map<std::uint32_t, Stream> streams_;
  std::deque<std::uint32_t> turns_;  ///< streams with something to send
  std::deque<std::uint32_t> readable_;
  std::deque<std::uint32_t> writable_;
  std::deque<std::uint32_t> accepted_;
  std::string outgoing_;  ///< before the streams' turns: control frames, the rest of a frame that was cut
  std::size_t outgoing_used_ = 0;
  std::uint32_t next_id_ = 3;
  std::size_t in_bytes_ = 0;   ///< of all streams
  std::size_t out_bytes_ = 0;  ///< of all streams
  std::size_t full_ = 0;       ///< streams with stream_bytes or more
};

}  // namespace postern::session
