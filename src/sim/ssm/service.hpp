#pragma once

/// SSM: managed nodes, documents, Run Command, Session Manager and Parameter Store (aws.md 1, 2 and 3.1).

#include "aws/ssm/server.hpp"
#include "sim/agents/remote_agents.hpp"
#include "sim/cloud.hpp"
#include "sim/sessions/sessions.hpp"
#include "sim/ssm/command_engine.hpp"
#include "sim/ssm/document_store.hpp"
#include "sim/ssm/parameter_store.hpp"

namespace postern::sim {

/// Cloud, engine, agents and sessions outlive it.
class SsmService final : public aws::ssm::Handler {
 public:
  template <class T>
  using Answer = rt::Task<Result<T>>;
  using Info = aws::server::CallInfo;

  SsmService(Cloud& cloud, CommandEngine& engine, RemoteAgents& agents, Sessions& sessions)
      : cloud_(cloud), engine_(engine), agents_(agents), sessions_(sessions) {}
  DocumentStore& documents() noexcept { return documents_; }
  ParameterStore& parameters() noexcept { return parameters_; }

  Answer<aws::ssm::DescribeInstanceInformationResponse> describe_instance_information(
      Info info, aws::ssm::DescribeInstanceInformationRequest request) override;
  Answer<aws::ssm::DescribeInstancePropertiesResponse> describe_instance_properties(
      Info info, aws::ssm::DescribeInstancePropertiesRequest request) override;
  Answer<aws::ssm::GetConnectionStatusResponse> get_connection_status(
      Info info, aws::ssm::GetConnectionStatusRequest request) override;
  Answer<aws::ssm::DescribeDocumentResponse> describe_document(Info info,
                                                               aws::ssm::DescribeDocumentRequest request) override;
  Answer<aws::ssm::GetDocumentResponse> get_document(Info info, aws::ssm::GetDocumentRequest request) override;
  Answer<aws::ssm::CreateDocumentResponse> create_document(Info info, aws::ssm::CreateDocumentRequest request) override;
  Answer<aws::ssm::UpdateDocumentResponse> update_document(Info info, aws::ssm::UpdateDocumentRequest request) override;
  Answer<aws::ssm::UpdateDocumentDefaultVersionResponse> update_document_default_version(
      Info info, aws::ssm::UpdateDocumentDefaultVersionRequest request) override;
  Answer<aws::ssm::DeleteDocumentResponse> delete_document(Info info, aws::ssm::DeleteDocumentRequest request) override;
  Answer<aws::ssm::ListDocumentsResponse> list_documents(Info info, aws::ssm::ListDocumentsRequest request) override;
  Answer<aws::ssm::ListDocumentVersionsResponse> list_document_versions(
      Info info, aws::ssm::ListDocumentVersionsRequest request) override;
  Answer<aws::ssm::ModifyDocumentPermissionResponse> modify_document_permission(
      Info info, aws::ssm::ModifyDocumentPermissionRequest request) override;
  Answer<aws::ssm::DescribeDocumentPermissionResponse> describe_document_permission(
      Info info, aws::ssm::DescribeDocumentPermissionRequest request) override;
  Answer<aws::ssm::SendCommandResponse> send_command(Info info, aws::ssm::SendCommandRequest request) override;
  Answer<aws::ssm::CancelCommandResponse> cancel_command(Info info, aws::ssm::CancelCommandRequest request) override;
  Answer<aws::ssm::ListCommandsResponse> list_commands(Info info, aws::ssm::ListCommandsRequest request) override;
  Answer<aws::ssm::ListCommandInvocationsResponse> list_command_invocations(
      Info info, aws::ssm::ListCommandInvocationsRequest request) override;
  Answer<aws::ssm::GetCommandInvocationResponse> get_command_invocation(
      Info info, aws::ssm::GetCommandInvocationRequest request) override;
  Answer<aws::ssm::StartSessionResponse> start_session(Info info, aws::ssm::StartSessionRequest request) override;
  Answer<aws::ssm::ResumeSessionResponse> resume_session(Info info, aws::ssm::ResumeSessionRequest request) override;
  Answer<aws::ssm::TerminateSessionResponse> terminate_session(Info info,
                                                               aws::ssm::TerminateSessionRequest request) override;
  Answer<aws::ssm::DescribeSessionsResponse> describe_sessions(Info info,
                                                               aws::ssm::DescribeSessionsRequest request) override;
  Answer<aws::ssm::PutParameterResponse> put_parameter(Info info, aws::ssm::PutParameterRequest request) override;
  Answer<aws::ssm::GetParameterResponse> get_parameter(Info info, aws::ssm::GetParameterRequest request) override;
  Answer<aws::ssm::GetParametersResponse> get_parameters(Info info, aws::ssm::GetParametersRequest request) override;
  Answer<aws::ssm::GetParametersByPathResponse> get_parameters_by_path(
      Info info, aws::ssm::GetParametersByPathRequest request) override;
  Answer<aws::ssm::DeleteParameterResponse> delete_parameter(Info info,
                                                             aws::ssm::DeleteParameterRequest request) override;
  Answer<aws::ssm::DeleteParametersResponse> delete_parameters(Info info,
                                                               aws::ssm::DeleteParametersRequest request) override;
  Answer<aws::ssm::AddTagsToResourceResponse> add_tags_to_resource(Info info,
                                                                   aws::ssm::AddTagsToResourceRequest request) override;
  Answer<aws::ssm::RemoveTagsFromResourceResponse> remove_tags_from_resource(
      Info info, aws::ssm::RemoveTagsFromResourceRequest request) override;
  Answer<aws::ssm::ListTagsForResourceResponse> list_tags_for_resource(
      Info info, aws::ssm::ListTagsForResourceRequest request) override;

