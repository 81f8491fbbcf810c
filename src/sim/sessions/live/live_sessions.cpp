#include "sim/sessions/live/live_sessions.hpp"

#include <utility>

#include "rt/combine.hpp"
#include "session/agent_session.hpp"
#include "sim/sessions/agent_options.hpp"
#include "sim/sessions/live/session_work.hpp"

namespace postern::sim {
namespace live {
namespace {

using session::SessionType;

std::unique_ptr<SessionWork> make_work(WorkParts parts) {
  switch (parts.plan->type) {
    case SessionType::shell:
    case SessionType::interactive_command:
      return make_terminal_work(std::move(parts));
    case SessionType::command:
      return make_command_work(std::move(parts));
    case SessionType::port:
      break;
  }
  return make_port_work(std::move(parts));
}

/// One session's end of the line: the protocol, and the work behind it.
class LiveRun final : public SessionVoice {
 public:
  LiveRun(rt::CallContext ctx, const LiveSessionParts& parts, const LiveSessionOptions& options, SessionPtr session,
          const Instance& node, session::AgentSessionOptions protocol)
      : ctx_(ctx),
        parts_(parts),
        options_(options),
        session_(std::move(session)),
        node_id_(node.id),
        challenge_(protocol.challenge),
        agent_(ctx.random(), std::move(protocol)) {}

  rt::Task<void> run() {
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    group_ = &group;
    number_ = session_->line.connect(End::agent);
    agent_.begin(moment_of(ctx_));
    group.spawn(speak());
    group.spawn(act());
    const Result<void> heard = co_await listen();
    static_cast<void>(heard);
    session_->line.disconnect(End::agent, number_);
    group.cancel();
    co_await group.join();
    group_ = nullptr;
  }

  /// The service ended the session.
  void ended() { starved_.wake_all(); }

  // ---- what the work says
  rt::Task<Result<void>> output(std::string bytes) override {
    return say(std::move(bytes), &session::AgentSession::send_output);
  }
  rt::Task<Result<void>> errors(std::string bytes) override {
    return say(std::move(bytes), &session::AgentSession::send_errors);
  }
  void exit_code(int code) override {
    agent_.send_exit_code(code);
    due_.wake_all();
  }
  void flag(session::Flag flag) override {
    agent_.send_flag(flag);
    due_.wake_all();
  }
  const std::string& client_version() const override { return agent_.client_version(); }

 private:
  using Send = void (session::AgentSession::*)(std::string_view);

  rt::Task<Result<void>> say(std::string bytes, Send send) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const std::size_t room = agent_.room();
      if (room == 0) {
        starved_.wake_all();
        const bool woken = co_await room_.wait();
        if (!woken) co_return fail(ErrorKind::cancelled, "cancelled while output waited for room");
        continue;
      }
      const std::string_view part = rest.substr(0, room);
      rest.remove_prefix(part.size());
      (agent_.*send)(part);
      due_.wake_all();
    }
    co_return Result<void>();
  }

  /// Until the session is over. Input that nobody takes waits here, unless output waits for acknowledgements: those
  /// come the same way.
  rt::Task<Result<void>> listen() {
    for (;;) {
      while (agent_.is_full() && agent_.room() > 0 && !session_->line.has_ended()) {
        const bool woken = co_await starved_.wait();
        if (!woken) co_return fail(ErrorKind::cancelled, "cancelled");
      }
      CO_TRY(const std::optional<std::string> message, co_await session_->line.next(End::agent, number_));
      if (!message) co_return Result<void>();
      const Result<void> taken = agent_.receive(moment_of(ctx_), *message);
      static_cast<void>(taken);  // what makes no sense is dropped
      progress();
    }
  }

  void progress() {
    events_.wake_all();
    due_.wake_all();
    if (agent_.room() > 0) room_.wake_all();
    if (agent_.is_settled()) settled_.wake_all();
  }

  rt::Task<void> speak() {
    for (;;) {
      agent_.on_time(moment_of(ctx_));
      while (std::optional<std::string> message = agent_.next_outgoing(moment_of(ctx_))) {
        const Result<void> sent = co_await session_->line.send(End::agent, number_, std::move(*message));
        if (!sent) co_return;
      }
      events_.wake_all();  // a handshake may have failed by itself
      if (agent_.room() > 0) room_.wake_all();
      const std::optional<MonoTime> at = agent_.wakes_at();
      rt::Clock::TimerId timer = 0;
      if (at) timer = ctx_.clock().schedule(*at, [this] { due_.wake_all(); });
      const bool woken = co_await due_.wait();
      ctx_.clock().unschedule(timer);
      if (!woken) co_return;
    }
  }

  /// Takes what the client wants, in order.
  rt::Task<void> act() {
    for (;;) {
      std::optional<session::AgentEvent> event = agent_.next_event();
      if (!event) {
        const bool woken = co_await events_.wait();
        if (!woken) co_return;
        continue;
      }
      const bool goes_on = co_await take(std::move(*event));
      if (!goes_on) co_return;
      starved_.wake_all();
      due_.wake_all();
    }
  }

