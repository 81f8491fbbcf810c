#include "report/facts.hpp"

#include "base/text.hpp"

namespace postern::report {

std::string RunFacts::name_of(const flow::TargetResult& target) const {
  if (!target.name.empty()) return target.name;
  if (names.empty()) return target.target.id().text();
  const auto found = names.find(target.target.label());
  return found == names.end() || found->second.empty() ? target.target.id().text() : found->second;
}

std::string RunFacts::folded(std::span<const std::string> names_given) const {
  return fold ? fold(names_given) : join(names_given, ",");
}

std::string_view RunFacts::status_of(const flow::RunResult& run) const {
  const flow::Totals totals = run.totals();
  if (run.interrupted) return "interrupted";
  if (totals.unknown > 0 || !unasked.empty()) return "incomplete";
  if (totals.failed > 0) return totals.succeeded > 0 ? "partial" : "failed";
  return totals.skipped > 0 ? "partial" : "succeeded";
}

bool is_error(const flow::TargetResult& target) noexcept {
  if (target.outcome == flow::Outcome::unknown) return true;
  if (target.outcome == flow::Outcome::skipped) return target.unreachable;
  return target.outcome == flow::Outcome::failed && (target.unreachable || target.refusal.has_value());
}

}  // namespace postern::report
