#include <algorithm>

#include "base/text.hpp"
#include "sim/iam/organizations_service.hpp"
#include "sim/iam/organizations_shared.hpp"

namespace postern::sim {
namespace org_policies {

using namespace org_call;
using Kind = OrganizationNode::Kind;

constexpr std::size_t kPoliciesMax = 2'000;
constexpr std::ptrdiff_t kAttachedMax = 5;

Result<SharedDocumentPtr> parse(const Directory& directory, OrganizationPolicyType type, const std::string& text) {
  const bool scp = type == OrganizationPolicyType::service_control;
  auto parsed = directory.document(scp ? iam::DocumentKind::scp : iam::DocumentKind::rcp, text);
  if (parsed) return std::move(*parsed);
  const Error& error = parsed.error();
  const std::string code = error.aws() == nullptr ? "MalformedPolicyDocumentException" : error.aws()->code;
  return fail(refuse(code, error.message()));
}

Result<void> check_name(const Organization& organization, const std::string& name, std::string_view but) {
  for (const auto& [id, policy] : organization.policies()) {
    if (policy.name == name && id != but) {
      return fail(
          refuse("DuplicatePolicyException", "A policy with the same name already exists.").as(ErrorKind::conflict));
    }
  }
  return {};
}

Result<const OrganizationPolicy*> create(const Directory& directory, Organization& organization,
                                         const aws::organizations::CreatePolicyRequest& request) {
  TRY(const OrganizationPolicyType type, type_of(*request.type));
  TRY_VOID(check_name(organization, *request.name, ""));
  if (organization.policies().size() >= kPoliciesMax) {
    return fail(constraint("You have exceeded the number of policies: POLICY_NUMBER_LIMIT_EXCEEDED"));
  }
  TRY(SharedDocumentPtr document, parse(directory, type, *request.content));
  OrganizationPolicy& policy = organization.add_policy(type, *request.name, std::move(document));
  policy.description = *request.description;
  for (const aws::organizations::Tag& tag : request.tags) policy.tags.insert_or_assign(*tag.key, *tag.value);
  return &policy;
}

Result<const OrganizationPolicy*> own_policy(const Organization& organization, const std::string& id) {
  TRY(const OrganizationPolicy* policy, policy_of(organization, id));
  if (policy->aws_managed) {
    return fail(refuse("PolicyChangesNotAllowedException", "You can't modify a policy that AWS manages."));
  }
  return policy;
}

std::ptrdiff_t attached_of(const Organization& organization, const OrganizationNode& node,
                           OrganizationPolicyType type) {
  return std::count_if(node.policies.begin(), node.policies.end(),
                       [&](const std::string& id) { return organization.find_policy(id)->type == type; });
}

Result<const OrganizationNode*> target_of(const Organization& organization, const std::string& id) {
  return node_of(organization, id, "TargetNotFoundException", "a target");
}

Result<void> attach(Organization& organization, const std::string& policy_id, const std::string& target) {
  TRY(const OrganizationPolicy* policy, policy_of(organization, policy_id));
  TRY(const OrganizationNode* node, target_of(organization, target));
  if (!organization.is_enabled(policy->type)) {
    return fail(
        refuse("PolicyTypeNotEnabledException", "The specified policy type isn't currently enabled in this root."));
  }
  if (node->policies.contains(policy->id)) {
    return fail(
        refuse("DuplicatePolicyAttachmentException", "A policy with the specified name and type already exists."));
  }
  if (attached_of(organization, *node, policy->type) >= kAttachedMax) {
    return fail(
        constraint("You have attached the maximum number of policies to this target: "
                   "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
  }
  organization.attach(policy->id, node->id);
  return {};
}

Result<void> detach(Organization& organization, const std::string& policy_id, const std::string& target) {
  TRY(const OrganizationPolicy* policy, policy_of(organization, policy_id));
  TRY(const OrganizationNode* node, target_of(organization, target));
  if (!node->policies.contains(policy->id)) {
    return fail(refuse("PolicyNotAttachedException",
                       "The policy isn't attached to the specified target in the "
                       "specified root."));
  }
  if (policy->id == "p-RCPFullAWSAccess") {
    return fail(constraint("You cannot detach RCPFullAWSAccess: MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
  }
  if (attached_of(organization, *node, policy->type) <= 1) {
    return fail(
        constraint("You cannot remove the last policy attached to the specified target. You should have at "
                   "least one attached at any given time."));
  }
  organization.detach(policy->id, node->id);
  return {};
}

aws::organizations::Policy to_policy(const Organization& organization, const OrganizationPolicy& policy) {
  aws::organizations::Policy out;
  out.policy_summary = to_summary(organization, policy);
  out.content = policy.document->text;
  return out;
}

Result<void> check_root(const Organization& organization, const std::string& id) {
  if (id == organization.root_id()) return {};
  return fail(refuse("RootNotFoundException", "We can't find a root with the RootId that you specified.")
                  .as(ErrorKind::not_found));
}

bool in_use(const Organization& organization, const std::string& id) {
  const auto& nodes = organization.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [&](const auto& node) { return node.second.policies.contains(id); });
}

}  // namespace org_policies

OrganizationsService::Answer<aws::organizations::CreatePolicyResponse> OrganizationsService::create_policy(
    Info info, aws::organizations::CreatePolicyRequest request) {
  using namespace org_policies;
  CO_TRY(Organization * organization, begin(info, cloud_, Need::management));
  CO_TRY(const OrganizationPolicy* policy, create(cloud_.directory(), *organization, request));
  aws::organizations::CreatePolicyResponse response;
  response.policy = to_policy(*organization, *policy);
  co_return response;
}

OrganizationsService::Answer<aws::organizations::DescribePolicyResponse> OrganizationsService::describe_policy(
    Info info, aws::organizations::DescribePolicyRequest request) {
  using namespace org_policies;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read, policy_arn(cloud_, *request.policy_id)));
  CO_TRY(const OrganizationPolicy* policy, policy_of(*organization, *request.policy_id));
  aws::organizations::DescribePolicyResponse response;
  response.policy = to_policy(*organization, *policy);
  co_return response;
}

OrganizationsService::Answer<aws::organizations::UpdatePolicyResponse> OrganizationsService::update_policy(
    Info info, aws::organizations::UpdatePolicyRequest request) {
  using namespace org_policies;
  const std::string& id = *request.policy_id;
  CO_TRY(Organization * organization, begin(info, cloud_, Need::management, policy_arn(cloud_, id)));
  CO_TRY(const OrganizationPolicy* before, own_policy(*organization, id));
  if (request.name) CO_TRY_VOID(check_name(*organization, *request.name, id));
  SharedDocumentPtr document = before->document;
  if (request.content) {
    CO_TRY(document, parse(cloud_.directory(), before->type, *request.content));
  }
  OrganizationPolicy& policy = *organization->edit_policy(id);
  policy.document = std::move(document);
  if (request.name) policy.name = *request.name;
  if (request.description) policy.description = *request.description;
  aws::organizations::UpdatePolicyResponse response;
  response.policy = to_policy(*organization, policy);
  co_return response;
}

OrganizationsService::Answer<aws::organizations::DeletePolicyResponse> OrganizationsService::delete_policy(
    Info info, aws::organizations::DeletePolicyRequest request) {
  using namespace org_policies;
  const std::string& id = *request.policy_id;
  CO_TRY(Organization * organization, begin(info, cloud_, Need::management, policy_arn(cloud_, id)));
  CO_TRY_VOID(own_policy(*organization, id));
  if (in_use(*organization, id)) {
    co_return fail(refuse("PolicyInUseException",
                          "The policy is attached to one or more entities. You must detach it from all roots, OUs, and "
                          "accounts before performing this operation."));
  }
  organization->remove_policy(id);
  co_return aws::organizations::DeletePolicyResponse();
}

OrganizationsService::Answer<aws::organizations::ListPoliciesResponse> OrganizationsService::list_policies(
    Info info, aws::organizations::ListPoliciesRequest request) {
  using namespace org_policies;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read));
  CO_TRY(const OrganizationPolicyType type, type_of(*request.filter));
  std::vector<const OrganizationPolicy*> found;
  for (const auto& [id, policy] : organization->policies()) {
    if (policy.type == type) found.push_back(&policy);
  }
  aws::organizations::ListPoliciesResponse response;
  const auto key = [](const OrganizationPolicy* policy) -> std::string_view { return policy->id; };
  const auto add = [&](const OrganizationPolicy* policy) {
    response.policies.push_back(to_summary(*organization, *policy));
  };
  CO_TRY_VOID(fill_page(info, request, request.filter->text(), found, response, key, add));
  co_return response;
}

