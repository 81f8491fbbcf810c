#pragma once

/// The key pairs of hybrid nodes: an agent signs its requests for credentials with its own private key.

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::sim {

/// Fails with usage unless `public_key` is the base64 of a DER SubjectPublicKeyInfo of an RSA key of at least 2,048
/// bits.
Result<void> check_node_key(std::string_view public_key);
/// True when `signature` (base64) is the key's RSA-PSS signature with SHA-256 and a salt of 32 bytes.
bool verify_node_signature(std::string_view public_key, std::string_view text, std::string_view signature);

}  // namespace postern::sim
