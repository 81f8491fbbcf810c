#pragma once

/// What must be true of every run, whatever went wrong in it: the ledger against itself, and against what the simulated
/// cloud knows to have happened.

#include <string>

#include "tests/dst/sim_run.hpp"

namespace postern::dst {

/// The first thing that is not as it must be, as a sentence; empty: all is. Of an audited run, also all that its
/// records can show: limits, budgets, waves, holds, and that nothing was sent twice.
std::string check_run(const SimRunResult& result, SimRun& run);

/// The pieces, for tests of their own.
std::string check_totals(const SimRunResult& result, const SimRunOptions& options);
/// Folds the records once more, and looks at every intent.
std::string check_records(const SimRunResult& result);
/// The run's commands in the simulated cloud against its intents and its results.
std::string check_truth(const SimRunResult& result, SimRun& run);
/// The run ended soon enough after the last disturbance.
std::string check_time(const SimRunResult& result, const SimRunOptions& options);
/// No secret in log, trace, results or on the disk.
std::string check_secrets(const SimRunResult& result, SimRun& run);

}  // namespace postern::dst
