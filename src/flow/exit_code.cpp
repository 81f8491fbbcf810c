#include "flow/exit_code.hpp"

#include <algorithm>

namespace postern::flow {

int exit_code_of(const RunResult& run, std::size_t scope_problems) {
  if (run.interrupted) return 130;
  bool unreachable = scope_problems > 0;
  bool failed = false;
  for (const TargetResult& target : run.targets) {
    unreachable = unreachable || target.outcome == Outcome::unknown || target.unreachable;
    failed = failed || (target.outcome == Outcome::failed && !target.unreachable);
  }
  if (unreachable) return 4;
  return failed ? 1 : 0;
}

int worst_exit_code(const RunResult& run) {
  int worst = 0;
  for (const TargetResult& target : run.targets) {
    if (target.exit_code) {
      worst = std::max(worst, *target.exit_code);
    } else if (target.outcome == Outcome::failed) {
      worst = 255;
    }
  }
  return std::clamp(worst, 0, 255);
}

}  // namespace postern::flow
