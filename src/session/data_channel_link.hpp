#pragma once

/// Inside of DataChannel: one connection of it. Only data_channel*.cpp include this.

#include "session/data_channel.hpp"
#include "session/inbox.hpp"

namespace postern::session {

struct DataChannel::Link {
  Link() = default;
  std::unique_ptr<net::Stream> stream;
  std::unique_ptr<ws::Connection> socket;
  rt::TaskGroup* group = nullptr;  ///< of its tasks, while it is carried
  std::optional<Error> lost;       ///< why it ended, unless the session did
  std::uint64_t heard = 0;         ///< messages and pongs
  bool has_message = false;        ///< the service really knows us
  bool has_news = false;           ///< something came since something was written
  bool cut = false;                ///< a message was written in part: no other can follow
  MonoTime since{};
  MonoTime heard_at{};
  Inbox inbox;            ///< what it is lost with comes again: nobody has acknowledged it
  bool held = false;      ///< not read: the user is slow
  MonoTime held_until{};  ///< when it was last held

  bool was_of_use(MonoTime now) const noexcept { return has_message || now - since >= std::chrono::minutes(1); }
};

}  // namespace postern::session
