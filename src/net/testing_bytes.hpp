#pragma once

/// Helpers of tests that talk through streams: whole texts at once.

#include <string>

#include "net/stream.hpp"

namespace postern::net::testing {

/// Reads until the stream ends or fails.
inline rt::Task<std::string> read_to_end(Stream& stream) {
  std::string text;
  std::byte buffer[1024];
  for (;;) {
    const Result<std::size_t> got = co_await stream.read_some(std::span<std::byte>(buffer));
    if (!got || *got == 0) co_return text;
    text.append(as_text(std::span<const std::byte>(buffer, *got)));
  }
}

/// Reads exactly `size` bytes, or less at the end.
inline rt::Task<std::string> read_exactly(Stream& stream, std::size_t size) {
  std::string text(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const std::span<std::byte> rest = std::as_writable_bytes(std::span<char>(text)).subspan(have);
    const Result<std::size_t> got = co_await stream.read_some(rest);
    if (!got || *got == 0) break;
    have += *got;
  }
  text.resize(have);
  co_return text;
}

inline rt::Task<void> write_text(Stream& stream, std::string text) {
  const Result<void> written = co_await stream.write_all(as_bytes(text));
  static_cast<void>(written);
}

}  // namespace postern::net::testing
