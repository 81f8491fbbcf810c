#pragma once

/// What an answer of Systems Manager means, whoever asked.

#include "flow/command_port.hpp"
#include "flow/result.hpp"

namespace postern::flow {

/// Whether AWS can have taken the command although no answer told us so.
bool is_ambiguous(const Error& error);

/// Whether the same question may be answered later. `service`, `not_found` and `conflict` may: a command that was just
/// sent need not be known yet (InvalidCommandId, InvocationDoesNotExist).
bool may_pass(ErrorKind kind);

/// A target's end by what is listed of it now; `before` is what was last seen of it.
TargetResult result_of(fleet::TargetRef target, const Invocation& now, const Invocation& before);

/// A ULID of ctx's clock and random source.
std::string make_op_id(rt::CallContext ctx);

}  // namespace postern::flow
