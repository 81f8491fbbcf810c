#pragma once

/// The constraints of the model, as AWS's own servers check them before an operation runs.

#include <string>
#include <vector>

#include "aws/core/spec.hpp"
#include "base/error.hpp"

namespace postern::aws {

/// The constraints that a decoded input violates, each as one AWS sentence:
/// "Value '51' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 50".
/// Checks required members, lengths, ranges and enums at every level; at most `violations_max` are reported.
/// Values of sensitive members are left out of the sentence, as AWS does.
std::vector<std::string> find_violations(const Shape& input, const void* value, std::size_t violations_max = 20);

/// Server: ok, or usage with the AwsFault ValidationException (status 400) and the message
/// "2 validation errors detected: ...; ...". EC2: MissingParameter or InvalidParameterValue for the first violation.
Result<void> validate_input(const OperationSpec& op, const void* input);

}  // namespace postern::aws
