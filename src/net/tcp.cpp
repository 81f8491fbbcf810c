#include "net/tcp.hpp"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "rt/waiter.hpp"

namespace postern::net {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using Socket = asio::basic_stream_socket<tcp, rt::Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, rt::Executor>;
using Resolver = asio::ip::basic_resolver<tcp, rt::Executor>;
constexpr auto tcp_token = asio::as_tuple(asio::use_awaitable_t<rt::Executor>());

std::string tcp_reason(const error_code& ec) {
  if (ec == asio::error::connection_refused) return "connection refused";
  if (ec == asio::error::connection_reset || ec == asio::error::broken_pipe) return "connection reset by the peer";
  if (ec == asio::error::host_unreachable) return "no route to the host";
  if (ec == asio::error::network_unreachable) return "the network is unreachable";
  if (ec == asio::error::timed_out) return "no answer (the system's connection timeout)";
  if (ec == asio::error::eof) return "the peer closed the connection";
  if (ec == asio::error::no_descriptors) return "too many open files (raise `ulimit -n`)";
  if (ec == asio::error::access_denied || ec == asio::error::no_permission) return "permission denied by this host";
  if (ec == asio::error::address_in_use) return "the address is already in use";
  std::string text = ec.message();
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

std::string resolve_reason(const error_code& ec, const std::string& host) {
  if (ec == asio::error::host_not_found || ec == asio::error::no_data || ec == asio::error::service_not_found) {
    return "name not found: " + host;
  }
  if (ec == asio::error::host_not_found_try_again) return "name lookup failed for now (DNS does not answer): " + host;
  return "name lookup of " + host + " failed: " + tcp_reason(ec);
}

std::string tcp_text(const tcp::endpoint& endpoint) {
  return Endpoint(endpoint.address().to_string(), endpoint.port()).to_text();
}

class TcpStream final : public Stream {
 public:
  explicit TcpStream(Socket socket) : socket_(std::move(socket)) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
  }

  rt::Task<Result<std::size_t>> read_some(std::span<std::byte> into) override {
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return fail(cancelled());
    if (failure_) co_return fail(describe(std::exchange(failure_, error_code()), state.cancelled(), "reading"));
    const asio::mutable_buffer buffer(into.data(), into.size());
    const auto [ec, count] = co_await socket_.async_read_some(buffer, tcp_token);
    if (!ec) co_return count;
    if (ec == asio::error::eof) {
      ended_ = true;
      co_return std::size_t{0};
    }
    co_return fail(describe(ec, state.cancelled(), "reading"));
  }

  rt::Task<Result<void>> write_all(std::span<const std::byte> bytes) override {
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return fail(cancelled().delivered(Delivery::not_sent));
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const asio::const_buffer rest(bytes.data() + sent, bytes.size() - sent);
      error_code ec;
      // Most messages fit into the socket's buffer: a direct call costs one system call and no trip through the loop.
      const std::size_t now = socket_.write_some(rest, ec);
      sent += now;
      if (ec == asio::error::would_block || ec == asio::error::try_again) {
        const auto [wait_ec] = co_await socket_.async_wait(Socket::wait_write, tcp_token);
        ec = wait_ec;
      }
      if (ec) {
        co_return fail(
            describe(ec, state.cancelled(), "writing").delivered(sent == 0 ? Delivery::not_sent : Delivery::sent));
      }
    }
    co_return Result<void>();
  }

  rt::Task<Result<void>> shutdown_write() override {
    error_code ec;
    socket_.shutdown(tcp::socket::shutdown_send, ec);
    if (ec) co_return fail(describe(ec, asio::cancellation_type::none, "ending"));
    co_return Result<void>();
  }

  void close() noexcept override {
    error_code ignored;
    socket_.close(ignored);
  }

  bool is_open() const noexcept override { return !ended_ && socket_.is_open(); }

