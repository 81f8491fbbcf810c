#include "net/unix_socket.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/text.hpp"

namespace postern::net {
namespace unix_socket {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;
using boost::system::error_code;
using Socket = asio::basic_stream_socket<Protocol, rt::Executor>;
using Acceptor = asio::basic_socket_acceptor<Protocol, rt::Executor>;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable_t<rt::Executor>());
constexpr std::size_t kPathMax = 107;

Error describe(const error_code& ec, asio::cancellation_type asked) {
  if (asked != asio::cancellation_type::none) return Error(ErrorKind::cancelled, "cancelled");
  return Error(ErrorKind::unavailable, "the local connection ended: " + ec.message());
}

class UnixStream final : public Stream {
 public:
  explicit UnixStream(Socket socket) : socket_(std::move(socket)) {}

  rt::Task<Result<std::size_t>> read_some(std::span<std::byte> into) override {
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    const asio::mutable_buffer buffer(into.data(), into.size());
    const auto [ec, count] = co_await socket_.async_read_some(buffer, kToken);
    if (ec == asio::error::eof) {
      open_ = false;
      co_return std::size_t{0};
    }
    if (ec) {
      open_ = false;
      co_return fail(describe(ec, state.cancelled()));
    }
    co_return count;
  }

  rt::Task<Result<void>> write_all(std::span<const std::byte> bytes) override {
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    const asio::const_buffer buffer(bytes.data(), bytes.size());
    const auto [ec, count] = co_await asio::async_write(socket_, buffer, kToken);
    if (!ec) co_return Result<void>();
    open_ = false;
    co_return fail(describe(ec, state.cancelled()).delivered(count == 0 ? Delivery::not_sent : Delivery::sent));
  }

  rt::Task<Result<void>> shutdown_write() override {
    error_code ec;
    socket_.shutdown(Socket::shutdown_send, ec);
    if (ec) co_return fail(describe(ec, asio::cancellation_type::none));
    co_return Result<void>();
  }

  void close() noexcept override {
    error_code ignored;
    socket_.close(ignored);
    open_ = false;
  }
  bool is_open() const noexcept override { return open_; }

 private:
  Socket socket_;
  bool open_ = true;
};

class UnixListener final : public Listener {
 public:
  UnixListener(Acceptor acceptor, std::string path) : acceptor_(std::move(acceptor)), path_(std::move(path)) {}
  ~UnixListener() override { close(); }
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;

  Result<void> start() {
    error_code ec;
    acceptor_.listen(Acceptor::max_listen_connections, ec);
    if (ec) return fail(ErrorKind::unavailable, "cannot listen at " + printable(path_) + ": " + ec.message());
    return {};
  }

  rt::Task<Result<std::unique_ptr<Stream>>> accept() override {
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    for (;;) {
      if (state.cancelled() != asio::cancellation_type::none || !acceptor_.is_open()) {
        co_return fail(ErrorKind::cancelled, "the listener was closed");
      }
      Socket socket(acceptor_.get_executor());
      const auto [ec] = co_await acceptor_.async_accept(socket, kToken);
      if (!ec) {
        std::unique_ptr<Stream> stream = std::make_unique<UnixStream>(std::move(socket));
        co_return stream;
      }
      if (ec == asio::error::connection_aborted || ec == asio::error::operation_aborted) continue;
      if (ec == asio::error::bad_descriptor) continue;
      co_return fail(ErrorKind::unavailable, "cannot accept connections on " + path_ + ": " + ec.message());
    }
  }

  Endpoint local() const override { return Endpoint(path_, 0); }

  void close() noexcept override {
    if (!acceptor_.is_open()) return;
    error_code ignored;
    acceptor_.close(ignored);
    (void)::unlink(path_.c_str());
  }

 private:
  Acceptor acceptor_;
  std::string path_;
};

}  // namespace unix_socket

Result<std::unique_ptr<Listener>> listen_unix(rt::Executor executor, const std::string& path) {
  using namespace unix_socket;
  if (path.empty() || path.size() > kPathMax) {
    return fail(ErrorKind::usage, "a socket's path has 1 to 107 bytes: " + printable(path, 200));
  }
  Acceptor acceptor(executor);
  error_code ec;
  acceptor.open(Protocol(), ec);
  if (!ec) acceptor.bind(Protocol::endpoint(path), ec);
  if (ec == asio::error::address_in_use) {
    return fail(ErrorKind::conflict, "cannot listen at " + printable(path) + ": something is there already");
  }
  if (ec) return fail(ErrorKind::unavailable, "cannot listen at " + printable(path) + ": " + ec.message());
  auto listener = std::make_unique<UnixListener>(std::move(acceptor), path);
  // Between bind and listen nobody can connect: the rights are narrowed in time.
  if (::chmod(path.c_str(), 0600) != 0) return fail(ErrorKind::unavailable, "cannot protect " + printable(path));
  TRY_VOID(listener->start());
  return std::unique_ptr<Listener>(std::move(listener));
}

}  // namespace postern::net
