#pragma once

/// Where the flag that holds a fleet is.

#include "adapters/hub_hold.hpp"
#include "cli/aws_command.hpp"

namespace postern::cli {

/// The fleet file's hub, else the caller's account and Region. Fails with usage when no Region is known.
Result<aws::CallScope> hub_scope(const AwsWork& work);

}  // namespace postern::cli