  std::size_t take_ready(std::span<std::byte> into) noexcept override {
    if (ended_ || !socket_.is_open() || into.empty()) return 0;
    const ssize_t got = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) ended_ = true;
    if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
      // The system tells of a failure once: kept, so that a read does not take it for the orderly end.
      failure_ = error_code(errno, boost::system::system_category());
      ended_ = true;
    }
    return 0;
  }

  std::size_t write_ready(std::span<const std::byte> bytes) noexcept override {
    if (ended_ || !socket_.is_open()) return 0;
    const ssize_t sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }

  std::string peer() const override {
    error_code ec;
    const tcp::endpoint endpoint = socket_.remote_endpoint(ec);
    return ec ? std::string() : tcp_text(endpoint);
  }

 private:
  static Error cancelled() { return Error(ErrorKind::cancelled, "cancelled"); }

  Error describe(const error_code& ec, asio::cancellation_type asked, const char* doing) {
    if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) {
      if (asked != asio::cancellation_type::none) return cancelled();
      return Error(ErrorKind::unavailable, "the connection was closed on this side");
    }
    ended_ = true;
    return Error(ErrorKind::unavailable, std::string(doing) + " failed: " + tcp_reason(ec));
  }

  Socket socket_;
  error_code failure_;  ///< what take_ready() was told, for the next read
  bool ended_ = false;
};

/// What a lookup and the task that waits for it share: the lookup may outlive the task.
struct Lookup {
  explicit Lookup(const rt::Executor& executor) : resolver(executor) {}
  Resolver resolver;
  rt::Waiter waiter;
  bool done = false;
  error_code ec;
  std::vector<tcp::endpoint> found;
};

Error dial_failed(ErrorKind kind, const Endpoint& endpoint, const std::string& reason) {
  Error error(kind, "cannot connect to " + endpoint.to_text() + ": " + reason);
  return std::move(error).delivered(Delivery::not_sent).with("endpoint", endpoint.to_text());
}

/// Calls `fire` at a deadline unless it goes out of scope first.
template <class Fire>
class TcpAlarm {
 public:
  TcpAlarm(rt::Clock& clock, rt::Deadline deadline, Fire fire) : clock_(&clock) {
    if (!deadline.is_never()) id_ = clock.schedule(deadline.at(), std::move(fire));
  }
  TcpAlarm(const TcpAlarm&) = delete;
  TcpAlarm& operator=(const TcpAlarm&) = delete;
  ~TcpAlarm() {
    if (id_ != 0) clock_->unschedule(id_);
  }

 private:
  rt::Clock* clock_;
  rt::Clock::TimerId id_ = 0;
};

rt::Task<Result<std::vector<tcp::endpoint>>> look_up(rt::Executor executor, rt::CallContext ctx,
                                                     const Endpoint& endpoint) {
  std::vector<tcp::endpoint> literal;
  error_code not_literal;
  const asio::ip::address address = asio::ip::make_address(endpoint.host, not_literal);
  if (!not_literal) {
    literal.emplace_back(address, endpoint.port);
    co_return literal;
  }
  auto lookup = std::make_shared<Lookup>(executor);
  lookup->resolver.async_resolve(endpoint.host, std::to_string(endpoint.port),
                                 [lookup](const error_code& ec, const Resolver::results_type& results) {
                                   lookup->done = true;
                                   lookup->ec = ec;
                                   for (const auto& entry : results) lookup->found.push_back(entry.endpoint());
                                   lookup->waiter.wake();
                                 });
  rt::Wake how = rt::Wake::woken;
  {
    const auto give_up = [waiter = &lookup->waiter] { waiter->wake(); };
    const TcpAlarm alarm(ctx.clock(), ctx.deadline(), give_up);
    how = co_await lookup->waiter.wait();
  }
  if (how == rt::Wake::cancelled) co_return fail(dial_failed(ErrorKind::cancelled, endpoint, "cancelled"));
  if (!lookup->done) {
    co_return fail(
        dial_failed(ErrorKind::timeout, endpoint, "the deadline passed while looking up the name " + endpoint.host));
  }
  if (lookup->ec)
    co_return fail(dial_failed(ErrorKind::unavailable, endpoint, resolve_reason(lookup->ec, endpoint.host)));
  co_return std::move(lookup->found);
}

}  // namespace

TcpDialer::TcpDialer(rt::Executor executor, TcpOptions options) : executor_(std::move(executor)), options_(options) {}

