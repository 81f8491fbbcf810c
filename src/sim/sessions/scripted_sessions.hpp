#pragma once

/// ScriptedSessions: the agent's end of sessions in virtual time: a prompt that answers a handful of words. No process
/// runs and no port is opened.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "rt/context.hpp"
#include "session/agent_session.hpp"
#include "sim/sessions/sessions.hpp"

namespace postern::sim {

/// What a scripted node says. `text` is what was typed since the last answer.
struct ScriptedAnswer {
  ScriptedAnswer() = default;
  std::string output;
  std::string errors;  ///< of commands with separate streams
  bool ends = false;   ///< the session is over
  int exit_code = 0;   ///< of commands with separate streams
};

/// Driven by timers and by what arrives: no task, no executor. Loop thread only; sessions and ctx's effects outlive it.
class ScriptedSessions final : public SessionAgents {
 public:
  /// `begin` is the answer to nothing, when the session has begun.
  using Answer = std::function<ScriptedAnswer(const Session& session, bool begin, std::string_view text)>;

  ScriptedSessions(Sessions& sessions, rt::CallContext ctx, Answer answer = nullptr);
  ~ScriptedSessions() override;
  void open(SessionPtr session) override;
  void close(const Session& session) override;

 private:
  struct Run;
  void turn(Run& run);
  void wake(Run& run, MonoTime at);
  void take(Run& run, const session::AgentEvent& event);
  void say(Run& run, const ScriptedAnswer& answer);
  void pump(Run& run);

  Sessions& sessions_;
  rt::CallContext ctx_;
  Answer answer_;
  std::map<std::string, std::unique_ptr<Run>, std::less<>> runs_;
};

}  // namespace postern::sim
