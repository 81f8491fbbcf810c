#pragma once

/// DataChannel: a ClientSession on real connections: dials the StreamUrl, carries messages, keeps the connection alive,
/// and comes back with ResumeSession for as long as the service knows the session.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/stream.hpp"
#include "rt/context.hpp"
#include "rt/sync.hpp"
#include "rt/task_group.hpp"
#include "rt/waiter.hpp"
#include "session/client_session.hpp"
#include "ws/connection.hpp"

namespace postern::session {

/// What StartSession answered.
struct Started {
  Started() = default;
  std::string session_id;
  std::string stream_url;
  Secret<std::string> token;
};

/// What a session needs of AWS. Errors are as the calls': the caller shows them.
class SessionService {
 public:
  virtual ~SessionService() = default;
  /// A new token; empty: the service has forgotten the session.
  virtual rt::Task<Result<Secret<std::string>>> resume(rt::CallContext ctx, std::string session_id) = 0;
  virtual rt::Task<Result<void>> terminate(rt::CallContext ctx, std::string session_id) = 0;
  virtual rt::Task<Result<DataKey>> data_key(rt::CallContext ctx, KeyRequest request) = 0;
};

struct DataChannelOptions {
  DataChannelOptions() = default;
  ClientSessionOptions session;
  Duration ping_every = std::chrono::minutes(5);
  /// No byte and no pong for that long after a ping: the connection is taken for dead.
  Duration pong_within = std::chrono::seconds(30);
  Duration dial_within = std::chrono::seconds(20);
  Duration back_off_max = std::chrono::seconds(30);
  /// How often the first connection is tried again. One that was there once is tried without end.
  unsigned first_retries = 5;
};

/// What the owner may show: the connection was lost, is being made again, is there again.
struct ConnectionNews {
  enum class Kind : std::uint8_t { connected, lost, waiting, resumed };
  ConnectionNews() = default;
  explicit ConnectionNews(Kind k) : kind(k) {}
  Kind kind = Kind::connected;
  std::string text;  ///< why it was lost; what the last attempt came to
  Duration wait{};   ///< until the next attempt
  unsigned attempt = 0;
};

/// Loop thread only. run() is one task of the owner's group; the other calls are made while it runs.
class DataChannel {
 public:
  /// Dialer opens TLS for wss:// and plain TCP for ws:// (`tls` says which); all borrowed, all outlive it.
  using Dial = std::function<rt::Task<Result<std::unique_ptr<net::Stream>>>(rt::CallContext, net::Endpoint, bool tls)>;

  DataChannel(rt::CallContext ctx, Dial dial, SessionService& service, Started started, DataChannelOptions options);
  DataChannel(const DataChannel&) = delete;
  DataChannel& operator=(const DataChannel&) = delete;

  /// Until the session has ended (success, however it ended: see the last event), or cannot go on, or cancelled.
  /// Cannot go on: the first connection cannot be made, or ResumeSession is refused in a way that does not pass.
  rt::Task<Result<void>> run();
  void on_news(std::function<void(const ConnectionNews&)> told) { told_ = std::move(told); }

  /// The session's next event; absent once run() has ended and all were fetched. Fails with cancelled. One reader.
  rt::Task<Result<std::optional<SessionEvent>>> next();
  /// The next event when there is one; never waits.
  std::optional<SessionEvent> take_ready();
  /// Sends all of it, waiting for room; returns when it has been queued. Fails with unavailable when the session has
  /// ended, cancelled. One writer.
  rt::Task<Result<void>> write(std::string bytes);
  /// Waits until write() of `bytes` would not wait: for those that have much to send and decide late what. As write().
  rt::Task<Result<std::size_t>> room();
  void resize(TerminalSize size);
  /// Sends the last size once more.
  void repeat_size();
  void flag(Flag flag);
  /// Waits until everything written has been acknowledged, or the session has ended.
  rt::Task<Result<void>> settle();
  /// Ends the session: the flag that newer agents know, or the call. Then run() ends.
  rt::Task<Result<void>> terminate();

  const ClientSession& session() const noexcept { return session_; }
  const std::string& session_id() const noexcept { return started_.session_id; }
  unsigned reconnections() const noexcept { return reconnections_; }
  bool is_connected() const noexcept { return link_ != nullptr; }

 private:
  /// One connection, while it lasts.
  struct Link;

  // What makes connections and keeps the session (data_channel.cpp).
  rt::Task<Result<void>> stay_connected();
  rt::Task<Result<std::unique_ptr<Link>>> connect(std::string token);
  rt::Task<Result<std::unique_ptr<Link>>> first_connection();
  rt::Task<Result<std::unique_ptr<Link>>> come_back();
  rt::Task<bool> pause(unsigned attempt, const Error& why);
  rt::Task<void> fetch_key();
  rt::Task<void> end_failed();
  bool has_ended() const noexcept { return over_.is_set() || failed_ || finished_; }
  void collect();
  void conclude();
  void end_with(std::string why);
  void tell(ConnectionNews::Kind kind, std::string text, Duration wait, unsigned attempt);
  Moment moment() const { return Moment(ctx_.clock().now(), ctx_.clock().wall_now()); }

  // What carries messages (data_channel_link.cpp).
  rt::Task<void> carry(Link& link);
  rt::Task<void> read(Link& link);
  void take(std::string_view message);
  void take_waiting(Link& link);
  bool holds_back(const Link& link) const;
  rt::Task<void> write_out(Link& link);
  rt::Task<Result<bool>> write_batch(Link& link);
  rt::Task<void> watch(Link& link);
  rt::Task<void> say_goodbye(Link& link);
  void lose(Link& link, Error error);
  void arrived();
  void speak();

  rt::CallContext ctx_;
  Dial dial_;
  SessionService& service_;
  Started started_;
  DataChannelOptions options_;
  ClientSession session_;
  std::function<void(const ConnectionNews&)> told_;
  std::deque<SessionEvent> events_;  ///< of the session, not fetched
  std::size_t event_bytes_ = 0;
  /// Enough for a turn of the loop; what is beyond stays in the session, which then says that it is full.
  std::size_t event_bytes_max_ = 64U << 10U;
  bool failed_ = false;    ///< the session's last event says so: nobody told the service
  bool finished_ = false;  ///< run() has ended
  unsigned reconnections_ = 0;
  Link* link_ = nullptr;
  rt::TaskGroup* work_ = nullptr;  ///< run()'s
  rt::Event over_;                 ///< the session has ended
  rt::Waiter next_waiter_;
  rt::Waiter room_waiter_;
  rt::Waiter settle_waiter_;
  rt::Waiter failed_waiter_;
  rt::Waiter outgoing_;  ///< the link's writer waits for something to write
  rt::Waiter reading_;   ///< the link's reader waits for events to be fetched
};

}  // namespace postern::session
