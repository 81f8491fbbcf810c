#pragma once

/// The documents that AWS owns and every account sees, as far as the simulator has them.

#include "sim/ssm/document.hpp"

namespace postern::sim {

/// AWS-RunShellScript, AWS-RunPowerShellScript, AWS-ConfigureAWSPackage, AWS-UpdateSSMAgent and
/// AWSDisasterRecovery-InstallDRAgentOnInstance, sorted by name. Their parameters are AWS's (aws.md 1.11 and 4.8),
/// their wording is ours, and so are their hashes.
std::vector<std::shared_ptr<const Document>> aws_documents();

}  // namespace postern::sim
