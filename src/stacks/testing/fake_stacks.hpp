#pragma once

/// A CloudFormation of values: stacks of one account, whose operations take virtual time.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rt/clock.hpp"
#include "stacks/stack_port.hpp"

namespace postern::stacks::testing {

/// What happens to a stack, one look at its events after another.
struct Step {
  Step(std::vector<StackEvent> e, std::string s, std::string r = {})
      : events(std::move(e)), status(std::move(s)), reason(std::move(r)) {}
  std::vector<StackEvent> events;
  std::string status;
  std::string reason;
};

class FakeStacks final : public StackPort {
 public:
  std::map<std::string, Stack> stacks;           ///< by name
  std::map<std::string, ChangeSet> change_sets;  ///< by name
  ChangeSet next;                                ///< what the next change set is, once it is ready
  int looks_until_ready = 1;                     ///< at a change set
  std::deque<Step> steps;                        ///< of the next execution or deletion
  std::vector<std::string> calls;                ///< "create postern-1", "execute postern-1 token", ...
  std::map<std::string, std::vector<std::optional<Error>>> failing;  ///< by call: of the next calls, the last first
  bool lose_reply = false;                                           ///< the next change is made, and its answer lost

  rt::Task<Result<std::optional<Stack>>> describe(rt::CallContext, fleet::ScopePtr, std::string stack) override {
    if (auto error = take_error("describe")) co_return fail(std::move(*error));
    for (const auto& [name, each] : stacks) {
      if (name == stack || each.id == stack) co_return std::optional<Stack>(each);
    }
    co_return std::optional<Stack>();
  }
  rt::Task<Result<void>> create_change_set(rt::CallContext, fleet::ScopePtr, StackOrder order,
                                           std::optional<Stack> current, std::string name) override {
    calls.push_back("create " + name + (current ? " for update" : ""));
    if (auto error = take_error("create")) co_return fail(std::move(*error));
    if (!stacks.contains(order.name)) {
      Stack shell;
      shell.id = "arn:" + order.name;
      shell.status = "REVIEW_IN_PROGRESS";
      stacks.emplace(order.name, std::move(shell));
    }
    change_sets[name] = ChangeSet();
    change_sets[name].status = "CREATE_PENDING";
    co_return answered();
  }
  rt::Task<Result<std::optional<ChangeSet>>> describe_change_set(rt::CallContext, fleet::ScopePtr, std::string,
                                                                 std::string name) override {
    const auto found = change_sets.find(name);
    if (found == change_sets.end()) co_return std::optional<ChangeSet>();
    if (looks_until_ready-- <= 0) found->second = next;
    co_return std::optional<ChangeSet>(found->second);
  }
  rt::Task<Result<void>> execute_change_set(rt::CallContext, fleet::ScopePtr, std::string, std::string name,
                                            std::string token) override {
    calls.push_back("execute " + name + " " + token);
    if (auto error = take_error("execute")) co_return fail(std::move(*error));
    change_sets.erase(name);
    running_ = true;
    co_return answered();
  }
  rt::Task<Result<void>> delete_change_set(rt::CallContext, fleet::ScopePtr, std::string, std::string name) override {
    calls.push_back("discard " + name);
    change_sets.erase(name);
    co_return Result<void>();
  }
  rt::Task<Result<void>> delete_stack(rt::CallContext, fleet::ScopePtr, std::string stack, std::string token) override {
    calls.push_back("delete " + stack + " " + token);
    if (auto error = take_error("delete")) co_return fail(std::move(*error));
    for (auto each = stacks.begin(); each != stacks.end(); ++each) {
      if (each->second.id != stack || each->second.status != "REVIEW_IN_PROGRESS") continue;
      stacks.erase(each);
      co_return Result<void>();
    }
    running_ = true;
    co_return answered();
  }
  rt::Task<Result<std::string>> newest_event(rt::CallContext, fleet::ScopePtr, std::string) override {
    co_return past_.empty() ? std::string() : past_.back().id;
  }
  rt::Task<Result<std::vector<StackEvent>>> events(rt::CallContext, fleet::ScopePtr, std::string stack,
                                                   std::string after) override {
    if (auto error = take_error("events")) co_return fail(std::move(*error));
    if (running_ && !steps.empty()) {
      for (const StackEvent& event : steps.front().events) past_.push_back(event);
      for (auto& [name, each] : stacks) {
        if (each.id != stack) continue;
        each.status = steps.front().status;
        each.reason = steps.front().reason;
      }
      steps.pop_front();
    }
    std::vector<StackEvent> fresh;
    for (const StackEvent& event : past_) {
      fresh.push_back(event);
      if (event.id == after) fresh.clear();
    }
    co_return fresh;
  }

 private:
  std::optional<Error> take_error(const std::string& call) {
    std::vector<std::optional<Error>>& errors = failing[call];
    if (errors.empty()) return std::nullopt;
    std::optional<Error> error = std::move(errors.back());
    errors.pop_back();
    return error;
  }
  Result<void> answered() {
    if (!std::exchange(lose_reply, false)) return {};
    return fail(Error(ErrorKind::unavailable, "the connection broke").delivered(Delivery::sent));
  }

  bool running_ = false;
  std::vector<StackEvent> past_;
};

}  // namespace postern::stacks::testing
