#pragma once

/// What a run left behind: commands whose targets were not seen to end, because the run was interrupted, its deadline
/// passed, or their states could not be read.

#include <string>
#include <vector>

#include "flow/command_port.hpp"
#include "flow/result.hpp"

namespace postern::flow {

struct LeftCommand {
  LeftCommand() = default;
  LeftCommand(fleet::ScopePtr s, std::string id) : scope(std::move(s)), command_id(std::move(id)) {}
  fleet::ScopePtr scope;
  std::string command_id;
  std::vector<fleet::InstanceId> instances;
};

/// The commands of unknown targets, in the order of the targets.
std::vector<LeftCommand> left_running(const RunResult& run);

struct CancelOptions {
  CancelOptions() = default;
  std::size_t concurrency = 16;
  Duration poll = std::chrono::milliseconds(500);
  Duration settle = std::chrono::seconds(15);  ///< how long the targets are watched after the cancellation was taken
};

/// A command that could not be cancelled, and why.
struct CancelProblem {
  CancelProblem(LeftCommand c, Error e) : command(std::move(c)), error(std::move(e)) {}
  LeftCommand command;
  Error error;
};

/// Cancels the commands that `run` left running, watches their targets end and writes into `run` what became of them:
/// a target that AWS says was cancelled is failed with that reason, one that ended before is what it is, and one that
/// has not ended yet stays unknown. Returns the commands that could not be cancelled. ctx's deadline bounds it;
/// `port` and `run` outlive the call.
rt::Task<std::vector<CancelProblem>> cancel_left_running(rt::CallContext ctx, CommandPort& port, RunResult& run,
                                                         CancelOptions options);

}  // namespace postern::flow
