// forward

#include <list>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"
#include "cli/session_ports.hpp"
#include "cli/size_text.hpp"
#include "fleet/tunnel.hpp"
#include "net/tcp.hpp"
#include "net/unix_socket.hpp"
#include "rt/combine.hpp"
#include "rt/uncancelled.hpp"
#include "session/forward.hpp"
#include "term/progress.hpp"

namespace postern::cli {
namespace forward_command {

constexpr std::string_view kToNode = "AWS-StartPortForwardingSession";
constexpr std::string_view kToHost = "AWS-StartPortForwardingSessionToRemoteHost";
constexpr int kStreamsMax = 16;
/// A session that lasted this long was a good one: the next is opened at once.
constexpr Duration kGoodTime = std::chrono::minutes(1);
constexpr Duration kLongestPause = std::chrono::seconds(30);
constexpr Duration kRedraw = std::chrono::milliseconds(500);

struct ForwardOrder {
  ForwardOrder() = default;
  std::string word;
  std::vector<fleet::ForwardSpec> forwards;
  std::string bind = "127.0.0.1";
  std::string reason;
  unsigned streams = 1;
};

/// "@office" alone: a set of tunnels of the fleet file.
Result<void> take_tunnel(const std::string& name, const std::optional<fleet::FleetFile>& fleet, ForwardOrder& order) {
  const std::string file = fleet ? fleet->file_name : "";
  if (!fleet || !fleet->tunnels.contains(name)) {
    std::vector<std::string_view> known;
    if (fleet) {
      for (const auto& [each, tunnel] : fleet->tunnels) known.push_back(each);
    }
    const std::string_view near = nearest(name, known);
    return fail(ErrorKind::usage, "there are no tunnels '" + printable(name, 60) + "'" +
                                      (fleet ? " in " + file : ", for there is no fleet file") +
                                      (near.empty() ? "" : "; did you mean '@" + std::string(near) + "'?"));
  }
  const fleet::Tunnel& tunnel = fleet->tunnels.at(name);
  order.word = tunnel.target;
  order.forwards = tunnel.forwards;
  return {};
}

Result<ForwardOrder> order_of(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet) {
  ForwardOrder order;
  const std::vector<std::string>& words = invocation.words;
  if (words.empty()) return fail(ErrorKind::usage, "which node, and which port? postern forward TARGET PORT");
  if (words.size() == 1 && words.front().starts_with('@')) {
    TRY_VOID(take_tunnel(words.front().substr(1), fleet, order));
  } else {
    order.word = words.front();
    for (std::size_t i = 1; i < words.size(); ++i) {
      TRY(fleet::ForwardSpec spec, fleet::ForwardSpec::parse(words[i]));
      order.forwards.push_back(std::move(spec));
    }
  }
  if (order.forwards.empty()) return fail(ErrorKind::usage, "which port? postern forward TARGET [LOCAL:][HOST:]PORT");
  TRY(order.reason, chosen_reason(invocation));
  if (const auto text = invocation.value("--streams")) {
    TRY(const int streams, parse_count(*text, "--streams", 1, kStreamsMax));
    order.streams = static_cast<unsigned>(streams);
  }
  order.bind = invocation.value("--bind").value_or(order.bind);
  return order;
}

SessionAsk ask_of(const ForwardOrder& order, const fleet::ForwardSpec& spec) {
  SessionAsk ask;
  ask.verb = "forward";
  ask.document = spec.host.empty() ? kToNode : kToHost;
  ask.parameters["portNumber"].push_back(std::to_string(spec.port));
  ask.parameters["localPortNumber"].push_back(std::to_string(spec.local_port));
  if (!spec.host.empty()) ask.parameters["host"].push_back(spec.host);
  ask.reason = order.reason;
  ask.expected = session::SessionType::port;
  ask.kept_parameters = Json::object().set("to", spec.far_end());
  return ask;
}

/// One forward: its listener, and the sessions that carry it.
struct Line {
  Line(rt::CallContext ctx, fleet::ForwardSpec s) : spec(std::move(s)), engine(ctx) {}
  fleet::ForwardSpec spec;
  std::unique_ptr<net::Listener> listener;
  session::PortForward engine;
  bool told = false;

