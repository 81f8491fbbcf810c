#pragma once

/// Whether a node's role lets the replication agent be installed and work: judged by the policies themselves, not by
/// their names. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "recovery/node_role.hpp"

namespace postern::recovery {

/// The policy that AWS made for it.
inline constexpr std::string_view kNodePolicyName = "AWSElasticDisasterRecoveryEc2InstancePolicy";
/// Its ARN in the partition: "arn:aws-cn:iam::aws:policy/service-role/...".
std::string node_policy_arn(fleet::Partition partition);

/// The text of the two policies of AWS's that nodes commonly have, so that nobody needs permission to read it; empty
/// for every other ARN.
std::string known_policy_document(std::string_view arn);

/// For which node the role is judged.
struct NodeNeeds {
  NodeNeeds() = default;
  std::string account;                                 ///< of the instance
  std::string region;                                  ///< of the site: where the agent calls DRS
  fleet::Partition partition = fleet::Partition::aws;  ///< of both
  /// Where it replicates to, when that is another account: the agent then works with that account's role.
  std::string staging_account;
};

/// The roles by which an agent replicates into another account (DRS user guide, "Adding a trusted account"): it assumes
/// the one in its own account, which is named after the staging account, and with that the one in the staging account,
/// which is named after its own. Both are in the path /service-role/.
std::string authorized_agent_role(std::string_view staging_account);
std::string agent_role(std::string_view account);

struct NodeRights {
  NodeRights() = default;
  /// Actions that are not allowed ("drs:SendClientLogsForDrs"): of the agent's installation and work, and of Systems
  /// Manager's core.
  std::vector<std::string> missing_drs;
  std::vector<std::string> missing_ssm;
  /// Whether missing_drs is what attaching the policy would mend: nothing denies it and no boundary stops it.
  bool mendable = false;
  /// What stands in the way, or would: an explicit deny, a boundary, a condition that cannot be judged from here.
  std::vector<std::string> notes;
  /// Policies that could not be read, with the reason: they may grant more, or deny.
  std::vector<std::string> unread;
};

/// Service control policies are not looked at: they belong to the organization.
NodeRights judge_role(const NodeRole& role, const NodeNeeds& needs);

}  // namespace postern::recovery
