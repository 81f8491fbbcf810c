#pragma once

/// `--via stackset`: the roles in every account of organizational units, by one stack set of the organization.

#include "cli/aws_command.hpp"
#include "cli/deploy_show.hpp"

namespace postern::cli {

inline constexpr std::string_view kViaStackSet = "stackset";

inline bool is_by_stack_set(const Invocation& invocation) {
  return invocation.value("--via") == kViaStackSet;
}

/// The command with an open session, which the caller closes. The value is the exit code.
rt::Task<Result<int>> deploy_by_stack_set(const Command& command, AwsWork& work, DeployDeed deed);

}  // namespace postern::cli
