#pragma once

/// The command engine: every command's way through its states, driven by timers and by what agents report. Nothing that
/// it does for one event grows with the number of commands or targets.

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text_hash.hpp"
#include "rt/context.hpp"
#include "sim/agents.hpp"
#include "sim/cloud.hpp"
#include "sim/ssm/command.hpp"
#include "sim/ssm/command_watcher.hpp"
#include "sim/ssm/output_store.hpp"

namespace postern::sim {

struct EngineOptions {
  EngineOptions() = default;
  Duration dispatch_delay = std::chrono::milliseconds(10);  ///< from SendCommand to the first delivery
  /// The ramp: one instance first, then twice as many with every step, up to MaxConcurrency.
  Duration ramp_step = std::chrono::milliseconds(50);
  std::size_t commands_max = 20'000;  ///< kept; those that ended first are forgotten
  /// Invocations that have not ended, per account and Region; a command beyond it ends as Rate Exceeded.
  std::size_t pending_max = 50'000;
};

/// Loop thread only. The cloud and the agents outlive it.
class CommandEngine final : public WorkListener {
 public:
  CommandEngine(Cloud& cloud, Agents& agents, rt::CallContext ctx, EngineOptions options = EngineOptions());
  ~CommandEngine() override;
  CommandEngine(const CommandEngine&) = delete;
  CommandEngine& operator=(const CommandEngine&) = delete;

  /// Null (as at first): nowhere; SendCommand then refuses OutputS3BucketName. Outlives the engine.
  void keep_output(OutputStore* store) noexcept { store_ = store; }
  bool keeps_output() const noexcept { return store_ != nullptr; }

  /// Null (as at first): nobody. Outlives the engine.
  void watched_by(CommandWatcher* watcher) noexcept { watcher_ = watcher; }
  const CommandWatcher* watcher() const noexcept { return watcher_; }
  /// An alarm was raised, or is gone: commands that name it are stopped in the next turn.
  void alarm_changed();

  /// No room for another command: none of those kept is done.
  bool is_full() const noexcept { return order_.size() >= options_.commands_max && ended_.empty(); }
  /// Accepts a command; nothing runs before the next turn. The reference is good until the next send().
  const Command& send(CommandSpec spec);
  /// Null when the account has none of that id in that Region.
  const Command* find(std::string_view account, std::string_view region, std::string_view id) const;
  /// Newest first.
  std::vector<const Command*> list(const std::string& account, const std::string& region) const;
  /// Asks for an end of the named invocations (none: all). What is done stays done.
  void cancel(const std::string& id, const std::vector<std::string>& instance_ids);
  /// An agent that could not be reached can be: what waits for it is delivered.
  void connected(const std::string& instance_id);
  /// A network, an instance or a policy is changing: nodes that commands wait for are looked at a moment later, and
  /// once more when an instance that was started now is up. Costs nothing while no command waits.
  void reconsider();
  /// The agent and the network to it together.
  Reach reach(const Instance& instance) const;

  bool picked_up(const WorkKey& key) override;
  void progressed(const WorkKey& key, const std::vector<StepOutcome>& steps) override;
  void finished(const WorkKey& key, WorkOutcome outcome) override;

 private:
  using SiteKey = std::pair<std::string, std::string>;
  struct Site {
    Site() = default;
    std::deque<const Command*> commands;  ///< oldest first
    std::size_t pending = 0;              ///< invocations that have not ended
  };
  struct Running {
    Running() = default;
    Command command;
    Site* site = nullptr;
    std::size_t window = 1;
    std::size_t most = 1;       ///< MaxConcurrency in instances
    std::size_t allowed = 0;    ///< MaxErrors in instances
    std::size_t next = 0;       ///< the first invocation that has not been handed over
    std::size_t in_flight = 0;  ///< handed over and not ended
    rt::Clock::TimerId ramp = 0;
    rt::Clock::TimerId expiry = 0;
    std::string_view told = "Pending";  ///< StatusDetails that the watcher knows
    std::shared_ptr<const DocumentValues> parameters;
    std::array<std::shared_ptr<const std::vector<WorkStep>>, 2> steps;  ///< by Platform; made when needed
  };

  WallTime now() const { return cloud_.now(ctx_.clock()); }
  Running* running(std::string_view id);
  void add_invocations(Running& running);
  void arm(Running& running);
  void arm_ramp(Running& running, Duration delay);
  void pump(Running& running);
  void hand_over(Running& running, Invocation& invocation);
  Work work_for(Running& running, const Instance& instance);
  void set_state(Running& running, Invocation& invocation, InvocationState state);
  void tell(Running& running, const Invocation* invocation);
  void end(Running& running, Invocation& invocation, InvocationState state);
  void terminate_rest(Running& running);
  void expire(Running& running);
  void settle(Running& running);
  void upload(const Running& running, const Invocation& invocation, const std::vector<StepOutcome>& steps);
  void forget_old();
  void look_again(std::size_t look);
  void look_at_alarms();

  Cloud& cloud_;
  Agents& agents_;
  rt::CallContext ctx_;
  EngineOptions options_;
  OutputStore* store_ = nullptr;
  CommandWatcher* watcher_ = nullptr;
  // Looked up for every event of every invocation; the order of their ids means nothing.
  std::unordered_map<std::string, std::unique_ptr<Running>, TextHash, std::equal_to<>> commands_;
  std::map<SiteKey, Site> sites_;
  std::deque<std::string> order_;  ///< ids, oldest first
  std::deque<std::string> ended_;  ///< ids of those that are done, in the order in which they ended
  rt::Clock::TimerId look_ = 0;
  rt::Clock::TimerId alarm_look_ = 0;
  std::vector<std::string> with_alarm_;  ///< ids of commands that name one and had not ended at the last look
  std::map<std::string, std::vector<std::string>, std::less<>> waiting_;  ///< instance -> commands that cannot reach it
};

}  // namespace postern::sim