  // Hybrid activations (activations.cpp) and what agents ask (agent_operations.cpp).
  Answer<aws::ssm::CreateActivationResponse> create_activation(Info info,
                                                               aws::ssm::CreateActivationRequest request) override;
  Answer<aws::ssm::DescribeActivationsResponse> describe_activations(
      Info info, aws::ssm::DescribeActivationsRequest request) override;
  Answer<aws::ssm::DeleteActivationResponse> delete_activation(Info info,
                                                               aws::ssm::DeleteActivationRequest request) override;
  Answer<aws::ssm::DeregisterManagedInstanceResponse> deregister_managed_instance(
      Info info, aws::ssm::DeregisterManagedInstanceRequest request) override;
  Answer<aws::ssm::RegisterManagedInstanceResponse> register_managed_instance(
      Info info, aws::ssm::RegisterManagedInstanceRequest request) override;
  Answer<aws::ssm::RequestManagedInstanceRoleTokenResponse> request_managed_instance_role_token(
      Info info, aws::ssm::RequestManagedInstanceRoleTokenRequest request) override;
  Answer<aws::ssm::UpdateManagedInstancePublicKeyResponse> update_managed_instance_public_key(
      Info info, aws::ssm::UpdateManagedInstancePublicKeyRequest request) override;
  Answer<aws::ssm::UpdateInstanceInformationResponse> update_instance_information(
      Info info, aws::ssm::UpdateInstanceInformationRequest request) override;
  Answer<aws::ssm::ListInstanceAssociationsResponse> list_instance_associations(
      Info info, aws::ssm::ListInstanceAssociationsRequest request) override;
  Answer<aws::ssm::ListAssociationsResponse> list_associations(Info info,
                                                               aws::ssm::ListAssociationsRequest request) override;

