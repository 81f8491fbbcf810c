#pragma once

/// A World with a laptop, a session service with a node behind it, and a DataChannel between them.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "session/testing/service.hpp"
#include "world/testing/seed.hpp"
#include "world/world.hpp"

namespace postern::session::testing {

inline DataChannelOptions channel_options(std::optional<SessionType> expected = std::nullopt) {
  DataChannelOptions options;
  options.session.session_id = FakeService::started().session_id;
  options.session.target = "i-0123456789abcdef0";
  options.session.client_id = "11111111-2222-4333-8444-555555555555";
  options.session.expected = expected;
  return options;
}

/// A laptop, a service with a node behind it, and a channel between them.
class Rig {
 public:
  explicit Rig(AgentSessionOptions agent, DataChannelOptions options = channel_options())
      : service(world.ctx(), std::move(agent)),
        server(world.executor(), std::move(*world.network().listen(net::Endpoint("ssmmessages", 80))), service,
               http::PeerInfo()),
        channel(world.ctx(), dial(), service, FakeService::started(), std::move(options)) {
    world.network().set_default_link(world::Link(std::chrono::milliseconds(20)));
    server.start(world.ctx());
    world.spawn(service.run_agent());
    channel.on_news([this](const ConnectionNews& one) {
      constexpr const char* kNames[] = {"connected", "lost", "waiting", "resumed"};
      news += std::string(kNames[static_cast<int>(one.kind)]) + " ";
      last_news = one;
    });
  }
  ~Rig() {
    static_cast<void>(world.run(server.stop()));
    world.stop_spawned();
  }

  DataChannel::Dial dial() {
    return [this](rt::CallContext ctx, net::Endpoint endpoint, bool tls) {
      dialled = endpoint.to_text() + (tls ? " tls" : "");
      return world.network().dialer("laptop").dial(ctx, std::move(endpoint));
    };
  }
  void cut() { world.network().break_connections("laptop", "ssmmessages"); }

  world::World world{world::testing::test_seed()};
  FakeService service;
  http::Server server;
  DataChannel channel;
  std::string dialled;
  std::string news;
  ConnectionNews last_news;
};

inline rt::Task<void> keep(rt::Task<Result<void>> task, std::optional<Result<void>>* into) {
  into->emplace(co_await std::move(task));
}

}  // namespace postern::session::testing
