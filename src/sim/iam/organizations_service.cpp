#include "sim/iam/organizations_service.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sim/iam/organizations_shared.hpp"

namespace postern::sim {
namespace org_tree {

using namespace org_call;
using Kind = OrganizationNode::Kind;

constexpr std::size_t kUnitDepthMax = 5;
constexpr std::size_t kUnitsMax = 2'000;
constexpr std::size_t kTagsMax = 50;

Result<const OrganizationNode*> parent_of(const Organization& organization, const std::string& id,
                                          std::string code = "ParentNotFoundException") {
  const OrganizationNode* node = organization.find(id);
  if (node == nullptr || node->kind == Kind::account) {
    return fail(
        refuse(std::move(code), "You provided a parent id that doesn't exist or is no root or organizational unit.")
            .as(ErrorKind::not_found));
  }
  return node;
}

Result<const OrganizationNode*> unit_of(const Organization& organization, const std::string& id) {
  const OrganizationNode* node = organization.find(id);
  if (node != nullptr && node->kind == Kind::unit) return node;
  return fail(refuse("OrganizationalUnitNotFoundException",
                     "We can't find an OU with the OrganizationalUnitId that you specified.")
                  .as(ErrorKind::not_found));
}

Result<const OrganizationNode*> account_of(const Organization& organization, const std::string& id) {
  const OrganizationNode* node = organization.find(id);
  if (node != nullptr && node->kind == Kind::account) return node;
  return fail(
      refuse("AccountNotFoundException", "You specified an account that doesn't exist.").as(ErrorKind::not_found));
}

std::vector<const OrganizationNode*> accounts(const Organization& organization) {
  std::vector<const OrganizationNode*> found;
  for (const auto& [id, node] : organization.nodes()) {
    if (node.kind == Kind::account) found.push_back(&node);
  }
  return found;
}

Result<void> check_unit_name(const Organization& organization, const std::string& parent, const std::string& name) {
  for (const OrganizationNode* sibling : children(organization, parent, Kind::unit)) {
    if (!equals_ignore_case(sibling->name, name)) continue;
    return fail(refuse("DuplicateOrganizationalUnitException", "An OU with the same name already exists.")
                    .as(ErrorKind::conflict));
  }
  return {};
}

Result<const OrganizationNode*> create_unit(Organization& organization,
                                            const aws::organizations::CreateOrganizationalUnitRequest& request) {
  TRY(const OrganizationNode* parent, parent_of(organization, *request.parent_id));
  TRY_VOID(check_unit_name(organization, parent->id, *request.name));
  std::size_t depth = 1;
  for (const OrganizationNode* at = parent; at->kind == Kind::unit; at = organization.find(at->parent)) ++depth;
  if (depth > kUnitDepthMax) {
    return fail(constraint("You have exceeded the depth limit of organizational units: OU_DEPTH_LIMIT_EXCEEDED"));
  }
  if (organization.nodes().size() >= kUnitsMax + accounts(organization).size()) {
    return fail(constraint("You have exceeded the number of organizational units: OU_NUMBER_LIMIT_EXCEEDED"));
  }
  OrganizationNode& made = organization.add_unit(parent->id, *request.name);
  for (const aws::organizations::Tag& tag : request.tags) made.tags.insert_or_assign(*tag.key, *tag.value);
  return &made;
}

Result<void> move_account(Organization& organization, const aws::organizations::MoveAccountRequest& request) {
  TRY(const OrganizationNode* account, account_of(organization, *request.account_id));
  TRY_VOID(parent_of(organization, *request.source_parent_id, "SourceParentNotFoundException"));
  TRY_VOID(parent_of(organization, *request.destination_parent_id, "DestinationParentNotFoundException"));
  if (account->parent != *request.source_parent_id) {
    return fail(refuse("SourceParentNotFoundException", "The account is not a child of the source parent."));
  }
  if (account->parent == *request.destination_parent_id) {
    return fail(refuse("DuplicateAccountException", "That account is already present in the specified destination."));
  }
  organization.move(account->id, *request.destination_parent_id);
  return {};
}

/// The tags of a node or a policy; null: there is no such resource.
Tags* tags_of(Organization& organization, const std::string& id) {
  if (OrganizationNode* node = organization.edit(id)) return &node->tags;
  if (OrganizationPolicy* policy = organization.edit_policy(id)) return &policy->tags;
  return nullptr;
}

Error no_target() {
  return refuse("TargetNotFoundException", "You specified a target that doesn't exist.").as(ErrorKind::not_found);
}

std::string resource_arn(const Cloud& cloud, const std::string& id) {
  const std::string node = arn_of(cloud, id);
  return node == "*" ? policy_arn(cloud, id) : node;
}

aws::organizations::ParentType::Value type_of_parent(const OrganizationNode& node) {
  return node.kind == Kind::root ? aws::organizations::ParentType::root
                                 : aws::organizations::ParentType::organizational_unit;
}

}  // namespace org_tree

OrganizationsService::Answer<aws::organizations::DescribeOrganizationResponse>
OrganizationsService::describe_organization(Info info, aws::organizations::DescribeOrganizationRequest) {
  using namespace org_tree;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::member));
  aws::organizations::DescribeOrganizationResponse response;
  aws::organizations::Organization& out = response.organization.emplace();
  const OrganizationNode& management = *organization->find(organization->management_account());
  out.id = organization->id();
  out.arn = organization->arn();
  out.feature_set = aws::organizations::OrganizationFeatureSet::all;
  out.master_account_arn = organization->arn_of(management);
  out.master_account_id = management.id;
  out.master_account_email = Secret<>(management.email);
  aws::organizations::PolicyTypeSummary& type = out.available_policy_types.emplace_back();
  type.type = aws::organizations::PolicyType::service_control_policy;
  type.status = aws::organizations::PolicyTypeStatus::enabled;
  co_return response;
}

