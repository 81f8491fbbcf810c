#pragma once

/// The roles behind many instances, and the one change that prepares them: AWS's policy for nodes attached to the role
/// that an instance's profile really contains.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/inventory.hpp"
#include "recovery/node_rights.hpp"

namespace postern::recovery {

enum class NodeVerdict : std::uint8_t { ok, no_instance_profile, profile_without_role, lacks_drs_policy, unreadable };
/// "ok", "NO_INSTANCE_PROFILE", "PROFILE_WITHOUT_ROLE", "PROFILE_LACKS_DRS_POLICY", "UNREADABLE".
std::string_view to_string(NodeVerdict verdict) noexcept;

/// A role of one account, judged once for all its instances.
struct RoleCheck {
  RoleCheck() = default;
  std::vector<fleet::ScopePtr> scopes;  ///< of its instances: one account, a Region each; never empty
  NodeRole role;
  NodeRights rights;
  NodeVerdict verdict = NodeVerdict::unreadable;
  std::string reason;                     ///< a sentence; of ok, what is worth knowing all the same
  std::vector<InstanceProfile> profiles;  ///< by which the instances have it
  std::size_t instances = 0;              ///< of those that were asked about

  bool mendable() const { return verdict == NodeVerdict::lacks_drs_policy && rights.mendable; }
};

inline constexpr std::size_t kNoRole = static_cast<std::size_t>(-1);

struct NodeCheck {
  NodeCheck() = default;
  fleet::TargetRef target;
  std::string name;     ///< the instance's
  std::string profile;  ///< name; empty: none
  NodeVerdict verdict = NodeVerdict::unreadable;
  std::string reason;
  std::size_t role = kNoRole;  ///< in NodeSurvey::roles
};

/// Where an account's servers replicate to, when that is another account: the site there, by the account's id.
using StagingSites = std::map<std::string, fleet::ScopePtr, std::less<>>;

struct NodeSurvey {
  NodeSurvey() = default;
  std::vector<NodeCheck> nodes;  ///< in the order of the instances
  std::vector<RoleCheck> roles;  ///< by account and name
};

/// Reads the profile and role of each instance, each profile and role once. `sites` say in which Region an account's
/// agents call DRS, `staging` which of them do so in another account. What cannot be read is the verdict of its
/// instances; fails only with cancelled.
rt::Task<Result<NodeSurvey>> survey_nodes(rt::CallContext ctx, NodeRoles& port,
                                          const std::vector<fleet::Instance>& instances,
                                          const std::vector<fleet::ScopePtr>& sites, const StagingSites& staging,
                                          std::size_t concurrency);

/// Who else a change of a role reaches.
struct ProfileUse {
  ProfileUse() = default;
  InstanceProfile profile;
  std::size_t instances = 0;  ///< in the Regions that were looked at
};

/// What attaching the policy to a role means.
struct RoleChange {
  RoleChange() = default;
  std::size_t role = kNoRole;  ///< in NodeSurvey::roles
  std::string policy_arn;
  std::vector<ProfileUse> profiles;  ///< all that the role is in
  std::vector<std::string> notes;    ///< what could not be learnt about them
};

enum class AttachOutcome : std::uint8_t { attached, failed, unknown };
std::string_view to_string(AttachOutcome outcome) noexcept;

struct AttachResult {
  AttachResult() = default;
  AttachOutcome outcome = AttachOutcome::unknown;
  std::optional<Error> error;  ///< why it failed, or is not known
};

/// A change for every role that one mends, with everybody whom it reaches: the profiles that the role is in, and their
/// instances in the Regions of the survey. Fails only with cancelled.
rt::Task<Result<std::vector<RoleChange>>> plan_role_changes(rt::CallContext ctx, NodeRoles& port,
                                                            const NodeSurvey& survey, std::size_t concurrency);

/// Attaches and reads back until IAM shows it; an answer that was lost is settled by what IAM shows. Fails only with
/// cancelled.
rt::Task<Result<AttachResult>> attach_node_policy(rt::CallContext ctx, NodeRoles& port, const RoleCheck& role,
                                                  std::string policy_arn);

}  // namespace postern::recovery
