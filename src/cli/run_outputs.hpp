#pragma once

/// Everything that is made of a run: the answer on stdout, and what --outdir, --junit, --html and --events ask for.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/run_events.hpp"
#include "cli/run_report.hpp"
#include "report/facts.hpp"

namespace postern::cli {

/// What a report tells of a run besides its result; `world` as world_label() has it.
report::RunFacts facts_of(const flow::RunModel& model, std::string world);

/// Prints a report on stdout, what it needs of outputs read from the store a little at a time.
rt::Task<Result<void>> print_pieces(rt::CallContext ctx, ledger::Store& store, const Command& command,
                                    report::Pieces& pieces);

/// A run that came to something, with what is needed to tell it. All of it outlives the call.
struct RunTold {
  RunTold() = default;
  const flow::RunResult* result = nullptr;
  const report::RunFacts* facts = nullptr;
  const fleet::Discovery* discovery = nullptr;
  ledger::Store* store = nullptr;
  int exit_code = 0;  ///< unless something cannot be written
};

class RunOutputs {
 public:
  /// What the command line asks for. Usage when options contradict each other. `command` outlives it.
  static Result<RunOutputs> chosen(const Command& command);
  RunOutputs(RunOutputs&&) noexcept;
  RunOutputs& operator=(RunOutputs&&) = delete;
  ~RunOutputs();

  /// Whether all of it can be written: to be asked before anything is sent. Usage when not, or when the folder holds
  /// something else than the outputs of `run_id` (empty: of a run that is not there yet).
  Result<void> check_places(const std::string& run_id) const;

  /// Begins the stream of events, if there is to be one: null otherwise.
  rt::Task<Result<RunEvents*>> begin_events(rt::CallContext ctx, ledger::Store& store, const flow::RunModel& model,
                                            const report::RunFacts& facts);

  /// Writes the files, ends the stream and prints the answer. What cannot be written is said on stderr, and then the
  /// exit code is not 0. Fails when the ledger does.
  rt::Task<Result<int>> deliver(rt::CallContext ctx, RunTold told);

 private:
  struct Events;
  explicit RunOutputs(const Command& command);
  rt::Task<Result<void>> write_reports(rt::CallContext ctx, const RunTold& told);
  rt::Task<Result<void>> write_folder(rt::CallContext ctx, const RunTold& told);
  rt::Task<Result<void>> answer(rt::CallContext ctx, const RunTold& told);
  rt::Task<Result<void>> write_file(rt::CallContext ctx, ledger::Store& store, std::string path,
                                    report::Pieces& pieces);
  bool events_on_stdout() const;
  void unwritten(const Error& error);

  const Command* command_;
  OutputOptions options_;
  Grouping grouping_ = Grouping::gathered;
  bool lambda_ = false;
  std::optional<std::string> outdir_;
  std::optional<std::string> junit_;
  std::optional<std::string> html_;
  std::unique_ptr<Events> events_;
  bool unwritten_ = false;
};

}  // namespace postern::cli
