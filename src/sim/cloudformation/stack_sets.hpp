#pragma once

/// Stack sets: one template as stacks of many accounts and Regions, rolled out by operations.

#include <deque>
#include <list>
#include <map>
#include <set>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cloudformation/stack_engine.hpp"

namespace postern::sim::stacks {

/// Account and Region.
using Place = std::pair<std::string, std::string>;

struct SetInstance {
  SetInstance() = default;
  std::string stack_id;
  std::map<std::string, std::string> overrides;
  std::string status = "OUTDATED";   ///< "CURRENT", "OUTDATED", "INOPERABLE"
  std::string detailed = "PENDING";  ///< "PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"
  std::string reason;
  std::string unit;  ///< id of the organizational unit that it came by
  std::string last_operation;
};

struct SetResult {
  SetResult() = default;
  Place place;
  std::string status = "PENDING";
  std::string reason;
  std::string unit;
};

/// Limits of an operation, as numbers per Region. The source of the rules: the user guide, "StackSets concepts".
struct SetPreferences {
  SetPreferences() = default;
  std::vector<std::string> region_order;
  bool parallel = false;
  std::optional<std::int32_t> tolerance_count, tolerance_percentage, concurrent_count, concurrent_percentage;

  std::size_t tolerance(std::size_t accounts) const;
  /// At most one more than the failures that are tolerated, however many are asked for.
  std::size_t concurrent(std::size_t accounts) const;
};

struct SetOperation {
  SetOperation() = default;
  std::string id;
  std::string action;  ///< "CREATE", "UPDATE", "DELETE"
  std::string status = "RUNNING";
  SetPreferences preferences;
  bool retain = false;
  bool stopped = false;
  std::optional<std::map<std::string, std::string>> overrides;  ///< of CREATE
  std::vector<std::string> units;                               ///< that the targets came by
  WallTime created;
  std::optional<WallTime> ended;
  std::vector<SetResult> results;  ///< in the order in which they are worked off
  std::optional<Info> as;          ///< who asked

  struct RegionRun {
    RegionRun() = default;
    std::string region;
    std::size_t running = 0;
    std::size_t failures = 0;
    std::size_t accounts = 0;
  };
  std::vector<RegionRun> regions;

  bool over() const noexcept { return ended.has_value(); }
};

struct StackSet {
  StackSet() = default;
  std::string name;
  std::string id;  ///< "name:uuid"
  std::string account;
  std::string region;
  std::string description;
  bool deleted = false;
  bool service_managed = false;
  bool managed_execution = false;
  bool auto_deployment = false;
  bool retain_on_removal = false;
  std::string administration_role;  ///< ARN
  std::string execution_role = "AWSCloudFormationStackSetExecutionRole";
  std::string token;
  StackModel model;
  std::map<Place, SetInstance> instances;
  std::map<Place, std::string> units;
  std::set<std::string> targets;  ///< units that instances were asked for, as they were named
  std::list<SetOperation> operations;  ///< oldest first

  std::string arn() const;
  SetOperation* find_operation(std::string_view operation);
  bool busy() const;
};

/// Runs operations of stack sets on the engine. Loop thread only; stays at one address.
class StackSetEngine {
 public:
  static constexpr std::size_t kSetsMax = 1'000;         ///< of an account
  static constexpr std::size_t kInstancesMax = 100'000;  ///< of a set, as AWS's quota
  static constexpr std::size_t kOperationsKept = 1'000;  ///< of a set

  StackSetEngine(Cloud& cloud, StackEngine& engine) : cloud_(cloud), engine_(engine) {}

  StackSet* find(std::string_view account, std::string_view region, std::string_view name_or_id);
  std::vector<StackSet*> list(std::string_view account, std::string_view region);
  StackSet& add(std::string account, std::string region, std::string name);
  /// Begins the operation, or queues it behind another. Its results name the places.
  void start(StackSet& set, SetOperation operation);
  void stop(SetOperation& operation) { operation.stopped = true; }

 private:
  void later(StackSet& set, const std::string& operation);
  void advance(StackSet& set, SetOperation& operation);
  bool advance_region(StackSet& set, SetOperation& operation, SetOperation::RegionRun& region);
  void work(StackSet& set, SetOperation& operation, SetResult& result);
  void ended(const std::string& set_id, const std::string& operation, const Place& place, bool good,
             const std::string& reason);
  void finish(StackSet& set, SetOperation& operation);
  Result<Info> acting(const StackSet& set, const SetOperation& operation, const Place& place);
  std::shared_ptr<Role> service_role(const StackSet& set, const std::string& account);
  Result<StackModel> model_for(const StackSet& set, const SetInstance& instance) const;

  Cloud& cloud_;
  StackEngine& engine_;
  std::list<StackSet> sets_;
};

}  // namespace postern::sim::stacks
