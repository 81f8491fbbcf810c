#pragma once

/// The ledger of the command line: where it is, and who this process is to others.

#include <functional>
#include <memory>
#include <string>

#include "adapters/aws_session.hpp"
#include "cli/command.hpp"
#include "flow/journal.hpp"
#include "ledger/sqlite_store.hpp"

namespace postern::cli {

/// The world that a command works in, as the ledger and reports have it: "sim:demo" in a simulated one, "custom" at
/// configured endpoints, else "aws".
std::string world_label(const Command& command, const adapters::AwsSession* session);

/// The world of a command that has no AWS session: POSTERN_WORLD's, configured endpoints', or the real one.
std::string world_without_session(const Command& command);

/// --ledger, else POSTERN_LEDGER, else ledger-<world>.db in $XDG_STATE_HOME/postern (~/.local/state/postern): runs of
/// different worlds are never in one file. Fails with usage when there is no home either.
Result<std::string> ledger_path(const Command& command, const std::string& world);

struct OpenLedger {
  OpenLedger() = default;
  std::string world;
  std::string path;
  std::unique_ptr<rt::Worker> worker;
  std::unique_ptr<ledger::Store> store;  ///< works on the worker
};

enum class LedgerUse : std::uint8_t { write, look };

/// Made when it is to be written and is not there; looked at, a missing one is not_found.
Result<OpenLedger> open_ledger(const Command& command, const std::string& world, LedgerUse use);

/// "ops@laptop": who answers for what this process does, in ledgers, flags and reports.
std::string operator_name(const Command& command);

/// This process as the holder of a run, and how to tell that another has died: same host, and either the machine was
/// started again or no such process runs.
flow::JournalOptions journal_options(const Command& command, const std::string& world);

/// "ops@laptop (process 4242)" of a holder's JSON.
std::string describe_holder(std::string_view holder);

/// A conflict of the journal as a refusal that names the other operator.
Error in_other_hands(Error conflict, std::string_view what);

/// The prefix of the streams of runs.
inline constexpr std::string_view kRunPrefix = "run/";
/// Stands for the newest run where one is named; no ULID.
inline constexpr std::string_view kLatestRun = "latest";

/// The run of this id in any case, or the newest that was not pruned. Usage when there is none of the id, not_found
/// when there is none at all.
rt::Task<Result<std::string>> find_run(const Command& command, ledger::Store& store, std::string name);

}  // namespace postern::cli
