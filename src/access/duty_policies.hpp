#pragma once

/// What each duty may do in a target account, statement by statement.

#include <string>
#include <vector>

#include "access/duty.hpp"
#include "cfn/value.hpp"

namespace postern::access {

/// The document by which AWS installs the replication agent.
inline constexpr std::string_view kInstallDocument = "AWSDisasterRecovery-InstallDRAgentOnInstance";

struct TagRule {
  TagRule() = default;
  TagRule(std::string k, std::string v) : key(std::move(k)), value(std::move(v)) {}
  std::string key;
  std::string value;
};

/// What the policies are limited to.
struct DutyLimits {
  DutyLimits() = default;
  /// Nodes that commands may run on, and nodes that the replication agent may be installed on.
  TagRule operate_tag = TagRule("postern:managed", "true");
  TagRule rollout_tag = TagRule("dr:enabled", "true");
  /// Documents that may be sent, by name, patterns allowed. Names that begin with AWS are AWS's own, all others the
  /// account's.
  std::vector<std::string> documents = {"AWS-RunShellScript", "AWS-RunPowerShellScript"};
};

/// A list of statements. Each duty is complete by itself: discovery is in all of them.
cfn::Value duty_statements(Duty duty, const DutyLimits& limits);

// The pieces, for templates of another shape.
cfn::Value discovery();
cfn::Value replication_reads();
/// SendCommand needs both: a document, and a node. Two statements: a document has no such tag.
cfn::Value send_documents(const std::vector<std::string>& documents);
cfn::Value send_nodes(const TagRule& tag);
cfn::Value command_follow_up();
/// StartSession is judged twice as well; what a session is called begins with whoever began it.
cfn::Value session_nodes(const TagRule& tag);
cfn::Value session_documents();
cfn::Value own_sessions();
cfn::Value session_keys();
cfn::Value node_role_reads();
/// VPCs with their subnets, routes, groups and endpoints: EC2 has no resources to limit such reads to.
cfn::Value look_at_networks();
/// Appends what StartRecovery and UpdateLaunchConfiguration need, in DRS and - on the caller's behalf - in EC2 and IAM.
void add_recovery(cfn::Value& statements);
void add_cleanup(cfn::Value& statements);

}  // namespace postern::access
