#pragma once

namespace postern::os {

/// Called first in main: what is freed goes back to the system instead of being kept for later. A body of a megabyte is
/// held for a moment, and hundreds come; threads share one heap, for all but one of them do little. Does nothing where
/// the C library is not glibc.
void return_memory_early() noexcept;

}  // namespace postern::os
