#pragma once

/// run --secret NAME=env:VARIABLE|file:PATH|ssm:PARAMETER: values that the ledger, reports and logs never hold.

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "flow/secrets.hpp"

namespace postern::cli {

struct SecretOption {
  SecretOption() = default;
  std::string name;
  std::string source;     ///< "env:NAME" or "file:PATH"; empty with ssm:
  std::string parameter;  ///< of ssm:
};

/// --secret as given. Usage: a literal, an unknown kind of source, a name that is given twice or by --env too.
Result<std::vector<SecretOption>> chosen_secrets(const Command& command);

/// Says in the spec which marks stand for what, and lets nodes read the parameters of ssm: themselves.
void mark_secrets(flow::CommandSpec& spec, const std::vector<SecretOption>& options, std::string salt);

/// Usage when --env, --parameter or --parameter-windows give a literal for what sounds like a secret or is declared one
/// (--sensitive), unless --not-secret says that it is none.
Result<void> refuse_literals(const Invocation& invocation);

/// Reads what the spec refers to now, and notes the digests in it. Warns that Systems Manager keeps them in clear.
Result<flow::SecretValues> first_values(const Command& command, flow::CommandSpec& spec);

/// Whether a run that is taken up has anything left to send.
enum class StillToSend : std::uint8_t { yes, no };

/// Reads them again. Refused when one is not there, or is another than it was (--changed-secrets takes it), and
/// something is still to be sent; when nothing is, outputs are left out instead.
Result<flow::SecretValues> values_again(const Command& command, const flow::CommandSpec& spec, StillToSend still);

}  // namespace postern::cli
