#pragma once

/// The ExternalId of an account's roles: no secret, but each account's own, so that a role that trusts the hub for one
/// account cannot be had through another ("the confused deputy problem" in the IAM User Guide).

#include <string>
#include <string_view>

#include "rt/random.hpp"

namespace postern::cli {

/// The templates' parameter.
inline constexpr std::string_view kExternalIdParameter = "ExternalId";

/// Two hexadecimal digits a byte.
std::string random_hex(rt::Random& random, std::size_t bytes);

/// 128 bits.
std::string new_external_id(rt::Random& random);

}  // namespace postern::cli
