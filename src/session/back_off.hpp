#pragma once

/// When a connection that broke is tried again, and when it is not.

#include "base/error.hpp"
#include "base/time.hpp"
#include "rt/random.hpp"

namespace postern::session {

/// How long to wait before attempt `attempt` (0 is the first that waits): the other clients' r * 2^n milliseconds with
/// r of 100 to 199 (protocol.md B1.1), no more than `most`.
Duration back_off(rt::Random& random, unsigned attempt, Duration most);

/// Whether the same thing may succeed later without anybody doing anything: networks come back, services recover.
bool may_pass(const Error& error) noexcept;

}  // namespace postern::session
