#pragma once

/// What each command needs in IAM: the statements of its duty in a target account, and those of the hub. Pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/duty.hpp"
#include "access/duty_policies.hpp"
#include "access/roles.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

namespace postern::access {

/// Whose policy a statement belongs into.
enum class Holder : std::uint8_t {
  target,  ///< a role in a target account: of the command's duty; of a command without one, the role it goes in by
  hub
};

/// What has to be so for a command to use a statement.
enum class When : std::uint8_t {
  always,
  all_regions,
  documents,
  output_s3,
  output_logs,
  topics,
  event_buses,
  anchors,
  copies,
  stack_set
};

/// A statement, or some actions of it, that a command uses.
struct Use {
  Holder holder = Holder::target;
  std::string_view sid;      ///< kWholeDuty: every statement of the command's duty
  std::string_view actions;  ///< with spaces between; empty: all of the statement
  std::string_view why;
  When when = When::always;
};
inline constexpr std::string_view kWholeDuty = "*";

struct CommandNeeds {
  std::string_view command;  ///< "accounts check"
  /// Whose role in a target account is assumed. Absent: none, or that of a deployment.
  std::optional<Duty> duty;
  std::span<const Use> uses;  ///< empty: nothing is called, or nothing that needs a permission
};

/// Every command of the program has its row; adding a command is adding one.
std::span<const CommandNeeds> command_needs() noexcept;
/// Null: there is no such command.
const CommandNeeds* find_needs(std::string_view command) noexcept;

/// Which nodes commands may be sent to. Both limits hold where both are given; without any it is the node tag.
struct NodeLimit {
  NodeLimit() = default;
  std::vector<std::string> ids;
  /// By key; patterns allowed.
  std::vector<std::pair<std::string, std::vector<std::string>>> tags;
  bool empty() const noexcept { return ids.empty() && tags.empty(); }
};

/// What resources depend on.
struct PermissionOrder {
  PermissionOrder() = default;
  std::vector<std::string> commands;
  Holder holder = Holder::target;
  /// Names, limits, partition, and for the hub the roles that it assumes.
  RoleOrder roles;
  NodeLimit nodes;
  std::string account = "*";  ///< of the policy's holder
  std::string hub_region = "*";
  bool all_regions = false;
  bool documents = false;  ///< limits.documents are sent by --document
  /// Of a deployment: "hub", "target", "node", "alarms", "documents" or "endpoints", the stack's name, and the roles by
  /// which it goes into accounts.
  std::string part = "target";
  std::string stack = "postern-roles";
  std::vector<std::string> deploy_roles;
  bool stack_set = false;                ///< the deployment is a stack set's, by the hub itself
  std::vector<std::string> topics;       ///< ARNs
  std::vector<std::string> event_buses;  ///< ARNs
  std::string anchors;                   ///< "BUCKET/PREFIX"
  std::vector<std::string> copies;       ///< "BUCKET/PREFIX" each
  std::string output_s3;                 ///< "BUCKET/PREFIX"
  std::string output_logs;               ///< a log group
};

/// One statement of the policy.
struct Permission {
  Permission() = default;
  std::string sid;
  Json statement;  ///< as it stands in the policy
  /// For each of its actions: which commands use it, and for what.
  std::vector<std::pair<std::string, std::string>> why;
};

/// The statements that the commands use together, in the order of the duties' policies. Errors of kind usage: an
/// unknown command, commands that go in by different roles, more than IAM takes.
Result<std::vector<Permission>> permissions(const PermissionOrder& order);
/// The policy document of them.
Json policy_document(const std::vector<Permission>& permissions);
/// What to know of a policy that is larger than a managed policy may be; empty: it is not.
std::string size_note(const std::vector<Permission>& permissions);

}  // namespace postern::access
