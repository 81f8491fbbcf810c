#pragma once

/// Stream, Listener, Dialer: bytes between two ends, whoever carries them (TCP, TLS, an in-memory pipe).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::net {

/// A bidirectional byte stream. One read and one write may be pending at a time, from the loop thread.
/// Both fail with cancelled when the task is cancelled, unavailable when the connection broke, and both end at once
/// with an error after close(). Deadlines are the caller's: it arms a timer that calls close().
class Stream {
 public:
  virtual ~Stream() = default;
  /// Reads at least one byte; 0 is the orderly end. `into` must outlive the call.
  virtual rt::Task<Result<std::size_t>> read_some(std::span<std::byte> into) = 0;
  /// Writes everything or fails. The error's delivery() is `not_sent` only when no byte left.
  virtual rt::Task<Result<void>> write_all(std::span<const std::byte> bytes) = 0;
  /// Says that no more will be written (FIN, close_notify); reading goes on.
  virtual rt::Task<Result<void>> shutdown_write() = 0;
  /// Ends both directions now; pending operations fail. Idempotent.
  virtual void close() noexcept = 0;
  /// True while the connection can be used for another request as far as is known without asking the system: neither
  /// closed by us nor seen to end. take_ready() asks the system first.
  virtual bool is_open() const noexcept = 0;
  /// Moves bytes that have already arrived into `into` and returns how many; never waits. 0 when there are none, or
  /// when the stream ended or failed: then is_open() is false from now on. Only with no read pending.
  virtual std::size_t take_ready(std::span<std::byte> into) noexcept;
  /// Writes what the connection takes at once and returns how many bytes; never waits. 0 when it takes none now, or
  /// when the stream ended or failed: write_all() of the rest tells. Only with no write pending.
  virtual std::size_t write_ready(std::span<const std::byte> bytes) noexcept;
  /// Who is at the other end, for logs: "127.0.0.1:51234"; empty when there is nothing to say.
  virtual std::string peer() const;
};

/// Where to connect: host is a name or an address literal (IPv6 without brackets).
struct Endpoint {
  Endpoint() = default;
  Endpoint(std::string h, std::uint16_t p) : host(std::move(h)), port(p) {}
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  /// "host:port", IPv6 in brackets.
  std::string to_text() const;
};

/// Opens connections. Decorators (TLS, proxies, "only these hosts") implement the same interface.
class Dialer {
 public:
  virtual ~Dialer() = default;
  /// Fails with unavailable (refused, unreachable, name not found), timeout at ctx's deadline, cancelled, or refused (a
  /// rail of ours). The error names the endpoint and has delivery not_sent.
  virtual rt::Task<Result<std::unique_ptr<Stream>>> dial(rt::CallContext ctx, Endpoint endpoint) = 0;
};

/// "127.0.0.1", "::1", "host.name": true for an address literal (IPv6 without brackets).
bool is_address_literal(std::string_view host) noexcept;

/// Accepts connections.
class Listener {
 public:
  virtual ~Listener() = default;
  /// The next connection; fails with cancelled after close() or when the task is cancelled.
  virtual rt::Task<Result<std::unique_ptr<Stream>>> accept() = 0;
  /// The address that is listened on, with the real port.
  virtual Endpoint local() const = 0;
  virtual void close() noexcept = 0;
};

/// The bytes of a text, and the text of bytes: streams carry bytes, protocols write text.
inline std::span<const std::byte> as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}
inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace postern::net