// ---- accounts ----

OrganizationsService::Answer<aws::organizations::ListAccountsResponse> OrganizationsService::list_accounts(
    Info info, aws::organizations::ListAccountsRequest request) {
  using namespace org_tree;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read));
  aws::organizations::ListAccountsResponse response;
  const auto key = [](const OrganizationNode* node) -> std::string_view { return node->id; };
  const auto add = [&](const OrganizationNode* node) { response.accounts.push_back(to_account(*organization, *node)); };
  CO_TRY_VOID(fill_page(info, request, "", accounts(*organization), response, key, add));
  co_return response;
}

OrganizationsService::Answer<aws::organizations::DescribeAccountResponse> OrganizationsService::describe_account(
    Info info, aws::organizations::DescribeAccountRequest request) {
  using namespace org_tree;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read, arn_of(cloud_, *request.account_id)));
  CO_TRY(const OrganizationNode* account, account_of(*organization, *request.account_id));
  aws::organizations::DescribeAccountResponse response;
  response.account = to_account(*organization, *account);
  co_return response;
}

OrganizationsService::Answer<aws::organizations::ListAccountsForParentResponse>
OrganizationsService::list_accounts_for_parent(Info info, aws::organizations::ListAccountsForParentRequest request) {
  using namespace org_tree;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read));
  CO_TRY(const OrganizationNode* parent, parent_of(*organization, *request.parent_id));
  aws::organizations::ListAccountsForParentResponse response;
  const auto key = [](const OrganizationNode* node) -> std::string_view { return node->id; };
  const auto add = [&](const OrganizationNode* node) { response.accounts.push_back(to_account(*organization, *node)); };
  CO_TRY_VOID(
      fill_page(info, request, parent->id, children(*organization, parent->id, Kind::account), response, key, add));
  co_return response;
}

