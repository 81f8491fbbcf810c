#pragma once

/// The IAM behind an instance: its profile, the role that the profile really contains, and the role's policies. A
/// profile's name says nothing about its role's; what a role may do stands in its inline policies as much as in what
/// is attached.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fleet/types.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::recovery {

struct InstanceProfile {
  InstanceProfile() = default;
  std::string name;
  std::string arn;
  std::string role;  ///< the name of the role in it; empty: it has none
  std::string role_arn;
};

struct RolePolicy {
  RolePolicy() = default;
  std::string name;
  std::string arn;       ///< empty: inline
  std::string document;  ///< JSON; empty when it could not be read
  std::string unread;    ///< why not
};

struct NodeRole {
  NodeRole() = default;
  std::string name;
  std::string arn;
  std::vector<RolePolicy> policies;    ///< attached ones, then inline ones
  std::optional<RolePolicy> boundary;  ///< as far as it may be asked for
  bool has_attached(std::string_view policy_arn) const;
};

/// IAM as one account's Regions share it: the scope says which account, and whose credentials.
class NodeRoles {
 public:
  virtual ~NodeRoles() = default;
  /// GetInstanceProfile. Absent: there is none of that name.
  virtual rt::Task<Result<std::optional<InstanceProfile>>> profile(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                   std::string name) = 0;
  /// The role with the text of every policy, attached and inline. A policy that cannot be read says why; that the list
  /// of them cannot be read is an error.
  virtual rt::Task<Result<NodeRole>> role(rt::CallContext ctx, fleet::ScopePtr scope, std::string name,
                                          std::string arn) = 0;
  /// ARNs of what is attached now.
  virtual rt::Task<Result<std::vector<std::string>>> attached(rt::CallContext ctx, fleet::ScopePtr scope,
                                                              std::string role) = 0;
  /// Every profile that the role is in.
  virtual rt::Task<Result<std::vector<InstanceProfile>>> profiles_of(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                     std::string role) = 0;
  /// How many instances of the scope's account and Region, terminated ones aside, have each of the profiles: by ARN.
  virtual rt::Task<Result<std::map<std::string, std::size_t>>> count_instances(
      rt::CallContext ctx, fleet::ScopePtr scope, std::vector<std::string> profile_arns) = 0;
  /// AttachRolePolicy: a second one changes nothing.
  virtual rt::Task<Result<void>> attach(rt::CallContext ctx, fleet::ScopePtr scope, std::string role,
                                        std::string policy_arn) = 0;
};

/// "arn:aws:iam::111122223333:instance-profile/path/NAME" -> "NAME".
std::string profile_name_of(std::string_view arn);

}  // namespace postern::recovery
