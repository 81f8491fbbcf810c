#include <deque>
#include <map>

#include "net/pipe.hpp"
#include "rt/sync.hpp"

namespace postern::net {
namespace {

constexpr std::size_t memory_backlog = 4096;
constexpr std::uint16_t memory_first_port = 49152;

/// What a listener and the dialers that reach it share.
struct MemoryPort {
  MemoryPort() = default;
  std::deque<std::unique_ptr<Stream>> arrived;
  rt::WaitQueue acceptors;
  bool closed = false;
};

}  // namespace

struct MemoryNetwork::Registry {
  explicit Registry(std::size_t c) : capacity(c) {}
  std::size_t capacity;
  std::uint16_t next_client_port = memory_first_port;
  std::map<std::string, std::map<std::uint16_t, std::shared_ptr<MemoryPort>>> hosts;
};

class MemoryNetwork::MemoryListener final : public Listener {
 public:
  MemoryListener(std::shared_ptr<Registry> registry, std::shared_ptr<MemoryPort> port, Endpoint at)
      : registry_(std::move(registry)), port_(std::move(port)), at_(std::move(at)) {}
  ~MemoryListener() override { close(); }

  rt::Task<Result<std::unique_ptr<Stream>>> accept() override {
    for (;;) {
      if (port_->closed || co_await rt::is_cancelled()) co_return fail(ErrorKind::cancelled, "the listener was closed");
      if (!port_->arrived.empty()) {
        std::unique_ptr<Stream> stream = std::move(port_->arrived.front());
        port_->arrived.pop_front();
        co_return stream;
      }
      if (!co_await port_->acceptors.wait()) co_return fail(ErrorKind::cancelled, "the listener was closed");
    }
  }

  Endpoint local() const override { return at_; }

  void close() noexcept override {
    if (port_->closed) return;
    port_->closed = true;
    port_->arrived.clear();
    port_->acceptors.wake_all();
    const auto host = registry_->hosts.find(at_.host);
    if (host != registry_->hosts.end()) host->second.erase(at_.port);
  }

 private:
  std::shared_ptr<Registry> registry_;
  std::shared_ptr<MemoryPort> port_;
  Endpoint at_;
};

class MemoryNetwork::MemoryDialer final : public Dialer {
 public:
  explicit MemoryDialer(std::shared_ptr<Registry> registry) : registry_(std::move(registry)) {}

  rt::Task<Result<std::unique_ptr<Stream>>> dial(rt::CallContext, Endpoint endpoint) override {
    if (co_await rt::is_cancelled()) co_return fail(refuse(ErrorKind::cancelled, endpoint, "cancelled"));
    const auto host = registry_->hosts.find(endpoint.host);
    if (host == registry_->hosts.end()) {
      co_return fail(refuse(ErrorKind::unavailable, endpoint, "name not found: " + endpoint.host));
    }
    const auto port = host->second.find(endpoint.port);
    if (port == host->second.end() || port->second->arrived.size() >= memory_backlog) {
      co_return fail(refuse(ErrorKind::unavailable, endpoint, "connection refused"));
    }
    PipeOptions options(registry_->capacity);
    options.first_peer = endpoint.to_text();
    options.second_peer = "memory:" + std::to_string(registry_->next_client_port);
    registry_->next_client_port = static_cast<std::uint16_t>(
        registry_->next_client_port == 65535 ? memory_first_port : registry_->next_client_port + 1);
    auto ends = make_pipe(std::move(options));
    port->second->arrived.push_back(std::move(ends.second));
    port->second->acceptors.wake_one();
    co_return std::move(ends.first);
  }

 private:
  static Error refuse(ErrorKind kind, const Endpoint& endpoint, const std::string& reason) {
    Error error(kind, "cannot connect to " + endpoint.to_text() + ": " + reason);
    return std::move(error).delivered(Delivery::not_sent).with("endpoint", endpoint.to_text());
  }

  std::shared_ptr<Registry> registry_;
};

MemoryNetwork::MemoryNetwork(std::size_t capacity)
    : registry_(std::make_shared<Registry>(capacity)), dialer_(std::make_unique<MemoryDialer>(registry_)) {}

MemoryNetwork::~MemoryNetwork() = default;

Dialer& MemoryNetwork::dialer() noexcept {
  return *dialer_;
}

Result<std::unique_ptr<Listener>> MemoryNetwork::listen(Endpoint at) {
  auto& ports = registry_->hosts[at.host];
  if (at.port == 0) {
    at.port = memory_first_port;
    while (at.port != 0 && ports.find(at.port) != ports.end()) ++at.port;
  }
  if (at.port == 0 || ports.find(at.port) != ports.end()) {
    return fail(ErrorKind::unavailable, "cannot listen on " + at.to_text() + ": the address is already in use");
  }
  auto port = std::make_shared<MemoryPort>();
  ports.emplace(at.port, port);
  return std::unique_ptr<Listener>(std::make_unique<MemoryListener>(registry_, std::move(port), std::move(at)));
}

}  // namespace postern::net
