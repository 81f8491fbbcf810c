#include "sim/agents/ec2messages_service.hpp"

#include <algorithm>

#include "aws/core/sigv4.hpp"
#include "base/text.hpp"
#include "sim/access.hpp"

namespace postern::sim {
namespace ec2messages {

using aws::server::fault;

constexpr std::chrono::seconds kPoll{15};
constexpr int kVisibilityDefault = 10;
constexpr int kVisibilityMost = 600;

/// "2015-07-09T23:22:39.019Z": always with milliseconds.
std::string date_text(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::floor<std::chrono::milliseconds>(time - seconds).count();
  std::string text = format_rfc3339(seconds);
  text = text.substr(0, std::string_view("2015-07-09T23:22:39").size());
  const std::string millis = std::to_string(rest);
  return text + "." + std::string(3 - millis.size(), '0') + millis + "Z";
}

Error invalid_reply(const std::string& why) {
  return fault(ErrorKind::usage, "ValidationException", "The payload is no reply: " + why, 400);
}

}  // namespace ec2messages

/// Agents speak for themselves only: the session's name is the node's id.
Result<std::string> Ec2MessagesService::node_of(const Info& info, std::string_view claimed) const {
  TRY_VOID(authorize(info));
  const std::string_view arn = info.caller.arn;
  const std::string_view own = arn.substr(arn.rfind('/') + 1);
  const bool matching = claimed == own || claimed.ends_with("." + std::string(own));
  if (!matching || cloud_.managed().find(own) == nullptr) {
    return fail(aws::server::fault(ErrorKind::denied, "AccessDeniedException",
                                   "User: " + info.caller.arn + " is not authorized to perform: " + action_of(info) +
                                       " on resource: " + printable(claimed, 100),
                                   400));
  }
  return std::string(own);
}

Ec2MessagesService::Answer<aws::ec2messages::GetMessagesResponse> Ec2MessagesService::get_messages(
    Info info, aws::ec2messages::GetMessagesRequest request) {
  CO_TRY(const std::string node, node_of(info, *request.destination));
  const int visibility = std::clamp(request.visibility_timeout_in_seconds.value_or(ec2messages::kVisibilityDefault), 1,
                                    ec2messages::kVisibilityMost);
  const rt::CallContext ctx = info.ctx.within(ec2messages::kPoll);
  CO_TRY(const std::optional<AgentJob> job, co_await agents_.next(ctx, node, 0, std::chrono::seconds(visibility)));
  aws::ec2messages::GetMessagesResponse response;
  response.destination = node;
  response.messages_request_id = request.messages_request_id;
  if (job) {
    aws::ec2messages::Message& message = response.messages.emplace_back();
    message.message_id = job->id;
    message.destination = node;
    message.topic = job->topic;
    message.created_date = ec2messages::date_text(job->created);
    message.payload = job->content;
    aws::Signer hasher(1);
    message.payload_digest = hasher.sha256_hex(job->content);
  }
  co_return response;
}

Ec2MessagesService::Answer<aws::ec2messages::AcknowledgeMessageResponse> Ec2MessagesService::acknowledge_message(
    Info info, aws::ec2messages::AcknowledgeMessageRequest request) {
  CO_TRY(const std::string node, node_of(info, *request.message_id));
  agents_.acknowledge(node, *request.message_id);
  co_return aws::ec2messages::AcknowledgeMessageResponse();
}

Ec2MessagesService::Answer<aws::ec2messages::DeleteMessageResponse> Ec2MessagesService::delete_message(
    Info info, aws::ec2messages::DeleteMessageRequest request) {
  CO_TRY(const std::string node, node_of(info, *request.message_id));
  agents_.acknowledge(node, *request.message_id);
  co_return aws::ec2messages::DeleteMessageResponse();
}

Ec2MessagesService::Answer<aws::ec2messages::FailMessageResponse> Ec2MessagesService::fail_message(
    Info info, aws::ec2messages::FailMessageRequest request) {
  CO_TRY(const std::string node, node_of(info, *request.message_id));
  agents_.reject(node, *request.message_id, "the agent refused the command: " + request.failure_type.value_or(""));
  co_return aws::ec2messages::FailMessageResponse();
}

Ec2MessagesService::Answer<aws::ec2messages::SendReplyResponse> Ec2MessagesService::send_reply(
    Info info, aws::ec2messages::SendReplyRequest request) {
  CO_TRY(const std::string node, node_of(info, *request.message_id));
  const Result<JobReply> reply = parse_reply(*request.payload);
  if (!reply) co_return fail(ec2messages::invalid_reply(reply.error().message()));
  agents_.report(node, *request.message_id, *reply);
  aws::ec2messages::SendReplyResponse response;
  response.message_id = request.message_id;
  response.reply_id = request.reply_id;
  co_return response;
}

Ec2MessagesService::Answer<aws::ec2messages::GetEndpointResponse> Ec2MessagesService::get_endpoint(
    Info info, aws::ec2messages::GetEndpointRequest request) {
  CO_TRY_VOID(authorize(info));
  aws::ec2messages::GetEndpointResponse response;
  response.endpoint = "ec2messages." + info.region + ".amazonaws.com";
  response.protocol = request.protocol.value_or("https");
  co_return response;
}

}  // namespace postern::sim
