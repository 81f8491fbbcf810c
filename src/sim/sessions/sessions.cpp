#include "sim/sessions/sessions.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "session/agent_message.hpp"
#include "sim/agents/managed_nodes.hpp"
#include "sim/sessions/service_message.hpp"

namespace postern::sim {
namespace sessions_detail {

constexpr std::size_t kTokenBytes = 96;
constexpr std::string_view kIdleText = "Session terminated: nothing was typed or shown for the idle time-out.";
constexpr std::string_view kLongestText = "Session terminated: it reached its maximum duration.";

/// Where the header of a message has its type, and its number (protocol.md B1.2).
constexpr std::size_t kTypeAt = 4;
constexpr std::size_t kNumberAt = 48;

std::uint64_t number_of(std::string_view message) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8U | static_cast<std::uint8_t>(message[kNumberAt + i]);
  return number;
}

bool is_stream_data(std::string_view message, End from) {
  if (message.size() < session::kHeaderBytes) return false;
  const std::string_view type = from == End::client ? "input_stream_data" : "output_stream_data";
  return message.substr(kTypeAt).starts_with(type);
}

}  // namespace sessions_detail

std::string_view to_string(SessionStatus status) noexcept {
  static constexpr std::string_view kNames[] = {"Connecting", "Connected", "Disconnected", "Terminated", "Failed"};
  return kNames[static_cast<std::size_t>(status)];
}

SessionStatus Session::status() const noexcept {
  if (is_over()) return failed ? SessionStatus::failed : SessionStatus::terminated;
  if (line.is_connected(End::client) && line.is_connected(End::agent)) return SessionStatus::connected;
  const bool both = line.was_connected(End::client) && line.was_connected(End::agent);
  return both ? SessionStatus::disconnected : SessionStatus::connecting;
}

Tags Session::tags() const {
  Tags made;
  made["aws:ssmmessages:session-id"] = owner_id;
  made["aws:ssmmessages:target-id"] = target;
  return made;
}

Sessions::Sessions(Cloud& cloud, const CommandEngine& engine, rt::CallContext ctx)
    : cloud_(cloud), engine_(engine), ctx_(ctx), faults_(cloud.config().seed) {}

Sessions::~Sessions() {
  for (const auto& [id, session] : sessions_) {
    for (const rt::Clock::TimerId timer : {session->idle_timer, session->longest_timer, session->pause_timer}) {
      ctx_.clock().unschedule(timer);
    }
    session->line.judged_by(nullptr);
  }
}

void Sessions::run_by(SessionAgents& own, SessionAgents& remote) {
  own_agents_ = &own;
  remote_agents_ = &remote;
}

SessionPtr Sessions::find(std::string_view id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second;
}

