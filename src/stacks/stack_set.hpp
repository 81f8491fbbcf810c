#pragma once

/// A stack in every account of organizational units, by a stack set whose permissions AWS manages: looked at, made,
/// changed, taken away, and what became of it in each account.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stacks/deploy.hpp"
#include "stacks/stack_port.hpp"

namespace postern::stacks {

/// In whose name the organization's stack sets are asked for.
enum class CallAs : std::uint8_t { self, delegated_admin };

struct StackSet {
  StackSet() = default;
  std::string status;  ///< ACTIVE, DELETED
  std::string body;
  std::map<std::string, std::string> parameters;
  bool service_managed = false;
  bool auto_deployment = false;
  std::vector<std::string> units;  ///< that auto-deployment is about; may be empty before the first deployment
};

/// The stack of one account.
struct StackInstance {
  StackInstance() = default;
  std::string account;
  std::string region;
  std::string unit;
  std::string status;    ///< CURRENT, OUTDATED, INOPERABLE
  std::string detailed;  ///< SUCCEEDED, RUNNING, FAILED, PENDING, CANCELLED, ...
  std::string reason;
  std::string stack_id;
};

struct StackSetOrder {
  StackSetOrder() = default;
  std::string name;
  std::string body;
  std::map<std::string, std::string> parameters;
  fleet::Tags tags;
  std::vector<std::string> units;
  /// Only these accounts of the units; empty: all of them.
  std::vector<std::string> accounts;
  std::string region;
  std::string token;
};

/// How an operation stands: RUNNING, SUCCEEDED, FAILED, STOPPING, STOPPED, QUEUED.
struct SetOperation {
  SetOperation() = default;
  std::string status;
  std::string reason;
};

/// Stack sets of one organization, in the scope of its management account or a delegated administrator. Every call
/// pages to the end. Errors are those of the AWS call.
class StackSetPort {
 public:
  virtual ~StackSetPort() = default;
  virtual rt::Task<Result<std::optional<StackSet>>> describe(rt::CallContext ctx, std::string name) = 0;
  virtual rt::Task<Result<void>> create(rt::CallContext ctx, StackSetOrder order) = 0;
  /// These give the operation's id.
  virtual rt::Task<Result<std::string>> update(rt::CallContext ctx, StackSetOrder order) = 0;
  virtual rt::Task<Result<std::string>> create_instances(rt::CallContext ctx, StackSetOrder order) = 0;
  virtual rt::Task<Result<std::string>> delete_instances(rt::CallContext ctx, StackSetOrder order) = 0;
  virtual rt::Task<Result<void>> remove(rt::CallContext ctx, std::string name) = 0;
  virtual rt::Task<Result<SetOperation>> operation(rt::CallContext ctx, std::string name, std::string id) = 0;
  virtual rt::Task<Result<std::vector<StackInstance>>> instances(rt::CallContext ctx, std::string name) = 0;
};

/// What would be done to bring the set to what is asked.
struct SetPlan {
  SetPlan() = default;
  Outlook outlook = Outlook::blocked;
  std::string why;  ///< blocked: a sentence for people
  bool creates = false;
  std::vector<std::string> changes;    ///< "the template", "the parameter HubRoleArn"
  std::vector<std::string> new_units;  ///< in which stacks are not yet deployed
  std::vector<StackInstance> instances;
};

struct SetDone {
  SetDone() = default;
  Outcome outcome = Outcome::unknown;
  std::string reason;
  std::vector<StackInstance> instances;
};

/// Told while an operation runs: how many instances are through, of how many.
using SetProgress = std::function<void(const std::vector<StackInstance>& instances)>;

class StackSetDeployer {
 public:
  StackSetDeployer(StackSetPort& port, Pauses pauses = Pauses()) : port_(port), pauses_(pauses) {}

  /// Changes nothing.
  rt::Task<Result<SetPlan>> prepare(rt::CallContext ctx, StackSetOrder order);
  /// Makes or changes the set and waits until its stacks are so.
  rt::Task<Result<SetDone>> apply(rt::CallContext ctx, StackSetOrder order, SetPlan plan, SetProgress progress);
  /// Deletes the stacks of all units, then the set.
  rt::Task<Result<SetDone>> remove(rt::CallContext ctx, StackSetOrder order, SetProgress progress);

 private:
  rt::Task<Result<SetDone>> follow(rt::CallContext ctx, std::string name, std::string operation, SetProgress progress);

  StackSetPort& port_;
  Pauses pauses_;
};

}  // namespace postern::stacks
