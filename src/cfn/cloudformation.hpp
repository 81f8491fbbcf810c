#pragma once

#include <string>

#include "base/error.hpp"
#include "cfn/template.hpp"

namespace postern::cfn {

/// The template as CloudFormation YAML: block style, short intrinsics, comments where they were given. The same value
/// always gives the same bytes. Fails where check() does.
Result<std::string> to_cloudformation(const Template& source);
/// A map as YAML in the same style, by itself.
std::string to_yaml(const Value& map);

}  // namespace postern::cfn
