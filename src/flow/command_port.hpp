#pragma once

/// What the run engine needs of Systems Manager; adapters implement it with AWS, tests with a script.

#include <optional>
#include <string>
#include <vector>

#include "fleet/batch.hpp"
#include "flow/plan.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::flow {

enum class InvocationStatus : std::uint8_t { pending, running, succeeded, failed, timed_out, cancelled };

struct Invocation {
  Invocation() = default;
  std::string instance_id;
  InvocationStatus status = InvocationStatus::pending;
  std::string details;  ///< AWS's StatusDetails: "Delivery Timed Out", "Undeliverable"
  std::optional<int> exit_code;
  std::string output;  ///< stdout and stderr as the listing has them, cut at 2,500 characters
  bool truncated = false;
};

struct Output {
  Output() = default;
  std::string out;
  std::string err;
  std::optional<int> exit_code;
  bool truncated = false;           ///< 24,000 and 8,000 characters are what SSM keeps
  std::string note;                 ///< why it is truncated although all of it should have been kept elsewhere
  std::optional<Duration> elapsed;  ///< what AWS says it took
};

/// How far a command is, over all its targets.
struct CommandCount {
  CommandCount() = default;
  std::string command_id;
  std::size_t targets = 0;
  std::size_t completed = 0;
  bool done = false;  ///< the command itself has ended
};

bool is_done(InvocationStatus status) noexcept;

/// A send whose answer was lost, as it is looked for.
struct LostSend {
  LostSend() = default;
  std::string mark;                        ///< comment_mark() of its op
  WallTime not_before;                     ///< by this host's clock
  std::vector<fleet::InstanceId> targets;  ///< that have not ended: those it was sent for
};

class CommandPort {
 public:
  virtual ~CommandPort() = default;
  /// Sends once, never again by itself; returns the command's id. Error::delivery() tells whether it can have been
  /// executed. A refusal that names instances is conflict with the ids in context "instances" (blank-separated).
  virtual rt::Task<Result<std::string>> send(rt::CallContext ctx, fleet::Batch batch, CommandSpec spec, Shell shell,
                                             std::string comment) = 0;
  /// All invocations that are listed so far: the list lags behind send().
  virtual rt::Task<Result<std::vector<Invocation>>> invocations(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                std::string command_id) = 0;
  /// The counts of the scope's commands that were sent at `not_before` or later (by this host's clock, with its error
  /// allowed for): some calls for all of them instead of one each.
  virtual rt::Task<Result<std::vector<CommandCount>>> counts(rt::CallContext ctx, fleet::ScopePtr scope,
                                                             WallTime not_before) = 0;
  /// The command whose comment begins with the mark, if it is listed. How far this host's clock may be wrong is the
  /// implementation's business.
  virtual rt::Task<Result<std::optional<std::string>>> find(rt::CallContext ctx, fleet::ScopePtr scope,
                                                            LostSend lost) = 0;
  /// Asks for an end of the command on all its targets that have not ended. May be asked again: a target that has ended
  /// stays as it is.
  virtual rt::Task<Result<void>> cancel(rt::CallContext ctx, fleet::ScopePtr scope, std::string command_id) = 0;
  virtual rt::Task<Result<Output>> output(rt::CallContext ctx, fleet::ScopePtr scope, std::string command_id,
                                          fleet::InstanceId instance) = 0;
};

}  // namespace postern::flow
