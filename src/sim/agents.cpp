#include "sim/agents.hpp"

namespace postern::sim {
namespace agents_detail {

using End = StepOutcome::End;
using Then = WorkStep::Then;

bool failed(End end) {
  return end == End::failed || end == End::timed_out;
}

/// Whether the step that just ended keeps the following ones from running; a failure may be turned into a success.
bool stops(const WorkStep& step, StepOutcome& outcome) {
  if (failed(outcome.end)) {
    if (step.on_failure == Then::stop_as_success) outcome.end = End::success;
    return step.on_failure != Then::go_on;
  }
  return outcome.end == End::success && step.on_success != Then::go_on;
}

StepOutcome not_run(End end, std::string why) {
  StepOutcome outcome;
  outcome.end = end;
  outcome.exit_code = end == End::skipped ? 0 : 1;
  (end == End::skipped ? outcome.output : outcome.errors) = std::move(why);
  return outcome;
}

}  // namespace agents_detail

Platform agent_platform(const Instance& instance) noexcept {
  const Platform real = instance.traits->platform;
  if (instance.traits->agent.profile != AgentProfile::wrong_platform) return real;
  return real == Platform::windows ? Platform::linux : Platform::windows;
}

std::string agent_version(const Instance& instance) {
  const std::string& version = instance.traits->agent.version;
  const bool untold = version == AgentConfig().version;
  return untold && instance.traits->agent.profile == AgentProfile::old ? std::string("2.0.533.0") : version;
}

Reach Agents::reach(const Instance& instance) const {
  if (instance.state != InstanceState::running) return Reach::lost;
  switch (instance.traits->agent.profile) {
    case AgentProfile::none:
    case AgentProfile::connection_lost:
      return Reach::lost;
    case AgentProfile::offline:
      return Reach::silent;
    default:
      return Reach::connected;
  }
}

std::optional<std::size_t> next_step(const std::vector<WorkStep>& steps, std::vector<StepOutcome>& done) {
  using namespace agents_detail;
  std::string stopped_by;
  for (std::size_t i = 0; i < done.size() && i < steps.size(); ++i) {
    if (done[i].end == End::cancelled) return std::nullopt;
    if (stops(steps[i], done[i])) stopped_by = steps[i].name;
  }
  while (done.size() < steps.size()) {
    const WorkStep& step = steps[done.size()];
    if (!stopped_by.empty() && !step.is_finally) {
      done.push_back(
          not_run(End::skipped, "Step execution skipped due to step " + stopped_by + ". Step name: " + step.name));
    } else if (!step.skipped.empty()) {
      done.push_back(not_run(End::skipped, step.skipped));
    } else if (!step.refused.empty()) {
      done.push_back(not_run(End::failed, step.refused));
      if (stops(step, done.back())) stopped_by = step.name;
    } else {
      return done.size();
    }
  }
  return std::nullopt;
}

}  // namespace postern::sim
