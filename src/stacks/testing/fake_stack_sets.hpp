#pragma once

/// One stack set of values.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stacks/stack_set.hpp"

namespace postern::stacks::testing {

class FakeStackSets final : public StackSetPort {
 public:
  std::optional<StackSet> set;
  std::vector<StackInstance> all;
  std::map<std::string, std::vector<std::string>> accounts;  ///< by unit
  std::vector<std::string> fails;                            ///< accounts whose stacks fail
  std::vector<std::string> calls;
  int looks_until_done = 3;  ///< of an operation

  rt::Task<Result<std::optional<StackSet>>> describe(rt::CallContext, std::string) override { co_return set; }
  rt::Task<Result<void>> create(rt::CallContext, StackSetOrder order) override {
    calls.push_back("create " + order.name);
    take(order);
    co_return Result<void>();
  }
  rt::Task<Result<std::string>> update(rt::CallContext, StackSetOrder order) override {
    calls.push_back("update " + order.name + " " + order.token);
    take(order);
    co_return begin();
  }
  rt::Task<Result<std::string>> create_instances(rt::CallContext, StackSetOrder order) override {
    for (const std::string& unit : order.units) {
      calls.push_back("instances " + unit + " " + order.token);
      set->units.push_back(unit);
      for (const std::string& account : accounts[unit]) {
        all.emplace_back();
        all.back().account = account;
        all.back().unit = unit;
        const bool failed = std::find(fails.begin(), fails.end(), account) != fails.end();
        failed_ = failed_ || failed;
        all.back().detailed = failed ? "FAILED" : "SUCCEEDED";
        all.back().reason = failed ? "no room" : "";
      }
    }
    co_return begin();
  }
  rt::Task<Result<std::string>> delete_instances(rt::CallContext, StackSetOrder order) override {
    for (const std::string& unit : order.units) calls.push_back("delete " + unit + " " + order.token);
    all.clear();
    co_return begin();
  }
  rt::Task<Result<void>> remove(rt::CallContext, std::string name) override {
    calls.push_back("remove " + name);
    set.reset();
    co_return Result<void>();
  }
  rt::Task<Result<SetOperation>> operation(rt::CallContext, std::string, std::string) override {
    SetOperation out;
    out.status = ++looks_ < looks_until_done ? "RUNNING" : failed_ ? "FAILED" : "SUCCEEDED";
    co_return out;
  }
  rt::Task<Result<std::vector<StackInstance>>> instances(rt::CallContext, std::string) override { co_return all; }

 private:
  void take(const StackSetOrder& order) {
    if (!set) set.emplace();
    set->status = "ACTIVE";
    set->body = order.body;
    for (const auto& [key, value] : order.parameters) set->parameters[key] = value;
    set->service_managed = set->auto_deployment = true;
  }
  std::string begin() {
    looks_ = 0;
    return "operation";
  }

  int looks_ = 0;
  bool failed_ = false;
};

}  // namespace postern::stacks::testing
