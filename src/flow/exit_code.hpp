#pragma once

#include "flow/run.hpp"

namespace postern::flow {

/// DESIGN.md section 9: 130 interrupted, 4 unreachable or unknown targets (skipped ones that we wanted and could not
/// reach count), 1 some target failed, 0. `scope_problems`: accounts or Regions that could not be asked, whose targets
/// nobody knows.
int exit_code_of(const RunResult& run, std::size_t scope_problems);

/// -S: the greatest exit code that a target reported; targets that failed without one count as 255.
int worst_exit_code(const RunResult& run);

}  // namespace postern::flow
