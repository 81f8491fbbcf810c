#include "sim/sessions/remote_sessions.hpp"

#include <utility>

#include "base/json.hpp"
#include "sim/sessions/service_message.hpp"

namespace postern::sim {
namespace remote_sessions {

/// The session document as the agent wants it.
std::string content_of(const Session& session) {
  return Json::object()
      .set("DocumentName", session.document_name)
      .set("SessionId", session.id)
      .set("RunAsUser", "")
      .set("SessionOwner", session.owner)
      .set("Parameters", session.plan.parameters)
      .set("DocumentContent", session.plan.content)
      .dump();
}

}  // namespace remote_sessions

RemoteSessions::Queue& RemoteSessions::queue(const std::string& node) {
  std::unique_ptr<Queue>& found = queues_[node];
  if (found == nullptr) found = std::make_unique<Queue>();
  return *found;
}

void RemoteSessions::open(SessionPtr session) {
  Queue& to = queue(session->target);
  if (to.waiting.size() >= kWaitingMax) {
    sessions_.agent_ended(*session, Sessions::Ended::failed, "too many sessions wait for the agent");
    return;
  }
  ControlMessage& made = to.waiting.emplace_back();
  made.type = "interactive_shell";
  made.payload = Json::object()
                     .set("SchemaVersion", 1)
                     .set("TaskId", session->id)
                     .set("Topic", "aws.ssm.startSession")
                     .set("Content", remote_sessions::content_of(*session))
                     .dump();
  to.arrived.wake_one();
}

void RemoteSessions::close(const Session& session) {
  Queue& to = queue(session.target);
  if (to.waiting.size() >= kWaitingMax) return;
  ControlMessage& made = to.waiting.emplace_back();
  made.type = "channel_closed";
  made.payload = closed_payload(ctx_, session);
  to.arrived.wake_one();
}

rt::Task<Result<ControlMessage>> RemoteSessions::next(std::string node) {
  Queue& from = queue(node);
  while (from.waiting.empty()) {
    const bool woken = co_await from.arrived.wait();
    if (!woken) co_return fail(ErrorKind::cancelled, "cancelled while waiting for a session");
  }
  ControlMessage message = std::move(from.waiting.front());
  from.waiting.pop_front();
  co_return message;
}

void RemoteSessions::put_back(const std::string& node, ControlMessage message) {
  Queue& to = queue(node);
  to.waiting.push_front(std::move(message));
  to.arrived.wake_one();
}

std::optional<std::string> RemoteSessions::completed(const std::string& node, std::string_view payload,
                                                     const std::string& message_id) {
  const Result<Json> told = Json::parse(payload);
  if (!told) return std::nullopt;
  const std::string task((*told)["TaskId"].to_string().value_or(""));
  const SessionPtr session = sessions_.find(task);
  if (session != nullptr && session->target == node) {
    const bool success = (*told)["FinalTaskStatus"].to_string() == std::string_view("Success");
    const std::string output((*told)["Output"].to_string().value_or(""));
    sessions_.agent_ended(*session, success ? Sessions::Ended::success : Sessions::Ended::failed, output);
  }
  return Json::object()
      .set("SchemaVersion", 1)
      .set("MessageId", message_id)
      .set("TaskId", task)
      .set("Topic", "agent_task_acknowledge")
      .dump();
}

}  // namespace postern::sim
