#include "session/mux_streams.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "rt/combine.hpp"

namespace postern::session {
namespace mux_streams {

/// A connection that is quiet costs so much; one that is busy gets more.
constexpr std::size_t kBufferMin = 2U << 10U;
constexpr std::size_t kBufferMax = 64U << 10U;
/// How long a connection that the far end closed is still read.
constexpr std::chrono::seconds kLinger{5};
/// From so many open streams on, half-closed ones are waited for no longer than a moment.
constexpr std::size_t kMany = 256;
constexpr std::chrono::seconds kWaitOfMany{1};

rt::Task<Result<void>> read_to_end(net::Stream& stream) {
  std::vector<std::byte> buffer(kBufferMin);
  for (;;) {
    CO_TRY(const std::size_t got, co_await stream.read_some(buffer));
    if (got == 0) co_return Result<void>();
  }
}

}  // namespace mux_streams

struct MuxStreams::Carried {
  Carried(std::uint32_t i, net::Stream& s, Traffic& t) : id(i), stream(s), traffic(t) {}
  std::uint32_t id;
  net::Stream& stream;
  Traffic& traffic;
  rt::TaskGroup* group = nullptr;
  rt::Waiter readable;
  rt::Waiter writable;
  bool own_end = false;    ///< the connection's own side writes no more
  bool far_end = false;    ///< the other end has closed the stream
  bool is_broken = false;  ///< the connection, or the session
  MonoTime waits_until{};  ///< with own_end: for the far end
};

Result<void> MuxStreams::feed(std::string_view bytes) {
  TRY_VOID(mux_.feed(bytes));
  while (const std::optional<std::uint32_t> id = mux_.next_readable()) {
    const auto found = carried_.find(*id);
    // One that nobody carries yet is read first thing when it is.
    if (found != carried_.end()) found->second->readable.wake();
  }
  // Streams that were refused.
  if (mux_.has_outgoing()) outgoing_.wake();
  return {};
}

rt::Task<Result<void>> MuxStreams::wait_for_room() {
  while (!mux_.wants_input() && !broken_) {
    const rt::Wake how = co_await room_.wait();
    if (how == rt::Wake::cancelled) co_return fail(ErrorKind::cancelled, "cancelled");
  }
  co_return Result<void>();
}

rt::Task<Result<void>> MuxStreams::wait_for_outgoing() {
  while (!mux_.has_outgoing()) {
    const rt::Wake how = co_await outgoing_.wait();
    if (how == rt::Wake::cancelled) co_return fail(ErrorKind::cancelled, "cancelled");
  }
  co_return Result<void>();
}

std::string MuxStreams::take_outgoing(std::size_t most) {
  std::string taken = mux_.take_outgoing(most);
  while (const std::optional<std::uint32_t> id = mux_.next_writable()) {
    const auto found = carried_.find(*id);
    if (found != carried_.end()) found->second->writable.wake();
  }
  if (mux_.wants_input()) room_.wake();
  return taken;
}

void MuxStreams::send_nop() {
  if (mux_.has_outgoing()) return;
  mux_.send_nop();
  outgoing_.wake();
}

Result<std::uint32_t> MuxStreams::open() {
  if (broken_) return fail(ErrorKind::unavailable, "the session has ended");
  Result<std::uint32_t> id = mux_.open();
  outgoing_.wake();
  return id;
}

void MuxStreams::refuse(std::uint32_t id) {
  mux_.close(id);
  outgoing_.wake();
}

void MuxStreams::break_off() {
  broken_ = true;
  for (const auto& [id, one] : carried_) {
    one->is_broken = true;
    one->group->cancel();
  }
  room_.wake();
}

rt::Task<MuxStreams::Ended> MuxStreams::carry(std::uint32_t id, net::Stream& stream, Traffic& traffic) {
  Carried one(id, stream, traffic);
  rt::TaskGroup group(co_await rt::asio::this_coro::executor);
  one.group = &group;
  if (!broken_) {
    carried_.emplace(id, &one);
    group.spawn(carry_up(one));
    group.spawn(carry_down(one));
    co_await group.join();
    carried_.erase(id);
  }
  close(one);
  const bool by_them = one.far_end && !one.own_end && !one.is_broken;
  co_return by_them ? Ended::by_them : Ended::otherwise;
}

void MuxStreams::close(Carried& one) {
  mux_.close(one.id);
  outgoing_.wake();
  if (mux_.wants_input()) room_.wake();
}

/// From the connection into the session.
rt::Task<void> MuxStreams::carry_up(Carried& one) {
  std::vector<std::byte> buffer(mux_streams::kBufferMin);
  while (!one.far_end) {
    const std::size_t room = mux_.room(one.id);
    if (room == 0) {
      const rt::Wake how = co_await one.writable.wait();
      if (how == rt::Wake::cancelled) co_return;
      continue;
    }
    const std::size_t most = std::min(room, buffer.size());
    const Result<std::size_t> got = co_await one.stream.read_some(std::span<std::byte>(buffer.data(), most));
    if (!got) {
      one.is_broken = true;
      co_return one.group->cancel();
    }
    if (*got == 0) break;
    mux_.write(one.id, net::as_text(std::span<const std::byte>(buffer.data(), *got)));
    outgoing_.wake();
    one.traffic.up += *got;
    if (*got == buffer.size() && buffer.size() < mux_streams::kBufferMax) buffer.resize(buffer.size() * 2);
  }
  one.own_end = !one.far_end;
  one.waits_until = ctx_.now() + half_close_wait();
  one.readable.wake();
}

/// From the session to the connection, and when it is over.
rt::Task<void> MuxStreams::carry_down(Carried& one) {
  for (;;) {
    const Mux::Input input = mux_.read(one.id);
    if (!input.bytes.empty()) {
      if (mux_.wants_input()) room_.wake();
      const Result<void> written = co_await one.stream.write_all(net::as_bytes(input.bytes));
      if (!written) {
        one.is_broken = true;
        break;
      }
      one.traffic.down += input.bytes.size();
      one.waits_until = ctx_.now() + half_close_wait();
    }
    if (input.ended) {
      one.far_end = true;
      break;
    }
    if (!input.bytes.empty()) continue;
    // Asked after reading: what came in the last moment counts.
    if (one.own_end && ctx_.now() >= one.waits_until) break;
    const bool goes_on = co_await wait_for_input(one);
    if (!goes_on) break;
  }
  one.group->cancel();
}

/// False when cancelled.
rt::Task<bool> MuxStreams::wait_for_input(Carried& one) {
  rt::Clock::TimerId timer = 0;
  if (one.own_end) {
    Carried* const at = &one;
    timer = ctx_.clock().schedule(one.waits_until, [at] { at->readable.wake(); });
  }
  const rt::Wake how = co_await one.readable.wait();
  ctx_.clock().unschedule(timer);
  co_return how == rt::Wake::woken;
}

Duration MuxStreams::half_close_wait() const noexcept {
  const bool many = mux_.size() >= mux_streams::kMany;
  return many ? std::min<Duration>(options_.half_close_wait, mux_streams::kWaitOfMany) : options_.half_close_wait;
}

rt::Task<void> let_go(rt::CallContext ctx, net::Stream& stream) {
  const rt::CallContext within = ctx.within(mux_streams::kLinger);
  Result<void> ended = co_await rt::with_deadline(within, stream.shutdown_write());
  if (ended) ended = co_await rt::with_deadline(within, mux_streams::read_to_end(stream));
  stream.close();
}

}  // namespace postern::session
