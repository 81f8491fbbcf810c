#pragma once

/// Systems Manager as a value: nodes with a scripted behaviour, commands that really count their executions, and faults
/// at chosen calls. For tests.

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/command_port.hpp"

namespace postern::flow::testing {

/// What a node does with a command.
struct Node {
  Node() = default;
  InvocationStatus end = InvocationStatus::succeeded;
  std::string details = "Success";
  std::optional<int> exit_code = 0;
  std::string out = "ok\n";
  std::string err;
  Duration after = std::chrono::seconds(3);
  bool listed = true;      ///< false: the listing never has it
  bool bad = false;        ///< SendCommand refuses batches that hold it
  bool obeys = true;       ///< false: a cancellation does not end it
  bool starts = true;      ///< false: it is Pending until its end
  std::size_t cut = 2500;  ///< the listing's limit
};

/// What goes wrong at a call.
struct Fault {
  Fault() = default;
  Fault(Error e, bool taken) : error(std::move(e)), executed(taken) {}
  Error error{ErrorKind::internal, "no fault"};
  bool executed = false;  ///< for sends: AWS took the command all the same
};

/// Kills the process at one of its effects, before or after it took place: from then on nothing that it does reaches
/// anybody.
class Killer {
 public:
  std::size_t kill_before = 0;  ///< number of the effect, from 1; 0: never
  std::size_t kill_after = 0;
  std::size_t effects = 0;
  bool dead = false;
  std::function<void()> on_death;

  /// False: the process is dead and the effect does not take place.
  bool begin() {
    if (dead) return false;
    if (++effects == kill_before) die();
    return !dead;
  }
  /// False: it took place, and nobody is left to hear of it.
  bool end() {
    if (!dead && effects == kill_after) die();
    return !dead;
  }
  static Error death() { return Error(ErrorKind::cancelled, "the process is dead"); }

 private:
  void die() {
    dead = true;
    if (on_death) on_death();
  }
};

class FakePort final : public CommandPort {
 public:
  Killer* killer = nullptr;
  struct Sent {
    Sent() = default;
    std::string id;
    fleet::ScopePtr scope;
    std::vector<std::string> instances;
    std::string comment;
    Shell shell = Shell::sh;
    MonoTime at;
    std::optional<MonoTime> cancelled;
  };

  std::map<std::string, Node> nodes;                              ///< by instance id; others are default nodes
  std::map<std::size_t, Fault> faults;                            ///< by number of the call, from 0
  std::map<std::size_t, Fault> send_faults;                       ///< by number of the send, from 0
  static constexpr Duration stop_time = std::chrono::seconds(2);  ///< from a cancellation to a node's end
  Duration latency = std::chrono::milliseconds(40);
  Duration list_lag{};                            ///< how long a command is invisible
  std::vector<Sent> sent;                         ///< what AWS took
  std::map<std::string, std::size_t> executions;  ///< by target label
  std::size_t calls = 0;
  std::size_t list_calls = 0;
  std::size_t count_calls = 0;
  std::size_t sends = 0;
  std::size_t under_way = 0;
  std::size_t most_under_way = 0;

  rt::Task<Result<std::string>> send(rt::CallContext ctx, fleet::Batch batch, CommandSpec spec, Shell shell,
                                     std::string comment) override {
    const std::optional<Fault> fault = send_fault();
    if (killer != nullptr && !killer->begin()) co_return fail(Killer::death());
    most_under_way = std::max(most_under_way, ++under_way);
    const Result<void> slept = co_await rt::sleep_until(ctx.clock(), ctx.now() + latency);
    --under_way;
    if (killer != nullptr && killer->dead) {
      // Killed meanwhile: the request may have left, or not.
      if (sends % 2 == 0) accept(ctx, batch, shell, std::move(comment));
      co_return fail(Killer::death());
    }
    if (!slept) {
      // The request had left when the caller gave up on it.
      accept(ctx, batch, shell, std::move(comment));
      co_return fail(Error(ErrorKind::cancelled, "cancelled").delivered(Delivery::sent));
    }
    if (fault) {
      if (fault->executed) accept(ctx, batch, shell, std::move(comment));
      co_return fail(fault->error);
    }
    std::string bad;
    for (const fleet::InstanceId& id : batch.ids()) {
      if (node(id.text()).bad) bad += (bad.empty() ? "" : " ") + id.text();
    }
    if (!bad.empty()) {
      Error error(ErrorKind::service, "Instances [[" + bad + "]] not in a valid state for account 111122223333");
      co_return fail(std::move(error).with("instances", bad).delivered(Delivery::answered));
    }
    std::string id = accept(ctx, batch, shell, std::move(comment));
    if (killer != nullptr && !killer->end()) co_return fail(Killer::death());
    co_return id;
  }

  rt::Task<Result<std::vector<Invocation>>> invocations(rt::CallContext ctx, fleet::ScopePtr scope,
                                                        std::string command_id) override {
    const std::optional<Fault> fault = call_fault();
    ++list_calls;
    if (killer != nullptr && !killer->begin()) co_return fail(Killer::death());
    const Result<void> slept = co_await rt::sleep_until(ctx.clock(), ctx.now() + latency);
    if (!slept) co_return fail(slept.error());
    if (fault) co_return fail(fault->error);
    std::vector<Invocation> listed;
    for (const Sent& command : sent) {
      if (command.id != command_id || ctx.now() < command.at + list_lag) continue;
      for (const std::string& id : command.instances) {
        const Node& what = node(id);
        if (what.listed) listed.push_back(invocation(what, id, ctx.now(), command));
      }
    }
    co_return listed;
  }

