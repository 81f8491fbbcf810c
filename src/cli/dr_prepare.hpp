#pragma once

/// Whether the roles behind instances let the replication agent be installed, and the policy that mends them. Used by
/// `dr prepare`, and by `dr rollout --prepare` with the instances that it has found.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/node_roles.hpp"
#include "base/json.hpp"
#include "cli/command.hpp"
#include "recovery/node_survey.hpp"

namespace postern::cli {

/// What is known of the nodes, what would be changed, and what became of it.
struct NodePreparation {
  NodePreparation() = default;
  recovery::NodeSurvey survey;
  std::vector<recovery::RoleChange> changes;
  std::vector<std::optional<recovery::AttachResult>> results;  ///< of each change; absent: not tried

  /// The role's change, or null.
  const recovery::RoleChange* change_of(std::size_t role) const;
  const recovery::AttachResult* result_of(std::size_t role) const;
  /// "ready", "would_change", "attached" (ready from now on), "failed", "not_ready", "unknown".
  std::string status_of(const recovery::NodeCheck& node) const;
};

/// Reads only. Fails only with cancelled.
rt::Task<Result<NodePreparation>> look_at_nodes(const Command& command, recovery::NodeRoles& port,
                                                const std::vector<fleet::Instance>& instances,
                                                const std::vector<fleet::ScopePtr>& sites,
                                                const recovery::StagingSites& staging, std::size_t concurrency);

/// What would be changed, role by role, with who else has the role; empty when there is nothing to change. For stderr,
/// before somebody agrees.
std::string describe_node_changes(const NodePreparation& preparation);
/// "2 roles in 1 account": what the question says.
std::string sum_of_node_changes(const NodePreparation& preparation);

/// Makes every change; each outcome stands in `results`. Fails only with cancelled.
rt::Task<Result<void>> attach_node_policies(const Command& command, recovery::NodeRoles& port,
                                            NodePreparation& preparation, std::size_t concurrency);

/// The members `nodes` and `roles` of "postern.dr_prepare/1".
Json nodes_json(const NodePreparation& preparation);
Json node_roles_json(const NodePreparation& preparation);
/// 0 when every node is ready (or would be), 4 when something is unknown, else 1.
int exit_code_of(const NodePreparation& preparation);

}  // namespace postern::cli
