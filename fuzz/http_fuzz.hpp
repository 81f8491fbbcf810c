#pragma once

// Feeds bytes to a reader through a pipe in memory, in the pieces that the first byte says.

#include "http/wire.hpp"
#include "net/pipe.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::fuzz {

inline rt::Task<void> feed(net::Stream* stream, std::string_view bytes, std::size_t piece) {
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    const Result<void> written = co_await stream->write_all(net::as_bytes(part));
    if (!written) co_return;
    bytes.remove_prefix(part.size());
  }
  const Result<void> ended = co_await stream->shutdown_write();
  static_cast<void>(ended);
}

/// Swallows what the reader writes (100 Continue).
inline rt::Task<void> swallow(net::Stream* stream) {
  std::byte buffer[256];
  for (;;) {
    const Result<std::size_t> got = co_await stream->read_some(std::span<std::byte>(buffer));
    if (!got || *got == 0) co_return;
  }
}

inline http::WireLimits small_limits() {
  http::WireLimits limits;
  limits.header_bytes = 2048;
  limits.body_bytes = 4096;
  return limits;
}

/// Runs `read(reader)` -> Task<int> over the bytes.
template <class Read>
void run_reader(const unsigned char* data, std::size_t size, const Read& read) {
  if (size == 0) return;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = data[0] == 0 ? bytes.size() + 1 : data[0];
  rt::testing::ManualLoop loop;
  auto ends = net::make_pipe(net::PipeOptions(1U << 16U));
  rt::TaskGroup group(loop.executor());
  group.spawn(feed(ends.second.get(), bytes, piece));
  group.spawn(swallow(ends.second.get()));
  {
    http::MessageReader reader(*ends.first, small_limits());
    loop.run(read(&reader));
  }
  ends.first->close();
  loop.poll();
}

}  // namespace postern::fuzz
