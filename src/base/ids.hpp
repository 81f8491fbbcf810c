#pragma once

/// Identifiers made by postern.

#include <array>
#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace postern {

/// A ULID (26 characters of Crockford base32): 48 bits of milliseconds, then 80 random bits, so that ids sort by time.
/// The caller supplies both, which keeps simulated runs reproducible.
std::string make_ulid(WallTime time, const std::array<std::uint8_t, 10>& random);

/// A random UUID (RFC 9562 version 4) from 16 random bytes, lower case with hyphens.
std::string make_uuid(std::array<std::uint8_t, 16> random);

}  // namespace postern
