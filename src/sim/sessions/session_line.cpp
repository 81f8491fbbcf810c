#include "sim/sessions/session_line.hpp"

#include <utility>

namespace postern::sim {

bool SessionLine::is_current(End end, std::uint64_t connection) const noexcept {
  return connection != 0 && side(end).connection == connection;
}

std::uint64_t SessionLine::connect(End end) {
  Side& here = side(end);
  here.connection = ++connections_;
  here.ever = true;
  ++here.count;
  here.waiting.clear();
  here.waiting_bytes = 0;
  here.arrived.wake_all();
  here.room.wake_all();
  // Who sends for the earlier connection finds out.
  other(end).room.wake_all();
  return here.connection;
}

void SessionLine::disconnect(End end, std::uint64_t connection) {
  Side& here = side(end);
  if (here.connection != connection) return;
  here.connection = 0;
  here.waiting.clear();
  here.waiting_bytes = 0;
  here.arrived.wake_all();
  here.room.wake_all();
  other(end).room.wake_all();
}

rt::Task<Result<void>> SessionLine::send(End from, std::uint64_t connection, std::string message) {
  Side& to = other(from);
  while (!ended_ && is_current(from, connection) && to.waiting_bytes >= kWaitingBytesMax) {
    const bool woken = co_await to.room.wait();
    if (!woken) co_return fail(ErrorKind::cancelled, "cancelled while a message waited for room");
  }
  if (ended_) co_return fail(ErrorKind::unavailable, "the session has ended");
  if (!is_current(from, connection)) co_return fail(ErrorKind::unavailable, "another connection took this one's place");
  carry(from, std::move(message));
  co_return Result<void>();
}

void SessionLine::send_now(End from, std::string message) {
  if (ended_ || other(from).waiting_bytes >= kWaitingBytesMax) return;
  carry(from, std::move(message));
}

void SessionLine::carry(End from, std::string message) {
  Side& here = side(from);
  Side& to = other(from);
  ++here.messages;
  here.bytes += message.size();
  const Passage passage = judge_ ? judge_(from, message) : Passage::pass;
  if (passage == Passage::drop || to.connection == 0) return;
  if (passage == Passage::swap_with_next && !here.held) {
    here.held = std::move(message);
    return;
  }
  if (passage == Passage::twice) put(to, message);
  put(to, std::move(message));
  if (!here.held) return;
  std::string late = std::move(*here.held);
  here.held.reset();
  put(to, std::move(late));
}

void SessionLine::put(Side& to, std::string message) {
  to.waiting_bytes += message.size();
  to.waiting.push_back(std::move(message));
  to.arrived.wake_one();
  if (to.told) to.told();
}

rt::Task<Result<std::optional<std::string>>> SessionLine::next(End end, std::uint64_t connection) {
  Side& here = side(end);
  while (here.waiting.empty()) {
    if (ended_ || !is_current(end, connection)) co_return std::optional<std::string>();
    const bool woken = co_await here.arrived.wait();
    if (!woken) co_return fail(ErrorKind::cancelled, "cancelled while waiting for a message");
  }
  if (!is_current(end, connection)) co_return std::optional<std::string>();
  co_return take(end);
}

std::optional<std::string> SessionLine::take(End end) {
  Side& here = side(end);
  if (here.waiting.empty()) return std::nullopt;
  std::string message = std::move(here.waiting.front());
  here.waiting.pop_front();
  const bool was_full = here.waiting_bytes >= kWaitingBytesMax;
  here.waiting_bytes -= message.size();
  if (was_full && here.waiting_bytes < kWaitingBytesMax) here.room.wake_all();
  return message;
}

void SessionLine::tell(End end, std::string message) {
  Side& to = side(end);
  if (ended_ || to.connection == 0) return;
  put(to, std::move(message));
}

void SessionLine::end() {
  if (ended_) return;
  ended_ = true;
  for (Side& one : sides_) {
    one.arrived.wake_all();
    one.room.wake_all();
    if (one.told) one.told();
  }
}

}  // namespace postern::sim