  std::string local() const { return spec.local_path.empty() ? listener->local().to_text() : spec.local_path; }
};

class Forwarding {
 public:
  Forwarding(const Command& command, SessionSetup& setup, ForwardOrder order, rt::Executor executor)
      : command_(command),
        setup_(setup),
        order_(std::move(order)),
        printer_(*command.host().console, command.output().color),
        group_(std::move(executor)) {}

  Result<void> open() {
    for (const fleet::ForwardSpec& spec : order_.forwards) {
      Line& line = lines_.emplace_back(command_.ctx(), spec);
      TRY(line.listener, listen_for(spec));
      line.engine.on_news([this, &line](const session::ForwardNews& news) { tell_news(line, news); });
    }
    return {};
  }

  rt::Task<Result<int>> run() {
    for (Line& line : lines_) {
      group_.spawn(listen(&line));
      for (unsigned i = 0; i < order_.streams; ++i) group_.spawn(supervise(&line));
    }
    group_.spawn(draw());
    co_await group_.join();
    printer_.clear();
    if (fatal_) co_return fail(*fatal_);
    co_return kExitInterrupted;
  }

 private:
  Result<std::unique_ptr<net::Listener>> listen_for(const fleet::ForwardSpec& spec) {
    Result<std::unique_ptr<net::Listener>> listener =
        spec.local_path.empty() ? net::listen_tcp(group_.executor(), net::Endpoint(order_.bind, spec.local_port))
                                : net::listen_unix(group_.executor(), spec.local_path);
    if (listener) return listener;
    const std::string where =
        spec.local_path.empty() ? order_.bind + ":" + std::to_string(spec.local_port) : printable(spec.local_path, 120);
    return fail(Error(ErrorKind::usage, "cannot listen at " + where + ": choose another LOCAL, or 0 for any port")
                    .caused_by(std::move(listener).error()));
  }

  void tell(const std::string& text) { printer_.note("postern: " + text); }

  void tell_news(const Line& line, const session::ForwardNews& news) {
    using Kind = session::ForwardNews::Kind;
    if (news.kind == Kind::refused) {
      tell(setup_.place.label() + " cannot connect to " + line.spec.far_end() +
           ": nothing listens there, or it is not "
           "allowed to");
    } else if (news.kind != Kind::accepted && !news.text.empty()) {
      tell(line.local() + ": " + printable(news.text, 300));
    }
  }

  void give_up(Error error) {
    if (!fatal_) fatal_ = std::move(error);
    group_.cancel();
  }

  static bool may_pass(const Error& error) {
    const ErrorKind kind = error.kind();
    return kind == ErrorKind::unavailable || kind == ErrorKind::throttled || kind == ErrorKind::timeout ||
           kind == ErrorKind::service;
  }

  rt::Task<void> listen(Line* line) {
    Result<void> done = co_await line->engine.listen(*line->listener);
    if (!done && done.error().kind() != ErrorKind::cancelled) give_up(std::move(done).error());
  }

  /// One session after the other, for as long as somebody wants them.
  rt::Task<void> supervise(Line* line) {
    rt::Clock& clock = command_.ctx().clock();
    bool had_one = false;
    Duration pause{};
    for (;;) {
      SessionAsk ask = ask_of(order_, line->spec);
      Result<std::unique_ptr<LiveSession>> live =
          co_await LiveSession::start(command_, setup_, setup_.place, std::move(ask));
      const bool stopped = co_await rt::is_cancelled();
      if (!live && stopped) co_return;
      const MonoTime begin = clock.now();
      std::string why;
      if (live) {
        if (!std::exchange(line->told, true)) {
          command_.out(line->local() + " -> " + setup_.place.label() + " " + line->spec.far_end() + "\n");
        }
        had_one = true;
        const Result<std::string> ended = co_await carry(line, **live);
        if (!ended && ended.error().kind() == ErrorKind::cancelled) co_return;
        if (!ended && !may_pass(ended.error())) co_return give_up(ended.error());
        why = ended ? printable(*ended, 300) : described_message(ended.error(), 300);
      } else {
        if (!had_one || !may_pass(live.error())) co_return give_up(std::move(live).error());
        why = described_message(live.error(), 300);
      }
      const bool good = live && clock.now() - begin >= kGoodTime;
      pause = good ? Duration{} : std::clamp<Duration>(pause * 2, std::chrono::seconds(1), kLongestPause);
      tell("the session to " + setup_.place.label() + " has ended" + (why.empty() ? "" : ": " + why) +
           "; opening another" + (good ? "" : " in " + format_duration(pause)));
      if (!co_await rt::sleep_until(clock, clock.now() + pause)) co_return;
    }
  }