OrganizationsService::Answer<aws::organizations::AttachPolicyResponse> OrganizationsService::attach_policy(
    Info info, aws::organizations::AttachPolicyRequest request) {
  using namespace org_policies;
  CO_TRY(Organization * organization, begin(info, cloud_, Need::management, policy_arn(cloud_, *request.policy_id)));
  CO_TRY_VOID(attach(*organization, *request.policy_id, *request.target_id));
  co_return aws::organizations::AttachPolicyResponse();
}

OrganizationsService::Answer<aws::organizations::DetachPolicyResponse> OrganizationsService::detach_policy(
    Info info, aws::organizations::DetachPolicyRequest request) {
  using namespace org_policies;
  CO_TRY(Organization * organization, begin(info, cloud_, Need::management, policy_arn(cloud_, *request.policy_id)));
  CO_TRY_VOID(detach(*organization, *request.policy_id, *request.target_id));
  co_return aws::organizations::DetachPolicyResponse();
}

OrganizationsService::Answer<aws::organizations::ListPoliciesForTargetResponse>
OrganizationsService::list_policies_for_target(Info info, aws::organizations::ListPoliciesForTargetRequest request) {
  using namespace org_policies;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read, arn_of(cloud_, *request.target_id)));
  CO_TRY(const OrganizationPolicyType type, type_of(*request.filter));
  CO_TRY(const OrganizationNode* node, target_of(*organization, *request.target_id));
  std::vector<const OrganizationPolicy*> found;
  for (const std::string& id : node->policies) {
    const OrganizationPolicy* policy = organization->find_policy(id);
    if (policy->type == type) found.push_back(policy);
  }
  aws::organizations::ListPoliciesForTargetResponse response;
  const auto key = [](const OrganizationPolicy* policy) -> std::string_view { return policy->id; };
  const auto add = [&](const OrganizationPolicy* policy) {
    response.policies.push_back(to_summary(*organization, *policy));
  };
  CO_TRY_VOID(fill_page(info, request, node->id + request.filter->text(), found, response, key, add));
  co_return response;
}

