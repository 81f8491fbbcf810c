#include "sim/agents/node_roles.hpp"

#include <algorithm>

#include "iam/assume_role.hpp"
#include "sim/agents/managed_nodes.hpp"

namespace postern::sim {
namespace node_roles {

/// Whether a policy may say different things of two nodes.
bool tells_nodes_apart(const iam::Document& document) {
  return std::any_of(document.statements().begin(), document.statements().end(), [](const iam::Statement& statement) {
    const bool everything = statement.resource_scope == iam::Scope::only &&
                            std::all_of(statement.resources.begin(), statement.resources.end(),
                                        [](const iam::ArnPattern& pattern) { return pattern.text() == "*"; });
    return !everything || !statement.conditions.empty();
  });
}

bool tells_nodes_apart(const EffectivePolicies& policies) {
  if (policies.boundary && tells_nodes_apart(*policies.boundary->document)) return true;
  return std::any_of(policies.identity.begin(), policies.identity.end(),
                     [](const iam::AttachedPolicy& policy) { return tells_nodes_apart(*policy.document); });
}

std::string denial_of(const Cloud& cloud, const Identity& identity, const Instance& instance, std::string_view action) {
  iam::RequestContext context;
  context.set("aws:RequestedRegion", instance.region());
  context.set("aws:SecureTransport", "true");
  context.set("aws:ViaAWSService", "false");
  for (const iam::RequestContext::Entry& entry : identity.keys.entries()) context.set_list(entry.key, entry.values);
  Access access{std::string(action)};
  access.on(instance.arn(), instance.all_tags());
  const iam::Evaluation evaluation = evaluate_access(cloud, identity, access, context);
  return evaluation.allowed() ? std::string() : evaluation.denial_text;
}

}  // namespace node_roles

std::shared_ptr<Role> instance_role(const Directory& directory, const Instance& instance) {
  const std::string& name = instance.traits->instance_profile;
  if (name.empty()) return nullptr;
  const auto profile = directory.find_profile(instance.account_id(), name);
  if (profile == nullptr || profile->role.empty()) return nullptr;
  return activation_role(directory, instance.account_id(), profile->role);
}

std::shared_ptr<Role> activation_role(const Directory& directory, const std::string& account, std::string_view name) {
  const AccountIam* iam = directory.find_account(account);
  if (iam == nullptr) return nullptr;
  // An activation names the role with its path, a profile without.
  const auto found = iam->roles.find(name.substr(name.rfind('/') + 1));
  return found == iam->roles.end() ? nullptr : found->second;
}

std::shared_ptr<Role> node_role(const Cloud& cloud, const Instance& node) {
  const ManagedNode* managed = cloud.managed().find(node.id);
  if (managed == nullptr || !managed->is_hybrid()) return instance_role(cloud.directory(), node);
  return activation_role(cloud.directory(), node.account_id(), managed->iam_role);
}

bool trusts_service(const Directory& directory, const Role& role, std::string_view service) {
  const iam::Principal caller = iam::Principal::service(service);
  std::shared_ptr<const iam::OrganizationPath> path;
  if (directory.organization() != nullptr) path = directory.organization()->path_of(role.account_id);
  iam::RequestContext context;
  context.set("aws:SourceAccount", role.account_id);
  iam::AssumeRoleRequest ask;
  ask.caller = &caller;
  ask.role_arn = role.arn;
  ask.trust = &role.trust;
  ask.role_organization = path.get();
  ask.context = &context;
  return iam::evaluate_assume_role(ask, iam::PolicySet()).allowed();
}

IdentityPtr node_session(const Directory& directory, const std::shared_ptr<Role>& role, const Instance& node,
                         WallTime now) {
  SessionOptions options;
  options.name = node.id;
  if (!node.id.starts_with("mi-")) options.keys.set("ec2:SourceInstanceARN", node.arn());
  return directory.role_identity(role, std::move(options), now);
}

bool NodeRoles::has_instance_profile(std::string_view account, std::string_view name) const {
  return cloud_.directory().find_profile(account, name) != nullptr;
}

std::string NodeRoles::why_denied(const Instance& instance, std::string_view action) const {
  const Directory& directory = cloud_.directory();
  const std::uint64_t now = directory.generation();
  if (generation_ != now) known_.clear();
  generation_ = now;
  const std::string& profile = instance.traits->instance_profile;
  const std::string key = instance.account_id() + "\n" + profile + "\n" + std::string(action);
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  const std::shared_ptr<Role> role = instance_role(directory, instance);
  std::string why;
  if (role != nullptr) {
    why = evaluate(instance, role, action);
    if (node_roles::tells_nodes_apart(directory.effective(*role))) return why;
  } else {
    const bool there = directory.find_profile(instance.account_id(), profile) != nullptr;
    why = "the instance profile " + profile + (there ? " has no role" : " does not exist");
  }
  known_.emplace(key, why);
  return why;
}

std::string NodeRoles::evaluate(const Instance& instance, const std::shared_ptr<Role>& role,
                                std::string_view action) const {
  if (!trusts_service(cloud_.directory(), *role, "ec2.amazonaws.com")) {
    return "the role " + role->name + " does not let ec2.amazonaws.com assume it";
  }
  const IdentityPtr identity = node_session(cloud_.directory(), role, instance, cloud_.begin());
  return node_roles::denial_of(cloud_, *identity, instance, action);
}

}  // namespace postern::sim
