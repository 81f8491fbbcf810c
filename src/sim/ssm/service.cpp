// The generated handler's methods: each leads to a plain function.

#include "sim/ssm/service.hpp"

namespace postern::sim {

SsmService::Answer<aws::ssm::DescribeInstanceInformationResponse> SsmService::describe_instance_information(
    Info info, aws::ssm::DescribeInstanceInformationRequest request) {
  co_return nodes(info, request);
}

SsmService::Answer<aws::ssm::DescribeInstancePropertiesResponse> SsmService::describe_instance_properties(
    Info info, aws::ssm::DescribeInstancePropertiesRequest request) {
  co_return properties(info, request);
}

SsmService::Answer<aws::ssm::GetConnectionStatusResponse> SsmService::get_connection_status(
    Info info, aws::ssm::GetConnectionStatusRequest request) {
  co_return connection(info, request);
}

SsmService::Answer<aws::ssm::DescribeDocumentResponse> SsmService::describe_document(
    Info info, aws::ssm::DescribeDocumentRequest request) {
  co_return describe(info, request);
}

SsmService::Answer<aws::ssm::GetDocumentResponse> SsmService::get_document(Info info,
                                                                           aws::ssm::GetDocumentRequest request) {
  co_return read_document(info, request);
}

SsmService::Answer<aws::ssm::CreateDocumentResponse> SsmService::create_document(
    Info info, aws::ssm::CreateDocumentRequest request) {
  co_return create(info, request);
}

SsmService::Answer<aws::ssm::UpdateDocumentResponse> SsmService::update_document(
    Info info, aws::ssm::UpdateDocumentRequest request) {
  co_return update(info, request);
}

SsmService::Answer<aws::ssm::UpdateDocumentDefaultVersionResponse> SsmService::update_document_default_version(
    Info info, aws::ssm::UpdateDocumentDefaultVersionRequest request) {
  co_return update_default(info, request);
}

SsmService::Answer<aws::ssm::DeleteDocumentResponse> SsmService::delete_document(
    Info info, aws::ssm::DeleteDocumentRequest request) {
  co_return remove(info, request);
}

SsmService::Answer<aws::ssm::ListDocumentsResponse> SsmService::list_documents(Info info,
                                                                               aws::ssm::ListDocumentsRequest request) {
  co_return documents_page(info, request);
}

SsmService::Answer<aws::ssm::ListDocumentVersionsResponse> SsmService::list_document_versions(
    Info info, aws::ssm::ListDocumentVersionsRequest request) {
  co_return versions_page(info, request);
}

SsmService::Answer<aws::ssm::ModifyDocumentPermissionResponse> SsmService::modify_document_permission(
    Info info, aws::ssm::ModifyDocumentPermissionRequest request) {
  co_return share(info, request);
}

SsmService::Answer<aws::ssm::DescribeDocumentPermissionResponse> SsmService::describe_document_permission(
    Info info, aws::ssm::DescribeDocumentPermissionRequest request) {
  co_return shares(info, request);
}

SsmService::Answer<aws::ssm::SendCommandResponse> SsmService::send_command(Info info,
                                                                           aws::ssm::SendCommandRequest request) {
  co_return send(info, request);
}

SsmService::Answer<aws::ssm::CancelCommandResponse> SsmService::cancel_command(Info info,
                                                                               aws::ssm::CancelCommandRequest request) {
  co_return cancel(info, request);
}

SsmService::Answer<aws::ssm::ListCommandsResponse> SsmService::list_commands(Info info,
                                                                             aws::ssm::ListCommandsRequest request) {
  co_return commands(info, request);
}

SsmService::Answer<aws::ssm::ListCommandInvocationsResponse> SsmService::list_command_invocations(
    Info info, aws::ssm::ListCommandInvocationsRequest request) {
  co_return invocations(info, request);
}

SsmService::Answer<aws::ssm::GetCommandInvocationResponse> SsmService::get_command_invocation(
    Info info, aws::ssm::GetCommandInvocationRequest request) {
  co_return invocation(info, request);
}

SsmService::Answer<aws::ssm::StartSessionResponse> SsmService::start_session(Info info,
                                                                             aws::ssm::StartSessionRequest request) {
  co_return sessions_.start(info, request, documents_);
}

SsmService::Answer<aws::ssm::ResumeSessionResponse> SsmService::resume_session(Info info,
                                                                               aws::ssm::ResumeSessionRequest request) {
  co_return sessions_.resume(info, request);
}

SsmService::Answer<aws::ssm::TerminateSessionResponse> SsmService::terminate_session(
    Info info, aws::ssm::TerminateSessionRequest request) {
  co_return sessions_.terminate(info, request);
}

SsmService::Answer<aws::ssm::DescribeSessionsResponse> SsmService::describe_sessions(
    Info info, aws::ssm::DescribeSessionsRequest request) {
  co_return sessions_.describe(info, request);
}

SsmService::Answer<aws::ssm::PutParameterResponse> SsmService::put_parameter(Info info,
                                                                             aws::ssm::PutParameterRequest request) {
  co_return put(info, request);
}

SsmService::Answer<aws::ssm::GetParameterResponse> SsmService::get_parameter(Info info,
                                                                             aws::ssm::GetParameterRequest request) {
  co_return parameter(info, request);
}

SsmService::Answer<aws::ssm::GetParametersResponse> SsmService::get_parameters(Info info,
                                                                               aws::ssm::GetParametersRequest request) {
  co_return parameters_by_name(info, request);
}

SsmService::Answer<aws::ssm::GetParametersByPathResponse> SsmService::get_parameters_by_path(
    Info info, aws::ssm::GetParametersByPathRequest request) {
  co_return parameters_by_path(info, request);
}

SsmService::Answer<aws::ssm::DeleteParameterResponse> SsmService::delete_parameter(
    Info info, aws::ssm::DeleteParameterRequest request) {
  co_return delete_one(info, request);
}

SsmService::Answer<aws::ssm::DeleteParametersResponse> SsmService::delete_parameters(
    Info info, aws::ssm::DeleteParametersRequest request) {
  co_return delete_several(info, request);
}

SsmService::Answer<aws::ssm::AddTagsToResourceResponse> SsmService::add_tags_to_resource(
    Info info, aws::ssm::AddTagsToResourceRequest request) {
  co_return add_tags(info, request);
}

SsmService::Answer<aws::ssm::RemoveTagsFromResourceResponse> SsmService::remove_tags_from_resource(
    Info info, aws::ssm::RemoveTagsFromResourceRequest request) {
  co_return remove_tags(info, request);
}

SsmService::Answer<aws::ssm::ListTagsForResourceResponse> SsmService::list_tags_for_resource(
    Info info, aws::ssm::ListTagsForResourceRequest request) {
  co_return tags(info, request);
}

}  // namespace postern::sim
