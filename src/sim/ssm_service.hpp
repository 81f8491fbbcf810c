#pragma once

/// SSM: managed nodes, documents and Run Command (aws.md 1 and 3.1).

#include "aws/ssm/server.hpp"
#include "sim/cloud.hpp"
#include "sim/command_engine.hpp"
#include "sim/documents.hpp"

namespace postern::sim {

/// Cloud and engine outlive it.
class SsmService final : public aws::ssm::Handler {
 public:
  template <class T>
  using Answer = rt::Task<Result<T>>;
  using Info = aws::server::CallInfo;

  SsmService(const Cloud& cloud, CommandEngine& engine) : cloud_(cloud), engine_(engine) {}

  Answer<aws::ssm::DescribeInstanceInformationResponse> describe_instance_information(
      Info info, aws::ssm::DescribeInstanceInformationRequest request) override;
  Answer<aws::ssm::GetConnectionStatusResponse> get_connection_status(
      Info info, aws::ssm::GetConnectionStatusRequest request) override;
  Answer<aws::ssm::DescribeDocumentResponse> describe_document(Info info,
                                                               aws::ssm::DescribeDocumentRequest request) override;
  Answer<aws::ssm::GetDocumentResponse> get_document(Info info, aws::ssm::GetDocumentRequest request) override;
  Answer<aws::ssm::SendCommandResponse> send_command(Info info, aws::ssm::SendCommandRequest request) override;
  Answer<aws::ssm::CancelCommandResponse> cancel_command(Info info, aws::ssm::CancelCommandRequest request) override;
  Answer<aws::ssm::ListCommandsResponse> list_commands(Info info, aws::ssm::ListCommandsRequest request) override;
  Answer<aws::ssm::ListCommandInvocationsResponse> list_command_invocations(
      Info info, aws::ssm::ListCommandInvocationsRequest request) override;
  Answer<aws::ssm::GetCommandInvocationResponse> get_command_invocation(
      Info info, aws::ssm::GetCommandInvocationRequest request) override;

 private:
  Result<aws::ssm::DescribeInstanceInformationResponse> nodes(
      const Info& info, const aws::ssm::DescribeInstanceInformationRequest& request) const;
  Result<aws::ssm::GetConnectionStatusResponse> connection(const Info& info,
                                                           const aws::ssm::GetConnectionStatusRequest& request) const;
  Result<const Document*> document(const Info& info, const std::string& name,
                                   const std::optional<std::string>& version) const;
  Result<aws::ssm::DescribeDocumentResponse> describe(const Info& info,
                                                      const aws::ssm::DescribeDocumentRequest& request) const;
  Result<aws::ssm::GetDocumentResponse> read_document(const Info& info,
                                                      const aws::ssm::GetDocumentRequest& request) const;
  Result<aws::ssm::SendCommandResponse> send(const Info& info, const aws::ssm::SendCommandRequest& request);
  Result<aws::ssm::CancelCommandResponse> cancel(const Info& info, const aws::ssm::CancelCommandRequest& request);
  Result<aws::ssm::ListCommandsResponse> commands(const Info& info, const aws::ssm::ListCommandsRequest& request) const;
  Result<aws::ssm::ListCommandInvocationsResponse> invocations(
      const Info& info, const aws::ssm::ListCommandInvocationsRequest& request) const;
  Result<aws::ssm::GetCommandInvocationResponse> invocation(const Info& info,
                                                            const aws::ssm::GetCommandInvocationRequest& request) const;

  const Cloud& cloud_;
  CommandEngine& engine_;
  Documents documents_;
};

}  // namespace postern::sim
