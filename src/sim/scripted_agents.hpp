#pragma once

/// Scripted agents: what a command does is decided by a function, and time passes by timers alone. A piece of work is
/// one record, no coroutine.

#include <functional>
#include <map>

#include "rt/context.hpp"
#include "sim/agents.hpp"

namespace postern::sim {

/// How one agent deals with one piece of work.
struct Behaviour {
  Behaviour() = default;
  Duration run_time = std::chrono::seconds(1);
  int exit_code = 0;
  std::string output;
  std::string errors;
  bool stalls = false;  ///< picked up and never heard of again, not even after a cancellation
};

/// Loop thread only. ctx's clock outlives it, and whoever listens to work that is under way outlives it too.
class ScriptedAgents final : public Agents {
 public:
  ScriptedAgents(rt::CallContext ctx, std::function<Behaviour(const Work&)> decide)
      : ctx_(ctx), decide_(std::move(decide)) {}
  ~ScriptedAgents() override;
  ScriptedAgents(const ScriptedAgents&) = delete;
  ScriptedAgents& operator=(const ScriptedAgents&) = delete;
  void deliver(Work work, WorkListener& listener) override;
  void cancel(const WorkKey& key) override;
  std::size_t under_way() const noexcept { return records_.size(); }
  std::size_t most_at_once() const noexcept { return most_; }

 private:
  struct Record {
    Record() = default;
    Behaviour behaviour;
    std::chrono::seconds execution_timeout{};
    WorkListener* listener = nullptr;
    rt::Clock::TimerId timer = 0;
    bool started = false;
  };
  void begin(const WorkKey& key);
  void end(const WorkKey& key, WorkOutcome outcome);
  void arm(const WorkKey& key, Record& record, Duration delay, WorkOutcome::End how);

  rt::CallContext ctx_;
  std::function<Behaviour(const Work&)> decide_;
  std::map<WorkKey, Record> records_;
  std::size_t most_ = 0;
};

}  // namespace postern::sim
