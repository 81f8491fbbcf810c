#pragma once

/// ec2messages: where agents fetch their work when they have no control channel (protocol.md B2.5).

#include "aws/ec2messages/server.hpp"
#include "sim/agents/remote_agents.hpp"

namespace postern::sim {

/// Cloud and agents outlive it.
class Ec2MessagesService final : public aws::ec2messages::Handler {
 public:
  template <class T>
  using Answer = rt::Task<Result<T>>;
  using Info = aws::server::CallInfo;

  Ec2MessagesService(Cloud& cloud, RemoteAgents& agents) : cloud_(cloud), agents_(agents) {}

  Answer<aws::ec2messages::GetMessagesResponse> get_messages(Info info,
                                                             aws::ec2messages::GetMessagesRequest request) override;
  Answer<aws::ec2messages::AcknowledgeMessageResponse> acknowledge_message(
      Info info, aws::ec2messages::AcknowledgeMessageRequest request) override;
  Answer<aws::ec2messages::DeleteMessageResponse> delete_message(
      Info info, aws::ec2messages::DeleteMessageRequest request) override;
  Answer<aws::ec2messages::FailMessageResponse> fail_message(Info info,
                                                             aws::ec2messages::FailMessageRequest request) override;
  Answer<aws::ec2messages::SendReplyResponse> send_reply(Info info,
                                                         aws::ec2messages::SendReplyRequest request) override;
  Answer<aws::ec2messages::GetEndpointResponse> get_endpoint(Info info,
                                                             aws::ec2messages::GetEndpointRequest request) override;

 private:
  Result<std::string> node_of(const Info& info, std::string_view claimed) const;

  Cloud& cloud_;
  RemoteAgents& agents_;
};

}  // namespace postern::sim
