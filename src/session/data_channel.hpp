#pragma once

/// DataChannel: a ClientSession on real connections: dials the StreamUrl, carries messages, keeps the connection alive,
/// and comes back with ResumeSession for as long as the service knows the session.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/stream.hpp"
#include "rt/context.hpp"
#include "rt/sync.hpp"
#include "rt/task_group.hpp"
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
};

/// What the owner may show: the connection was lost, is being made again, is there again.
struct ConnectionNews {
  enum class Kind : std::uint8_t { connected, lost, waiting, resumed };
  ConnectionNews() = default;
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
  rt::Task<Result<void>> run();
  void on_news(std::function<void(const ConnectionNews&)> told) { told_ = std::move(told); }

  /// The session's next event; absent once run() has ended and all were fetched. Fails with cancelled. One reader.
  rt::Task<Result<std::optional<SessionEvent>>> next();
  /// Sends all of it, waiting for room; returns when it has been queued. Fails with unavailable when the session has
  /// ended, cancelled. One writer.
  rt::Task<Result<void>> write(std::string bytes);
  void resize(TerminalSize size);
  void flag(Flag flag);
  /// Waits until everything written has been acknowledged, or the session has ended.
  rt::Task<Result<void>> settle();
  /// Ends the session: the flag that newer agents know, or the call. Then run() ends.
  rt::Task<Result<void>> terminate();

  const ClientSession& session() const noexcept { return session_; }
  const std::string& session_id() const noexcept { return started_.session_id; }
  unsigned reconnections() const noexcept { return reconnections_; }
};

}  // namespace postern::session
