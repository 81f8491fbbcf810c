#pragma once

/// Inside of PortForward: one session that serves. Only forward*.cpp include this.

#include "rt/waiter.hpp"
#include "session/forward.hpp"

namespace postern::session {

struct PortForward::Session {
  explicit Session(DataChannel& c) : channel(c) {}
  DataChannel& channel;
  bool started = false;
  bool ended = false;
  std::size_t users = 0;  ///< connections that hold a pointer to this
  rt::Waiter idle;        ///< users became 0

  std::optional<MuxStreams> streams;  ///< of one that carries many

  // Of one that carries one connection after the other.
  rt::Semaphore turn{1};
  rt::TaskGroup* current = nullptr;  ///< of the connection whose turn it is
  std::string arrived;               ///< for it
  rt::Waiter readable;
  rt::Waiter room;
  bool own_end = false;  ///< it writes no more
  MonoTime waits_until{};
};

}  // namespace postern::session
