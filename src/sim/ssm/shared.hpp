#pragma once

/// What the parts of the SSM service share.

#include <string>
#include <string_view>
#include <vector>

#include "aws/core/server.hpp"
#include "aws/ssm/types.hpp"
#include "base/error.hpp"
#include "sim/cloud.hpp"
#include "sim/ssm/command.hpp"
#include "sim/ssm/document_store.hpp"

namespace postern::sim::ssm_shared {

/// "1 validation error detected: Value 'V' at 'M' failed to satisfy constraint: C", status 400.
Error validation_error(std::string_view member, std::string_view value, std::string_view constraint);
/// Every id must look like one, and none may be there twice (DuplicateInstanceId).
Result<void> check_instance_ids(const std::vector<std::string>& ids);
/// The document that a name and version mean to the caller, after asking whether it may use it. Fails with
/// AccessDeniedException, InvalidDocument or InvalidDocumentVersion.
Result<FoundDocument> find_document(const DocumentStore& documents, const aws::server::CallInfo& info,
                                    const std::string& name, const std::optional<std::string>& version);
std::string_view platform_name(Platform platform) noexcept;  ///< "Windows", "Linux"
/// Whether SSM lists an instance as a managed node: stopped and terminated ones are absent.
bool is_listed(const Instance& instance);
/// Where a command's output goes in CloudWatch Logs.
aws::ssm::CloudWatchOutputConfig describe_log_group(const CommandSpec& spec);
/// A command as SendCommand and ListCommands show it.
aws::ssm::Command describe_command(const Command& command);

}  // namespace postern::sim::ssm_shared

namespace postern::sim::ssm_documents {

/// Whether a customer's document may have the name. Fails with ValidationException.
Result<void> check_name(const std::string& name);

}  // namespace postern::sim::ssm_documents