 private:
  Result<aws::ssm::DescribeInstanceInformationResponse> nodes(
      const Info& info, const aws::ssm::DescribeInstanceInformationRequest& request) const;
  Result<aws::ssm::DescribeInstancePropertiesResponse> properties(
      const Info& info, const aws::ssm::DescribeInstancePropertiesRequest& request) const;
  Result<aws::ssm::GetConnectionStatusResponse> connection(const Info& info,
                                                           const aws::ssm::GetConnectionStatusRequest& request) const;
  Result<aws::ssm::DescribeDocumentResponse> describe(const Info& info,
                                                      const aws::ssm::DescribeDocumentRequest& request) const;
  Result<aws::ssm::GetDocumentResponse> read_document(const Info& info,
                                                      const aws::ssm::GetDocumentRequest& request) const;
  Result<aws::ssm::CreateDocumentResponse> create(const Info& info, const aws::ssm::CreateDocumentRequest& request);
  Result<aws::ssm::UpdateDocumentResponse> update(const Info& info, const aws::ssm::UpdateDocumentRequest& request);
  Result<aws::ssm::UpdateDocumentDefaultVersionResponse> update_default(
      const Info& info, const aws::ssm::UpdateDocumentDefaultVersionRequest& request);
  Result<aws::ssm::DeleteDocumentResponse> remove(const Info& info, const aws::ssm::DeleteDocumentRequest& request);
  Result<aws::ssm::ListDocumentsResponse> documents_page(const Info& info,
                                                         const aws::ssm::ListDocumentsRequest& request) const;
  Result<aws::ssm::ListDocumentVersionsResponse> versions_page(
      const Info& info, const aws::ssm::ListDocumentVersionsRequest& request) const;
  Result<aws::ssm::ModifyDocumentPermissionResponse> share(const Info& info,
                                                           const aws::ssm::ModifyDocumentPermissionRequest& request);
  Result<aws::ssm::DescribeDocumentPermissionResponse> shares(
      const Info& info, const aws::ssm::DescribeDocumentPermissionRequest& request) const;
  Result<aws::ssm::SendCommandResponse> send(const Info& info, const aws::ssm::SendCommandRequest& request);
  Result<aws::ssm::CancelCommandResponse> cancel(const Info& info, const aws::ssm::CancelCommandRequest& request);
  Result<aws::ssm::ListCommandsResponse> commands(const Info& info, const aws::ssm::ListCommandsRequest& request) const;
  Result<aws::ssm::ListCommandInvocationsResponse> invocations(
      const Info& info, const aws::ssm::ListCommandInvocationsRequest& request) const;
  Result<aws::ssm::GetCommandInvocationResponse> invocation(const Info& info,
                                                            const aws::ssm::GetCommandInvocationRequest& request) const;
  Result<aws::ssm::PutParameterResponse> put(const Info& info, const aws::ssm::PutParameterRequest& request);
  Result<aws::ssm::GetParameterResponse> parameter(const Info& info,
                                                   const aws::ssm::GetParameterRequest& request) const;
  Result<aws::ssm::GetParametersResponse> parameters_by_name(const Info& info,
                                                             const aws::ssm::GetParametersRequest& request) const;
  Result<aws::ssm::GetParametersByPathResponse> parameters_by_path(
      const Info& info, const aws::ssm::GetParametersByPathRequest& request) const;
  Result<aws::ssm::DeleteParameterResponse> delete_one(const Info& info,
                                                       const aws::ssm::DeleteParameterRequest& request);
  Result<aws::ssm::DeleteParametersResponse> delete_several(const Info& info,
                                                            const aws::ssm::DeleteParametersRequest& request);
  Result<aws::ssm::AddTagsToResourceResponse> add_tags(const Info& info,
                                                       const aws::ssm::AddTagsToResourceRequest& request);
  Result<aws::ssm::RemoveTagsFromResourceResponse> remove_tags(const Info& info,
                                                               const aws::ssm::RemoveTagsFromResourceRequest& request);
  Result<aws::ssm::ListTagsForResourceResponse> tags(const Info& info,
                                                     const aws::ssm::ListTagsForResourceRequest& request);
  std::map<std::string, std::string>* tags_of(const Info& info, std::string_view type, const std::string& id);

  Result<aws::ssm::CreateActivationResponse> new_activation(const Info& info,
                                                            const aws::ssm::CreateActivationRequest& request);
  Result<aws::ssm::DescribeActivationsResponse> activations(const Info& info,
                                                            const aws::ssm::DescribeActivationsRequest& request);
  Result<aws::ssm::RegisterManagedInstanceResponse> register_node(
      const Info& info, const aws::ssm::RegisterManagedInstanceRequest& request);
  Result<aws::ssm::RequestManagedInstanceRoleTokenResponse> role_token(
      const Info& info, const aws::ssm::RequestManagedInstanceRoleTokenRequest& request);
  Result<aws::ssm::UpdateInstanceInformationResponse> take_information(
      const Info& info, const aws::ssm::UpdateInstanceInformationRequest& request);

  Cloud& cloud_;
  CommandEngine& engine_;
  RemoteAgents& agents_;
  Sessions& sessions_;
  DocumentStore documents_;
  ParameterStore parameters_;
};

}  // namespace postern::sim
