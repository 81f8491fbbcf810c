#pragma once

/// What CloudFormation keeps of a stack.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "sim/cloudformation/template.hpp"
#include "sim/iam/entities.hpp"

namespace postern::sim::stacks {

struct StackResource {
  StackResource() = default;
  std::string logical_id;
  std::string type;
  std::string physical_id;
  std::string status;  ///< "CREATE_COMPLETE"
  std::string reason;
  WallTime changed;
  Json properties = Json::object();  ///< with every function worked out
  std::map<std::string, Json> attributes;
  DeletionPolicy deletion_policy = DeletionPolicy::remove;
  DeletionPolicy replace_policy = DeletionPolicy::remove;
};

struct StackEvent {
  StackEvent() = default;
  std::string id;
  std::string logical_id;
  std::string physical_id;
  std::string type;
  std::string status;
  std::string reason;
  std::string properties;  ///< JSON text; empty for the stack itself
  std::string token;       ///< ClientRequestToken of the operation
  WallTime time;
};

struct StackOutput {
  StackOutput() = default;
  std::string id;
  std::string value;
  std::string description;
  std::string export_name;
};

/// What a stack is made of: what an update replaces as a whole and a rollback brings back.
struct StackModel {
  StackModel() = default;
  std::shared_ptr<const Template> source;
  std::map<std::string, std::string> given;  ///< values of parameters that are not the defaults
  std::map<std::string, Json> parameters;
  std::vector<std::string> capabilities;
  Tags tags;
  std::vector<std::string> notification_arns;
  std::string role_arn;
};

struct ResourceChange {
  ResourceChange() = default;
  std::string action;  ///< "Add", "Modify", "Remove"
  std::string logical_id;
  std::string physical_id;
  std::string type;
  std::string replacement;  ///< "True", "False", "Conditional"; of Modify
  std::vector<std::string> scope;
  struct Detail {
    Detail() = default;
    std::string attribute;  ///< "Properties", "Tags"
    std::string property;
    std::string recreation;  ///< "Never", "Always", "Conditionally"
    bool dynamic = false;
    std::string cause;  ///< "Parameter" or "Resource.Attribute"; empty: the template itself
    std::string source;
  };
  std::vector<Detail> details;
};

struct ChangeSet {
  ChangeSet() = default;
  std::string name;
  std::string id;
  std::string description;
  std::string status = "CREATE_PENDING";
  std::string execution = "UNAVAILABLE";
  std::string reason;
  std::string token;
  bool creates = false;
  WallTime created;
  StackModel model;
  std::vector<ResourceChange> changes;
};

struct StackWork;

struct Stack {
  Stack();
  ~Stack();
  Stack(Stack&&) = delete;

  std::string id;  ///< ARN
  std::string name;
  std::string account;
  std::string region;
  std::string status;
  std::string reason;
  WallTime created;
  std::optional<WallTime> updated;
  std::optional<WallTime> deleted;
  bool disable_rollback = false;
  std::optional<std::int32_t> timeout_minutes;
  bool protected_from_deletion = false;
  std::string change_set_id;  ///< the last one that was executed
  StackModel model;
  std::map<std::string, StackResource> resources;  ///< by logical id
  std::vector<StackOutput> outputs;
  std::set<std::string> imports;   ///< names of exports that it uses
  std::vector<StackEvent> events;  ///< oldest first
  std::map<std::string, ChangeSet> change_sets;
  std::map<std::string, std::string> tokens;  ///< ClientRequestToken: what was asked with it
  std::unique_ptr<StackWork> work;            ///< the operation under way

  bool is_deleted() const noexcept { return deleted.has_value(); }
  bool in_progress() const noexcept { return status.ends_with("_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS"; }
};

/// "arn:aws:cloudformation:us-east-1:111122223333:<tail>".
std::string stack_arn(std::string_view region, std::string_view account, std::string_view tail);

}  // namespace postern::sim::stacks
