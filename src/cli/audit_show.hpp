#pragma once

/// What `audit who` and `audit trail` answer: documents and tables. Pure.

#include <string>
#include <vector>

#include "audit/assumptions.hpp"
#include "audit/reconcile.hpp"
#include "audit/sweep.hpp"
#include "cli/output.hpp"

namespace postern::cli {

/// One account and Region that could not be asked, or not to the end.
struct LookupProblem {
  LookupProblem() = default;
  LookupProblem(fleet::ScopePtr s, Error e) : scope(std::move(s)), error(std::move(e)) {}
  fleet::ScopePtr scope;
  Error error = Error(ErrorKind::internal, "");
};

/// How far the look-ups went.
struct LookedInto {
  LookedInto() = default;
  WallTime from;
  WallTime to;
  std::size_t sites = 0;   ///< accounts and Regions
  std::size_t events = 0;  ///< read
  std::size_t unreadable = 0;
  std::vector<LookupProblem> problems;
  /// Of places that would only have told more of callers' names.
  std::vector<LookupProblem> beside;
  /// Given up with more to come: "444455556666/us-east-1: nothing before 2026-01-01T00:00:00Z was read".
  std::vector<std::string> cuts;
  bool complete() const noexcept { return problems.empty() && cuts.empty() && unreadable == 0; }
};

/// "postern.assumptions/1"
Answer assumptions_answer(const std::string& world, const std::string& role,
                          const std::vector<audit::Assumption>& assumptions, const LookedInto& looked);

/// A run as its reconciliation is told of.
struct AuditedRun {
  AuditedRun() = default;
  std::string id;
  std::string world;
  std::string status;
};

/// "postern.reconciliation/1"
Answer reconciliation_answer(const AuditedRun& run, const audit::Reconciliation& found, const LookedInto& looked);

/// Unknown events and what stands out, a line each, and the sum; for people.
std::string describe_reconciliation(const audit::Reconciliation& found);

}  // namespace postern::cli
