#include "cli/session_ports.hpp"

#include "base/text.hpp"
#include "cli/failure.hpp"
#include "net/tcp.hpp"
#include "net/unix_socket.hpp"
#include "rt/combine.hpp"
#include "rt/uncancelled.hpp"
#include "session/forward.hpp"
#include "session/stdio_bridge.hpp"

namespace postern::cli {
namespace session_ports {

constexpr std::string_view kForwarding = "LocalPortForwarding";

rt::Task<void> listen(session::PortForward* engine, net::Listener* listener) {
  (void)co_await engine->listen(*listener);
}

/// This process's own, counted.
class StdioEnds final : public session::ByteEnds {
 public:
  StdioEnds(os::Console& console, TerminalEnd& end) : console_(console), end_(end) {}
  rt::Task<Result<std::size_t>> read(std::span<std::byte> into) override {
    CO_TRY(const std::size_t got, co_await console_.read_input(into));
    end_.bytes_to_node += got;
    co_return got;
  }
  rt::Task<Result<void>> write(std::string bytes) override {
    end_.bytes_from_node += bytes.size();
    co_return console_.write(os::StdStream::out, bytes);
  }

 private:
  os::Console& console_;
  TerminalEnd& end_;
};

/// Until the agent has said what the session is about, or it has ended.
rt::Task<std::optional<TerminalEnd>> until_started(session::DataChannel& channel) {
  TerminalEnd end;
  while (!channel.session().type()) {
    const Result<std::optional<session::SessionEvent>> event = co_await channel.next();
    if (!event) end.how = TerminalEnd::How::interrupted;
    if (!event || !*event) co_return end;
    if ((*event)->kind == session::SessionEvent::Kind::closed) end.text = (*event)->bytes;
    if ((*event)->kind == session::SessionEvent::Kind::failed) end.error = (*event)->error;
  }
  co_return std::nullopt;
}

struct Place {
  Place() = default;
  std::unique_ptr<net::Listener> listener;
  std::string opened;  ///< what callers read
};

Result<Place> open_place(rt::Executor executor, const session::PortProperties& port, const std::string& session_id) {
  Place place;
  if (port.local_connection == "unix") {
    TRY(place.listener, net::listen_unix(std::move(executor), port.local_unix_socket));
    place.opened = "Unix socket " + port.local_unix_socket + " opened for sessionId " + session_id + ".\n";
    return place;
  }
  TRY(const int number, parse_count(port.local_port.empty() ? "0" : port.local_port, "localPortNumber", 0, 65535));
  TRY(place.listener,
      net::listen_tcp(std::move(executor), net::Endpoint("127.0.0.1", static_cast<std::uint16_t>(number))));
  place.opened = "Port " + std::to_string(place.listener->local().port) + " opened for sessionId " + session_id + ".\n";
  return place;
}

rt::Task<TerminalEnd> forward(const Command& command, session::DataChannel& channel) {
  TerminalEnd end;
  end.started = true;
  const std::string id = channel.session_id();
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  Result<Place> place = open_place(group.executor(), channel.session().port(), id);
  if (!place) {
    end.error = std::move(place).error();
    end.how = TerminalEnd::How::failed;
    (void)co_await channel.terminate();
    co_return end;
  }
  command.out(place->opened + "Waiting for connections...\n");
  session::PortForward engine(command.ctx());
  engine.on_news([&command, &id](const session::ForwardNews& news) {
    if (news.kind == session::ForwardNews::Kind::accepted) {
      command.out("\nConnection accepted for session [" + id + "]\n");
    } else if (!news.text.empty()) {
      command.err(printable(news.text, 300) + "\n");
    }
  });
  group.spawn(listen(&engine, place->listener.get()));
  Result<std::string> ended = co_await engine.serve(channel);
  if (ended) {
    end.text = std::move(*ended);
  } else if (ended.error().kind() == ErrorKind::cancelled) {
    end.how = TerminalEnd::How::interrupted;
  } else {
    end.error = std::move(ended).error();
    end.how = TerminalEnd::How::failed;
  }
  place->listener->close();
  group.cancel();
  co_await group.join();
  end.bytes_to_node = engine.stats().up;
  end.bytes_from_node = engine.stats().down;
  co_return end;
}

rt::Task<void> terminate(session::DataChannel* channel) {
  (void)co_await channel->terminate();
}

}  // namespace session_ports

rt::Task<TerminalEnd> on_stdio(const Command& command, session::DataChannel& channel) {
  using namespace session_ports;
  TerminalEnd end;
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  bool stopping = false;
  const SignalHook hook(command, [&](os::Signal signal) {
    if (signal != os::Signal::window_change && !std::exchange(stopping, true)) group.spawn(terminate(&channel));
    return true;
  });
  StdioEnds ends(*command.host().console, end);
  session::BridgeOptions options;
  options.on_event = [&](const session::SessionEvent& event) {
    if (event.kind == session::SessionEvent::Kind::message) command.err(printable(event.bytes) + "\n");
  };
  Result<std::string> ended = co_await session::bridge(command.ctx(), channel, ends, std::move(options));
  if (ended) {
    end.text = std::move(*ended);
    end.how = stopping ? TerminalEnd::How::left : TerminalEnd::How::closed;
  } else if (ended.error().kind() == ErrorKind::cancelled) {
    end.how = TerminalEnd::How::interrupted;
  } else {
    end.error = std::move(ended).error();
    end.how = TerminalEnd::How::failed;
  }
  end.started = channel.session().type().has_value();
  group.cancel();
  co_await group.join();
  co_return end;
}

rt::Task<TerminalEnd> on_ports(const Command& command, session::DataChannel& channel) {
  using namespace session_ports;
  std::optional<TerminalEnd> early = co_await until_started(channel);
  if (early) co_return std::move(*early);
  TerminalEnd end;
  if (channel.session().port().type == kForwarding) {
    end = co_await forward(command, channel);
  } else {
    end = co_await on_stdio(command, channel);
  }
  if (end.how == TerminalEnd::How::interrupted) co_await rt::uncancelled(terminate(&channel));
  co_return end;
}

}  // namespace postern::cli
