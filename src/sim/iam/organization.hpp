#pragma once

/// Organization: the tree of roots, organizational units and accounts with its policies. Loop thread only.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "iam/evaluate.hpp"
#include "sim/config.hpp"
#include "sim/iam/entities.hpp"

namespace postern::sim {

struct OrganizationPolicy {
  OrganizationPolicy() = default;
  std::string id;  ///< "p-..."; "p-FullAWSAccess" and "p-RCPFullAWSAccess" are AWS's
  std::string name;
  std::string description;
  OrganizationPolicyType type = OrganizationPolicyType::service_control;
  bool aws_managed = false;
  SharedDocumentPtr document;
  Tags tags;
};

/// A root, an organizational unit or an account: what policies are attached to.
struct OrganizationNode {
  OrganizationNode() = default;
  enum class Kind : std::uint8_t { root, unit, account };
  Kind kind = Kind::unit;
  std::string id;
  std::string parent;  ///< id; empty: the root
  std::string name;
  std::string email;               ///< of an account
  std::string status = "ACTIVE";   ///< of an account
  WallTime joined;                 ///< of an account
  std::set<std::string> policies;  ///< ids
  Tags tags;
};

/// Ids of nodes and policies are unique in one organization. What changes is effective at once.
class Organization {
 public:
  /// Nothing but a root with its management account.
  Organization(std::uint64_t seed, std::string management_account, std::string id);

  const std::string& id() const noexcept { return id_; }
  const std::string& root_id() const noexcept { return root_id_; }
  const std::string& management_account() const noexcept { return management_; }
  std::string arn() const { return prefix() + ":organization/" + id_; }
  std::string arn_of(const OrganizationNode& node) const;
  std::string arn_of(const OrganizationPolicy& policy) const;
  /// Grows with every change.
  std::uint64_t generation() const noexcept { return generation_; }

  const std::map<std::string, OrganizationNode, std::less<>>& nodes() const noexcept { return nodes_; }
  const std::map<std::string, OrganizationPolicy, std::less<>>& policies() const noexcept { return policies_; }
  const OrganizationNode* find(std::string_view id) const;
  const OrganizationPolicy* find_policy(std::string_view id) const;
  bool is_enabled(OrganizationPolicyType type) const { return enabled_.contains(type); }
  /// "o-.../r-.../ou-.../": the value of aws:PrincipalOrgPaths; empty for an account outside.
  std::string path_text(std::string_view account) const;
  /// What the evaluator needs of an account; null for one outside.
  std::shared_ptr<const iam::OrganizationPath> path_of(std::string_view account) const;
  /// The account is the management account or a delegated administrator of some service.
  bool may_read(std::string_view account) const;
  const std::map<std::string, std::set<std::string>, std::less<>>& delegated() const noexcept { return delegated_; }

  void add_account(std::string account, std::string name, std::string parent, WallTime joined);
  /// Ids are derived from the seed, the parent and a counter.
  OrganizationNode& add_unit(std::string_view parent, std::string name);
  OrganizationPolicy& add_policy(OrganizationPolicyType type, std::string name, SharedDocumentPtr document);
  void remove_node(std::string_view id);
  void remove_policy(std::string_view id);
  void move(std::string_view account, std::string parent);
  void attach(std::string_view policy, std::string_view target);
  void detach(std::string_view policy, std::string_view target);
  /// Enabling attaches AWS's own policy of the type everywhere; disabling detaches everything of the type.
  void enable(OrganizationPolicyType type);
  void disable(OrganizationPolicyType type);
  void delegate(std::string account, std::string service);
  void undelegate(std::string_view account, std::string_view service);
  /// For changes that are made in place.
  OrganizationNode* edit(std::string_view id);
  OrganizationPolicy* edit_policy(std::string_view id);

 private:
  std::string prefix() const { return "arn:aws:organizations::" + management_; }
  std::string new_id(std::string_view label, std::size_t digits);
  void changed();
  std::shared_ptr<const iam::OrganizationLevel> level_of(const OrganizationNode& node) const;
  void attach_default(OrganizationNode& node, OrganizationPolicyType type);

  std::uint64_t seed_;
  std::string management_;
  std::string id_;
  std::string root_id_;
  std::uint64_t counter_ = 0;
  std::uint64_t generation_ = 1;
  std::map<std::string, OrganizationNode, std::less<>> nodes_;
  std::map<std::string, OrganizationPolicy, std::less<>> policies_;
  std::set<OrganizationPolicyType> enabled_;
  std::map<std::string, std::set<std::string>, std::less<>> delegated_;  // account: service principals
  mutable std::map<std::string, std::shared_ptr<const iam::OrganizationLevel>, std::less<>> levels_;
  mutable std::map<std::string, std::shared_ptr<const iam::OrganizationPath>, std::less<>> paths_;
};

/// "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY".
std::string_view to_string(OrganizationPolicyType type) noexcept;

}  // namespace postern::sim
