#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "session/forward_session.hpp"

namespace postern::session {
namespace forward_basic {

constexpr std::size_t kBuffer = 16U << 10U;
/// Arrived for the connection and not taken by it: then the session is not read.
constexpr std::size_t kArrivedMax = 256U << 10U;

}  // namespace forward_basic

// Old agents know one connection. It is there as long as bytes come; that it has ended here they are told by a flag,
// that it has ended there they do not tell.

rt::Task<Result<std::string>> PortForward::read_basic(Session& session) {
  for (;;) {
    CO_TRY(std::optional<SessionEvent> event, co_await session.channel.next());
    if (!event) co_return fail(ErrorKind::unavailable, "the session cannot go on");
    // What comes when no connection has its turn was for the last one.
    if (event->kind == SessionEvent::Kind::output && session.current != nullptr) {
      session.arrived += event->bytes;
      session.readable.wake();
    }
    if (event->kind == SessionEvent::Kind::flag) on_flag(session, event->number);
    if (event->kind == SessionEvent::Kind::failed) co_return fail(std::move(*event->error));
    if (event->kind == SessionEvent::Kind::closed) co_return std::move(event->bytes);
    while (session.arrived.size() >= forward_basic::kArrivedMax) {
      const rt::Wake how = co_await session.room.wait();
      if (how == rt::Wake::cancelled) co_return fail(ErrorKind::cancelled, "cancelled");
    }
  }
}

rt::Task<void> PortForward::carry_basic(Session& session, net::Stream& stream) {
  const Result<void> waited = co_await session.turn.acquire();
  if (!waited) co_return;
  const rt::Semaphore::Permit permit(session.turn);
  if (session.ended) co_return;
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  session.current = &group;
  session.own_end = false;
  group.spawn(basic_up(session, stream, group));
  group.spawn(basic_down(session, stream, group));
  co_await group.join();
  session.current = nullptr;
  session.arrived = std::string();
  session.room.wake();
  stream.close();
  if (session.ended) co_return;
  session.channel.flag(Flag::disconnect_to_port);
  // What the agent said before it heard that is on its way: it is not for the next connection.
  const Result<void> settled = co_await session.channel.settle();
  if (!settled) co_return;
  const Duration way = session.channel.session().channel().round_trip();
  const Result<void> slept = co_await rt::sleep_until(ctx_.clock(), ctx_.now() + way);
  static_cast<void>(slept);
}

rt::Task<void> PortForward::basic_up(Session& session, net::Stream& stream, rt::TaskGroup& group) {
  std::vector<std::byte> buffer(forward_basic::kBuffer);
  for (;;) {
    const Result<std::size_t> got = co_await stream.read_some(buffer);
    if (!got) co_return group.cancel();
    if (*got == 0) break;
    std::string bytes(net::as_text(std::span<const std::byte>(buffer.data(), *got)));
    const Result<void> written = co_await session.channel.write(std::move(bytes));
    if (!written) co_return group.cancel();
    traffic_.up += *got;
  }
  const Result<void> settled = co_await session.channel.settle();
  static_cast<void>(settled);
  session.own_end = true;
  session.waits_until = ctx_.now() + options_.basic_half_close_wait;
  session.readable.wake();
}

rt::Task<void> PortForward::basic_down(Session& session, net::Stream& stream, rt::TaskGroup& group) {
  for (;;) {
    if (!session.arrived.empty()) {
      const std::string bytes = std::exchange(session.arrived, std::string());
      session.room.wake();
      const Result<void> written = co_await stream.write_all(net::as_bytes(bytes));
      if (!written) break;
      traffic_.down += bytes.size();
      session.waits_until = ctx_.now() + options_.basic_half_close_wait;
      continue;
    }
    if (session.own_end && ctx_.now() >= session.waits_until) break;
    rt::Clock::TimerId timer = 0;
    Session* const at = &session;
    if (session.own_end) timer = ctx_.clock().schedule(session.waits_until, [at] { at->readable.wake(); });
    const rt::Wake how = co_await session.readable.wait();
    ctx_.clock().unschedule(timer);
    if (how == rt::Wake::cancelled) break;
  }
  group.cancel();
}

}  // namespace postern::session
