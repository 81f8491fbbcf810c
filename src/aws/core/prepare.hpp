#pragma once

/// What a client does to an input before it is encoded.

#include <string>

#include "aws/core/spec.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"

namespace postern::aws {

/// Fills every idempotency token of the input that is not set. `make_token` gives a fresh UUID each time. Call it once
/// per call, not per attempt: the token is what makes attempts one.
void fill_idempotency_tokens(const OperationSpec& op, void* input, FunctionRef<std::string()> make_token);

/// The operation's host prefix with its {labels} replaced by the input's members: "foo.{label}." -> "foo.bar.". A label
/// must be one DNS label (RFC 1123). Errors: usage.
Result<std::string> expand_host_prefix(const OperationSpec& op, const void* input);

/// Every required member is set, at every level. Errors: usage, naming the first that is missing with its path
/// ("ssm SendCommand: Targets[0].Key is required").
Result<void> check_required(const OperationSpec& op, const void* input);

}  // namespace postern::aws
