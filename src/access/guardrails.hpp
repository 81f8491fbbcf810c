#pragma once

/// Who may set the tags by which nodes are chosen: whoever may, decides where software is installed with an
/// administrator's rights.

#include <string>
#include <string_view>
#include <vector>

#include "access/why.hpp"
#include "base/error.hpp"
#include "cfn/template.hpp"

namespace postern::access {

/// By which a rollout of the replication agent finds its instances.
inline constexpr std::string_view kRolloutTags[] = {"dr:enabled", "dr:recovery-strategy"};

struct GuardOrder {
  GuardOrder() = default;
  std::vector<std::string> tags = {std::string(kRolloutTags[0]), std::string(kRolloutTags[1])};
  /// Roles that may set them, by name with path, patterns allowed: in every account.
  std::vector<std::string> roles;
};

/// A service control policy as CloudFormation makes it in the management account; it is attached to the root, units or
/// accounts of the parameter TargetIds. Errors of kind usage: no tag, no role, larger than such a policy may be.
Result<cfn::Template> guard_template(const GuardOrder& order);

enum class TagGuard : std::uint8_t { guarded, open, unknown };
std::string_view to_string(TagGuard guard) noexcept;
/// Whether some role of the account, that is allowed everything there, may set the tag on an instance. `organization`:
/// the service control policies above the account; its other members are not looked at.
TagGuard judge_tag(const RoleFacts& organization, const std::string& account, const std::string& tag);

}  // namespace postern::access
