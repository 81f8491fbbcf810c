#pragma once

/// The read-only switch: a reviewed list of operations, and the session policy that lets AWS enforce the same.

#include <span>
#include <string>
#include <string_view>

#include "aws/core/spec.hpp"

namespace postern::aws {

/// One operation that may be called under --read-only. Reviewed by hand: a new Describe operation is refused until it
/// is here.
struct ReadOperation {
  std::string_view service;  ///< ServiceSpec::id
  std::string_view operation;
  std::string_view action;  ///< the IAM action it needs, "ssm:ListCommands"; empty when it needs none
};

std::span<const ReadOperation> read_operations();

/// True when the operation is on the list.
bool is_reviewed_read(const OperationSpec& operation);

/// The policy for AssumeRole's `Policy` parameter that allows exactly the actions of the list; compact JSON, below the
/// limit of 2,048 characters (aws.md 5.1).
std::string read_only_session_policy();

}  // namespace postern::aws
