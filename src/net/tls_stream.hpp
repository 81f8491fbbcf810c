#pragma once

/// TlsStream: internal to net (includes OpenSSL headers).

#include <memory>
#include <optional>
#include <string>

#include "net/openssl.hpp"
#include "net/stream.hpp"

namespace postern::net::detail {

/// What OpenSSL reads from and writes to: two buffers, no sockets. Address is stable: BIOs point at it.
struct TlsBuffers {
  TlsBuffers() = default;
  std::unique_ptr<std::byte[]> in;  ///< made at the first read
  std::size_t in_begin = 0;
  std::size_t in_end = 0;
  std::string out;

  /// Most answers in one read. Every connection has one for as long as it waits.
  static constexpr std::size_t in_capacity = 4 * 1024;
};

/// The BIO type through which OpenSSL sees TlsBuffers.
BioMethodPtr make_bio_method();

enum class TlsRole : unsigned char { client, server };

class TlsStream final : public Stream {
 public:
  /// `keep` holds whatever `ssl` refers to (context, BIO method) alive.
  TlsStream(std::unique_ptr<Stream> inner, SslPtr ssl, const BIO_METHOD* method, TlsRole role,
            std::shared_ptr<const void> keep);
  ~TlsStream() override;

  /// Client only, once. Errors are raw: the caller adds names and advice.
  rt::Task<Result<void>> handshake();
  SSL* ssl() const noexcept { return ssl_.get(); }
  /// The first bytes that the peer sent, for a message when it does not speak TLS.
  std::string_view first_bytes() const noexcept { return first_; }

  rt::Task<Result<std::size_t>> read_some(std::span<std::byte> into) override;
  rt::Task<Result<void>> write_all(std::span<const std::byte> bytes) override;
  rt::Task<Result<void>> shutdown_write() override;
  void close() noexcept override;
  bool is_open() const noexcept override;
  std::size_t take_ready(std::span<std::byte> into) noexcept override;
  // write_ready stays 0: what has been encrypted must be sent.
  std::string peer() const override { return inner_->peer(); }

 private:
  rt::Task<Result<void>> flush();
  void forget_output() noexcept;
  rt::Task<Result<bool>> fill();
  std::span<std::byte> room_for_input();
  bool take_input(const Result<std::size_t>& got);
  bool has_input() const noexcept;
  int decrypt(std::span<std::byte> into, std::size_t* count) noexcept;
  Error failure(const char* doing);

  // Declared in this order so that ssl_ (whose BIOs point into buffers_) goes first.
  std::shared_ptr<const void> keep_;
  std::unique_ptr<Stream> inner_;
  TlsBuffers buffers_;
  SslPtr ssl_;
  std::string sending_;
  std::string first_;
  std::optional<Error> failure_;  ///< what take_ready() met
  bool broken_ = false;
  bool ended_ = false;
};

}  // namespace postern::net::detail
