#pragma once

/// Time-based one-time passwords (RFC 6238 with HMAC-SHA-1, 30 s and six digits) and their seeds in base32 (RFC 4648
/// section 6): what a virtual MFA device is.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "sim/iam/entities.hpp"

namespace postern::sim {

/// Without padding.
std::string to_base32(std::string_view bytes);
/// Upper or lower case, with or without padding and spaces. Absent: it is no base32, or has no or too many bytes.
std::optional<std::string> from_base32(std::string_view text);

/// The step of 30 seconds that the time is in.
std::int64_t totp_step(WallTime now) noexcept;
/// Six digits. `seed` is bytes.
std::string totp_code(std::string_view seed, std::int64_t step);

/// Whether the device shows that code at `now`, one step early or late; then that code and those before it are spent.
/// "A code is good once" counts per device.
bool spend_code(MfaDevice& device, std::string_view code, WallTime now);
/// Two codes in succession: the first within `steps` of the device's clock, the second of the next step. Both are
/// spent, and how far the clock was off is remembered.
bool spend_codes(MfaDevice& device, std::string_view first, std::string_view second, WallTime now, std::int64_t steps);

}  // namespace postern::sim
