#pragma once

/// What the parts of the SSM service share.

#include <string>
#include <string_view>
#include <vector>

#include "aws/ssm/types.hpp"
#include "base/error.hpp"
#include "sim/command.hpp"

namespace postern::sim::ssm_shared {

/// "1 validation error detected: Value 'V' at 'M' failed to satisfy constraint: C", status 400.
Error validation_error(std::string_view member, std::string_view value, std::string_view constraint);
/// Every id must look like one, and none may be there twice (DuplicateInstanceId).
Result<void> check_instance_ids(const std::vector<std::string>& ids);
/// A command as SendCommand and ListCommands show it.
aws::ssm::Command describe_command(const Command& command);

}  // namespace postern::sim::ssm_shared
