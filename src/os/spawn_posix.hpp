#pragma once

/// Starting a child: the part of processes_posix.cpp that knows no event loop.

#include <sys/types.h>

#include "base/error.hpp"
#include "os/children.hpp"
#include "os/processes.hpp"
#include "os/unique_fd.hpp"

namespace postern::os {

/// A started child and our ends of its pipes, none of them inherited by later children.
struct SpawnedChild {
  SpawnedChild() = default;
  pid_t pid = -1;  ///< also its process group
  UniqueFd input;  ///< closed when the spec has no input
  UniqueFd output;
  UniqueFd errors;
};

Result<SpawnedChild> spawn_child(const ProcessSpec& spec);
/// In a session of its own: on the terminal of that name, or on /dev/null and two pipes when it is empty.
Result<SpawnedChild> spawn_session(const ChildSpec& spec, const std::string& terminal);

}  // namespace postern::os