OrganizationsService::Answer<aws::organizations::MoveAccountResponse> OrganizationsService::move_account(
    Info info, aws::organizations::MoveAccountRequest request) {
  using namespace org_tree;
  CO_TRY(Organization * organization, begin(info, cloud_, Need::management, arn_of(cloud_, *request.account_id)));
  CO_TRY_VOID(org_tree::move_account(*organization, request));
  co_return aws::organizations::MoveAccountResponse();
}

// ---- roots and units ----

OrganizationsService::Answer<aws::organizations::ListRootsResponse> OrganizationsService::list_roots(
    Info info, aws::organizations::ListRootsRequest) {
  using namespace org_tree;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read));
  aws::organizations::ListRootsResponse response;
  response.roots.push_back(to_root(*organization));
  co_return response;
}

OrganizationsService::Answer<aws::organizations::ListOrganizationalUnitsForParentResponse>
OrganizationsService::list_organizational_units_for_parent(
    Info info, aws::organizations::ListOrganizationalUnitsForParentRequest request) {
  using namespace org_tree;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read, arn_of(cloud_, *request.parent_id)));
  CO_TRY(const OrganizationNode* parent, parent_of(*organization, *request.parent_id));
  aws::organizations::ListOrganizationalUnitsForParentResponse response;
  const auto key = [](const OrganizationNode* node) -> std::string_view { return node->id; };
  const auto add = [&](const OrganizationNode* node) {
    response.organizational_units.push_back(to_unit(*organization, *node));
  };
  CO_TRY_VOID(
      fill_page(info, request, parent->id, children(*organization, parent->id, Kind::unit), response, key, add));
  co_return response;
}

OrganizationsService::Answer<aws::organizations::DescribeOrganizationalUnitResponse>
OrganizationsService::describe_organizational_unit(Info info,
                                                   aws::organizations::DescribeOrganizationalUnitRequest request) {
  using namespace org_tree;
  const std::string& id = *request.organizational_unit_id;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read, arn_of(cloud_, id)));
  CO_TRY(const OrganizationNode* unit, unit_of(*organization, id));
  aws::organizations::DescribeOrganizationalUnitResponse response;
  response.organizational_unit = to_unit(*organization, *unit);
  co_return response;
}

OrganizationsService::Answer<aws::organizations::CreateOrganizationalUnitResponse>
OrganizationsService::create_organizational_unit(Info info,
                                                 aws::organizations::CreateOrganizationalUnitRequest request) {
  using namespace org_tree;
  CO_TRY(Organization * organization, begin(info, cloud_, Need::management, arn_of(cloud_, *request.parent_id)));
  CO_TRY(const OrganizationNode* unit, create_unit(*organization, request));
  aws::organizations::CreateOrganizationalUnitResponse response;
  response.organizational_unit = to_unit(*organization, *unit);
  co_return response;
}

OrganizationsService::Answer<aws::organizations::UpdateOrganizationalUnitResponse>
OrganizationsService::update_organizational_unit(Info info,
                                                 aws::organizations::UpdateOrganizationalUnitRequest request) {
  using namespace org_tree;
  const std::string& id = *request.organizational_unit_id;
  CO_TRY(Organization * organization, begin(info, cloud_, Need::management, arn_of(cloud_, id)));
  CO_TRY(const OrganizationNode* unit, unit_of(*organization, id));
  if (request.name && *request.name != unit->name) {
    CO_TRY_VOID(check_unit_name(*organization, unit->parent, *request.name));
    organization->edit(id)->name = *request.name;
  }
  aws::organizations::UpdateOrganizationalUnitResponse response;
  response.organizational_unit = to_unit(*organization, *unit);
  co_return response;
}

