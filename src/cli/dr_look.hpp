#pragma once

/// One look at instances and at DRS: what coverage and reports are made of.

#include "cli/dr_work.hpp"
#include "recovery/coverage.hpp"

namespace postern::cli {

struct LookOrder {
  LookOrder() = default;
  fleet::Selector selector = fleet::Selector::none();
  recovery::SweepOptions sweep;
};

struct DrLook {
  DrLook() = default;
  fleet::Discovery chosen;  ///< the instances that are meant
  recovery::Sweep sweep;
  recovery::CoverageInput input;  ///< complete but for what it borrows
  std::string ledger_trouble;     ///< why nobody knows what rollouts installed; empty: it is known

  /// Borrows this.
  recovery::Coverage coverage() const;
};

/// Every instance of the scopes, the servers of the sites, and what the ledger's rollouts installed. Fails only with
/// cancelled.
rt::Task<Result<DrLook>> look_at_dr(const Command& command, const DrWork& work, LookOrder order);

}  // namespace postern::cli
