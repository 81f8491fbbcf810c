#pragma once

/// What stands between the command engine and whoever runs commands: live agents with child processes, or scripted ones
/// that only need a timer.

#include <compare>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/cloud.hpp"

namespace postern::sim {

/// One command on one instance.
struct WorkKey {
  WorkKey() = default;
  WorkKey(std::string command, std::string instance)
      : command_id(std::move(command)), instance_id(std::move(instance)) {}
  std::string command_id;
  std::string instance_id;
  friend auto operator<=>(const WorkKey&, const WorkKey&) = default;
};

struct Work {
  Work() = default;
  WorkKey key;
  std::string account_id;
  std::string region;
  std::string host_name;
  Platform platform = Platform::linux;
  std::string platform_name;
  std::string platform_version;
  Duration pick_up_delay{};
  std::map<std::string, std::string> programs;
  std::string action;  ///< "aws:runShellScript"
  std::vector<std::string> commands;
  std::string working_directory;  ///< empty: the command's own folder
  std::chrono::seconds execution_timeout{3600};
};

struct WorkOutcome {
  WorkOutcome() = default;
  enum class End : std::uint8_t { success, failed, timed_out, cancelled };
  End end = End::failed;
  int exit_code = -1;
  std::string output;
  std::string errors;
};

/// Who is told. Never called from inside deliver() or cancel().
class WorkListener {
 public:
  virtual ~WorkListener() = default;
  /// The agent is about to run it. False: it came too late or was called off, and must not be run; finished() is then
  /// not called.
  virtual bool picked_up(const WorkKey& key) = 0;
  /// Exactly once after a picked_up() that answered true.
  virtual void finished(const WorkKey& key, WorkOutcome outcome) = 0;
};

class Agents {
 public:
  virtual ~Agents() = default;
  /// Hands over one piece of work and returns at once. `listener` outlives the agents.
  virtual void deliver(Work work, WorkListener& listener) = 0;
  /// Asks for an end; work that has ended or never came is ignored.
  virtual void cancel(const WorkKey& key) = 0;
};

}  // namespace postern::sim
