#include "http/pool.hpp"

#include <array>
#include <utility>

#include "rt/combine.hpp"

namespace postern::http {

struct ClientPool::Connection {
  Connection(std::unique_ptr<net::Stream> s, WireLimits limits, MonoTime now)
      : stream(std::move(s)), reader(*stream, limits), opened_at(now), idle_since(now) {}
  std::unique_ptr<net::Stream> stream;
  MessageReader reader;
  MonoTime opened_at;
  MonoTime idle_since;
  bool used = false;
};

struct ClientPool::PerOrigin {
  explicit PerOrigin(std::size_t connections) : permits(connections) {}
  rt::Semaphore permits;
  std::list<std::unique_ptr<Connection>> idle;  // the most recently used at the back
};

namespace {

/// Closes a stream at a deadline: one timer per exchange, no second coroutine.
class StreamTimer {
 public:
  StreamTimer(rt::CallContext ctx, net::Stream& stream) : clock_(&ctx.clock()) {
    if (ctx.deadline().is_never()) return;
    timer_ = clock_->schedule(ctx.deadline().at(), [this, &stream] {
      fired_ = true;
      stream.close();
    });
  }
  ~StreamTimer() { clock_->unschedule(timer_); }
  StreamTimer(const StreamTimer&) = delete;
  StreamTimer& operator=(const StreamTimer&) = delete;
  bool fired() const noexcept { return fired_; }

 private:
  rt::Clock* clock_;
  rt::Clock::TimerId timer_ = 0;
  bool fired_ = false;
};

Error exchange_error(Error error, const StreamTimer& timer, Delivery delivery) {
  if (timer.fired()) {
    return Error(ErrorKind::timeout,
                 delivery == Delivery::not_sent ? "the request could not be sent in time" : "no answer came in time")
        .delivered(delivery);
  }
  return std::move(error).delivered(delivery);
}

}  // namespace

ClientPool::ClientPool(rt::Executor, rt::Clock& clock, net::Dialer& plain, net::Dialer* tls, PoolOptions options)
    : clock_(&clock), plain_(&plain), tls_(tls), options_(options) {}

ClientPool::~ClientPool() {
  clock_->unschedule(sweep_timer_);
}

rt::Task<void> ClientPool::close() {
  for (auto& [origin, per_origin] : origins_) per_origin->idle.clear();
  clock_->unschedule(std::exchange(sweep_timer_, 0));
  co_return;
}

void ClientPool::arm_sweep() {
  if (sweep_timer_ != 0) return;
  sweep_timer_ = clock_->schedule(clock_->now() + options_.idle_timeout, [this] {
    sweep_timer_ = 0;
    sweep();
  });
}

/// Closes what has been idle for too long, so that no socket waits for a request that may never come.
void ClientPool::sweep() {
  const MonoTime now = clock_->now();
  bool left = false;
  for (auto& [origin, per_origin] : origins_) {
    auto& idle = per_origin->idle;
    while (!idle.empty() && now - idle.front()->idle_since >= options_.idle_timeout) idle.pop_front();
    left = left || !idle.empty();
  }
  if (left) arm_sweep();
}

ClientPool::PerOrigin& ClientPool::slot(const Origin& origin) {
  auto& entry = origins_[origin];
  if (!entry) entry = std::make_unique<PerOrigin>(options_.connections_per_origin);
  return *entry;
}

std::unique_ptr<ClientPool::Connection> ClientPool::take_idle(PerOrigin& per_origin, MonoTime now) {
  while (!per_origin.idle.empty()) {
    std::unique_ptr<Connection> connection = std::move(per_origin.idle.back());
    per_origin.idle.pop_back();
    const bool stale =
        now - connection->idle_since > options_.idle_timeout || now - connection->opened_at > options_.max_age;
    // A byte, or the end, that came while nobody asked: the server has given the connection up. One system call per
    // request, also for a connection that answered just now: servers close after their last answer without saying so,
    // and a request sent into that is a request of which nobody knows whether it was executed.
    std::array<std::byte, 1> probe{};
    if (!stale && connection->stream->take_ready(probe) == 0 && connection->stream->is_open()) return connection;
  }
  return nullptr;
}

rt::Task<Result<std::unique_ptr<ClientPool::Connection>>> ClientPool::connect(rt::CallContext ctx,
                                                                              const Origin& origin) {
  net::Dialer* dialer = origin.tls ? tls_ : plain_;
  if (dialer == nullptr) {
    co_return fail(Error(ErrorKind::unsupported, "no TLS for " + origin.to_text()).delivered(Delivery::not_sent));
  }
  net::Endpoint endpoint(origin.host, origin.port);
  const rt::CallContext dial_ctx = ctx.within(options_.connect_timeout);
  Result<std::unique_ptr<net::Stream>> stream = co_await dialer->dial(dial_ctx, std::move(endpoint));
  if (!stream) co_return fail(std::move(stream).error().delivered(Delivery::not_sent));
  ++stats_.opened;
  co_return std::make_unique<Connection>(std::move(*stream), options_.limits, clock_->now());
}

void ClientPool::give_back(PerOrigin& per_origin, std::unique_ptr<Connection> connection, MonoTime now) {
  if (connection->reader.has_leftover() || !connection->stream->is_open()) return;
  connection->idle_since = now;
  connection->used = true;
  per_origin.idle.push_back(std::move(connection));
  if (per_origin.idle.size() > options_.idle_per_origin) per_origin.idle.pop_front();
  arm_sweep();
}

rt::Task<Result<Response>> ClientPool::send(rt::CallContext ctx, Origin origin, Request request) {
  ++stats_.requests;
  const auto failed = [&origin](Error error) { return fail(std::move(error).with("origin", origin.to_text())); };
  if (request.headers.find("Host") == nullptr) request.headers.set("Host", origin.host_header());
  std::string bytes;
  if (Result<void> written = write_request_to(bytes, request); !written) co_return failed(std::move(written).error());
  PerOrigin& per_origin = slot(origin);
  if (!per_origin.permits.try_acquire()) {
    Result<void> turn = co_await rt::with_deadline(ctx, per_origin.permits.acquire());
    if (!turn) co_return failed(std::move(turn).error().delivered(Delivery::not_sent));
  }
  const rt::Semaphore::Permit permit(per_origin.permits);
  const Method method = request.method == "HEAD" ? Method::head : Method::other;
  for (;;) {
    std::unique_ptr<Connection> connection = take_idle(per_origin, clock_->now());
    const bool reused = connection != nullptr;
    if (reused) {
      ++stats_.reused;
    } else {
      Result<std::unique_ptr<Connection>> opened = co_await connect(ctx, origin);
      if (!opened) co_return failed(std::move(opened).error());
      connection = std::move(*opened);
    }
    const StreamTimer timer(ctx, *connection->stream);
    Result<void> written = co_await connection->stream->write_all(net::as_bytes(bytes));
    if (!written) {
      const bool none_left = written.error().delivery() == Delivery::not_sent;
      Error error = exchange_error(std::move(written).error(), timer, none_left ? Delivery::not_sent : Delivery::sent);
      // Not a byte left on a connection that the server had closed meanwhile: a fresh one is no second send.
      if (reused && none_left && error.kind() == ErrorKind::unavailable) continue;
      co_return failed(std::move(error));
    }
    Result<ReceivedResponse> received = co_await connection->reader.read_response(method);
    if (!received) co_return failed(exchange_error(std::move(received).error(), timer, Delivery::sent));
    if (received->persistence == Persistence::keep) give_back(per_origin, std::move(connection), clock_->now());
    co_return std::move(received->response);
  }
}

}  // namespace postern::http