std::string Sessions::new_token() {
  std::vector<std::uint8_t> bytes(sessions_detail::kTokenBytes);
  ctx_.random().fill(bytes);
  return to_base64(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

bool Sessions::admit_client(Session& session, std::string_view token) {
  if (session.token.empty() || session.token.reveal() != token) return false;
  session.token = Secret<>();
  return true;
}

std::string Sessions::new_agent_token(Session& session) {
  std::string token = new_token();
  session.agent_token = Secret<>(token);
  return token;
}

bool Sessions::admit_agent(Session& session, std::string_view token) {
  if (session.is_over() || session.agent_token.empty() || session.agent_token.reveal() != token) return false;
  session.agent_token = Secret<>();
  return true;
}

SessionAgents* Sessions::agents_of(const Session& session) {
  const Instance* node = cloud_.find_node(session.account_id, session.region, session.target);
  const bool remote = node != nullptr && node->traits->agent.profile == AgentProfile::remote;
  return remote ? remote_agents_ : own_agents_;
}

void Sessions::node_down(const Instance& node, Duration time) {
  std::vector<SessionPtr> gone;
  for (const auto& [id, session] : sessions_) {
    if (session->target == node.id && !session->is_over()) gone.push_back(session);
  }
  for (const SessionPtr& session : gone) end(*session, Ended::success, std::string());
  if (time > Duration{}) down_until_.insert_or_assign(node.id, ctx_.now() + time);
}

bool Sessions::reaches(const Instance& instance) const {
  if (const auto found = down_until_.find(instance.id); found != down_until_.end() && ctx_.now() < found->second) {
    return false;
  }
  if (engine_.reach(instance) != Reach::connected) return false;
  const ManagedNode* node = cloud_.managed().find(instance.id);
  // A node that only polls ec2messages runs commands but opens no sessions.
  return node == nullptr || node->connected;
}

void Sessions::adopt(const SessionPtr& session) {
  Session* const at = session.get();
  session->line.judged_by([this, at](End from, std::string_view message) { return judge(*at, from, message); });
  session->active_at = ctx_.now();
  arm_idle(*session);
  if (const auto longest = session->plan.preferences.longest) {
    session->longest_timer = ctx_.clock().schedule(ctx_.now() + *longest, [this, at] {
      at->longest_timer = 0;
      end(*at, Ended::success, std::string(sessions_detail::kLongestText));
    });
  }
  ++active_;
  sessions_[session->id] = session;
  note(*session);
  agents_of(*session)->open(session);
}

void Sessions::arm_idle(Session& session) {
  Session* const at = &session;
  session.idle_timer = ctx_.clock().schedule(session.active_at + session.plan.preferences.idle, [this, at] {
    at->idle_timer = 0;
    if (ctx_.now() < at->active_at + at->plan.preferences.idle) return arm_idle(*at);
    end(*at, Ended::success, std::string(sessions_detail::kIdleText));
  });
}

/// Only what is new counts as activity: agents repeat what nobody acknowledges for ever.
Passage Sessions::judge(Session& session, End from, std::string_view message) {
  if (sessions_detail::is_stream_data(message, from)) {
    std::uint64_t& next = from == End::client ? session.next_input : session.next_output;
    const std::uint64_t number = sessions_detail::number_of(message);
    if (number >= next) {
      next = number + 1;
      session.active_at = ctx_.now();
    }
  }
  if (faults_.none()) return Passage::pass;
  if (const auto pause = faults_.pause(session.target)) hold(session, *pause);
  return faults_.passage(session.target, from, session.line.bytes(End::agent));
}

/// The agent publishes nothing until it is told to go on.
void Sessions::hold(Session& session, Duration time) {
  ctx_.clock().unschedule(session.pause_timer);
  session.line.tell(End::agent, service_message(cloud_, ctx_, "pause_publication", std::string()));
  Session* const at = &session;
  session.pause_timer = ctx_.clock().schedule(ctx_.now() + time, [this, at] {
    at->pause_timer = 0;
    at->line.tell(End::agent, service_message(cloud_, ctx_, "start_publication", std::string()));
  });
}

void Sessions::agent_ended(Session& session, Ended how, std::string output) {
  end(session, how, std::move(output));
}

void Sessions::end(Session& session, Ended how, std::string output) {
  if (session.is_over()) return;
  for (rt::Clock::TimerId* const timer : {&session.idle_timer, &session.longest_timer, &session.pause_timer}) {
    ctx_.clock().unschedule(*timer);
    *timer = 0;
  }
  session.ended = std::chrono::floor<std::chrono::milliseconds>(cloud_.now(ctx_.clock()));
  session.failed = how == Ended::failed;
  session.output = std::move(output);
  session.agent_token = Secret<>();
  --active_;
  const std::string closed = closed_message(cloud_, ctx_, session);
  session.line.tell(End::client, closed);
  session.line.tell(End::agent, closed);
  session.line.end();
  note(session);
  agents_of(session)->close(session);
}

void Sessions::note(const Session& session) {
  if (cloud_.truth().node_sessions.size() >= kHistoryMax && !cloud_.truth().node_sessions.contains(session.id)) return;
  SeenSession& seen = cloud_.truth().node_sessions[session.id];
  seen.target = session.target;
  seen.owner = session.owner;
  seen.document = session.document_name;
  seen.reason = session.reason;
  seen.started = session.started;
  seen.ended = session.ended;
  seen.status = to_string(session.status());
  seen.output = session.output;
  seen.bytes_from_client = session.line.bytes(End::client);
  seen.bytes_from_agent = session.line.bytes(End::agent);
  seen.connections = session.line.connections(End::client);
}

void Sessions::forget_old() {
  const WallTime now = cloud_.now(ctx_.clock());
  std::size_t over = sessions_.size() - active_;
  // What goes first is what ended first.
  std::vector<std::pair<WallTime, std::string>> ended;
  for (const auto& [id, session] : sessions_) {
    if (session->is_over()) ended.emplace_back(*session->ended, id);
  }
  std::sort(ended.begin(), ended.end());
  for (const auto& [when, id] : ended) {
    if (over <= kHistoryMax && now < when + kHistory) break;
    sessions_.erase(id);
    --over;
  }
}

}  // namespace postern::sim
