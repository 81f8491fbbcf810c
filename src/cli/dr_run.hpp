#pragma once

/// Drills, recoveries and cleanups as runs: from a plan to the answer.

#include "cli/dr_plan.hpp"
#include "cli/dr_report.hpp"
#include "cli/dr_work.hpp"

namespace postern::cli {

/// What is to be done, planned but not agreed to.
struct DrOrder {
  DrOrder() = default;
  flow::Plan plan;
  flow::RunHeader header;                  ///< kind, recovery, parent and title are set
  std::vector<fleet::Instance> instances;  ///< for the rails; their refs are the plan's targets
  fleet::Discovery asked;
  std::vector<std::string> doubts;
  std::vector<recovery::ChosenLaunch> chosen;  ///< empty for a cleanup
  std::string of_run;                          ///< of a cleanup
  fleet::DrSettings settings;                  ///< launch settings for this launch alone (dr_lease.hpp)
};

/// The options that all three share, read before anything is called.
struct DrOptions {
  DrOptions() = default;
  std::size_t concurrency = 16;
  std::chrono::seconds job_timeout = std::chrono::hours(4);
};
Result<DrOptions> read_dr_options(const Command& command);

/// Shows the plan; unless it is a dry run: rails, agreement, the run, the answer. The exit code.
rt::Task<Result<int>> run_dr_order(const Command& command, DrWork& work, DrOptions options, DrOrder order);

/// The answer of a run that came to rest, whoever drove it: of a cleanup after looking for what is left. `plan` is the
/// run's.
rt::Task<Result<int>> finish_dr_run(const Command& command, AwsWork& work, OpenLedger& ledger, const RunCame& run,
                                    const flow::Plan& plan, const fleet::Discovery& asked);

/// The duty of those who take up a run of this kind.
fleet::Duty duty_of(flow::RunKind kind) noexcept;

}  // namespace postern::cli