OrganizationsService::Answer<aws::organizations::DeleteOrganizationalUnitResponse>
OrganizationsService::delete_organizational_unit(Info info,
                                                 aws::organizations::DeleteOrganizationalUnitRequest request) {
  using namespace org_tree;
  const std::string& id = *request.organizational_unit_id;
  CO_TRY(Organization * organization, begin(info, cloud_, Need::management, arn_of(cloud_, id)));
  CO_TRY_VOID(unit_of(*organization, id));
  const bool empty =
      children(*organization, id, Kind::unit).empty() && children(*organization, id, Kind::account).empty();
  if (!empty) {
    co_return fail(refuse("OrganizationalUnitNotEmptyException",
                          "The specified OU is not empty. Move all accounts to another root or to other OUs, remove "
                          "all child OUs, and try the operation again."));
  }
  organization->remove_node(id);
  co_return aws::organizations::DeleteOrganizationalUnitResponse();
}

OrganizationsService::Answer<aws::organizations::ListParentsResponse> OrganizationsService::list_parents(
    Info info, aws::organizations::ListParentsRequest request) {
  using namespace org_tree;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read, arn_of(cloud_, *request.child_id)));
  CO_TRY(const OrganizationNode* child, node_of(*organization, *request.child_id, "ChildNotFoundException", "a child"));
  const OrganizationNode* parent = organization->find(child->parent);
  if (parent == nullptr) co_return fail(refuse("ChildNotFoundException", "You specified a child that doesn't exist."));
  aws::organizations::ListParentsResponse response;
  aws::organizations::Parent& out = response.parents.emplace_back();
  out.id = parent->id;
  out.type = type_of_parent(*parent);
  co_return response;
}

OrganizationsService::Answer<aws::organizations::ListChildrenResponse> OrganizationsService::list_children(
    Info info, aws::organizations::ListChildrenRequest request) {
  using namespace org_tree;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read, arn_of(cloud_, *request.parent_id)));
  CO_TRY(const OrganizationNode* parent, parent_of(*organization, *request.parent_id));
  const bool wants_accounts = *request.child_type == aws::organizations::ChildType::account;
  const auto found = children(*organization, parent->id, wants_accounts ? Kind::account : Kind::unit);
  aws::organizations::ListChildrenResponse response;
  const auto key = [](const OrganizationNode* node) -> std::string_view { return node->id; };
  const auto add = [&](const OrganizationNode* node) {
    aws::organizations::Child& child = response.children.emplace_back();
    child.id = node->id;
    child.type = request.child_type;
  };
  CO_TRY_VOID(fill_page(info, request, parent->id + request.child_type->text(), found, response, key, add));
  co_return response;
}

// ---- tags ----

OrganizationsService::Answer<aws::organizations::TagResourceResponse> OrganizationsService::tag_resource(
    Info info, aws::organizations::TagResourceRequest request) {
  using namespace org_tree;
  CO_TRY(Organization * organization,
         begin(info, cloud_, Need::management, resource_arn(cloud_, *request.resource_id)));
  Tags* tags = tags_of(*organization, *request.resource_id);
  if (tags == nullptr) co_return fail(no_target());
  Tags merged = *tags;
  for (const aws::organizations::Tag& tag : request.tags) merged.insert_or_assign(*tag.key, *tag.value);
  if (merged.size() > kTagsMax)
    co_return fail(constraint("You have exceeded the number of tags: MAX_TAG_LIMIT_EXCEEDED"));
  *tags = std::move(merged);
  co_return aws::organizations::TagResourceResponse();
}

OrganizationsService::Answer<aws::organizations::UntagResourceResponse> OrganizationsService::untag_resource(
    Info info, aws::organizations::UntagResourceRequest request) {
  using namespace org_tree;
  CO_TRY(Organization * organization,
         begin(info, cloud_, Need::management, resource_arn(cloud_, *request.resource_id)));
  Tags* tags = tags_of(*organization, *request.resource_id);
  if (tags == nullptr) co_return fail(no_target());
  for (const std::string& key : request.tag_keys) tags->erase(key);
  co_return aws::organizations::UntagResourceResponse();
}

