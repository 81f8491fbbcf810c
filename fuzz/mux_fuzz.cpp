// The streams of a port session on arbitrary bytes, as client and as server: what is read does not depend on how the
// bytes were cut, nothing that is held grows beyond its bounds, and what a side sends can be read again.

#include <cstdlib>
#include <map>
#include <string>

#include "base/check.hpp"
#include "session/mux.hpp"

namespace {

using namespace postern;

/// What a reader made of the bytes: data by stream, and the rest in order.
struct Heard {
  Heard() = default;
  std::string commands;
  std::map<std::uint32_t, std::string> data;
  bool broken = false;
  friend bool operator==(const Heard&, const Heard&) = default;
};

Heard hear(std::string_view bytes, std::size_t step) {
  session::MuxReader reader;
  Heard heard;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    reader.feed(bytes.substr(at, step));
    for (;;) {
      const auto next = reader.next();
      if (!next) {
        heard.broken = true;
        return heard;
      }
      if (!next->has_value()) break;
      const session::MuxFrame& frame = **next;
      if (frame.command == session::MuxFrame::Command::push) {
        CHECK(!frame.data.empty());
        heard.data[frame.stream] += frame.data;
      } else {
        heard.commands += std::to_string(static_cast<int>(frame.command)) + ":" + std::to_string(frame.stream) + " ";
      }
    }
  }
  return heard;
}

/// A side whose owner echoes: what it sends must be frames.
void converse(session::MuxSide side, std::string_view bytes) {
  session::MuxOptions options(side);
  options.streams_max = 4;
  options.stream_bytes = 512;
  options.out_bytes = 256;
  options.total_bytes = 1024;
  session::Mux mux(options);
  if (side == session::MuxSide::client) {
    for (int i = 0; i < 3; ++i) CHECK(mux.open().has_value());
  }
  std::string sent;
  constexpr std::size_t kStep = 100;
  for (std::size_t at = 0; at < bytes.size(); at += kStep) {
    if (mux.wants_input() && !mux.feed(bytes.substr(at, kStep))) break;
    CHECK(mux.size() <= options.streams_max);
    static_cast<void>(mux.accept());
    if (at % 300 == 0) {
      while (const auto id = mux.next_readable()) {
        const session::Mux::Input input = mux.read(*id);
        CHECK(input.bytes.size() <= options.stream_bytes + kStep);
        const std::size_t room = mux.room(*id);
        CHECK(room <= options.out_bytes);
        mux.write(*id, std::string_view(input.bytes).substr(0, room));
        if (input.ended) mux.close(*id);
      }
      static_cast<void>(mux.next_writable());
      sent += mux.take_outgoing(1 + at % 77);
    }
  }
  for (std::string more = mux.take_outgoing(1000); !more.empty(); more = mux.take_outgoing(1000)) sent += more;
  CHECK(!mux.has_outgoing());
  CHECK(!hear(sent, sent.size() + 1).broken);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Heard whole = hear(bytes, size + 1);
  CHECK(hear(bytes, 1) == whole);
  CHECK(hear(bytes, 13) == whole);
  converse(session::MuxSide::client, bytes);
  converse(session::MuxSide::server, bytes);
  return 0;
}
