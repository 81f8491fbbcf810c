#pragma once

/// The command engine: every command's way through its states, driven by timers and by what agents report.

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rt/context.hpp"
#include "sim/agents.hpp"
#include "sim/cloud.hpp"
#include "sim/command.hpp"

namespace postern::sim {

struct EngineOptions {
  EngineOptions() = default;
  Duration dispatch_delay = std::chrono::milliseconds(10);  ///< from SendCommand to the first delivery
  /// The ramp: one instance first, then twice as many with every step, up to MaxConcurrency.
  Duration ramp_step = std::chrono::milliseconds(50);
  std::size_t commands_max = 5'000;  ///< kept; the oldest that are done are forgotten
};

/// Loop thread only. The cloud and the agents outlive it.
class CommandEngine final : public WorkListener {
 public:
  CommandEngine(Cloud& cloud, Agents& agents, rt::CallContext ctx, EngineOptions options = EngineOptions());
  ~CommandEngine() override;
  CommandEngine(const CommandEngine&) = delete;
  CommandEngine& operator=(const CommandEngine&) = delete;

  /// No room for another command: none of those kept is done.
  bool is_full() const;
  /// Accepts a command; nothing runs before the next turn. The reference is good until the next send().
  const Command& send(CommandSpec spec);
  /// Null when the account has none of that id in that Region.
  const Command* find(std::string_view account, std::string_view region, std::string_view id) const;
  /// Newest first.
  std::vector<const Command*> list(std::string_view account, std::string_view region) const;
  /// Asks for an end of the named invocations (none: all). What is done stays done.
  void cancel(const std::string& id, const std::vector<std::string>& instance_ids);

  bool picked_up(const WorkKey& key) override;
  void finished(const WorkKey& key, WorkOutcome outcome) override;

 private:
  struct Running {
    Running() = default;
    Command command;
    std::size_t window = 1;
    std::size_t next = 0;  ///< the first invocation that has not been handed over
    rt::Clock::TimerId ramp = 0;
    rt::Clock::TimerId expiry = 0;
  };

  WallTime now() const { return cloud_.now(ctx_.clock()); }
  Running* running(std::string_view id);
  void arm_ramp(Running& command, Duration delay);
  void pump(Running& command);
  void hand_over(Running& command, Invocation& invocation);
  void terminate_rest(Running& command);
  void expire(Running& command);
  void settle(Running& command);
  void forget_old();

  Cloud& cloud_;
  Agents& agents_;
  rt::CallContext ctx_;
  EngineOptions options_;
  std::map<std::string, std::unique_ptr<Running>, std::less<>> commands_;
  std::deque<std::string> order_;  ///< ids, oldest first
};

}  // namespace postern::sim
