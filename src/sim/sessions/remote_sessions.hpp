#pragma once

/// RemoteSessions: sessions on nodes whose agent is a program of its own, told of them over its control channel
/// (protocol.md B2.6, B2.9).

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rt/context.hpp"
#include "rt/sync.hpp"
#include "sim/sessions/sessions.hpp"

namespace postern::sim {

/// What a control channel is to send for a session.
struct ControlMessage {
  ControlMessage() = default;
  std::string type;  ///< "interactive_shell"
  std::string payload;
};

/// One queue per node; its open control channel takes from it. Loop thread only; the sessions outlive it.
class RemoteSessions final : public SessionAgents {
 public:
  static constexpr std::size_t kWaitingMax = 1'000;  ///< per node; further sessions end as failed

  RemoteSessions(Sessions& sessions, rt::CallContext ctx) : sessions_(sessions), ctx_(ctx) {}
  void open(SessionPtr session) override;
  void close(const Session& session) override;

  /// Waits for the next message for a node. Fails with cancelled.
  rt::Task<Result<ControlMessage>> next(std::string node);
  /// The channel broke: it goes to the next one.
  void put_back(const std::string& node, ControlMessage message);
  /// agent_task_complete; the first for a session counts. The payload of what acknowledges it, absent when it cannot be
  /// read. Only the session's own node may say so.
  std::optional<std::string> completed(const std::string& node, std::string_view payload,
                                       const std::string& message_id);

 private:
  struct Queue {
    Queue() = default;
    std::deque<ControlMessage> waiting;
    rt::WaitQueue arrived;
  };
  Queue& queue(const std::string& node);

  Sessions& sessions_;
  rt::CallContext ctx_;
  std::map<std::string, std::unique_ptr<Queue>> queues_;  ///< never shrinks: waiters hold on to theirs
};

}  // namespace postern::sim
