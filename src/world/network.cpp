#include "world/network.hpp"

#include <deque>

#include "rt/sync.hpp"
#include "world/connection.hpp"

namespace postern::world {
namespace {

constexpr std::size_t kBacklog = 4096;
constexpr std::uint16_t kFirstFreePort = 49152;
/// 1 + 2 + 4 ... seconds: what Linux does with net.ipv4.tcp_syn_retries = 6.
constexpr Duration kSynPause = std::chrono::seconds(1);
constexpr Duration kSynPauseMax = std::chrono::seconds(64);

Error dial_error(ErrorKind kind, const net::Endpoint& endpoint, const std::string& reason) {
  Error error(kind, "cannot connect to " + endpoint.to_text() + ": " + reason);
  return std::move(error).delivered(Delivery::not_sent).with("endpoint", endpoint.to_text());
}

/// Waits so long, or less: then it fails with timeout (the deadline) or cancelled.
rt::Task<Result<void>> dial_pause(rt::CallContext ctx, net::Endpoint endpoint, Duration pause) {
  const MonoTime until = ctx.now() + pause;
  const Result<void> slept = co_await rt::sleep_until(ctx.clock(), std::min(until, ctx.deadline().at()));
  if (!slept) co_return fail(dial_error(ErrorKind::cancelled, endpoint, "cancelled"));
  if (ctx.deadline().passed(ctx.clock())) {
    co_return fail(dial_error(ErrorKind::timeout, endpoint, "the deadline passed"));
  }
  co_return Result<void>();
}

}  // namespace

/// What a listener and the dialers that reach it share.
class Network::Port {
 public:
  std::deque<std::unique_ptr<net::Stream>> arrived;
  rt::WaitQueue acceptors;
  bool closed = false;
};

class Network::PortListener final : public net::Listener {
 public:
  PortListener(Network& network, std::shared_ptr<Port> port, net::Endpoint at)
      : network_(network), port_(std::move(port)), at_(std::move(at)) {}
  ~PortListener() override { close(); }

  rt::Task<Result<std::unique_ptr<net::Stream>>> accept() override {
    const PendingTable::Entry entry(network_.pending_, "accepting on " + at_.to_text());
    const bool cancelled = co_await rt::is_cancelled();
    while (!cancelled && !port_->closed) {
      if (!port_->arrived.empty()) {
        std::unique_ptr<net::Stream> stream = std::move(port_->arrived.front());
        port_->arrived.pop_front();
        co_return stream;
      }
      const bool woken = co_await port_->acceptors.wait();
      if (!woken) break;
    }
    co_return fail(ErrorKind::cancelled, "the listener was closed");
  }
  net::Endpoint local() const override { return at_; }
  void close() noexcept override {
    if (port_->closed) return;
    port_->closed = true;
    port_->arrived.clear();
    port_->acceptors.wake_all();
    const auto host = network_.hosts_.find(at_.host);
    if (host != network_.hosts_.end()) host->second.erase(at_.port);
  }

 private:
  Network& network_;
  std::shared_ptr<Port> port_;
  net::Endpoint at_;
};

class Network::HostDialer final : public net::Dialer {
 public:
  HostDialer(Network& network, std::string host) : network_(network), host_(std::move(host)) {}

  rt::Task<Result<std::unique_ptr<net::Stream>>> dial(rt::CallContext ctx, net::Endpoint endpoint) override {
    const std::optional<Moment> fault = network_.begin_operation();
    const PendingTable::Entry entry(network_.pending_, "dialling " + endpoint.to_text() + " from " + host_);
    network_.note(host_ + " dials " + endpoint.to_text());
    if (fault && *fault != Moment::after) {
      co_return fail(dial_error(ErrorKind::unavailable, endpoint, "connection reset by the peer"));
    }
    if (!network_.hosts_.contains(endpoint.host)) {
      co_return fail(dial_error(ErrorKind::unavailable, endpoint, "name not found: " + endpoint.host));
    }
    const Link link = network_.link_between(host_, endpoint.host);
    for (Duration pause = kSynPause; pause <= kSynPauseMax; pause *= 2) {
      const Duration both_ways = link.latency * 2;
      if (both_ways > Duration::zero() && answers(endpoint)) CO_TRY_VOID(co_await dial_pause(ctx, endpoint, both_ways));
      if (answers(endpoint)) {
        Result<std::unique_ptr<net::Stream>> connected = connect(endpoint, link);
        if (connected && fault) (*connected)->close();
        co_return connected;
      }
      CO_TRY_VOID(co_await dial_pause(ctx, endpoint, pause));
    }
    co_return fail(dial_error(ErrorKind::unavailable, endpoint, "connection timed out"));
  }

 private:
  /// Whether a SYN gets an answer, yes or no.
  bool answers(const net::Endpoint& endpoint) const {
    if (network_.is_partitioned(host_, endpoint.host)) return false;
    const auto& ports = network_.hosts_.find(endpoint.host)->second;
    const auto port = ports.find(endpoint.port);
    return port == ports.end() || port->second->arrived.size() < kBacklog;
  }

