#pragma once

/// The roles of nodes: whose credentials an agent works with, and what it may do with them.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sim/access.hpp"
#include "sim/ec2/fleet.hpp"

namespace postern::sim {

/// The role of the instance's profile. Null: it has no profile, there is none of that name, or that has no role.
std::shared_ptr<Role> instance_role(const Directory& directory, const Instance& instance);
/// The role that a hybrid node registered with, by its name in the activation; null when it is gone.
std::shared_ptr<Role> activation_role(const Directory& directory, const std::string& account, std::string_view name);
/// The role that a node's agent works with: of its instance profile, or of its activation. Null: none.
std::shared_ptr<Role> node_role(const Cloud& cloud, const Instance& node);
/// Whether the role's trust policy lets a service assume it: "ec2.amazonaws.com", "ssm.amazonaws.com".
bool trusts_service(const Directory& directory, const Role& role, std::string_view service);
/// A session of the role that is named after the node, as EC2's metadata and SSM's role tokens make them.
IdentityPtr node_session(const Directory& directory, const std::shared_ptr<Role>& role, const Instance& node,
                         WallTime now);

/// Tells EC2 what agents may do. Answers are kept until an identity, a policy or the organization changes. Loop thread
/// only; the cloud outlives it.
class NodeRoles final : public ec2::IamView {
 public:
  explicit NodeRoles(const Cloud& cloud) : cloud_(cloud) {}
  bool has_instance_profile(std::string_view account, std::string_view name) const override;
  std::string why_denied(const Instance& instance, std::string_view action) const override;

 private:
  std::string evaluate(const Instance& instance, const std::shared_ptr<Role>& role, std::string_view action) const;

  const Cloud& cloud_;
  mutable std::uint64_t generation_ = 0;
  /// By account, profile and action: why not. Looked up only.
  mutable std::unordered_map<std::string, std::string> known_;
};

}  // namespace postern::sim
