#include "sim/sessions/scripted_sessions.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "sim/sessions/agent_options.hpp"

namespace postern::sim {
namespace scripted_sessions {

using Kind = session::AgentEvent::Kind;
using session::SessionType;

/// A line of the canned shell: it echoes, knows echo and exit, and nothing else.
ScriptedAnswer shell_answer(bool begin, std::string_view text) {
  ScriptedAnswer answer;
  if (begin) {
    answer.output = "$ ";
    return answer;
  }
  const std::string_view line = trim(text);
  answer.output = std::string(line) + "\r\n";
  if (line == "exit") {
    answer.output += "exit\r\n";
    answer.ends = true;
    return answer;
  }
  if (line.starts_with("echo ")) answer.output += std::string(line.substr(5)) + "\r\n";
  answer.output += "$ ";
  return answer;
}

ScriptedAnswer canned(const Session& session, bool begin, std::string_view text) {
  switch (session.plan.type) {
    case SessionType::shell:
      return shell_answer(begin, text);
    case SessionType::interactive_command:
    case SessionType::command: {
      ScriptedAnswer answer;
      answer.output = "simulated\n";
      answer.ends = true;
      return answer;
    }
    case SessionType::port:
      break;
  }
  ScriptedAnswer answer;
  answer.errors = "the agent of this simulated node is scripted: it opens no ports";
  answer.ends = true;
  return answer;
}

}  // namespace scripted_sessions

struct ScriptedSessions::Run {
  Run(rt::Random& random, SessionPtr s, session::AgentSessionOptions options)
      : session(std::move(s)), agent(random, std::move(options)) {}
  SessionPtr session;
  session::AgentSession agent;
  std::string typed;
  std::string refusal;
  bool ending = false;
  rt::Clock::TimerId timer = 0;
  MonoTime timer_at{};
};

ScriptedSessions::ScriptedSessions(Sessions& sessions, rt::CallContext ctx, Answer answer)
    : sessions_(sessions), ctx_(ctx), answer_(answer ? std::move(answer) : Answer(&scripted_sessions::canned)) {}

ScriptedSessions::~ScriptedSessions() {
  for (const auto& [id, run] : runs_) {
    ctx_.clock().unschedule(run->timer);
    run->session->line.when_arrived(End::agent, nullptr);
  }
}

void ScriptedSessions::open(SessionPtr session) {
  const Instance* node = sessions_.cloud().find_node(session->account_id, session->region, session->target);
  if (node == nullptr) return;
  session::AgentSessionOptions options = agent_options(*session, *node, ctx_.random());
  auto made = std::make_unique<Run>(ctx_.random(), session, std::move(options));
  Run& run = *made;
  runs_[session->id] = std::move(made);
  const std::uint64_t number = session->line.connect(End::agent);
  static_cast<void>(number);
  session->line.when_arrived(End::agent, [this, at = &run] { wake(*at, ctx_.now()); });
  run.agent.begin(moment_of(ctx_));
  wake(run, ctx_.now());
}

void ScriptedSessions::close(const Session& session) {
  const auto found = runs_.find(session.id);
  if (found == runs_.end()) return;
  ctx_.clock().unschedule(found->second->timer);
  found->second->session->line.when_arrived(End::agent, nullptr);
  runs_.erase(found);
}

void ScriptedSessions::wake(Run& run, MonoTime at) {
  if (run.timer != 0 && run.timer_at <= at) return;
  ctx_.clock().unschedule(run.timer);
  run.timer_at = at;
  run.timer = ctx_.clock().schedule(at, [this, here = &run] {
    here->timer = 0;
    turn(*here);
  });
}

void ScriptedSessions::turn(Run& run) {
  const SessionPtr session = run.session;  // ending it erases the run
  while (const std::optional<std::string> message = session->line.take(End::agent)) {
    const Result<void> received = run.agent.receive(moment_of(ctx_), *message);
    static_cast<void>(received);
  }
  run.agent.on_time(moment_of(ctx_));
  while (const std::optional<session::AgentEvent> event = run.agent.next_event()) {
    take(run, *event);
    if (session->is_over()) return;
  }
  pump(run);
  if (run.ending && run.agent.is_settled()) {
    const bool failed = !run.refusal.empty();
    sessions_.agent_ended(*session, failed ? Sessions::Ended::failed : Sessions::Ended::success, run.refusal);
    return;
  }
  if (const auto at = run.agent.wakes_at()) wake(run, *at);
}

void ScriptedSessions::take(Run& run, const session::AgentEvent& event) {
  using scripted_sessions::Kind;
  switch (event.kind) {
    case Kind::ready:
      say(run, answer_(*run.session, true, std::string_view()));
      break;
    case Kind::input: {
      run.typed += event.bytes;
      const std::size_t end = run.typed.find_last_of("\r\n");
      if (end == std::string::npos || run.ending) break;
      std::string text = run.typed.substr(0, end + 1);
      std::replace(text.begin(), text.end(), '\r', '\n');
      run.typed.erase(0, end + 1);
      for (const std::string_view line : split(trim(text), '\n')) {
        if (!run.ending) say(run, answer_(*run.session, false, line));
      }
      break;
    }
    case Kind::flag:
      if (event.number == static_cast<std::uint32_t>(session::Flag::terminate_session)) {
        sessions_.agent_ended(*run.session, Sessions::Ended::success, std::string());
      }
      break;
    case Kind::need_key:
      run.agent.data_key(fail(ErrorKind::unsupported, "the agent of this simulated node is scripted: it has no keys"));
      break;
    case Kind::failed:
      sessions_.agent_ended(*run.session, Sessions::Ended::failed, event.bytes);
      break;
    case Kind::size:
    case Kind::closed:
      break;
  }
}

void ScriptedSessions::say(Run& run, const ScriptedAnswer& answer) {
  const bool port = run.session->plan.type == session::SessionType::port;
  if (!answer.output.empty()) run.agent.send_output(answer.output);
  if (port) run.refusal = answer.errors;
  if (!port && !answer.errors.empty()) run.agent.send_errors(answer.errors);
  if (!answer.ends) return;
  run.ending = true;
  if (run.session->plan.command.separate) run.agent.send_exit_code(answer.exit_code);
}

void ScriptedSessions::pump(Run& run) {
  while (std::optional<std::string> message = run.agent.next_outgoing(moment_of(ctx_))) {
    run.session->line.send_now(End::agent, std::move(*message));
  }
}

}  // namespace postern::sim
