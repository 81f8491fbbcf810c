#pragma once

/// After a cleanup: what of the drill is still there, asked of the service and of EC2.

#include "cli/aws_command.hpp"
#include "cli/dr_report.hpp"

namespace postern::cli {

struct ResidueSeen {
  ResidueSeen() = default;
  std::vector<Residue> residue;
  std::vector<std::string> unverified;  ///< what could not be asked
};

/// Recovery instances that the service still lists, EC2 instances that are not terminated, and the volumes that were
/// attached to them, of a cleanup's plan.
rt::Task<ResidueSeen> look_for_residue(const Command& command, AwsWork& work, const flow::Plan& plan);

}  // namespace postern::cli
