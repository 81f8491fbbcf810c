#pragma once

#include <string>
#include <string_view>

namespace postern::obs {

/// Masks what looks like a credential in text that leaves the process: values after secret-bearing names
/// (aws_secret_access_key, SecretAccessKey, SessionToken, X-Amz-Security-Token, X-Amz-Signature, Authorization,
/// password, token ... with '=', ':' or JSON punctuation in between). Access key ids stay: they are what an operator
/// searches for. The types that hold secrets never print them; this is the second line, for texts of others (a
/// credential_process's stderr, a service's message).
std::string redact(std::string_view text);

}  // namespace postern::obs
