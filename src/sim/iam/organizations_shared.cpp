#include "sim/iam/organizations_shared.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::sim::org_call {

using aws::server::fault;

Error refuse(std::string code, std::string message) {
  return fault(ErrorKind::usage, std::move(code), std::move(message), 400);
}

Error constraint(std::string message) {
  return refuse("ConstraintViolationException", std::move(message));
}

Error invalid_input(std::string message) {
  return refuse("InvalidInputException", std::move(message));
}

std::string arn_of(const Cloud& cloud, std::string_view node) {
  const Organization* organization = cloud.directory().organization();
  const OrganizationNode* found = organization == nullptr ? nullptr : organization->find(node);
  return found == nullptr ? "*" : organization->arn_of(*found);
}

std::string policy_arn(const Cloud& cloud, std::string_view policy) {
  const Organization* organization = cloud.directory().organization();
  const OrganizationPolicy* found = organization == nullptr ? nullptr : organization->find_policy(policy);
  return found == nullptr ? "*" : organization->arn_of(*found);
}

Result<Organization*> begin(const Info& info, Cloud& cloud, Need need, std::string resource) {
  TRY_VOID(authorize(info, resource));
  Organization* organization = cloud.directory().organization();
  const std::string& account = info.caller.account_id;
  if (organization == nullptr || organization->find(account) == nullptr) {
    return fail(refuse("AWSOrganizationsNotInUseException", "Your account is not a member of an organization."));
  }
  const bool allowed = need == Need::member || account == organization->management_account() ||
                       (need == Need::read && organization->may_read(account));
  if (!allowed) {
    return fail(
        fault(ErrorKind::denied, "AccessDeniedException", "You don't have permissions to access this resource.", 400));
  }
  return organization;
}

Result<const OrganizationNode*> node_of(const Organization& organization, const std::string& id, std::string code,
                                        std::string_view noun) {
  if (const OrganizationNode* node = organization.find(id)) return node;
  Error error = refuse(std::move(code), "You specified " + std::string(noun) + " that doesn't exist.");
  return fail(std::move(error).as(ErrorKind::not_found));
}

Result<const OrganizationPolicy*> policy_of(const Organization& organization, const std::string& id) {
  if (const OrganizationPolicy* policy = organization.find_policy(id)) return policy;
  return fail(refuse("PolicyNotFoundException", "We can't find a policy with the PolicyId that you specified.")
                  .as(ErrorKind::not_found));
}

Result<OrganizationPolicyType> type_of(const aws::Open<aws::organizations::PolicyType>& type) {
  for (const auto known : {OrganizationPolicyType::service_control, OrganizationPolicyType::resource_control}) {
    if (type.text() == to_string(known)) return known;
  }
  return fail(invalid_input("Policies of type " + printable(type.text(), 60) + " are not offered by this simulator."));
}

std::string path_of(const Organization& organization, const OrganizationNode& node) {
  std::string path;
  for (const OrganizationNode* at = &node; at != nullptr; at = organization.find(at->parent)) {
    path.insert(0, at->id + "/");
  }
  return organization.id() + "/" + path;
}

aws::organizations::Account to_account(const Organization& organization, const OrganizationNode& node) {
  aws::organizations::Account out;
  out.id = node.id;
  out.arn = organization.arn_of(node);
  out.email = Secret<>(node.email);
  out.name = node.name;
  out.status.emplace(node.status);
  out.state.emplace(node.status);
  out.paths.push_back(path_of(organization, node));
  const bool management = node.id == organization.management_account();
  out.joined_method =
      management ? aws::organizations::AccountJoinedMethod::invited : aws::organizations::AccountJoinedMethod::created;
  out.joined_timestamp = node.joined;
  return out;
}

aws::organizations::OrganizationalUnit to_unit(const Organization& organization, const OrganizationNode& node) {
  aws::organizations::OrganizationalUnit out;
  out.id = node.id;
  out.arn = organization.arn_of(node);
  out.name = node.name;
  out.path = path_of(organization, node);
  return out;
}

aws::organizations::Root to_root(const Organization& organization) {
  const OrganizationNode& node = *organization.find(organization.root_id());
  aws::organizations::Root out;
  out.id = node.id;
  out.arn = organization.arn_of(node);
  out.name = node.name;
  for (const auto type : {OrganizationPolicyType::service_control, OrganizationPolicyType::resource_control}) {
    if (!organization.is_enabled(type)) continue;
    aws::organizations::PolicyTypeSummary& summary = out.policy_types.emplace_back();
    summary.type = aws::Open<aws::organizations::PolicyType>(to_string(type));
    summary.status = aws::organizations::PolicyTypeStatus::enabled;
  }
  return out;
}

aws::organizations::PolicySummary to_summary(const Organization& organization, const OrganizationPolicy& policy) {
  aws::organizations::PolicySummary out;
  out.id = policy.id;
  out.arn = organization.arn_of(policy);
  out.name = policy.name;
  out.description = policy.description;
  out.type = aws::Open<aws::organizations::PolicyType>(to_string(policy.type));
  out.aws_managed = policy.aws_managed;
  return out;
}

std::vector<const OrganizationNode*> children(const Organization& organization, std::string_view parent,
                                              OrganizationNode::Kind kind) {
  std::vector<const OrganizationNode*> found;
  for (const auto& [id, node] : organization.nodes()) {
    if (node.parent == parent && node.kind == kind) found.push_back(&node);
  }
  if (kind == OrganizationNode::Kind::unit) {
    std::sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  }
  return found;
}

}  // namespace postern::sim::org_call