OrganizationsService::Answer<aws::organizations::ListTargetsForPolicyResponse>
OrganizationsService::list_targets_for_policy(Info info, aws::organizations::ListTargetsForPolicyRequest request) {
  using namespace org_policies;
  CO_TRY(const Organization* organization, begin(info, cloud_, Need::read, policy_arn(cloud_, *request.policy_id)));
  CO_TRY(const OrganizationPolicy* policy, policy_of(*organization, *request.policy_id));
  std::vector<const OrganizationNode*> found;
  for (const auto& [id, node] : organization->nodes()) {
    if (node.policies.contains(policy->id)) found.push_back(&node);
  }
  aws::organizations::ListTargetsForPolicyResponse response;
  const auto key = [](const OrganizationNode* node) -> std::string_view { return node->id; };
  const auto add = [&](const OrganizationNode* node) {
    using Type = aws::organizations::TargetType;
    aws::organizations::PolicyTargetSummary& target = response.targets.emplace_back();
    target.target_id = node->id;
    target.arn = organization->arn_of(*node);
    target.name = node->name;
    target.type = node->kind == Kind::root ? Type::root : Type::organizational_unit;
    if (node->kind == Kind::account) target.type = Type::account;
  };
  CO_TRY_VOID(fill_page(info, request, policy->id, found, response, key, add));
  co_return response;
}

OrganizationsService::Answer<aws::organizations::EnablePolicyTypeResponse> OrganizationsService::enable_policy_type(
    Info info, aws::organizations::EnablePolicyTypeRequest request) {
  using namespace org_policies;
  CO_TRY(Organization * organization, begin(info, cloud_, Need::management, arn_of(cloud_, *request.root_id)));
  CO_TRY_VOID(check_root(*organization, *request.root_id));
  CO_TRY(const OrganizationPolicyType type, type_of(*request.policy_type));
  if (organization->is_enabled(type)) {
    co_return fail(refuse("PolicyTypeAlreadyEnabledException",
                          "The specified policy type is already enabled in the specified root."));
  }
  organization->enable(type);
  aws::organizations::EnablePolicyTypeResponse response;
  response.root = to_root(*organization);
  co_return response;
}

OrganizationsService::Answer<aws::organizations::DisablePolicyTypeResponse> OrganizationsService::disable_policy_type(
    Info info, aws::organizations::DisablePolicyTypeRequest request) {
  using namespace org_policies;
  CO_TRY(Organization * organization, begin(info, cloud_, Need::management, arn_of(cloud_, *request.root_id)));
  CO_TRY_VOID(check_root(*organization, *request.root_id));
  CO_TRY(const OrganizationPolicyType type, type_of(*request.policy_type));
  if (!organization->is_enabled(type)) {
    co_return fail(
        refuse("PolicyTypeNotEnabledException", "The specified policy type isn't currently enabled in this root."));
  }
  organization->disable(type);
  aws::organizations::DisablePolicyTypeResponse response;
  response.root = to_root(*organization);
  co_return response;
}

}  // namespace postern::sim