  Result<std::unique_ptr<net::Stream>> connect(const net::Endpoint& endpoint, const Link& link) {
    const auto& ports = network_.hosts_[endpoint.host];
    const auto port = ports.find(endpoint.port);
    if (port == ports.end() || network_.refusing_.contains(endpoint.host)) {
      return fail(dial_error(ErrorKind::unavailable, endpoint, "connection refused"));
    }
    const std::uint64_t id = network_.next_connection_++;
    auto connection = std::make_shared<SimConnection>(network_, id, host_, endpoint, link);
    network_.connections_.emplace(id, connection);
    const std::string from = net::Endpoint(host_, network_.next_client_port_).to_text();
    network_.next_client_port_ = network_.next_client_port_ == 65535
                                     ? kFirstFreePort
                                     : static_cast<std::uint16_t>(network_.next_client_port_ + 1);
    port->second->arrived.push_back(std::make_unique<SimStream>(connection, 1, from));
    port->second->acceptors.wake_one();
    network_.note(connection->label(0) + " connected");
    return std::unique_ptr<net::Stream>(std::make_unique<SimStream>(connection, 0, endpoint.to_text()));
  }

  Network& network_;
  std::string host_;
};

Network::Network(rt::Clock& clock, rt::Random& random, Trace& trace, PendingTable& pending)
    : clock_(clock), random_(random), trace_(trace), pending_(pending) {}

Network::~Network() = default;

net::Dialer& Network::dialer(std::string_view host) {
  const auto found = dialers_.find(host);
  if (found != dialers_.end()) return *found->second;
  return *dialers_.emplace(std::string(host), std::make_unique<HostDialer>(*this, std::string(host))).first->second;
}

Result<std::unique_ptr<net::Listener>> Network::listen(net::Endpoint at) {
  auto& ports = hosts_[at.host];
  if (at.port == 0) {
    at.port = kFirstFreePort;
    while (at.port != 0 && ports.contains(at.port)) ++at.port;
  }
  if (at.port == 0 || ports.contains(at.port)) {
    return fail(ErrorKind::unavailable, "cannot listen on " + at.to_text() + ": the address is already in use");
  }
  auto port = std::make_shared<Port>();  // shared by the registry and the listener, whichever closes first
  ports.emplace(at.port, port);
  return std::unique_ptr<net::Listener>(std::make_unique<PortListener>(*this, std::move(port), std::move(at)));
}

void Network::add_host(std::string name) {
  hosts_.try_emplace(std::move(name));
}

Network::Pair Network::pair_of(std::string_view a, std::string_view b) {
  return a < b ? Pair(a, b) : Pair(b, a);
}

bool Network::is_partitioned(const std::string& a, const std::string& b) const {
  return !partitions_.empty() && partitions_.contains(pair_of(a, b));
}

const Link& Network::link_between(const std::string& a, const std::string& b) const {
  const auto found = links_.find(pair_of(a, b));
  return found == links_.end() ? default_link_ : found->second;
}

void Network::set_link(std::string_view a, std::string_view b, Link link) {
  links_.insert_or_assign(pair_of(a, b), link);
}

template <class Do>
void Network::each_between(std::string_view a, std::string_view b, const Do& apply) {
  // Copied first: what `apply` does may end connections.
  std::vector<std::shared_ptr<SimConnection>> chosen;
  for (const auto& [id, weak] : connections_) {
    std::shared_ptr<SimConnection> connection = weak.lock();
    if (connection && connection->joins(a, b)) chosen.push_back(std::move(connection));
  }
  for (const auto& connection : chosen) apply(*connection);
}

void Network::partition(std::string_view a, std::string_view b) {
  note("partition " + std::string(a) + " | " + std::string(b));
  partitions_.insert(pair_of(a, b));
}

void Network::heal(std::string_view a, std::string_view b) {
  note("heal " + std::string(a) + " | " + std::string(b));
  partitions_.erase(pair_of(a, b));
  each_between(a, b, [](SimConnection& connection) {
    connection.flush(0);
    connection.flush(1);
  });
}

void Network::accept_again(std::string_view host) {
  const auto found = refusing_.find(host);
  if (found != refusing_.end()) refusing_.erase(found);
}

void Network::break_connections(std::string_view a, std::string_view b) {
  each_between(a, b, [](SimConnection& connection) { connection.reset_both(); });
}

void Network::silence_connections(std::string_view a, std::string_view b) {
  note("silence " + std::string(a) + " | " + std::string(b));
  each_between(a, b, [](SimConnection& connection) { connection.silence(); });
}

void Network::break_operation(std::uint64_t nth, Moment moment) {
  fault_at_ = nth == 0 ? 0 : operations_ + nth;
  fault_moment_ = moment;
}

std::optional<Moment> Network::begin_operation() {
  ++operations_;
  if (operations_ != fault_at_) return std::nullopt;
  note("fault at operation " + std::to_string(operations_));
  return fault_moment_;
}

std::optional<Moment> Network::begin_write(const Link& link) {
  const std::optional<Moment> fault = begin_operation();
  if (fault || link.break_chance <= 0 || random_.unit() >= link.break_chance) return fault;
  note("a write breaks its connection by chance");
  return static_cast<Moment>(random_.below(3));
}

}  // namespace postern::world