rt::Task<Result<std::unique_ptr<Stream>>> TcpDialer::dial(rt::CallContext ctx, Endpoint endpoint) {
  CO_TRY(const std::vector<tcp::endpoint> addresses, co_await look_up(executor_, ctx, endpoint));
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  std::string reasons;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (state.cancelled() != asio::cancellation_type::none) {
      co_return fail(dial_failed(ErrorKind::cancelled, endpoint, "cancelled"));
    }
    const bool last = i + 1 == addresses.size();
    const rt::Deadline until = last ? ctx.deadline() : ctx.within(options_.address_timeout).deadline();
    Socket socket(executor_);
    error_code ec;
    bool late = false;
    {
      const auto give_up = [&late, &socket] {
        late = true;
        error_code ignored;
        socket.close(ignored);
      };
      const TcpAlarm alarm(ctx.clock(), until, give_up);
      const auto [connect_ec] = co_await socket.async_connect(addresses[i], tcp_token);
      ec = connect_ec;
    }
    if (!ec && !late) {
      std::unique_ptr<Stream> stream = std::make_unique<TcpStream>(std::move(socket));
      co_return stream;
    }
    if (state.cancelled() != asio::cancellation_type::none) {
      co_return fail(dial_failed(ErrorKind::cancelled, endpoint, "cancelled"));
    }
    if (!reasons.empty()) reasons += "; ";
    if (addresses.size() > 1 || is_address_literal(endpoint.host) == false) reasons += tcp_text(addresses[i]) + ": ";
    reasons += late ? "no answer" : tcp_reason(ec);
    if (ctx.deadline().passed(ctx.clock())) {
      co_return fail(dial_failed(ErrorKind::timeout, endpoint, "the deadline passed (" + reasons + ")"));
    }
  }
  if (reasons.empty()) reasons = "the name " + endpoint.host + " has no address";
  co_return fail(dial_failed(ErrorKind::unavailable, endpoint, reasons));
}

namespace {

class TcpListener final : public Listener {
 public:
  explicit TcpListener(Acceptor acceptor) : acceptor_(std::move(acceptor)) {}

  rt::Task<Result<std::unique_ptr<Stream>>> accept() override {
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    for (;;) {
      if (state.cancelled() != asio::cancellation_type::none || !acceptor_.is_open()) {
        co_return fail(ErrorKind::cancelled, "the listener was closed");
      }
      Socket socket(acceptor_.get_executor());
      const auto [ec] = co_await acceptor_.async_accept(socket, tcp_token);
      if (!ec) {
        std::unique_ptr<Stream> stream = std::make_unique<TcpStream>(std::move(socket));
        co_return stream;
      }
      // The peer gave up between connecting and being accepted: not this listener's failure.
      if (ec == asio::error::connection_aborted || ec == asio::error::connection_reset) continue;
      if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) continue;
      co_return fail(ErrorKind::unavailable,
                     "cannot accept connections on " + local().to_text() + ": " + tcp_reason(ec));
    }
  }

  Endpoint local() const override {
    error_code ec;
    const tcp::endpoint endpoint = acceptor_.local_endpoint(ec);
    return ec ? Endpoint() : Endpoint(endpoint.address().to_string(), endpoint.port());
  }

  void close() noexcept override {
    error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  Acceptor acceptor_;
};

}  // namespace

Result<std::unique_ptr<Listener>> listen_tcp(rt::Executor executor, Endpoint at) {
  error_code ec;
  const asio::ip::address address = asio::ip::make_address(at.host, ec);
  if (ec) {
    return fail(ErrorKind::usage, "cannot listen on " + printable(at.to_text()) + ": " + printable(at.host) +
                                      " is not an IP address (use 127.0.0.1 for this host only)");
  }
  const tcp::endpoint endpoint(address, at.port);
  Acceptor acceptor(executor);
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(Acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(Acceptor::max_listen_connections, ec);
  if (ec) {
    const bool forbidden = ec == asio::error::access_denied || ec == asio::error::no_permission;
    return fail(forbidden ? ErrorKind::denied : ErrorKind::unavailable,
                "cannot listen on " + at.to_text() + ": " + tcp_reason(ec));
  }
  return std::unique_ptr<Listener>(std::make_unique<TcpListener>(std::move(acceptor)));
}

}  // namespace postern::net
