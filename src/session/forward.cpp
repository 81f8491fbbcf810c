#include "session/forward.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "rt/combine.hpp"
#include "session/forward_session.hpp"

namespace postern::session {
namespace forward {

constexpr std::string_view kForwarding = "LocalPortForwarding";
constexpr std::chrono::seconds kNopEvery{10};
/// A listener that cannot accept now, for lack of file descriptors say, is asked again after.
constexpr std::chrono::milliseconds kAcceptPause{100};

rt::Task<Result<void>> wait_in(rt::WaitQueue& queue) {
  const bool woken = co_await queue.wait();
  if (!woken) co_return fail(ErrorKind::cancelled, "cancelled");
  co_return Result<void>();
}

}  // namespace forward

PortForward::~PortForward() {
  CHECK(sessions_.empty() && open_ == 0);
}

void PortForward::tell(ForwardNews::Kind kind, std::string text) {
  if (!told_) return;
  ForwardNews news(kind);
  news.text = std::move(text);
  told_(news);
}

ForwardStats PortForward::stats() const {
  ForwardStats stats;
  stats.up = traffic_.up;
  stats.down = traffic_.down;
  stats.accepted = accepted_;
  stats.refused = refused_;
  stats.open = open_;
  stats.sessions = sessions_.size();
  for (const Session* session : sessions_) {
    stats.round_trip = std::max(stats.round_trip, session->channel.session().channel().round_trip());
  }
  return stats;
}

// ---- connections

rt::Task<Result<void>> PortForward::listen(net::Listener& listener) {
  rt::TaskGroup connections(co_await rt::asio::this_coro::executor);
  Result<void> ended;
  while (ended) {
    ended = co_await room_.acquire();
    if (!ended) break;
    Result<std::unique_ptr<net::Stream>> accepted = co_await listener.accept();
    if (accepted) {
      ++accepted_;
      tell(ForwardNews::Kind::accepted, (*accepted)->peer());
      connections.spawn(carry(std::move(*accepted)));
      continue;
    }
    room_.release();
    if (accepted.error().kind() == ErrorKind::cancelled) {
      ended = fail(std::move(accepted).error());
      break;
    }
    tell(ForwardNews::Kind::trouble, accepted.error().to_text());
    ended = co_await rt::sleep_until(ctx_.clock(), ctx_.now() + forward::kAcceptPause);
  }
  connections.cancel();
  co_await connections.join();
  co_return ended;
}

rt::Task<void> PortForward::carry(std::unique_ptr<net::Stream> stream) {
  ++open_;
  Session* const session = co_await choose();
  if (session != nullptr) {
    ++session->users;
    const MuxStreams::Ended ended = co_await carry_in(*session, *stream);
    if (--session->users == 0) session->idle.wake();
    if (ended == MuxStreams::Ended::by_them) co_await let_go(ctx_, *stream);
  }
  stream->close();
  --open_;
  room_.release();
}

rt::Task<MuxStreams::Ended> PortForward::carry_in(Session& session, net::Stream& stream) {
  if (!session.streams) {
    co_await carry_basic(session, stream);
    co_return MuxStreams::Ended::otherwise;
  }
  const Result<std::uint32_t> id = session.streams->open();
  if (id) co_return co_await session.streams->carry(*id, stream, traffic_);
  ++refused_;
  tell(ForwardNews::Kind::trouble, id.error().message());
  co_return MuxStreams::Ended::otherwise;
}

/// The session whose turn it is; null when there is none for too long, or cancelled.
rt::Task<PortForward::Session*> PortForward::choose() {
  const rt::CallContext ctx = ctx_.within(options_.session_within);
  while (sessions_.empty()) {
    const Result<void> waited = co_await rt::with_deadline(ctx, forward::wait_in(session_wanted_));
    if (waited) continue;
    ++refused_;
    if (waited.error().kind() == ErrorKind::timeout) {
      tell(ForwardNews::Kind::no_session,
           "no session was there for " + format_duration(options_.session_within) + ": the connection was closed");
    }
    co_return nullptr;
  }
  sessions_.splice(sessions_.end(), sessions_, sessions_.begin());
  co_return sessions_.back();
}

// ---- sessions

rt::Task<Result<std::string>> PortForward::serve(DataChannel& channel) {
  Session session(channel);
  Result<std::string> ended = co_await start(session);
  if (!session.started) co_return ended;
  sessions_.push_back(&session);
  session_wanted_.wake_all();
  ended = co_await use(session);
  sessions_.remove(&session);
  session.ended = true;
  if (session.streams) session.streams->break_off();
  if (session.current != nullptr) session.current->cancel();
  while (session.users > 0) co_await session.idle.wait_always();
  co_return ended;
}

rt::Task<Result<std::string>> PortForward::start(Session& session) {
  // The owner may have waited for its type already, to know where to listen.
  while (!session.channel.session().type()) {
    CO_TRY(std::optional<SessionEvent> event, co_await session.channel.next());
    if (!event) co_return fail(ErrorKind::unavailable, "the session did not begin");
    if (event->kind == SessionEvent::Kind::closed) co_return std::move(event->bytes);
    if (event->kind == SessionEvent::Kind::failed) co_return fail(std::move(*event->error));
    if (event->kind == SessionEvent::Kind::started) break;
  }
  const ClientSession& begun = session.channel.session();
  if (begun.type() != SessionType::port || begun.port().type != forward::kForwarding) {
    co_return fail(ErrorKind::unsupported, "the session's document does not forward a port");
  }
  session.started = true;
  if (later_than(begun.agent_version(), kNoMuxUntil)) {
    MuxStreamsOptions options(MuxSide::client);
    options.mux = options_.mux;
    options.half_close_wait = options_.half_close_wait;
    session.streams.emplace(ctx_, options);
  }
  co_return std::string();
}

rt::Task<Result<std::string>> PortForward::use(Session& session) {
  if (!session.streams) co_return co_await read_basic(session);
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  group.spawn(write_mux(session));
  if (!later_than(session.channel.session().agent_version(), kNeedsNopsUntil)) group.spawn(keep_alive(session));
  Result<std::string> ended = co_await read_mux(session);
  group.cancel();
  co_await group.join();
  co_return ended;
}

void PortForward::on_flag(Session& session, std::uint32_t number) {
  if (number != static_cast<std::uint32_t>(Flag::connect_to_port_error)) return;
  const PortProperties& port = session.channel.session().port();
  const std::string where = (port.host.empty() ? std::string() : port.host + ":") + port.port;
  ++refused_;
  // Which connection it was for is not said; the agent closes that one.
  tell(ForwardNews::Kind::refused, "the node could not connect to port " + where + ": does anything listen there?");
}

rt::Task<Result<std::string>> PortForward::read_mux(Session& session) {
  for (;;) {
    CO_TRY_VOID(co_await session.streams->wait_for_room());
    CO_TRY(std::optional<SessionEvent> event, co_await session.channel.next());
    if (!event) co_return fail(ErrorKind::unavailable, "the session cannot go on");
    if (event->kind == SessionEvent::Kind::output) CO_TRY_VOID(session.streams->feed(event->bytes));
    if (event->kind == SessionEvent::Kind::flag) on_flag(session, event->number);
    if (event->kind == SessionEvent::Kind::failed) co_return fail(std::move(*event->error));
    if (event->kind == SessionEvent::Kind::closed) co_return std::move(event->bytes);
  }
}

rt::Task<void> PortForward::write_mux(Session& session) {
  for (;;) {
    const Result<void> waited = co_await session.streams->wait_for_outgoing();
    if (!waited) co_return;
    // What goes out is decided last: whoever comes meanwhile has its turn.
    const Result<std::size_t> room = co_await session.channel.room();
    if (!room) co_return;
    std::string bytes = session.streams->take_outgoing(*room);
    const Result<void> written = co_await session.channel.write(std::move(bytes));
    if (!written) co_return;
  }
}

rt::Task<void> PortForward::keep_alive(Session& session) {
  for (;;) {
    const Result<void> slept = co_await rt::sleep_until(ctx_.clock(), ctx_.now() + forward::kNopEvery);
    if (!slept) co_return;
    session.streams->send_nop();
  }
}

}  // namespace postern::session
