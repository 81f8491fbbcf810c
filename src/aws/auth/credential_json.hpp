#pragma once

#include <string>
#include <string_view>

#include "aws/core/credentials.hpp"
#include "base/error.hpp"

namespace postern::aws::auth {

/// Which keys the session token has in the three JSON documents that carry credentials.
enum class CredentialDocument : std::uint8_t {
  process,   ///< credential_process: Version 1, SessionToken; no Expiration means for ever
  metadata,  ///< container and instance metadata: Token; Expiration required; Code other than Success is an error
};

/// Errors: credentials, naming what is missing; never the text itself.
Result<Credentials> parse_credential_json(std::string_view text, CredentialDocument kind, std::string source);

}  // namespace postern::aws::auth
