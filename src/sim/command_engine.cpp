#include "sim/command_engine.hpp"

#include <algorithm>
#include <array>

#include "base/ids.hpp"

namespace postern::sim {
namespace command_engine {

std::string new_id(rt::Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return make_uuid(bytes);
}

bool is_reachable(const Instance& instance) {
  const AgentProfile profile = instance.traits->agent.profile;
  return instance.state == InstanceState::running && (profile == AgentProfile::live || profile == AgentProfile::slow);
}

std::size_t concurrency(const Command& command) {
  return std::max<std::size_t>(1, resolve_limit(command.spec.max_concurrency, command.invocations.size()));
}

InvocationState state_of(WorkOutcome::End end) {
  switch (end) {
    case WorkOutcome::End::success:
      return InvocationState::success;
    case WorkOutcome::End::timed_out:
      return InvocationState::execution_timed_out;
    case WorkOutcome::End::cancelled:
      return InvocationState::cancelled;
    case WorkOutcome::End::failed:
      break;
  }
  return InvocationState::failed;
}

}  // namespace command_engine

CommandEngine::CommandEngine(Cloud& cloud, Agents& agents, rt::CallContext ctx, EngineOptions options)
    : cloud_(cloud), agents_(agents), ctx_(ctx), options_(options) {}

CommandEngine::~CommandEngine() {
  for (auto& [id, command] : commands_) {
    ctx_.clock().unschedule(command->ramp);
    ctx_.clock().unschedule(command->expiry);
  }
}

bool CommandEngine::is_full() const {
  if (order_.size() < options_.commands_max) return false;
  return std::none_of(commands_.begin(), commands_.end(),
                      [](const auto& entry) { return entry.second->command.is_done(); });
}

const Command& CommandEngine::send(CommandSpec spec) {
  forget_old();
  auto made = std::make_unique<Running>();
  Command& command = made->command;
  do {
    command.id = command_engine::new_id(ctx_.random());
  } while (commands_.contains(command.id));
  command.requested = std::chrono::floor<std::chrono::milliseconds>(now());
  command.expires = command.requested + spec.delivery_timeout + spec.execution_timeout;
  command.visible = command.requested + cloud_.config().list_lag;
  for (const std::string& id : spec.resolved) {
    Invocation& invocation = command.invocations.emplace_back();
    invocation.instance_id = id;
    const Instance* instance = cloud_.find_instance(spec.account_id, spec.region, id);
    if (instance == nullptr) continue;
    invocation.instance_name = instance->name;
    if (!spec.document->supports(instance->traits->platform)) invocation.state = InvocationState::invalid_platform;
  }
  command.spec = std::move(spec);
  ++cloud_.truth().commands;
  const std::string id = command.id;
  Running& kept = *commands_.emplace(id, std::move(made)).first->second;
  order_.push_back(id);
  arm_ramp(kept, options_.dispatch_delay);
  const Duration total = kept.command.expires - kept.command.requested;
  kept.expiry = ctx_.clock().schedule(ctx_.now() + total, [this, id] {
    if (Running* found = running(id)) expire(*found);
  });
  return kept.command;
}

const Command* CommandEngine::find(std::string_view account, std::string_view region, std::string_view id) const {
  const auto found = commands_.find(id);
  if (found == commands_.end()) return nullptr;
  const Command& command = found->second->command;
  return command.spec.account_id == account && command.spec.region == region ? &command : nullptr;
}

std::vector<const Command*> CommandEngine::list(std::string_view account, std::string_view region) const {
  std::vector<const Command*> found;
  for (auto id = order_.rbegin(); id != order_.rend(); ++id) {
    const Command& command = commands_.find(*id)->second->command;
    if (command.spec.account_id == account && command.spec.region == region) found.push_back(&command);
  }
  return found;
}

CommandEngine::Running* CommandEngine::running(std::string_view id) {
  const auto found = commands_.find(id);
  return found == commands_.end() ? nullptr : found->second.get();
}

void CommandEngine::arm_ramp(Running& command, Duration delay) {
  if (command.ramp != 0 || command.next >= command.command.invocations.size()) return;
  command.ramp = ctx_.clock().schedule(ctx_.now() + delay, [this, id = command.command.id] {
    Running* found = running(id);
    if (found == nullptr) return;
    found->ramp = 0;
    pump(*found);
    const std::size_t most = command_engine::concurrency(found->command);
    if (found->window == most) return;  // from here on every end makes room and pumps
    found->window = std::min(found->window * 2, most);
    arm_ramp(*found, options_.ramp_step);
  });
}

/// Hands over while the window has room and errors are within the limit.
void CommandEngine::pump(Running& running) {
  Command& command = running.command;
  if (command.errors() > resolve_limit(command.spec.max_errors, command.invocations.size())) terminate_rest(running);
  while (running.next < command.invocations.size()) {
    Invocation& invocation = command.invocations[running.next];
    if (is_terminal(invocation.state)) {
      ++running.next;
      continue;
    }
    std::size_t handed = 0;
    for (const Invocation& one : command.invocations) handed += one.handed_over && !is_terminal(one.state) ? 1 : 0;
    if (handed >= running.window) return;
    ++running.next;
    hand_over(running, invocation);
  }
}

void CommandEngine::hand_over(Running& running, Invocation& invocation) {
  const CommandSpec& spec = running.command.spec;
  invocation.handed_over = true;
  const Instance* instance = cloud_.find_instance(spec.account_id, spec.region, invocation.instance_id);
  if (instance == nullptr || !command_engine::is_reachable(*instance)) {
    const bool lost = instance != nullptr && instance->traits->agent.profile == AgentProfile::connection_lost;
    invocation.state = lost ? InvocationState::delayed : InvocationState::in_progress;
    return;
  }
  Work work;
  work.key = WorkKey(running.command.id, invocation.instance_id);
  work.account_id = spec.account_id;
  work.region = spec.region;
  work.host_name = instance->name.empty() ? instance->id : instance->name;
  work.platform = instance->traits->platform;
  work.platform_name = instance->traits->platform_name;
  work.platform_version = instance->traits->platform_version;
  work.pick_up_delay = instance->traits->agent.pick_up_delay;
  work.programs = instance->traits->programs;
  work.action = spec.document->plugin;
  work.execution_timeout = spec.execution_timeout;
  if (const auto found = spec.parameters.find("commands"); found != spec.parameters.end())
    work.commands = found->second;
  if (const auto found = spec.parameters.find("workingDirectory"); found != spec.parameters.end()) {
    work.working_directory = found->second.empty() ? std::string() : found->second.front();
  }
  agents_.deliver(std::move(work), *this);
}

void CommandEngine::terminate_rest(Running& running) {
  for (Invocation& invocation : running.command.invocations) {
    if (!invocation.handed_over && !is_terminal(invocation.state)) invocation.state = InvocationState::terminated;
  }
  running.next = running.command.invocations.size();
}

void CommandEngine::expire(Running& running) {
  running.expiry = 0;
  for (Invocation& invocation : running.command.invocations) {
    if (is_terminal(invocation.state)) continue;
    invocation.state = InvocationState::delivery_timed_out;
    invocation.finished = now();
    agents_.cancel(WorkKey(running.command.id, invocation.instance_id));
  }
  settle(running);
}

/// Terminal states are sticky: nothing here changes one.
void CommandEngine::settle(Running& running) {
  if (!running.command.is_done()) return;
  ctx_.clock().unschedule(running.ramp);
  ctx_.clock().unschedule(running.expiry);
  running.ramp = 0;
  running.expiry = 0;
}

void CommandEngine::cancel(const std::string& id, const std::vector<std::string>& instance_ids) {
  Running* found = running(id);
  if (found == nullptr || found->command.is_done()) return;
  if (instance_ids.empty()) found->command.cancel_asked = true;
  for (Invocation& invocation : found->command.invocations) {
    const auto& ids = instance_ids;
    if (!ids.empty() && std::find(ids.begin(), ids.end(), invocation.instance_id) == ids.end()) continue;
    if (is_terminal(invocation.state)) continue;
    if (!invocation.started) {
      invocation.state = InvocationState::cancelled;
      invocation.finished = now();
    } else {
      invocation.state = InvocationState::cancelling;
    }
    agents_.cancel(WorkKey(id, invocation.instance_id));
  }
  pump(*found);
  settle(*found);
}

bool CommandEngine::picked_up(const WorkKey& key) {
  Running* found = running(key.command_id);
  if (found == nullptr) return false;
  Invocation* invocation = found->command.find(key.instance_id);
  if (invocation == nullptr || is_terminal(invocation->state)) return false;
  // Past the delivery timeout a command is no longer started; it ends as Delivery Timed Out when it expires.
  if (now() > found->command.requested + found->command.spec.delivery_timeout) return false;
  invocation->state = InvocationState::in_progress;
  invocation->started = now();
  ++cloud_.truth().executions[key.instance_id];
  return true;
}

void CommandEngine::finished(const WorkKey& key, WorkOutcome outcome) {
  Running* found = running(key.command_id);
  if (found == nullptr) return;
  Invocation* invocation = found->command.find(key.instance_id);
  if (invocation == nullptr || is_terminal(invocation->state)) return;
  invocation->state = command_engine::state_of(outcome.end);
  invocation->exit_code = outcome.exit_code;
  invocation->output = kept_output(outcome.output);
  invocation->errors = kept_errors(outcome.errors);
  invocation->finished = now();
  found->window = std::min(found->window * 2, command_engine::concurrency(found->command));
  pump(*found);
  settle(*found);
}

void CommandEngine::forget_old() {
  if (order_.size() < options_.commands_max) return;
  for (auto id = order_.begin(); id != order_.end(); ++id) {
    const auto found = commands_.find(*id);
    if (!found->second->command.is_done()) continue;
    commands_.erase(found);
    order_.erase(id);
    return;
  }
}

}  // namespace postern::sim
