#pragma once

/// The ExternalId of an account's roles: no secret, but each account's own, so that a role that trusts the hub for one
/// account cannot be had through another ("the confused deputy problem" in the IAM User Guide).

#include <string>
#include <string_view>

#include "rt/random.hpp"

namespace postern::cli {

/// The templates' parameter.
inline constexpr std::string_view kExternalIdParameter = "ExternalId";

/// 128 bits.
std::string new_external_id(rt::Random& random);

}  // namespace postern::cli
