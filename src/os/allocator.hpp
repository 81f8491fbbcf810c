#pragma once

namespace postern::os {

/// Called first in main: what is freed goes back to the system instead of being kept for later. A body of a megabyte is
/// held for a moment, and hundreds come; threads share one heap, for all but one of them do little. Does nothing where
/// the C library is not glibc.
void return_memory_early() noexcept;

/// Gives back what has been freed in small pieces, which glibc keeps until all behind it is free as well. Takes about a
/// millisecond for ten megabytes: called between two parts of a work that need different things. Does nothing where the
/// C library is not glibc.
void return_freed_memory() noexcept;

}  // namespace postern::os
