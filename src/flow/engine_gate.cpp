// Between two waves, and the end of the time that a run has.

#include <algorithm>

#include "base/text.hpp"
#include "flow/engine_turn.hpp"

namespace postern::flow {

/// Whether a wave may begin. The gate before it is reached once, however often the program is started again: what is
/// left of its wait is waited for, its command is asked again.
bool Engine::Turn::gate_is_open(std::uint32_t wave) {
  const RunModel& model = e_.model_;
  const GatePolicy& policy = model.header().policy.gate;
  std::uint32_t before = 0;  // waves that had targets
  for (std::uint32_t i = 0; i < wave; ++i) before += model.plan().waves[i].targets > 0 ? 1 : 0;
  const bool gated = policy.any() && before > 0 && (!policy.first_only || before == 1);
  if (!gated) return true;
  const std::string& name = model.plan().waves[wave].name;
  if (!model.gate() || model.gate()->wave != wave) {
    record::Gate gate;
    gate.wave = wave;
    gate.why = "the wave before it has ended";
    note_down(std::move(gate));
    if (policy.wait > Duration{}) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(policy.wait);
      say("gate: the wave '" + name + "' begins in " + std::to_string(seconds.count()) + " s");
    }
  }
  if (model.gate()->passed) return true;
  const WallTime until = model.gate()->since + policy.wait;
  if (now_.wall < until) {
    e_.gate_timer_ = now_.mono + (until - now_.wall);
    return false;
  }
  if (!policy.command.empty()) {
    action::TestGate test;
    test.wave = wave;
    e_.testing_gate_ = true;
    step_.actions.emplace_back(test);
    return false;
  }
  if (policy.pause) {
    hold(record::HoldCause::gate, "the wave '" + name + "' waits for a person");
    return false;
  }
  open_gate(wave, "its time was up");
  return true;
}

void Engine::Turn::open_gate(std::uint32_t wave, std::string why) {
  record::Gate gate;
  gate.wave = wave;
  gate.passed = true;
  gate.why = std::move(why);
  note_down(std::move(gate));
}

void Engine::Turn::on(event::GateTested event) {
  e_.testing_gate_ = false;
  const std::uint32_t wave = e_.model_.gate()->wave;
  const std::string& name = e_.model_.plan().waves[wave].name;
  if (!may_send()) return;  // whoever takes it up asks again
  if (event.why_not) {
    hold(record::HoldCause::gate, "the gate before the wave '" + name + "' is shut: " + *event.why_not);
  } else if (e_.model_.header().policy.gate.pause) {
    hold(record::HoldCause::gate, "the wave '" + name + "' waits for a person; the gate's command agrees");
  } else {
    open_gate(wave, "its command ended with exit code 0");
  }
}

bool Engine::Turn::is_late() const {
  const std::optional<WallTime>& deadline = e_.model_.header().policy.deadline;
  return deadline && now_.wall >= *deadline;
}

/// Why what is waiting will never be sent; empty: it may be.
std::string Engine::Turn::why_dropped() const {
  if (e_.model_.cancelling()) return "the run was cancelled before it was sent";
  if (e_.model_.deadline_passed()) return "the run's deadline passed before it was sent";
  return {};
}

/// From the deadline on nothing is sent. What is in doubt stays so: a person may still say what became of it.
void Engine::Turn::meet_deadline() {
  RunModel& model = e_.model_;
  if (!is_late() || model.deadline_passed() || model.closed() || model.open() == 0) return;
  // A send under way was in time: should it come to nothing, its batch is found waiting after that.
  const bool cancels = model.header().policy.deadline_cancels;
  const bool concerned = std::any_of(model.batches().begin(), model.batches().end(), [cancels](const BatchState& one) {
    return one.phase == BatchPhase::waiting || (cancels && one.phase == BatchPhase::following);
  });
  if (!concerned) return;
  note_down(record::DeadlinePassed());
  say(cancels ? "the run's deadline has passed: nothing more is sent, and what runs is cancelled"
              : "the run's deadline has passed: nothing more is sent");
  e_.gate_timer_.reset();
  drop_waiting();
  if (!cancels || model.cancelling()) return;
  for (std::uint32_t batch = 0; batch < model.batches().size(); ++batch) {
    if (state(batch).phase == BatchPhase::following) ask_to_end(batch);
  }
}

/// By the wall clock, which may be set: looked at anew after every step.
void Engine::Turn::watch_deadline() {
  const RunModel& model = e_.model_;
  e_.deadline_timer_.reset();
  const std::optional<WallTime>& deadline = model.header().policy.deadline;
  const bool over = model.closed() || model.deadline_passed() || model.open() == 0 || !e_.stopped_.empty();
  if (!deadline || over || is_late()) return;
  e_.deadline_timer_ = now_.mono + (*deadline - now_.wall);
}

}  // namespace postern::flow
