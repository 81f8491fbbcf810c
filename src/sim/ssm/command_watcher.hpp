#pragma once

#include <optional>
#include <string>

#include "sim/ssm/command.hpp"

namespace postern::sim {

/// What the command engine tells the rest of the cloud, and asks it. Never calls the engine from inside.
class CommandWatcher {
 public:
  virtual ~CommandWatcher() = default;
  /// The command's own state is another one than before.
  virtual void command_changed(const Command& command) = 0;
  virtual void invocation_changed(const Command& command, const Invocation& invocation) = 0;
  /// Everything that a step wrote to "stdout" or "stderr", of a command whose spec has a log group.
  virtual void step_wrote(const Command& command, const Invocation& invocation, const std::string& step,
                          const std::string& stream, const std::string& text) = 0;
  /// "OK", "ALARM", "INSUFFICIENT_DATA"; absent: there is no such alarm.
  virtual std::optional<std::string> alarm_state(const std::string& account, const std::string& region,
                                                 const std::string& alarm) const = 0;
};

}  // namespace postern::sim
