#pragma once

/// What to render for identities: the hub's, the roles in target accounts, the nodes'. Pure: an order in, a template
/// out.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/duty.hpp"
#include "access/duty_policies.hpp"
#include "base/error.hpp"
#include "cfn/template.hpp"

namespace postern::access {

/// Who acts from the hub.
enum class DeployMode : std::uint8_t {
  ec2,             ///< an orchestration host: instance profile
  lambda,          ///< a function
  state_machine,   ///< Step Functions, whose tasks assume the target roles themselves
  permission_set,  ///< people, by Identity Center
  oidc             ///< a build server with an OpenID Connect provider
};
std::string_view to_string(DeployMode mode) noexcept;
std::optional<DeployMode> parse_deploy_mode(std::string_view text) noexcept;

inline constexpr std::string_view kHubRole = "PosternHub";
inline constexpr std::string_view kNodeRole = "PosternNode";
inline constexpr std::string_view kGitHubTokens = "token.actions.githubusercontent.com";
/// A chained session ends after an hour whatever the role says.
inline constexpr std::int64_t kSessionSeconds = 3600;

struct RoleOrder {
  RoleOrder() = default;
  DeployMode mode = DeployMode::ec2;
  /// Which target roles, in the order of kEveryDuty.
  std::vector<Duty> duties = {std::begin(kEveryDuty), std::end(kEveryDuty)};
  /// Of the target roles, by duty, with an optional path ("ops/Observe"). Duties with one name share one role.
  std::array<std::string, std::size(kEveryDuty)> names = {"PosternObserve", "PosternOperate", "PosternRollout",
                                                          "PosternRecover", "PosternCleanup"};
  DutyLimits limits;
  /// What is known of the hub and its organisation: empty makes parameters without a default.
  std::string hub_account;
  std::string hub_role = std::string(kHubRole);
  std::string partition = "aws";
  std::string organization;
  /// What the hub may assume: ARNs. Empty: a parameter.
  std::vector<std::string> target_roles;
  /// Whom runs tell, and where the heads of their chains go ("bucket/prefix"): ARNs, and empty for none.
  std::vector<std::string> topics;
  std::vector<std::string> event_buses;
  std::string anchors;
  std::vector<std::string> copies;  ///< what `cp` sends large files through: "bucket/prefix" each
  /// The same template and parameters for every account: the ExternalId is a prefix and the account's id.
  bool external_id_by_account = false;
  /// The hub says who called it (hub.source_identity of the fleet file): trust and the hub's policy allow it.
  bool source_identity = false;
  /// Host and path of the OpenID Connect provider.
  std::string oidc_provider = std::string(kGitHubTokens);

  /// What it takes to assume a target role.
  std::vector<std::string> assume_actions() const {
    std::vector<std::string> actions = {"sts:AssumeRole"};
    if (source_identity) actions.emplace_back("sts:SetSourceIdentity");
    return actions;
  }
  const std::string& name_of(Duty duty) const { return names[static_cast<std::size_t>(duty)]; }
};

/// The identity in the hub account. Fails with usage when its policies would be larger than IAM takes.
Result<cfn::Template> hub_template(const RoleOrder& order);
/// The roles of the order's duties in a target account.
Result<cfn::Template> target_template(const RoleOrder& order);
/// The role and instance profile of managed nodes.
Result<cfn::Template> node_template(const RoleOrder& order);
/// One role for rollout and, behind a parameter, recovery, by the names that scripts know from before: the role
/// DRSOrchestrationRole, the parameter OrchestrationAccountId, the export DRSOrchestrationRoleArn.
Result<cfn::Template> brief_template(const RoleOrder& order);

/// Every policy of every role is one that IAM takes, and those of a role fit together. Errors of kind usage that name
/// the role.
Result<void> check_policies(const cfn::Template& source);

}  // namespace postern::access
