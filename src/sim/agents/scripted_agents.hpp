#pragma once

/// Scripted agents: what a command does is decided by a function, and time passes by timers alone. A piece of work is
/// one record in a calendar of ticks: no coroutine, and one timer of the clock per tick that anything happens in.

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "rt/context.hpp"
#include "sim/agents.hpp"

namespace postern::sim {

/// How one agent deals with one piece of work. Output, errors and exit code are those of every step that runs.
struct Behaviour {
  Behaviour() = default;
  Duration run_time = std::chrono::seconds(1);  ///< of every step
  int exit_code = 0;
  std::string output;
  std::string errors;
  bool stalls = false;   ///< picked up and never heard of again, not even after a cancellation
  bool dies = false;     ///< as stalls, and its connection is lost at the end of run_time
  unsigned reboots = 0;  ///< so many times the first step asks for a reboot and runs again
  std::string refuses;   ///< why the agent fails the document without running it; empty: it does not
};

/// Loop thread only. ctx's clock outlives it, and whoever listens to work that is under way outlives it too.
class ScriptedAgents final : public Agents {
 public:
  using Decide = std::function<Behaviour(const Work&)>;
  /// What happens in the same tick happens together.
  static constexpr std::chrono::milliseconds kTick{10};

  ScriptedAgents(rt::CallContext ctx, Decide decide);
  ~ScriptedAgents() override;
  ScriptedAgents(const ScriptedAgents&) = delete;
  ScriptedAgents& operator=(const ScriptedAgents&) = delete;
  /// Of an agent that died: lost from then on.
  Reach reach(const Instance& instance) const override;
  void deliver(Work work, WorkListener& listener) override;
  void cancel(const WorkKey& key) override;
  std::size_t under_way() const noexcept { return records_.size() - free_.size(); }
  std::size_t most_at_once() const noexcept { return most_; }

 private:
  struct Record {
    Record() = default;
    WorkKey key;
    Behaviour behaviour;
    std::shared_ptr<const std::vector<WorkStep>> steps;
    std::vector<StepOutcome> done;
    WorkListener* listener = nullptr;
    std::uint64_t due = 0;         ///< the tick it waits for; 0: none
    std::uint32_t generation = 0;  ///< of this place: what was armed for an earlier user of it is void
    bool used = false;
    bool started = false;
    bool cancelled = false;
  };
  struct Entry {
    std::uint32_t index;
    std::uint32_t generation;
  };

  void arm(std::uint32_t index, Duration delay);
  void fire(std::uint64_t tick);
  void step(std::uint32_t index);
  void begin(std::uint32_t index);
  void run_next(std::uint32_t index);
  void end_step(Record& record);
  void release(std::uint32_t index);

  rt::CallContext ctx_;
  Decide decide_;
  std::set<std::string, std::less<>> lost_;
  std::vector<Record> records_;
  std::vector<std::uint32_t> free_;
  struct Index;
  std::unique_ptr<Index> by_key_;
  struct Slot {
    Slot() = default;
    rt::Clock::TimerId timer = 0;
    std::vector<Entry> entries;
  };
  std::map<std::uint64_t, Slot> calendar_;
  std::size_t started_ = 0;
  std::size_t most_ = 0;
};

}  // namespace postern::sim
