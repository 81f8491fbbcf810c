#pragma once

/// What stands between the command engine and whoever runs commands: live agents with child processes, or scripted ones
/// that only need a timer.

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/cloud.hpp"
#include "sim/ssm/document.hpp"

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

/// One step of a document on one platform, with the parameters put in.
struct WorkStep {
  WorkStep() = default;
  enum class Then : std::uint8_t { go_on, stop, stop_as_success };
  std::string name;    ///< the step's; in schema 1.2 the plugin's: "aws:runShellScript"
  std::string action;  ///< "aws:runShellScript"
  std::vector<std::string> commands;
  std::string working_directory;  ///< empty: the command's own folder
  std::chrono::seconds timeout{3600};
  Json inputs;          ///< all of the step's inputs
  std::string skipped;  ///< why it is not run on this platform; empty: it is run
  std::string refused;  ///< why it fails on this platform without being run; empty: it does not
  Then on_failure = Then::go_on;
  Then on_success = Then::go_on;
  bool is_finally = false;  ///< runs although a step before it stopped the document
};

/// One command on one instance. A document has steps, which run one after the other (next_step()).
struct Work {
  Work() = default;
  WorkKey key;
  std::string account_id;
  std::string region;
  std::string host_name;
  Platform platform = Platform::linux;
  std::string platform_name;
  std::string platform_version;
  AgentProfile profile = AgentProfile::live;
  std::string agent_version;
  Duration pick_up_delay{};
  std::map<std::string, std::string> programs;
  std::shared_ptr<const std::vector<WorkStep>> steps;  ///< never null; shared by the command's instances
  /// The document and its parameters as they were sent, for agents that put them in themselves.
  std::shared_ptr<const Document> document;
  std::shared_ptr<const DocumentValues> parameters;
  std::string output_bucket;
  std::string output_prefix;
  std::string log_group;
};

struct StepOutcome {
  StepOutcome() = default;
  enum class End : std::uint8_t { success, failed, timed_out, cancelled, skipped };
  End end = End::failed;
  int exit_code = -1;
  std::string output;  ///< of a step that was timed out or cancelled: what it wrote until then
  std::string errors;
  std::optional<WallTime> started;  ///< absent: the engine takes the times at which it is told
  std::optional<WallTime> finished;
};

/// What became of a piece of work: the steps that ended, in the document's order.
struct WorkOutcome {
  WorkOutcome() = default;
  explicit WorkOutcome(std::vector<StepOutcome> all) : steps(std::move(all)) {}
  std::vector<StepOutcome> steps;
};

/// The platform and version that an instance's agent reports to SSM.
Platform agent_platform(const Instance& instance) noexcept;
std::string agent_version(const Instance& instance);

/// The step that runs after those in `done`, to which it appends what is skipped or refused on the way; absent when
/// the document has ended. Rules: onFailure, onSuccess and finallyStep of the SSM agent 3.0.502; without them a failed
/// step does not keep the next from running; a cancelled one does.
std::optional<std::size_t> next_step(const std::vector<WorkStep>& steps, std::vector<StepOutcome>& done);

/// Who is told. Never called from inside deliver() or cancel().
class WorkListener {
 public:
  virtual ~WorkListener() = default;
  /// The agent is about to run it. False: it came too late or was called off, and must not be run; finished() is then
  /// not called.
  virtual bool picked_up(const WorkKey& key) = 0;
  /// Steps that ended so far while others are to come; optional.
  virtual void progressed(const WorkKey&, const std::vector<StepOutcome>&) {}
  /// Exactly once after a picked_up() that answered true, unless the agent was lost.
  virtual void finished(const WorkKey& key, WorkOutcome outcome) = 0;
};

/// Whether SSM reaches a node's agent. `silent`: it still looks Online, but nothing comes back.
enum class Reach : std::uint8_t { connected, silent, lost };

class Agents {
 public:
  virtual ~Agents() = default;
  /// By default what the instance's state and profile say.
  virtual Reach reach(const Instance& instance) const;
  /// Hands over one piece of work and returns at once. `listener` outlives the agents.
  virtual void deliver(Work work, WorkListener& listener) = 0;
  /// Asks for an end; work that has ended or never came is ignored.
  virtual void cancel(const WorkKey& key) = 0;
};

}  // namespace postern::sim
