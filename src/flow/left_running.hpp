#pragma once

/// What a run left behind: commands whose targets were not seen to end, because the run was interrupted, its deadline
/// passed, or their states could not be read.

#include <string>
#include <vector>

#include "flow/result.hpp"

namespace postern::flow {

struct LeftCommand {
  LeftCommand() = default;
  LeftCommand(fleet::ScopePtr s, std::string id) : scope(std::move(s)), command_id(std::move(id)) {}
  fleet::ScopePtr scope;
  std::string command_id;
  std::size_t targets = 0;  ///< how many it may still run on
  /// Which: left_running() fills them. While a run goes on their number is enough: 100,000 ids take much room.
  std::vector<fleet::InstanceId> instances;
};

/// The commands of unknown targets, in the order of the targets.
std::vector<LeftCommand> left_running(const RunResult& run);

}  // namespace postern::flow