  rt::Task<Result<std::string>> carry(Line* line, LiveSession& live) {
    session::DataChannel& channel = live.channel();
    channel.on_news([this](const session::ConnectionNews& news) {
      if (const std::string text = news_text(news); !text.empty()) printer_.note(text);
    });
    const session::ForwardStats before = line->engine.stats();
    ChannelRun run(group_.executor(), channel);
    Result<std::string> ended = co_await line->engine.serve(channel);
    if (!ended) co_await live.terminate();
    co_await run.stop();
    channel.on_news({});
    const session::ForwardStats after = line->engine.stats();
    SessionClose close;
    const bool cancelled = !ended && ended.error().kind() == ErrorKind::cancelled;
    close.cause = ended ? "closed" : cancelled ? "interrupted" : "failed";
    close.text = ended ? *ended : cancelled ? "" : ended.error().message();
    // With --streams the sessions of one forward share its connections: each has what went while it was there.
    close.bytes_to_node = after.up - before.up;
    close.bytes_from_node = after.down - before.down;
    close.connections = after.accepted - before.accepted;
    co_await live.close(std::move(close));
    if (run.error() && ended) co_return fail(*run.error());
    co_return ended;
  }

  rt::Task<void> draw() {
    rt::Clock& clock = command_.ctx().clock();
    const MonoTime begin = clock.now();
    std::uint64_t moved = 0;
    for (;;) {
      if (!co_await rt::sleep_until(clock, clock.now() + kRedraw)) co_return;
      session::ForwardStats all;
      for (const Line& line : lines_) {
        const session::ForwardStats one = line.engine.stats();
        all.up += one.up;
        all.down += one.down;
        all.accepted += one.accepted;
        all.open += one.open;
      }
      const double rate =
          static_cast<double>(all.up + all.down - moved) / std::chrono::duration<double>(kRedraw).count();
      moved = all.up + all.down;
      term::Progress progress;
      progress.label = size_text(all.up) + " up, " + size_text(all.down) + " down, " +
                       size_text(static_cast<std::uint64_t>(rate)) + "/s; connections";
      progress.succeeded = all.accepted - all.open;
      progress.running = all.open;
      progress.elapsed = clock.now() - begin;
      printer_.draw(progress, clock.now());
    }
  }

  const Command& command_;
  SessionSetup& setup_;
  ForwardOrder order_;
  std::list<Line> lines_;  ///< they stay where they are
  std::optional<Error> fatal_;
  term::ProgressPrinter printer_;
  rt::TaskGroup group_;
};

rt::Task<Result<int>> forward(const Command& command, SessionSetup& setup) {
  CO_TRY(ForwardOrder order, order_of(command.invocation(), setup.aws.fleet));
  CO_TRY(setup.place, co_await find_place(command, setup, order.word));
  Forwarding forwarding(command, setup, std::move(order), co_await rt::asio::this_coro::executor);
  CO_TRY_VOID(forwarding.open());
  co_return co_await forwarding.run();
}

}  // namespace forward_command

rt::Task<Result<int>> run_forward(const Command& command) {
  // What makes no sense is said before AWS is asked; a set of tunnels is known with the fleet file.
  const std::vector<std::string>& words = command.invocation().words;
  if (words.size() != 1) CO_TRY_VOID(forward_command::order_of(command.invocation(), std::nullopt));
  CO_TRY(const std::unique_ptr<SessionSetup> setup, co_await open_session_aws(command));
  Result<int> code = co_await forward_command::forward(command, *setup);
  co_await setup->aws.session->close();
  co_return code;
}

}  // namespace postern::cli