  rt::Task<bool> take(session::AgentEvent event) {
    using Kind = session::AgentEvent::Kind;
    switch (event.kind) {
      case Kind::ready:
        begin_work();
        break;
      case Kind::input: {
        if (work_ == nullptr) break;
        const Result<void> taken = co_await work_->input(std::move(event.bytes));
        if (!taken && taken.error().kind() == ErrorKind::cancelled) co_return false;
        break;
      }
      case Kind::size:
        if (work_ != nullptr) work_->resize(event.size);
        break;
      case Kind::flag:
        if (event.number == static_cast<std::uint32_t>(session::Flag::terminate_session)) {
          end(Sessions::Ended::success, std::string());
          co_return false;
        }
        if (work_ != nullptr) work_->flag(event.number);
        break;
      case Kind::need_key:
        agent_.data_key(data_key(event));
        break;
      case Kind::failed:
        end(Sessions::Ended::failed, event.bytes);
        co_return false;
      case Kind::closed:
        co_return false;
    }
    co_return true;
  }

  Result<Secret<std::string>> data_key(const session::AgentEvent& event) {
    const Instance* node = parts_.sessions->cloud().find_node(session_->account_id, session_->region, node_id_);
    if (node == nullptr) return fail(ErrorKind::not_found, "the node is gone");
    EncryptionContext context;
    context["aws:ssm:SessionId"] = session_->id;
    context["aws:ssm:TargetId"] = session_->target;
    if (event.with_challenge) context["aws:ssm:RandomChallenge"] = challenge_;
    return parts_.kms->decrypt_as(*node, event.bytes, context, session_->plan.preferences.kms_key);
  }

  void begin_work() {
    const Instance* node = parts_.sessions->cloud().find_node(session_->account_id, session_->region, node_id_);
    if (node == nullptr) return end(Sessions::Ended::failed, "the node is gone");
    if (agent_platform(*node) == Platform::windows) {
      return end(Sessions::Ended::failed, "a live agent of the simulated cloud has no PowerShell");
    }
    const LiveNodeName name(*node);
    Result<LiveNode> place = prepare_live_node(*parts_.files, options_.root_dir, name, node->traits->programs);
    if (!place) return end(Sessions::Ended::failed, place.error().message());
    WorkParts parts(ctx_, *this, session_->plan);
    parts.children = parts_.children;
    parts.dialer = parts_.dialer;
    parts.node = std::move(*place);
    parts.shell = options_.shell;
    parts.agent_version = agent_version(*node);
    work_ = make_work(std::move(parts));
    group_->spawn(work());
  }

  rt::Task<void> work() {
    WorkEnd ended = co_await work_->run();
    if (co_await rt::is_cancelled()) co_return;
    const rt::CallContext ctx = ctx_.within(options_.settle_within);
    const Result<void> settled = co_await rt::with_deadline(ctx, settle());
    if (!settled && settled.error().kind() == ErrorKind::cancelled) co_return;
    end(ended.failed ? Sessions::Ended::failed : Sessions::Ended::success, std::move(ended.text));
  }

  rt::Task<Result<void>> settle() {
    while (!agent_.is_settled()) {
      const bool woken = co_await settled_.wait();
      if (!woken) co_return fail(ErrorKind::cancelled, "cancelled");
    }
    co_return Result<void>();
  }

  void end(Sessions::Ended how, std::string text) { parts_.sessions->agent_ended(*session_, how, std::move(text)); }

  rt::CallContext ctx_;
  const LiveSessionParts& parts_;
  const LiveSessionOptions& options_;
  SessionPtr session_;
  std::string node_id_;
  std::string challenge_;
  session::AgentSession agent_;
  std::uint64_t number_ = 0;
  std::unique_ptr<SessionWork> work_;
  rt::TaskGroup* group_ = nullptr;
  rt::WaitQueue due_;
  rt::WaitQueue events_;
  rt::WaitQueue room_;
  rt::WaitQueue starved_;
  rt::WaitQueue settled_;
};

}  // namespace
}  // namespace live

void LiveSessions::open(SessionPtr session) {
  tasks_.spawn(run(std::move(session)));
}

void LiveSessions::close(const Session& session) {
  const auto found = ended_.find(session.id);
  if (found != ended_.end()) found->second();
}

rt::Task<void> LiveSessions::run(SessionPtr session) {
  const Instance* node = parts_.sessions->cloud().find_node(session->account_id, session->region, session->target);
  if (node == nullptr) co_return;
  session::AgentSessionOptions protocol = agent_options(*session, *node, ctx_.random());
  const std::string id = session->id;
  live::LiveRun run(ctx_, parts_, options_, std::move(session), *node, std::move(protocol));
  ended_[id] = [at = &run] { at->ended(); };
  co_await run.run();
  ended_.erase(id);
}

rt::Task<void> LiveSessions::stop() {
  tasks_.cancel();
  co_await tasks_.join();
}

}  // namespace postern::sim
