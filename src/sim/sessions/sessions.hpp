#pragma once

/// Sessions: Session Manager's table of sessions, its operations (aws.md 2), and what ends them.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "aws/ssm/types.hpp"
#include "rt/context.hpp"
#include "sim/access.hpp"
#include "sim/sessions/session.hpp"
#include "sim/sessions/session_faults.hpp"
#include "sim/ssm/command_engine.hpp"
#include "sim/ssm/document_store.hpp"

namespace postern::sim {

/// Cloud, engine and ctx's effects outlive it. Loop thread only.
class Sessions {
 public:
  using Info = aws::server::CallInfo;
  static constexpr std::size_t kActiveMax = 5'000;
  static constexpr std::size_t kHistoryMax = 10'000;
  static constexpr std::chrono::hours kHistory{24 * 30};

  Sessions(Cloud& cloud, const CommandEngine& engine, rt::CallContext ctx);
  ~Sessions();
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  /// Who runs sessions on the cloud's own nodes, and who on nodes whose agent is a program of its own. Both outlive it.
  void run_by(SessionAgents& own, SessionAgents& remote);
  SessionFaults& faults() noexcept { return faults_; }
  Cloud& cloud() noexcept { return cloud_; }

  Result<aws::ssm::StartSessionResponse> start(const Info& info, const aws::ssm::StartSessionRequest& request,
                                               const DocumentStore& documents);
  /// A session that was made in another way than by the operation: it is known from now on, and its agent begins.
  void adopt(const SessionPtr& session);
  Result<aws::ssm::ResumeSessionResponse> resume(const Info& info, const aws::ssm::ResumeSessionRequest& request);
  Result<aws::ssm::TerminateSessionResponse> terminate(const Info& info,
                                                       const aws::ssm::TerminateSessionRequest& request);
  Result<aws::ssm::DescribeSessionsResponse> describe(const Info& info,
                                                      const aws::ssm::DescribeSessionsRequest& request);

  /// A node goes down, and for so long no session can be opened there: its sessions end, as they do when an agent's
  /// service is stopped.
  void node_down(const Instance& node, Duration time);
  /// Whether a session can be opened there.
  bool reaches(const Instance& instance) const;
  /// Null when there is none, or it has been forgotten.
  SessionPtr find(std::string_view id) const;
  /// A client shows the token that it was given: once. Of a session that is over it is told why.
  bool admit_client(Session& session, std::string_view token);
  /// A new token for the agent's next connection.
  std::string new_agent_token(Session& session);
  bool admit_agent(Session& session, std::string_view token);
  /// The agent says that its side has ended; the first word counts. `output` is what the client is told.
  enum class Ended : std::uint8_t { success, failed };
  void agent_ended(Session& session, Ended how, std::string output);
  /// Writes down how the session stands, for checkers: a connection came or went.
  void note(const Session& session);

 private:
  void arm_idle(Session& session);
  void end(Session& session, Ended how, std::string output);
  Passage judge(Session& session, End from, std::string_view message);
  void hold(Session& session, Duration time);
  std::string new_token();
  SessionAgents* agents_of(const Session& session);
  void forget_old();
  Result<SessionPtr> own(const Info& info, const std::string& id);
  std::string new_id(const Info& info, std::string& suffix);

  Cloud& cloud_;
  const CommandEngine& engine_;
  rt::CallContext ctx_;
  SessionFaults faults_;
  SessionAgents* own_agents_ = nullptr;
  SessionAgents* remote_agents_ = nullptr;
  std::map<std::string, SessionPtr, std::less<>> sessions_;
  std::size_t active_ = 0;
  std::map<std::string, MonoTime, std::less<>> down_until_;  ///< by node: those that restart
};

}  // namespace postern::sim
