#pragma once

/// The words of CloudFormation that a deployment needs, and the port through which it reaches it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "fleet/types.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::stacks {

/// What can be done with a stack, by its status ("Stack status codes" in the CloudFormation User Guide).
enum class Standing : std::uint8_t {
  absent,  ///< there is none
  empty,   ///< REVIEW_IN_PROGRESS: only change sets, nothing is in it
  ready,   ///< can be changed
  busy,    ///< an operation is under way
  unborn,  ///< its creation failed: it can only be deleted
  stuck,   ///< a roll-back or a deletion failed: a person has to look
};
/// A status that is not known counts as stuck: nothing is done to what is not understood.
Standing standing_of(std::string_view status) noexcept;
/// Whether the last operation ended as it was meant to; meaningful for a stack that is not busy.
bool ended_well(std::string_view status) noexcept;

struct Stack {
  Stack() = default;
  std::string id;      ///< its ARN, of this very stack: one made later under the same name has another
  std::string status;  ///< "CREATE_COMPLETE"
  std::string reason;  ///< why it is so, when CloudFormation says
  bool protected_from_deletion = false;
  std::map<std::string, std::string> parameters;
  std::map<std::string, std::string> outputs;
};

/// What a change set would do to one resource.
struct ResourceChange {
  ResourceChange() = default;
  std::string action;  ///< "Add", "Modify", "Remove", "Import", "Dynamic"
  std::string logical_id;
  std::string physical_id;        ///< empty before it exists
  std::string type;               ///< "AWS::IAM::Role"
  std::string replacement;        ///< "True", "False", "Conditional"; empty when nothing is modified
  std::vector<std::string> what;  ///< what is modified: "Policies", "Tags"; sorted, each once
  friend bool operator==(const ResourceChange&, const ResourceChange&) = default;
};

struct ChangeSet {
  ChangeSet() = default;
  std::string status;            ///< CREATE_PENDING, CREATE_IN_PROGRESS, CREATE_COMPLETE, FAILED, ...
  std::string reason;            ///< why it failed
  std::string execution_status;  ///< AVAILABLE, EXECUTE_IN_PROGRESS, OBSOLETE, ...
  std::vector<ResourceChange> changes;
};

struct StackEvent {
  StackEvent() = default;
  std::string id;
  WallTime at;
  std::string logical_id;
  std::string physical_id;
  std::string type;
  std::string status;
  std::string reason;
  std::string token;  ///< of the operation that it belongs to
};

/// What a stack shall be.
struct StackOrder {
  StackOrder() = default;
  std::string name;
  std::string body;                               ///< the template, at most 51,200 bytes
  std::map<std::string, std::string> parameters;  ///< by name
  /// The names that the template declares: such a one without a value above keeps what an existing stack has.
  std::vector<std::string> declared;
  fleet::Tags tags;
  /// Ends in names and tokens of what is asked for: letters and digits, another for every deployment.
  std::string token;
};

/// CloudFormation in one account and Region. Every call pages to the end. Errors are those of the AWS call; delivery()
/// says whether something may have happened.
class StackPort {
 public:
  virtual ~StackPort() = default;
  /// By name or id; nothing when there is none. A deleted stack is found by its id only.
  virtual rt::Task<Result<std::optional<Stack>>> describe(rt::CallContext ctx, fleet::ScopePtr scope,
                                                          std::string stack) = 0;
  /// Asks for the change set `name`; `current` is the stack as it is, or absent for one that is to be made.
  virtual rt::Task<Result<void>> create_change_set(rt::CallContext ctx, fleet::ScopePtr scope, StackOrder order,
                                                   std::optional<Stack> current, std::string name) = 0;
  virtual rt::Task<Result<std::optional<ChangeSet>>> describe_change_set(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                         std::string stack, std::string name) = 0;
  virtual rt::Task<Result<void>> execute_change_set(rt::CallContext ctx, fleet::ScopePtr scope, std::string stack,
                                                    std::string name, std::string token) = 0;
  virtual rt::Task<Result<void>> delete_change_set(rt::CallContext ctx, fleet::ScopePtr scope, std::string stack,
                                                   std::string name) = 0;
  virtual rt::Task<Result<void>> delete_stack(rt::CallContext ctx, fleet::ScopePtr scope, std::string stack,
                                              std::string token) = 0;
  /// The id of the newest event; empty when there is none. One page, however old the stack is.
  virtual rt::Task<Result<std::string>> newest_event(rt::CallContext ctx, fleet::ScopePtr scope,
                                                     std::string stack) = 0;
  /// Those after the event `after` (all when it is empty), the oldest first.
  virtual rt::Task<Result<std::vector<StackEvent>>> events(rt::CallContext ctx, fleet::ScopePtr scope,
                                                           std::string stack, std::string after) = 0;
};

}  // namespace postern::stacks
