#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "cfn/template.hpp"

namespace postern::cfn {

/// What a stack is given: values of parameters (defaults otherwise), the account, and attributes of resources.
struct Inputs {
  Inputs() = default;
  std::map<std::string, std::vector<std::string>, std::less<>> parameters;
  std::string account = "111122223333";
  std::string partition = "aws";
  std::string region = "us-east-1";
  /// By "Resource" (what Ref gives) and "Resource.Attribute".
  std::map<std::string, std::string, std::less<>> resources;
};

/// A value of the template as JSON with every intrinsic worked out, as CloudFormation hands it to IAM. Fails when a
/// parameter has no value or a resource's attribute is not known.
Result<std::string> resolve_json(const Template& source, const Value& value, const Inputs& inputs);
/// Whether the condition holds. The template has it.
Result<bool> holds(const Template& source, std::string_view condition, const Inputs& inputs);

}  // namespace postern::cfn
