#include "flow/result.hpp"

namespace postern::flow {

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::succeeded:
      return "succeeded";
    case Outcome::failed:
      return "failed";
    case Outcome::skipped:
      return "skipped";
    case Outcome::unknown:
      return "unknown";
  }
  return "unknown";
}

void Totals::count(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::succeeded:
      ++succeeded;
      break;
    case Outcome::failed:
      ++failed;
      break;
    case Outcome::skipped:
      ++skipped;
      break;
    case Outcome::unknown:
      ++unknown;
      break;
  }
}

Totals RunResult::totals() const {
  Totals totals;
  for (const TargetResult& target : targets) totals.count(target.outcome);
  return totals;
}

}  // namespace postern::flow
