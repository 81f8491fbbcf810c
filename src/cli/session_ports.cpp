#include "cli/session_ports.hpp"

#include <array>

#include "base/text.hpp"
#include "cli/failure.hpp"
#include "net/tcp.hpp"
#include "net/unix_socket.hpp"
#include "rt/combine.hpp"
#include "rt/uncancelled.hpp"
#include "session/forward.hpp"

namespace postern::cli {
namespace session_ports {

constexpr std::size_t kReadBytes = 32U << 10U;
/// What still comes after the end of the input comes within this, from the last byte on.
constexpr Duration kSilence = std::chrono::seconds(2);
constexpr std::string_view kForwarding = "LocalPortForwarding";

rt::Task<void> listen(session::PortForward* engine, net::Listener* listener) {
  (void)co_await engine->listen(*listener);
}

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

rt::Task<void> StdioBridge::stop() {
  if (std::exchange(stopping_, true)) co_return;
  (void)co_await channel_.terminate();
}

bool StdioBridge::take_signal(os::Signal signal) {
  if (signal != os::Signal::window_change) group_->spawn(stop());
  return true;
}

rt::Task<void> StdioBridge::stop_when_silent() {
  if (!co_await channel_.settle()) co_return;
  rt::Clock& clock = command_.ctx().clock();
  std::uint64_t before = ~std::uint64_t{0};
  while (before != end_.bytes_from_node) {
    before = end_.bytes_from_node;
    if (!co_await rt::sleep_until(clock, clock.now() + session_ports::kSilence)) co_return;
  }
  co_await stop();
}

rt::Task<void> StdioBridge::read_input() {
  std::array<std::byte, session_ports::kReadBytes> buffer;
  for (;;) {
    const Result<std::size_t> got = co_await command_.host().console->read_input(buffer);
    if (!got) co_return;
    if (*got == 0) break;
    end_.bytes_to_node += *got;
    const Result<void> written = co_await channel_.write(std::string(net::as_text(std::span(buffer).first(*got))));
    if (!written) co_return;
  }
  co_await stop_when_silent();
}

void StdioBridge::take(const session::SessionEvent& event) {
  using Kind = session::SessionEvent::Kind;
  if (event.kind == Kind::started) end_.started = true;
  if (event.kind == Kind::closed) end_.text = event.bytes;
  if (event.kind == Kind::failed) end_.error = event.error;
  if (event.kind == Kind::message) command_.err(printable(event.bytes) + "\n");
  if (event.kind != Kind::output) return;
  end_.bytes_from_node += event.bytes.size();
  // A reader that has gone needs no more.
  if (!command_.host().console->write(os::StdStream::out, event.bytes)) group_->spawn(stop());
}

rt::Task<TerminalEnd> StdioBridge::run() {
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  group_ = &group;
  const SignalHook hook(command_, [this](os::Signal signal) { return take_signal(signal); });
  group.spawn(read_input());
  for (;;) {
    const Result<std::optional<session::SessionEvent>> event = co_await channel_.next();
    if (!event) end_.how = TerminalEnd::How::interrupted;
    if (!event || !*event) break;
    take(**event);
  }
  group.cancel();
  co_await group.join();
  if (end_.error) end_.how = TerminalEnd::How::failed;
  // The end of the port's connection is what it is about: the service says so in words that are no failure.
  if (stopping_ && !end_.error) end_.how = TerminalEnd::How::left;
  co_return std::move(end_);
}

rt::Task<TerminalEnd> on_ports(const Command& command, session::DataChannel& channel) {
  using namespace session_ports;
  std::optional<TerminalEnd> early = co_await until_started(channel);
  if (early) co_return std::move(*early);
  TerminalEnd end;
  if (channel.session().port().type == kForwarding) {
    end = co_await forward(command, channel);
  } else {
    StdioBridge bridge(command, channel);
    end = co_await bridge.run();
    end.started = true;
  }
  if (end.how == TerminalEnd::How::interrupted) co_await rt::uncancelled(terminate(&channel));
  co_return end;
}

}  // namespace postern::cli
