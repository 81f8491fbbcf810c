#pragma once

/// `deploy endpoints`: from accounts and Regions to a stack for each VPC with nodes.

#include "cli/aws_command.hpp"
#include "cli/deploy_order.hpp"

namespace postern::cli {

/// Reads the networks and puts a place for each VPC into the order, with its template and parameters; what it costs and
/// what is left alone becomes notes. A place that cannot be read keeps its problem. Fails with usage when there is no
/// VPC to deploy into.
rt::Task<Result<void>> spread_over_vpcs(const Command& command, AwsWork& work, DeployOrder& order);

}  // namespace postern::cli
