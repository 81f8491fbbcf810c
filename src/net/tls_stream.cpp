#include "net/tls_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"
#include "rt/waiter.hpp"

namespace postern::net::detail {
namespace {

// Bigger messages are encrypted and sent in pieces of this size, so that a large body is not held twice.
constexpr std::size_t tls_piece = 64 * 1024;

int tls_bio_read(BIO* bio, char* into, int size) {
  auto* buffers = static_cast<TlsBuffers*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const std::size_t count = std::min(static_cast<std::size_t>(std::max(size, 0)), buffers->in_end - buffers->in_begin);
  if (count == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::memcpy(into, buffers->in.get() + buffers->in_begin, count);
  buffers->in_begin += count;
  return static_cast<int>(count);
}

int tls_bio_write(BIO* bio, const char* from, int size) {
  auto* buffers = static_cast<TlsBuffers*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (size > 0) buffers->out.append(from, static_cast<std::size_t>(size));
  return size;
}

long tls_bio_ctrl(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace

BioMethodPtr make_bio_method() {
  BioMethodPtr method(BIO_meth_new(BIO_TYPE_SOURCE_SINK | 0x7f, "postern stream"));
  BIO_meth_set_read(method.get(), tls_bio_read);
  BIO_meth_set_write(method.get(), tls_bio_write);
  BIO_meth_set_ctrl(method.get(), tls_bio_ctrl);
  return method;
}

TlsStream::TlsStream(std::unique_ptr<Stream> inner, SslPtr ssl, const BIO_METHOD* method, TlsRole role,
                     std::shared_ptr<const void> keep)
    : keep_(std::move(keep)), inner_(std::move(inner)), ssl_(std::move(ssl)) {
  BIO* bio = BIO_new(method);
  CHECK(bio != nullptr);
  BIO_set_data(bio, &buffers_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  // Whole records in one call to the BIO, which never has to wait for what it already holds.
  SSL_set_read_ahead(ssl_.get(), 1);
  if (role == TlsRole::client) {
    SSL_set_connect_state(ssl_.get());
  } else {
    SSL_set_accept_state(ssl_.get());
  }
}

TlsStream::~TlsStream() {
  close();
}

rt::Task<Result<void>> TlsStream::flush() {
  while (!buffers_.out.empty()) {
    // Taken out first: a pending read may add to the buffer while the write waits.
    sending_.clear();
    std::swap(sending_, buffers_.out);
    Result<void> written = co_await inner_->write_all(as_bytes(sending_));
    if (!written) {
      broken_ = true;
      co_return fail(std::move(written).error());
    }
  }
  sending_ = std::string();
  forget_output();
  co_return Result<void>();
}

/// Most connections wait for an answer most of the time: what they asked need not be kept for as long. Not sending_,
/// which a handshake in a pending read may be writing.
void TlsStream::forget_output() noexcept {
  if (buffers_.out.empty()) buffers_.out = std::string();
}

/// Where the next encrypted bytes go; what was there has been consumed.
std::span<std::byte> TlsStream::room_for_input() {
  if (buffers_.in == nullptr) buffers_.in = std::make_unique_for_overwrite<std::byte[]>(TlsBuffers::in_capacity);
  CHECK(buffers_.in_begin == buffers_.in_end);
  return std::span<std::byte>(buffers_.in.get(), TlsBuffers::in_capacity);
}

/// Whether OpenSSL can make anything of what has come so far. Asking it in vain is not cheap.
bool TlsStream::has_input() const noexcept {
  return buffers_.in_begin != buffers_.in_end || SSL_has_pending(ssl_.get()) != 0;
}

/// SSL_read; what SSL_get_error says of it.
int TlsStream::decrypt(std::span<std::byte> into, std::size_t* count) noexcept {
  if (ERR_peek_error() != 0) ERR_clear_error();
  const int done = SSL_read_ex(ssl_.get(), into.data(), into.size(), count);
  return done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), done);
}

/// What a read into room_for_input() brought; false when it failed or the inner stream has ended.
bool TlsStream::take_input(const Result<std::size_t>& got) {
  if (!got) return false;
  buffers_.in_begin = 0;
  buffers_.in_end = *got;
  if (first_.empty()) {
    first_ = std::string(as_text(std::span<const std::byte>(buffers_.in.get(), std::min<std::size_t>(*got, 80))));
  }
  if (*got == 0) ended_ = true;
  return *got > 0;
}

/// Gets more encrypted bytes; false at the end of the inner stream.
rt::Task<Result<bool>> TlsStream::fill() {
  Result<std::size_t> got = co_await inner_->read_some(room_for_input());
  const bool more = take_input(got);
  if (got) co_return more;
  broken_ = true;
  co_return fail(std::move(got).error());
}

Error TlsStream::failure(const char* doing) {
  broken_ = true;
  const unsigned long code = ERR_peek_error();
  const bool not_tls =
      ERR_GET_LIB(code) == ERR_LIB_SSL && !SSL_is_init_finished(ssl_.get()) &&
      (ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER || ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST ||
       ERR_GET_REASON(code) == SSL_R_HTTPS_PROXY_REQUEST || ERR_GET_REASON(code) == SSL_R_UNKNOWN_PROTOCOL);
  const int alert = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
  std::string reason = take_openssl_error();
  if (alert == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION || alert == SSL_R_UNSUPPORTED_PROTOCOL) {
    reason += " (TLS 1.2 or newer is required)";
  }
  if (alert == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE)
    reason += " (no common cipher, or the peer wants a client certificate)";
  if (not_tls) {
    const std::string_view line = std::string_view(first_).substr(0, first_.find_first_of("\r\n"));
    return Error(ErrorKind::malformed, "the peer does not speak TLS (it sent \"" + printable(line, 60) + "\")");
  }
  return Error(ErrorKind::malformed, std::string("TLS failed while ") + doing + ": " + reason);
}

rt::Task<Result<void>> TlsStream::handshake() {
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    const int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), done);
    if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) {
      Error failed = failure("shaking hands");
      // The alert tells the peer why; whether it arrives does not matter any more.
      const Result<void> told = co_await flush();
      static_cast<void>(told);
      co_return fail(std::move(failed).delivered(Delivery::not_sent));
    }
    Result<void> flushed = co_await flush();
    if (!flushed) co_return fail(std::move(flushed).error().delivered(Delivery::not_sent));
    if (error == SSL_ERROR_NONE) co_return Result<void>();
    Result<bool> more = co_await fill();
    if (!more) co_return fail(std::move(more).error().delivered(Delivery::not_sent));
    if (!*more) {
      Error closed(ErrorKind::unavailable, "the peer closed the connection during the TLS handshake");
      co_return fail(std::move(closed).delivered(Delivery::not_sent));
    }
  }
}