OrganizationsService::Answer<aws::organizations::ListTagsForResourceResponse>
OrganizationsService::list_tags_for_resource(Info info, aws::organizations::ListTagsForResourceRequest request) {
  using namespace org_tree;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read, resource_arn(cloud_, *request.resource_id)));
  const OrganizationNode* node = organization->find(*request.resource_id);
  const OrganizationPolicy* policy = organization->find_policy(*request.resource_id);
  if (node == nullptr && policy == nullptr) co_return fail(no_target());
  aws::organizations::ListTagsForResourceResponse response;
  for (const auto& [key, value] : node != nullptr ? node->tags : policy->tags) {
    aws::organizations::Tag& tag = response.tags.emplace_back();
    tag.key = key;
    tag.value = value;
  }
  co_return response;
}

// ---- delegated administrators ----

OrganizationsService::Answer<aws::organizations::RegisterDelegatedAdministratorResponse>
OrganizationsService::register_delegated_administrator(
    Info info, aws::organizations::RegisterDelegatedAdministratorRequest request) {
  using namespace org_tree;
  CO_TRY(Organization * organization, begin(info, cloud_, Need::management, arn_of(cloud_, *request.account_id)));
  CO_TRY(const OrganizationNode* account, account_of(*organization, *request.account_id));
  if (account->id == organization->management_account()) {
    co_return fail(constraint("You cannot register the management account as a delegated administrator."));
  }
  const auto found = organization->delegated().find(account->id);
  if (found != organization->delegated().end() && found->second.contains(*request.service_principal)) {
    co_return fail(refuse("AccountAlreadyRegisteredException",
                          "The specified account is already a delegated administrator for this AWS service."));
  }
  organization->delegate(account->id, *request.service_principal);
  co_return aws::organizations::RegisterDelegatedAdministratorResponse();
}

OrganizationsService::Answer<aws::organizations::DeregisterDelegatedAdministratorResponse>
OrganizationsService::deregister_delegated_administrator(
    Info info, aws::organizations::DeregisterDelegatedAdministratorRequest request) {
  using namespace org_tree;
  CO_TRY(Organization * organization, begin(info, cloud_, Need::management, arn_of(cloud_, *request.account_id)));
  CO_TRY_VOID(account_of(*organization, *request.account_id));
  const auto found = organization->delegated().find(*request.account_id);
  if (found == organization->delegated().end() || !found->second.contains(*request.service_principal)) {
    co_return fail(refuse("AccountNotRegisteredException",
                          "The specified account is not a delegated administrator for this AWS service."));
  }
  organization->undelegate(*request.account_id, *request.service_principal);
  co_return aws::organizations::DeregisterDelegatedAdministratorResponse();
}

OrganizationsService::Answer<aws::organizations::ListDelegatedAdministratorsResponse>
OrganizationsService::list_delegated_administrators(Info info,
                                                    aws::organizations::ListDelegatedAdministratorsRequest request) {
  using namespace org_tree;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read));
  std::vector<const OrganizationNode*> found;
  for (const auto& [account, services] : organization->delegated()) {
    if (!request.service_principal || services.contains(*request.service_principal)) {
      found.push_back(organization->find(account));
    }
  }
  aws::organizations::ListDelegatedAdministratorsResponse response;
  const auto key = [](const OrganizationNode* node) -> std::string_view { return node->id; };
  const auto add = [&](const OrganizationNode* node) {
    const aws::organizations::Account account = to_account(*organization, *node);
    aws::organizations::DelegatedAdministrator& out = response.delegated_administrators.emplace_back();
    out.id = account.id;
    out.arn = account.arn;
    out.email = account.email;
    out.name = account.name;
    out.status = account.status;
    out.joined_method = account.joined_method;
    out.joined_timestamp = account.joined_timestamp;
    out.delegation_enabled_date = node->joined;
  };
  CO_TRY_VOID(fill_page(info, request, request.service_principal.value_or(""), found, response, key, add));
  co_return response;
}

}  // namespace postern::sim
