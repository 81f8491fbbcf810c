#include "flow/exit_code.hpp"

#include <algorithm>

namespace postern::flow {
namespace {

constexpr int kInterrupted = 130;
constexpr int kEnvironment = 253;
constexpr int kService = 254;
constexpr int kOther = 255;

}  // namespace

int exit_code_for(const ExitFacts& facts) noexcept {
  if (facts.interrupted) return kInterrupted;
  if (facts.nothing_ran) return *facts.nothing_ran;
  if (facts.gate) return 3;
  if (facts.unreachable) return 4;
  return facts.failed ? 1 : 0;
}

int exit_code_of_refusal(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::credentials:
    case ErrorKind::unavailable:  // a refusal is definite: not a byte reached AWS
      return kEnvironment;
    case ErrorKind::not_found:
    case ErrorKind::denied:
    case ErrorKind::throttled:
    case ErrorKind::conflict:
    case ErrorKind::malformed:
    case ErrorKind::service:
      return kService;
    default:
      return kOther;
  }
}

int exit_code_of(const RunResult& run, std::size_t scope_problems) {
  ExitFacts facts;
  facts.interrupted = run.interrupted;
  facts.unreachable = scope_problems > 0;
  bool sent = false;
  std::optional<int> refusal;
  for (const TargetResult& target : run.targets) {
    facts.unreachable = facts.unreachable || target.outcome == Outcome::unknown || target.unreachable;
    facts.failed = facts.failed || (target.outcome == Outcome::failed && !target.unreachable);
    sent = sent || (target.outcome != Outcome::skipped && !target.refusal);
    if (target.refusal) refusal = std::min(refusal.value_or(kOther), exit_code_of_refusal(*target.refusal));
  }
  if (!sent) facts.nothing_ran = refusal;
  return exit_code_for(facts);
}

int worst_exit_code(const RunResult& run) {
  int worst = 0;
  for (const TargetResult& target : run.targets) {
    const bool wrong = target.outcome == Outcome::failed || target.outcome == Outcome::unknown;
    worst = std::max(worst, target.exit_code.value_or(wrong ? kOther : 0));
  }
  return std::clamp(worst, 0, 255);
}

}  // namespace postern::flow
