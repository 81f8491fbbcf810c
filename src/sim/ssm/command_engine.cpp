#include "sim/ssm/command_engine.hpp"

#include <algorithm>
#include <utility>

#include "base/ids.hpp"
#include "sim/ec2/reachability.hpp"
#include "sim/ssm/work_steps.hpp"

namespace postern::sim {
namespace command_engine {

constexpr std::size_t kWaitingMax = 1'000;  // commands that wait for one node
/// From a change to the looks at who waits: agents try again every second, and an instance takes a while to start.
constexpr std::array<Duration, 2> kLooks = {std::chrono::seconds(1), ec2::kStartTime + ec2::kRegistrationTime};

std::string new_id(rt::Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return make_uuid(bytes);
}

bool takes_commands(const Instance* instance) {
  if (instance == nullptr) return false;
  return instance->state != InstanceState::terminated && instance->state != InstanceState::shutting_down;
}

InvocationState state_of(const std::vector<StepOutcome>& steps) {
  using End = StepOutcome::End;
  const auto has = [&](End end) {
    return std::any_of(steps.begin(), steps.end(), [&](const StepOutcome& one) { return one.end == end; });
  };
  if (has(End::cancelled)) return InvocationState::cancelled;
  if (has(End::timed_out)) return InvocationState::execution_timed_out;
  return has(End::failed) || steps.empty() ? InvocationState::failed : InvocationState::success;
}

/// As the service keeps it: cut, and with times.
void keep(Invocation& invocation, StepOutcome step, WallTime now) {
  step.output = kept_output(step.output);
  step.errors = kept_errors(step.errors);
  if (step.end != StepOutcome::End::skipped) {
    if (!step.finished) step.finished = now;
    std::optional<WallTime> before = invocation.started;
    for (const StepOutcome& one : invocation.steps) {
      if (one.finished) before = one.finished;
    }
    if (!step.started) step.started = before;
  }
  invocation.steps.push_back(std::move(step));
}

}  // namespace command_engine

std::string output_key(const std::string& prefix, const std::string& command_id, const std::string& instance_id,
                       const std::string& action, const std::string& step, const std::string& stream) {
  const auto plain = [](std::string text) {
    std::erase(text, ':');
    return text;
  };
  // Of schema 1.2 the step's name is the plugin's, and the folder is the id in its properties.
  const std::string folder = step == action ? "0." + plain(action) : step;
  std::string key = prefix;
  if (!key.empty() && !key.ends_with('/')) key += '/';
  return key + command_id + "/" + instance_id + "/" + plain(action) + "/" + folder + "/" + stream;
}

CommandEngine::CommandEngine(Cloud& cloud, Agents& agents, rt::CallContext ctx, EngineOptions options)
    : cloud_(cloud), agents_(agents), ctx_(ctx), options_(options) {}

CommandEngine::~CommandEngine() {
  ctx_.clock().unschedule(look_);
  ctx_.clock().unschedule(alarm_look_);
  for (auto& [id, command] : commands_) {
    ctx_.clock().unschedule(command->ramp);
    ctx_.clock().unschedule(command->expiry);
  }
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
  command.spec = std::move(spec);
  Site& site = sites_[SiteKey(command.spec.account_id, command.spec.region)];
  made->site = &site;
  command.targets = command.spec.resolved.size();
  if (site.pending + command.targets > options_.pending_max) {
    command.refusal = Refusal::rate_exceeded;
  } else {
    add_invocations(*made);
  }
  ++cloud_.truth().commands;
  Running& kept = *commands_.emplace(command.id, std::move(made)).first->second;
  order_.push_back(kept.command.id);
  site.commands.push_back(&kept.command);
  arm(kept);
  for (const Invocation& one : kept.command.invocations()) {
    if (is_terminal(one.state)) tell(kept, &one);
  }
  tell(kept, nullptr);
  if (!kept.command.spec.alarm.empty() && !kept.command.is_done()) {
    with_alarm_.push_back(kept.command.id);
    alarm_changed();
  }
  return kept.command;
}

void CommandEngine::tell(Running& running, const Invocation* invocation) {
  if (watcher_ == nullptr) return;
  if (invocation != nullptr) watcher_->invocation_changed(running.command, *invocation);
  const std::string_view details = running.command.state().details;
  if (details == running.told) return;
  running.told = details;
  watcher_->command_changed(running.command);
}

void CommandEngine::set_state(Running& running, Invocation& invocation, InvocationState state) {
  if (invocation.state == state) return;
  running.command.set_state(invocation, state);
  tell(running, &invocation);
}

void CommandEngine::alarm_changed() {
  if (alarm_look_ != 0 || with_alarm_.empty()) return;
  alarm_look_ = ctx_.clock().schedule(ctx_.now(), [this] {
    alarm_look_ = 0;
    look_at_alarms();
  });
}

void CommandEngine::look_at_alarms() {
  std::vector<std::string> left;
  for (std::string& id : std::exchange(with_alarm_, {})) {
    Running* const found = running(id);
    if (found == nullptr || found->command.is_done() || watcher_ == nullptr) continue;
    Command& command = found->command;
    const auto state = watcher_->alarm_state(command.spec.account_id, command.spec.region, command.spec.alarm);
    if (state ? *state == "ALARM" : !command.spec.ignores_unknown_alarm) {
      command.alarm_seen = state ? "ALARM" : "UNKNOWN";
      cancel(id, {});
    } else {
      left.push_back(std::move(id));
    }
  }
  with_alarm_.insert(with_alarm_.end(), left.begin(), left.end());
}

void CommandEngine::add_invocations(Running& running) {
  Command& command = running.command;
  CommandSpec& spec = command.spec;
  command.targets = 0;
  for (std::string& id : spec.resolved) {
    Invocation invocation;
    const Instance* instance = cloud_.find_node(spec.account_id, spec.region, id);
    if (std::binary_search(spec.denied.begin(), spec.denied.end(), id)) {
      invocation.state = InvocationState::access_denied;
    } else if (instance != nullptr && !spec.document->supports(agent_platform(*instance))) {
      invocation.state = InvocationState::invalid_platform;
    }
    if (instance != nullptr) invocation.instance_name = instance->name;
    if (!is_terminal(invocation.state)) ++running.site->pending;
    invocation.instance_id = std::move(id);
    command.add(std::move(invocation));
  }
  spec.resolved = std::vector<std::string>();
  running.most = std::max<std::size_t>(1, resolve_limit(spec.max_concurrency, command.targets));
  running.allowed = resolve_limit(spec.max_errors, command.targets);
}

void CommandEngine::arm(Running& running) {
  if (running.command.is_done()) {
    ended_.push_back(running.command.id);
    return;
  }
  arm_ramp(running, options_.dispatch_delay);
  const Duration total = running.command.expires - running.command.requested;
  running.expiry = ctx_.clock().schedule(ctx_.now() + total, [this, id = running.command.id] {
    if (Running* found = this->running(id)) expire(*found);
  });
}

const Command* CommandEngine::find(std::string_view account, std::string_view region, std::string_view id) const {
  const auto found = commands_.find(id);
  if (found == commands_.end()) return nullptr;
  const Command& command = found->second->command;
  return command.spec.account_id == account && command.spec.region == region ? &command : nullptr;
}

std::vector<const Command*> CommandEngine::list(const std::string& account, const std::string& region) const {
  const auto site = sites_.find(SiteKey(account, region));
  if (site == sites_.end()) return {};
  return std::vector<const Command*>(site->second.commands.rbegin(), site->second.commands.rend());
}

CommandEngine::Running* CommandEngine::running(std::string_view id) {
  const auto found = commands_.find(id);
  return found == commands_.end() ? nullptr : found->second.get();
}

void CommandEngine::arm_ramp(Running& running, Duration delay) {
  if (running.ramp != 0 || running.next >= running.command.invocations().size()) return;
  running.ramp = ctx_.clock().schedule(ctx_.now() + delay, [this, id = running.command.id] {
    Running* found = this->running(id);
    if (found == nullptr) return;
    found->ramp = 0;
    pump(*found);
    settle(*found);
    if (found->window == found->most) return;  // from here on every end makes room and pumps
    found->window = std::min(found->window * 2, found->most);
    arm_ramp(*found, options_.ramp_step);
  });
}

/// Hands over while the window has room and errors are within the limit.
void CommandEngine::pump(Running& running) {
  Command& command = running.command;
  if (command.errors() > running.allowed) terminate_rest(running);
  while (running.next < command.invocations().size()) {
    Invocation& invocation = command.invocation(running.next);
    if (is_terminal(invocation.state)) {
      ++running.next;
      continue;
    }
    if (running.in_flight >= running.window) return;
    ++running.next;
    hand_over(running, invocation);
  }
}

Reach CommandEngine::reach(const Instance& instance) const {
  const Reach agent = agents_.reach(instance);
  // An agent that is a program of its own has shown that it reaches the cloud.
  if (agent == Reach::lost || instance.traits->agent.profile == AgentProfile::remote) return agent;
  const ec2::AgentReach network = ec2::agent_reach(cloud_.ec2(), instance);
  if (!network.registration.ok()) return Reach::lost;
  return network.messages.ok() ? agent : Reach::silent;
}

void CommandEngine::hand_over(Running& running, Invocation& invocation) {
  Command& command = running.command;
  if (!invocation.handed_over) ++running.in_flight;
  invocation.handed_over = true;
  const Instance* instance = cloud_.find_node(command.spec.account_id, command.spec.region, invocation.instance_id);
  if (!command_engine::takes_commands(instance)) return end(running, invocation, InvocationState::undeliverable);
  const Reach found = reach(*instance);
  if (found == Reach::connected) return agents_.deliver(work_for(running, *instance), *this);
  set_state(running, invocation, found == Reach::lost ? InvocationState::delayed : InvocationState::in_progress);
  std::vector<std::string>& commands = waiting_[invocation.instance_id];
  if (commands.size() >= command_engine::kWaitingMax) commands.erase(commands.begin());
  commands.push_back(command.id);
}

Work CommandEngine::work_for(Running& running, const Instance& instance) {
  const CommandSpec& spec = running.command.spec;
  const Platform platform = agent_platform(instance);
  auto& steps = running.steps[static_cast<std::size_t>(platform)];
  if (!steps) {
    steps = std::make_shared<const std::vector<WorkStep>>(work_steps(*spec.document, spec.parameters, platform));
  }
  if (!running.parameters) running.parameters = std::make_shared<const DocumentValues>(spec.parameters);
  Work work;
  work.key = WorkKey(running.command.id, instance.id);
  work.account_id = spec.account_id;
  work.region = spec.region;
  work.host_name = instance.name.empty() ? instance.id : instance.name;
  work.platform = platform;
  work.platform_name = instance.traits->platform_name;
  work.platform_version = instance.traits->platform_version;
  work.profile = instance.traits->agent.profile;
  work.agent_version = agent_version(instance);
  work.pick_up_delay = instance.traits->agent.pick_up_delay;
  work.programs = instance.traits->programs;
  work.steps = steps;
  work.document = spec.document;
  work.parameters = running.parameters;
  work.output_bucket = spec.output_bucket;
  work.output_prefix = spec.output_prefix;
  work.log_group = spec.log_group;
  return work;
}

void CommandEngine::end(Running& running, Invocation& invocation, InvocationState state) {
  if (invocation.handed_over) --running.in_flight;
  --running.site->pending;
  invocation.finished = now();
  set_state(running, invocation, state);
}

void CommandEngine::terminate_rest(Running& running) {
  Command& command = running.command;
  for (; running.next < command.invocations().size(); ++running.next) {
    Invocation& invocation = command.invocation(running.next);
    if (!is_terminal(invocation.state)) end(running, invocation, InvocationState::terminated);
  }
}

void CommandEngine::expire(Running& running) {
  running.expiry = 0;
  for (std::size_t i = 0; i < running.command.invocations().size(); ++i) {
    Invocation& invocation = running.command.invocation(i);
    if (is_terminal(invocation.state)) continue;
    end(running, invocation, InvocationState::delivery_timed_out);
    agents_.cancel(WorkKey(running.command.id, invocation.instance_id));
  }
  ctx_.clock().unschedule(running.ramp);
  running.ramp = 0;
  ended_.push_back(running.command.id);
}

/// Terminal states are sticky: nothing here changes one.
void CommandEngine::settle(Running& running) {
  if (!running.command.is_done() || running.expiry == 0) return;
  ctx_.clock().unschedule(running.ramp);
  ctx_.clock().unschedule(running.expiry);
  running.ramp = 0;
  running.expiry = 0;
  ended_.push_back(running.command.id);
}

void CommandEngine::cancel(const std::string& id, const std::vector<std::string>& instance_ids) {
  Running* found = running(id);
  if (found == nullptr || found->command.is_done()) return;
  Command& command = found->command;
  if (instance_ids.empty()) command.cancel_asked = true;
  const auto stop = [&](Invocation& invocation) {
    if (is_terminal(invocation.state)) return;
    if (!invocation.started) {
      end(*found, invocation, InvocationState::cancelled);
    } else {
      set_state(*found, invocation, InvocationState::cancelling);
    }
    agents_.cancel(WorkKey(id, invocation.instance_id));
  };
  for (const std::string& instance : instance_ids) {
    if (Invocation* invocation = command.find(instance)) stop(*invocation);
  }
  for (std::size_t i = 0; instance_ids.empty() && i < command.invocations().size(); ++i) stop(command.invocation(i));
  pump(*found);
  settle(*found);
}

void CommandEngine::connected(const std::string& instance_id) {
  const auto waiting = waiting_.find(instance_id);
  if (waiting == waiting_.end()) return;
  const std::vector<std::string> ids = std::move(waiting->second);
  waiting_.erase(waiting);
  for (const std::string& id : ids) {
    Running* found = running(id);
    if (found == nullptr) continue;
    Invocation* invocation = found->command.find(instance_id);
    if (invocation == nullptr || is_terminal(invocation->state) || invocation->started) continue;
    hand_over(*found, *invocation);
    settle(*found);
  }
}

void CommandEngine::reconsider() {
  if (waiting_.empty()) return;
  ctx_.clock().unschedule(look_);
  look_again(0);
}

void CommandEngine::look_again(std::size_t look) {
  look_ = 0;
  if (waiting_.empty() || look >= command_engine::kLooks.size()) return;
  look_ = ctx_.clock().schedule(ctx_.now() + command_engine::kLooks[look], [this, look] {
    look_ = 0;
    cloud_.ec2().settle(now());
    std::vector<std::string> in_reach;
    for (const auto& [id, commands] : waiting_) {
      const Instance* instance = cloud_.ec2().find(id);
      if (instance != nullptr && reach(*instance) == Reach::connected) in_reach.push_back(id);
    }
    for (const std::string& id : in_reach) connected(id);
    look_again(look + 1);
  });
}

bool CommandEngine::picked_up(const WorkKey& key) {
  Running* found = running(key.command_id);
  if (found == nullptr) return false;
  Invocation* invocation = found->command.find(key.instance_id);
  if (invocation == nullptr || is_terminal(invocation->state) || invocation->started) return false;
  // Past the delivery timeout a command is no longer started; it ends as Delivery Timed Out when it expires.
  if (now() > found->command.requested + found->command.spec.delivery_timeout) return false;
  invocation->started = now();
  set_state(*found, *invocation, InvocationState::in_progress);
  ++cloud_.truth().executions[key.instance_id];
  return true;
}

void CommandEngine::progressed(const WorkKey& key, const std::vector<StepOutcome>& steps) {
  Running* found = running(key.command_id);
  Invocation* invocation = found == nullptr ? nullptr : found->command.find(key.instance_id);
  if (invocation == nullptr || is_terminal(invocation->state)) return;
  for (std::size_t i = invocation->steps.size(); i < steps.size(); ++i)
    command_engine::keep(*invocation, steps[i], now());
}

void CommandEngine::finished(const WorkKey& key, WorkOutcome outcome) {
  Running* found = running(key.command_id);
  if (found == nullptr) return;
  Invocation* invocation = found->command.find(key.instance_id);
  if (invocation == nullptr || is_terminal(invocation->state)) return;
  upload(*found, *invocation, outcome.steps);
  const InvocationState state = command_engine::state_of(outcome.steps);
  for (std::size_t i = invocation->steps.size(); i < outcome.steps.size(); ++i) {
    command_engine::keep(*invocation, std::move(outcome.steps[i]), now());
  }
  invocation->steps.shrink_to_fit();
  end(*found, *invocation, state);
  found->window = std::min(found->window * 2, found->most);
  pump(*found);
  settle(*found);
}

void CommandEngine::upload(const Running& running, const Invocation& invocation,
                           const std::vector<StepOutcome>& steps) {
  const CommandSpec& spec = running.command.spec;
  const bool to_bucket = store_ != nullptr && !spec.output_bucket.empty();
  const bool to_log = watcher_ != nullptr && !spec.log_group.empty();
  if (!to_bucket && !to_log) return;
  for (std::size_t i = 0; i < steps.size() && i < spec.document->steps.size(); ++i) {
    const DocumentStep& step = spec.document->steps[i];
    for (const auto& [stream, body] : {std::pair<std::string, const std::string*>("stdout", &steps[i].output),
                                       std::pair<std::string, const std::string*>("stderr", &steps[i].errors)}) {
      if (body->empty()) continue;
      if (to_log) watcher_->step_wrote(running.command, invocation, step.name, stream, *body);
      if (!to_bucket) continue;
      const std::string key =
          output_key(spec.output_prefix, running.command.id, invocation.instance_id, step.action, step.name, stream);
      const Result<void> put =
          store_->put(spec.account_id, spec.region, invocation.instance_id, spec.output_bucket, key, *body);
      if (!put) ctx_.explainer().explain("sim.ssm", "output of " + running.command.id + ": " + put.error().message());
    }
  }
}

void CommandEngine::forget_old() {
  if (order_.size() < options_.commands_max || ended_.empty()) return;
  const std::string id = std::move(ended_.front());
  ended_.pop_front();
  const auto found = commands_.find(id);
  std::deque<const Command*>& commands = found->second->site->commands;
  commands.erase(std::find(commands.begin(), commands.end(), &found->second->command));
  order_.erase(std::find(order_.begin(), order_.end(), id));
  commands_.erase(found);
}

}  // namespace postern::sim
