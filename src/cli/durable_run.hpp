#pragma once

/// Working on a run of the ledger from the command line: start it, take it up, cancel it, with progress and with what
/// is said when somebody leaves.

#include <functional>

#include "cli/run_ledger.hpp"
#include "cli/run_outputs.hpp"
#include "flow/driver.hpp"
#include "flow/notice.hpp"

namespace postern::cli {

/// Told when a run, or that it goes on, is in the ledger and before anything is sent.
using RunOpened = std::function<rt::Task<void>(const flow::RunModel&)>;

struct RunOrder {
  RunOrder() = default;
  flow::Plan plan;
  flow::RunHeader header;  ///< complete; without a run_id start_run() gives one
  std::string confirmed;
  flow::HoldFlag* hold = nullptr;  ///< read before every wave; null: nobody holds it. Borrowed.
  RunOutputs* outputs = nullptr;   ///< told of what happens, if there is one
  RunOpened opened;                ///< may be empty
  std::string label;               ///< of one of several runs at once; empty: it is alone
};

/// What a person decided before a run is taken up.
struct ResumeOrder {
  ResumeOrder() = default;
  std::string run_id;
  std::optional<flow::record::Decision> decide;  ///< about every send in doubt
  std::string command_id;                        ///< to adopt; only with one send in doubt
  bool release = false;                          ///< the hold is over
  bool cancel = false;
  std::string why;
  std::string break_glass;         ///< why it goes on over the rails; empty: it does not
  flow::HoldFlag* hold = nullptr;  ///< as RunOrder's
  RunOutputs* outputs = nullptr;   ///< told of what happens, if there is one
  RunOpened opened;                ///< may be empty
};

struct RunCame {
  RunCame() = default;
  flow::RunResult result;  ///< outputs are in the ledger
  report::RunFacts facts;
  std::string status;  ///< flow::run_status()
  flow::RunKind kind = flow::RunKind::command;
  std::size_t gated = 0;  ///< of a drill or recovery: servers that a gate kept out of the plan
  std::optional<flow::record::Held> hold;
  std::optional<flow::Notice> notice;  ///< what others are told of it (run_signals.hpp); absent: nothing
  std::vector<std::string> notify;     ///< whom the run's own --notify named
};

/// Refused when another process has the plan or the run; the ledger's failures as they are.
rt::Task<Result<RunCame>> start_run(const Command& command, OpenLedger& ledger, flow::CommandPort& port,
                                    RunOrder order);
/// `scopes`: what the command line and the fleet file say of the accounts, for what the ledger does not keep.
rt::Task<Result<RunCame>> resume_run(const Command& command, OpenLedger& ledger, flow::CommandPort& port,
                                     const std::vector<fleet::ScopePtr>& scopes, ResumeOrder order);

/// Whether nothing more comes of it.
bool is_over(const RunCame& run);

/// A run of the ledger as it is.
RunCame as_it_is(const flow::RunModel& model, std::string world, const std::string& why_open);

/// Tells it as the command line asks (RunOutputs::deliver), also when the command was interrupted. Then how it goes on,
/// on stderr. The exit code.
rt::Task<Result<int>> deliver_run(const Command& command, RunOutputs& outputs, OpenLedger& ledger, const RunCame& run,
                                  const fleet::Discovery& discovery, int exit_code);

/// The lines that say how a run that is not over goes on; empty when it is over.
std::string how_to_go_on(const RunCame& run);

/// flow::exit_code_of(), and 3 for a run that is held: 253 when that is for credentials and nothing ran.
int exit_code_of(const RunCame& run, std::size_t scope_problems);

}  // namespace postern::cli
