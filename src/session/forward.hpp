#pragma once

/// PortForward: connections that are accepted here, carried through port sessions and made again on the other side of
/// the node. One session carries many (mux) when its agent can, else one after the other (basic).

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "net/stream.hpp"
#include "rt/context.hpp"
#include "rt/sync.hpp"
#include "session/data_channel.hpp"
#include "session/mux_streams.hpp"

namespace postern::session {

/// Agents later than this one carry many connections in one session; versions that are not four numbers do not.
constexpr std::string_view kNoMuxUntil = "3.0.196.0";
/// Agents up to this one take a session for dead that says nothing for 30 seconds.
constexpr std::string_view kNeedsNopsUntil = "3.1.1511.0";

struct PortForwardOptions {
  PortForwardOptions() = default;
  MuxOptions mux{MuxSide::client};
  /// How long the far side's answer to a half-closed connection may take, from the last byte (MuxStreamsOptions).
  Duration half_close_wait = std::chrono::seconds(10);
  /// The same where one connection waits for another.
  Duration basic_half_close_wait = std::chrono::seconds(1);
  /// A connection that comes while no session is there waits so long for one.
  Duration session_within = std::chrono::seconds(60);
  /// Connections at once; more wait to be accepted.
  std::size_t connections_max = 4096;
};

struct ForwardStats {
  ForwardStats() = default;
  std::uint64_t up = 0;        ///< bytes from here to the node
  std::uint64_t down = 0;      ///< and back
  std::uint64_t accepted = 0;  ///< connections
  std::uint64_t refused = 0;   ///< of these: the node could not make its part, or there was no session
  std::size_t open = 0;
  std::size_t sessions = 0;
  Duration round_trip{};  ///< of the slowest session
};

struct ForwardNews {
  enum class Kind : std::uint8_t {
    accepted,    ///< a connection; text says from where
    refused,     ///< the node could not connect to the port
    no_session,  ///< a connection was closed because no session was there for too long
    trouble,     ///< a connection cannot be accepted or carried at the moment: text
  };
  explicit ForwardNews(Kind k) : kind(k) {}
  Kind kind;
  std::string text;
};

/// Loop thread only. listen() and serve() are tasks of the owner's, any number of each at once, in any order; it
/// outlives them.
class PortForward {
 public:
  explicit PortForward(rt::CallContext ctx, PortForwardOptions options = PortForwardOptions())
      : ctx_(ctx), options_(options), room_(options.connections_max) {}
  PortForward(const PortForward&) = delete;
  PortForward& operator=(const PortForward&) = delete;
  ~PortForward();

  void on_news(std::function<void(const ForwardNews&)> told) { told_ = std::move(told); }
  /// Accepts connections and carries each through one of the sessions that serve then, in turn. Until the listener is
  /// closed or the task cancelled; its connections have ended then too.
  rt::Task<Result<void>> listen(net::Listener& listener);
  /// Uses a port session, whose run() is another task's, until it ends; its connections have ended then too. Returns
  /// why it ended, for people; may be empty. Fails with unsupported when the session is none that forwards a port, with
  /// the session's own error, malformed when its agent breaks the protocol of the streams, cancelled.
  rt::Task<Result<std::string>> serve(DataChannel& channel);

  ForwardStats stats() const;

 private:
  struct Session;

  rt::Task<void> carry(std::unique_ptr<net::Stream> stream);
  rt::Task<MuxStreams::Ended> carry_in(Session& session, net::Stream& stream);
  rt::Task<Session*> choose();
  rt::Task<Result<std::string>> start(Session& session);
  rt::Task<Result<std::string>> read_mux(Session& session);
  rt::Task<Result<std::string>> read_basic(Session& session);
  rt::Task<void> write_mux(Session& session);
  rt::Task<void> keep_alive(Session& session);
  rt::Task<void> carry_basic(Session& session, net::Stream& stream);
  rt::Task<void> basic_up(Session& session, net::Stream& stream, rt::TaskGroup& group);
  rt::Task<void> basic_down(Session& session, net::Stream& stream, rt::TaskGroup& group);
  rt::Task<Result<std::string>> use(Session& session);
  void on_flag(Session& session, std::uint32_t number);
  void tell(ForwardNews::Kind kind, std::string text);

  rt::CallContext ctx_;
  PortForwardOptions options_;
  std::function<void(const ForwardNews&)> told_;
  std::list<Session*> sessions_;  ///< that serve; each lives in its serve(). The first is the next one's turn.
  rt::WaitQueue session_wanted_;
  rt::Semaphore room_;
  Traffic traffic_;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
  std::size_t open_ = 0;
};

}  // namespace postern::session
