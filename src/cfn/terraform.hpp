#pragma once

#include <string>

#include "base/error.hpp"
#include "cfn/template.hpp"

namespace postern::cfn {

/// The same resources as Terraform configuration for the aws provider, laid out as `terraform fmt` does. Parameters
/// become variables, conditions become locals, exports are dropped (other configurations read outputs). Fails where
/// check() does, and with unsupported for a resource type, property or attribute that has no counterpart here: nothing
/// is left out silently.
Result<std::string> to_terraform(const Template& source);

}  // namespace postern::cfn