  rt::Task<Result<std::vector<CommandCount>>> counts(rt::CallContext ctx, fleet::ScopePtr scope, WallTime) override {
    const std::optional<Fault> fault = call_fault();
    ++count_calls;
    if (killer != nullptr && !killer->begin()) co_return fail(Killer::death());
    const Result<void> slept = co_await rt::sleep_until(ctx.clock(), ctx.now() + latency);
    if (!slept) co_return fail(slept.error());
    if (fault) co_return fail(fault->error);
    std::vector<CommandCount> counts;
    for (const Sent& command : sent) {
      if (*command.scope != *scope || ctx.now() < command.at + list_lag) continue;
      CommandCount count;
      count.command_id = command.id;
      count.targets = command.instances.size();
      for (const std::string& id : command.instances) {
        if (is_done(invocation(node(id), id, ctx.now(), command).status)) ++count.completed;
      }
      count.done = count.completed == count.targets;
      counts.push_back(std::move(count));
    }
    co_return counts;
  }

  rt::Task<Result<std::optional<std::string>>> find(rt::CallContext ctx, fleet::ScopePtr scope,
                                                    LostSend lost) override {
    const std::optional<Fault> fault = call_fault();
    const Result<void> slept = co_await rt::sleep_until(ctx.clock(), ctx.now() + latency);
    if (!slept) co_return fail(slept.error());
    if (fault) co_return fail(fault->error);
    for (const Sent& command : sent) {
      if (ctx.now() < command.at + list_lag || *command.scope != *scope) continue;
      if (command.comment.starts_with(lost.mark)) co_return std::optional<std::string>(command.id);
    }
    co_return std::optional<std::string>();
  }

  rt::Task<Result<void>> cancel(rt::CallContext ctx, fleet::ScopePtr scope, std::string command_id) override {
    const std::optional<Fault> fault = call_fault();
    const Result<void> slept = co_await rt::sleep_until(ctx.clock(), ctx.now() + latency);
    if (!slept) co_return fail(slept.error());
    if (fault) co_return fail(fault->error);
    for (Sent& command : sent) {
      if (command.id == command_id && !command.cancelled) command.cancelled = ctx.now();
    }
    co_return Result<void>();
  }

  rt::Task<Result<Output>> output(rt::CallContext ctx, fleet::ScopePtr scope, std::string command_id,
                                  fleet::InstanceId instance) override {
    const std::optional<Fault> fault = call_fault();
    const Result<void> slept = co_await rt::sleep_until(ctx.clock(), ctx.now() + latency);
    if (!slept) co_return fail(slept.error());
    if (fault) co_return fail(fault->error);
    const Node& what = node(instance.text());
    Output output;
    output.out = what.out.substr(0, 24'000);
    output.err = what.err.substr(0, 8'000);
    output.exit_code = what.exit_code;
    output.elapsed = what.after;
    output.truncated = what.out.size() > 24'000 || what.err.size() > 8'000;
    co_return output;
  }

 private:
  const Node& node(const std::string& id) const {
    static const Node usual;
    const auto found = nodes.find(id);
    return found == nodes.end() ? usual : found->second;
  }

  std::optional<Fault> call_fault() {
    const auto found = faults.find(calls++);
    return found == faults.end() ? std::nullopt : std::optional<Fault>(found->second);
  }
  std::optional<Fault> send_fault() {
    std::optional<Fault> fault = call_fault();
    const auto found = send_faults.find(sends++);
    if (!fault && found != send_faults.end()) fault = found->second;
    return fault;
  }

  std::string accept(rt::CallContext ctx, const fleet::Batch& batch, Shell shell, std::string comment) {
    Sent command;
    command.id = "c-" + std::to_string(sent.size() + 1);
    command.scope = batch.scope_ptr();
    command.comment = std::move(comment);
    command.shell = shell;
    command.at = ctx.now();
    for (const fleet::TargetRef& target : batch.targets()) {
      command.instances.push_back(target.id().text());
      ++executions[target.label()];
    }
    sent.push_back(std::move(command));
    return sent.back().id;
  }

  static Invocation invocation(const Node& what, const std::string& id, MonoTime now, const Sent& command) {
    Invocation invocation;
    invocation.instance_id = id;
    const Duration age = now - command.at;
    if (command.cancelled && what.obeys && *command.cancelled < command.at + what.after &&
        now >= *command.cancelled + stop_time) {
      invocation.status = InvocationStatus::cancelled;
      invocation.details = "Cancelled";
      return invocation;
    }
    if (age < what.after) {
      invocation.status = what.starts ? InvocationStatus::running : InvocationStatus::pending;
      invocation.details = what.starts ? "In Progress" : "Pending";
      return invocation;
    }
    invocation.status = what.end;
    invocation.details = what.details;
    invocation.exit_code = what.exit_code;
    invocation.output = (what.out + what.err).substr(0, what.cut);
    invocation.truncated = invocation.output.size() < what.out.size() + what.err.size();
    return invocation;
  }
};

}  // namespace postern::flow::testing
