#pragma once

#include "base/error.hpp"

namespace postern::os {

/// Called once, first in main: no core dumps (RLIMIT_CORE 0) and no reading of our memory by other processes of the
/// user (PR_SET_DUMPABLE 0), for secrets live there; SIGPIPE is ignored, so that a broken pipe is an error value;
/// descriptors 0 to 2 are open, so that no file of ours can become standard output.
Result<void> harden_process();

/// Only the SIGPIPE part.
void ignore_sigpipe() noexcept;

}  // namespace postern::os
