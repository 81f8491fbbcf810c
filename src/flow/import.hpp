#pragma once

/// Runs put together again from what Systems Manager has of their commands: for when the ledger is gone. Pure but for
/// writing; nothing is ever sent.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/command_port.hpp"
#include "flow/run_records.hpp"

namespace postern::flow {

/// A command as lists have it.
struct PastCommand {
  PastCommand() = default;
  fleet::ScopePtr scope;
  std::string command_id;
  std::string document;
  std::string document_version;
  std::string comment;
  WallTime requested;
  std::chrono::seconds delivery_timeout = std::chrono::minutes(10);
  std::vector<std::string> instance_ids;
  std::vector<Invocation> invocations;
};

class HistoryPort {
 public:
  virtual ~HistoryPort() = default;
  /// The scope's commands since then with our mark, without invocations, oldest first. Systems Manager keeps 30 days.
  virtual rt::Task<Result<std::vector<PastCommand>>> commands(rt::CallContext ctx, fleet::ScopePtr scope,
                                                              WallTime since) = 0;
};

/// What a comment of ours says: "postern op=ULID [r=ULID] the user's".
struct Mark {
  Mark() = default;
  std::string op;
  std::string run;  ///< of commands that were sent before comments had it: the op
  std::string text;
};
std::optional<Mark> parse_comment(std::string_view comment);

/// A run as far as its commands tell.
struct ImportedRun {
  ImportedRun() = default;
  RunHeader header;
  Plan plan;
  /// After the opening: the start, each command, the ends that are known; the end of the run when all are.
  std::vector<RunRecord> records;
  std::vector<ledger::Blob> blobs;
  WallTime first;  ///< when its first command was sent
  Totals totals;
  std::size_t open = 0;
};

/// Groups commands by run, oldest first. A target that two commands of one run reached counts for the later one. What
/// was never sent is not known of: waves are one, parameters are left alone (they may hold secrets in clear).
std::vector<ImportedRun> put_together(std::vector<PastCommand> commands, std::string world, std::string who);

}  // namespace postern::flow