rt::Task<Result<std::size_t>> TlsStream::read_some(std::span<std::byte> into) {
  for (;;) {
    if (failure_) co_return fail(*std::exchange(failure_, std::nullopt));
    if (broken_) co_return fail(ErrorKind::unavailable, "the TLS connection is broken");
    if (ended_) co_return std::size_t{0};
    const bool shaking = SSL_is_init_finished(ssl_.get()) == 0;
    if (shaking || has_input()) {
      std::size_t count = 0;
      const int error = decrypt(into, &count);
      // Answers of the handshake must go out now; later ones (a key update) leave with the next write, which may be in
      // progress.
      if (shaking && !buffers_.out.empty()) {
        Result<void> flushed = co_await flush();
        if (!flushed) co_return fail(std::move(flushed).error());
      }
      if (error == SSL_ERROR_NONE) co_return count;
      if (error == SSL_ERROR_ZERO_RETURN) {
        ended_ = true;
        co_return std::size_t{0};
      }
      if (error != SSL_ERROR_WANT_READ) co_return fail(failure(shaking ? "shaking hands" : "reading"));
    }
    // fill() in place: one task less for every message.
    Result<std::size_t> got = co_await inner_->read_some(room_for_input());
    if (!take_input(got)) {
      broken_ = true;
      if (!got) co_return fail(std::move(got).error());
      co_return fail(ErrorKind::unavailable, "the peer cut the TLS connection without saying goodbye");
    }
  }
}

rt::Task<Result<void>> TlsStream::write_all(std::span<const std::byte> bytes) {
  const rt::asio::cancellation_state state = co_await rt::asio::this_coro::cancellation_state;
  bool anything_sent = false;
  while (!bytes.empty()) {
    const Delivery so_far = anything_sent ? Delivery::sent : Delivery::not_sent;
    if (state.cancelled() != rt::asio::cancellation_type::none) {
      co_return fail(Error(ErrorKind::cancelled, "cancelled").delivered(so_far));
    }
    if (broken_) co_return fail(Error(ErrorKind::unavailable, "the TLS connection is broken").delivered(so_far));
    const std::span<const std::byte> piece = bytes.first(std::min(bytes.size(), tls_piece));
    if (ERR_peek_error() != 0) ERR_clear_error();
    std::size_t taken = 0;
    if (SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &taken) != 1) {
      co_return fail(failure("writing").delivered(so_far));
    }
    // Most messages fit into the socket's buffer: no task has to be made for them.
    const std::size_t at_once = inner_->write_ready(as_bytes(buffers_.out));
    buffers_.out.erase(0, at_once);
    anything_sent = anything_sent || at_once > 0;
    if (!buffers_.out.empty()) {
      Result<void> flushed = co_await flush();
      if (!flushed) {
        const bool none_left = !anything_sent && flushed.error().delivery() == Delivery::not_sent;
        co_return fail(std::move(flushed).error().delivered(none_left ? Delivery::not_sent : Delivery::sent));
      }
    }
    anything_sent = true;
    bytes = bytes.subspan(taken);
  }
  forget_output();
  co_return Result<void>();
}

rt::Task<Result<void>> TlsStream::shutdown_write() {
  if (broken_) co_return fail(ErrorKind::unavailable, "the TLS connection is broken");
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  Result<void> flushed = co_await flush();
  if (!flushed) co_return fail(std::move(flushed).error());
  Result<void> ended = co_await inner_->shutdown_write();
  co_return ended;
}

void TlsStream::close() noexcept {
  // OpenSSL forgets the session of a connection that ends without a farewell; ours ends because we have what we wanted,
  // and its session may be resumed. A failure on the wire has set broken_ before.
  if (!broken_ && SSL_is_init_finished(ssl_.get()) != 0) {
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  broken_ = true;
  inner_->close();
}

std::size_t TlsStream::take_ready(std::span<std::byte> into) noexcept {
  if (broken_ || ended_ || into.empty() || SSL_is_init_finished(ssl_.get()) == 0) return 0;
  for (;;) {
    if (has_input()) {
      std::size_t count = 0;
      const int error = decrypt(into, &count);
      if (error == SSL_ERROR_NONE) return count;
      if (error == SSL_ERROR_ZERO_RETURN) {
        ended_ = true;
        return 0;
      }
      if (error != SSL_ERROR_WANT_READ) {
        failure_ = failure("reading");  // told by the next read
        return 0;
      }
    }
    const std::size_t got = inner_->take_ready(room_for_input());
    if (got == 0) return 0;
    buffers_.in_begin = 0;
    buffers_.in_end = got;
  }
}

bool TlsStream::is_open() const noexcept {
  return !broken_ && !ended_ && inner_->is_open();
}

}  // namespace postern::net::detail
