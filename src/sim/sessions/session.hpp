#pragma once

/// One session of Session Manager as the service knows it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "rt/clock.hpp"
#include "sim/cloud.hpp"
#include "sim/sessions/session_line.hpp"
#include "sim/sessions/session_plan.hpp"

namespace postern::sim {

enum class SessionStatus : std::uint8_t { connecting, connected, disconnected, terminated, failed };
/// "Connecting", ...
std::string_view to_string(SessionStatus status) noexcept;

/// Shared by the table of sessions and by those who carry its messages.
struct Session {
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  std::string id;          ///< "ada-0123456789abcdef0"
  std::string id_of_user;  ///< the same with the caller's user id in front: what ${aws:userid}-* names
  std::string account_id;
  std::string region;
  std::string target;
  std::string owner;     ///< ARN
  std::string owner_id;  ///< "AROA...:ada"
  std::string document_name;
  std::string reason;
  SessionPlan plan;
  WallTime started;
  std::optional<WallTime> ended;
  std::string output;  ///< why it ended, as its client is told
  /// Of the client's next connection; empty: it was used.
  Secret<> token;
  Secret<> agent_token;

  SessionLine line;
  MonoTime active_at{};           ///< somebody sent something new
  std::uint64_t next_input = 0;   ///< after the client's highest number
  std::uint64_t next_output = 0;  ///< after the agent's
  rt::Clock::TimerId idle_timer = 0;
  rt::Clock::TimerId longest_timer = 0;
  rt::Clock::TimerId pause_timer = 0;
  bool failed = false;

  bool is_over() const noexcept { return ended.has_value(); }
  SessionStatus status() const noexcept;
  std::string arn() const { return "arn:aws:ssm:" + region + ":" + account_id + ":session/" + id; }
  /// What policies may ask of it: aws:ssmmessages:session-id and aws:ssmmessages:target-id.
  Tags tags() const;
};
using SessionPtr = std::shared_ptr<Session>;

/// Who stands at the agent's end.
class SessionAgents {
 public:
  virtual ~SessionAgents() = default;
  /// Begins the agent's side of a session and returns at once; it connects to the line by itself.
  virtual void open(SessionPtr session) = 0;
  /// The service ended it. Sessions that are not known are ignored.
  virtual void close(const Session& session) = 0;
};

}  // namespace postern::sim
