#pragma once

#include "aws/auth/provider_parts.hpp"
#include "os/console.hpp"

namespace postern::cli {

/// Says why the last code was refused, if one was, then asks "MFA code for SERIAL: " on the terminal, without echo, one
/// question at a time; three tries for six digits. Empty when there is nobody to ask (input or stderr is no terminal).
/// The code goes nowhere but into the call. Fails with cancelled, credentials when no code was given. The console
/// outlives it.
aws::auth::MfaPrompt make_mfa_prompt(os::Console& console);

}  // namespace postern::cli
