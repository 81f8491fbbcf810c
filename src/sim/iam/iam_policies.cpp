#include <algorithm>

#include "base/text.hpp"
#include "sim/iam/iam_service.hpp"
#include "sim/iam/iam_shared.hpp"

namespace postern::sim {
namespace iam_policies {

using namespace iam_call;

Result<std::shared_ptr<ManagedPolicy>> create(const Call& call, const aws::iam::CreatePolicyRequest& request) {
  TRY_VOID(check_name("policyName", *request.policy_name));
  auto policy = std::make_shared<ManagedPolicy>();
  TRY(policy->path, check_path(request.path));
  TRY_VOID(add_tags(policy->tags, request.tags));
  policy->name = *request.policy_name;
  policy->arn = "arn:aws:iam::" + call.account.id + ":policy" + policy->path + policy->name;
  Access access;
  access.on(policy->arn).tagging(policy->tags);
  TRY_VOID(authorize_as(call, access, "policy " + policy->name));
  for (const auto& [arn, other] : call.account.policies) {
    if (equals_ignore_case(other->name, policy->name)) {
      return fail(
          already_exists("A policy called " + policy->name + " already exists. Duplicate names are not allowed."));
    }
  }
  if (call.account.policies.size() >= kPoliciesMax) {
    return fail(limit_exceeded("Cannot exceed quota for PoliciesPerAccount: 1500"));
  }
  PolicyVersion version;
  version.id = "v1";
  version.created = call.now;
  TRY(version.document, identity_document(call, *request.policy_document, iam::kManagedPolicySizeMax));
  policy->versions.push_back(std::move(version));
  policy->default_version = "v1";
  policy->description = request.description.value_or("");
  policy->created = call.now;
  policy->updated = call.now;
  policy->id = call.directory.new_id("ANPA", policy->arn);
  call.account.policies.emplace(policy->arn, policy);
  call.directory.changed();
  return policy;
}

/// The customer's policy itself, to be changed.
Result<std::shared_ptr<ManagedPolicy>> editable(const Call& call, const std::string& arn, Access access = Access()) {
  TRY_VOID(policy_of(call, arn, PolicyUse::edit, std::move(access)));
  return call.directory.edit_policy(arn);
}

Error no_version(const ManagedPolicy& policy, const std::string& version) {
  return no_such_entity("Policy " + policy.arn + " version " + printable(version, 40) +
                        " does not exist or is not attachable.");
}

bool fits_scope(const ManagedPolicy& policy, const aws::iam::ListPoliciesRequest& request) {
  if (!request.scope || *request.scope == aws::iam::PolicyScopeType::all) return true;
  return policy.is_aws() == (*request.scope == aws::iam::PolicyScopeType::aws);
}

bool fits_usage(const Call& call, const ManagedPolicy& policy, const aws::iam::ListPoliciesRequest& request) {
  using Usage = aws::iam::PolicyUsageType;
  const bool attached = attachments(call.account, policy.arn) > 0;
  const bool boundary = boundaries(call.account, policy.arn) > 0;
  if (request.only_attached.value_or(false) && !attached && !boundary) return false;
  if (!request.policy_usage_filter || !request.only_attached.value_or(false)) return true;
  return *request.policy_usage_filter == Usage::permissions_boundary ? boundary : attached;
}

}  // namespace iam_policies

IamService::Answer<aws::iam::CreatePolicyResponse> IamService::create_policy(Info info,
                                                                             aws::iam::CreatePolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<ManagedPolicy> policy, iam_policies::create(call, request));
  aws::iam::CreatePolicyResponse response;
  response.policy = to_policy(call, *policy, Shown::listed);
  response.policy->tags = to_tags(policy->tags);
  co_return response;
}

IamService::Answer<aws::iam::GetPolicyResponse> IamService::get_policy(Info info, aws::iam::GetPolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const ManagedPolicyPtr policy, policy_of(call, *request.policy_arn, PolicyUse::read));
  aws::iam::GetPolicyResponse response;
  response.policy = to_policy(call, *policy, Shown::full);
  co_return response;
}

IamService::Answer<aws::iam::ListPoliciesResponse> IamService::list_policies(Info info,
                                                                             aws::iam::ListPoliciesRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.on(arn_of(call, "policy", ""));
  CO_TRY_VOID(authorize_as(call, access, "policy path /"));
  std::vector<aws::iam::Policy> all;
  const auto add = [&](const ManagedPolicy& policy) {
    if (!has_prefix(policy.path, request.path_prefix) || !iam_policies::fits_scope(policy, request)) return;
    if (iam_policies::fits_usage(call, policy, request)) all.push_back(to_policy(call, policy, Shown::listed));
  };
  for (const auto& [arn, policy] : call.account.policies) add(*policy);
  for (const auto& [arn, policy] : call.directory.aws_policies()) add(*policy);
  std::string question = request.path_prefix.value_or("");
  question += request.scope ? request.scope->text() : std::string();
  question += request.only_attached.value_or(false) ? "!" : "";
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].arn; };
  aws::iam::ListPoliciesResponse response;
  CO_TRY_VOID(fill_page(call, request, question, all, response.policies, response, key));
  co_return response;
}

IamService::Answer<aws::iam::DeletePolicyResponse> IamService::delete_policy(Info info,
                                                                             aws::iam::DeletePolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<ManagedPolicy> policy, iam_policies::editable(call, *request.policy_arn));
  if (attachments(call.account, policy->arn) + boundaries(call.account, policy->arn) > 0) {
    co_return fail(delete_conflict("Cannot delete a policy attached to entities."));
  }
  if (policy->versions.size() > 1) {
    co_return fail(delete_conflict(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The "
        "default version is deleted with the policy."));
  }
  call.directory.forget(policy->arn);
  call.account.policies.erase(policy->arn);
  co_return aws::iam::DeletePolicyResponse();
}

// ---- versions ----

IamService::Answer<aws::iam::CreatePolicyVersionResponse> IamService::create_policy_version(
    Info info, aws::iam::CreatePolicyVersionRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<ManagedPolicy> policy, iam_policies::editable(call, *request.policy_arn));
  PolicyVersion version;
  CO_TRY(version.document, identity_document(call, *request.policy_document, iam::kManagedPolicySizeMax));
  if (policy->versions.size() >= kVersionsMax) {
    co_return fail(
        limit_exceeded("A managed policy can have up to 5 versions. Before you create a new version, you must delete "
                       "an existing version."));
  }
  version.id = "v" + std::to_string(policy->next_version++);
  version.created = call.now;
  if (request.set_as_default.value_or(false)) policy->default_version = version.id;
  policy->updated = call.now;
  policy->versions.push_back(version);
  call.directory.changed();
  aws::iam::CreatePolicyVersionResponse response;
  response.policy_version = to_version(*policy, version, Shown::listed);
  co_return response;
}

IamService::Answer<aws::iam::GetPolicyVersionResponse> IamService::get_policy_version(
    Info info, aws::iam::GetPolicyVersionRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const ManagedPolicyPtr policy, policy_of(call, *request.policy_arn, PolicyUse::read));
  const PolicyVersion* version = policy->find_version(*request.version_id);
  if (version == nullptr) co_return fail(iam_policies::no_version(*policy, *request.version_id));
  aws::iam::GetPolicyVersionResponse response;
  response.policy_version = to_version(*policy, *version, Shown::full);
  co_return response;
}

IamService::Answer<aws::iam::ListPolicyVersionsResponse> IamService::list_policy_versions(
    Info info, aws::iam::ListPolicyVersionsRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const ManagedPolicyPtr policy, policy_of(call, *request.policy_arn, PolicyUse::read));
  std::vector<aws::iam::PolicyVersion> all;
  for (auto version = policy->versions.rbegin(); version != policy->versions.rend(); ++version) {
    all.push_back(to_version(*policy, *version, Shown::listed));
  }
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].version_id; };
  aws::iam::ListPolicyVersionsResponse response;
  CO_TRY_VOID(fill_page(call, request, policy->arn, all, response.versions, response, key));
  co_return response;
}

IamService::Answer<aws::iam::DeletePolicyVersionResponse> IamService::delete_policy_version(
    Info info, aws::iam::DeletePolicyVersionRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<ManagedPolicy> policy, iam_policies::editable(call, *request.policy_arn));
  if (policy->find_version(*request.version_id) == nullptr) {
    co_return fail(iam_policies::no_version(*policy, *request.version_id));
  }
  if (policy->default_version == *request.version_id) {
    co_return fail(delete_conflict("Cannot delete the default version of a policy."));
  }
  std::erase_if(policy->versions, [&](const PolicyVersion& version) { return version.id == *request.version_id; });
  call.directory.changed();
  co_return aws::iam::DeletePolicyVersionResponse();
}

IamService::Answer<aws::iam::SetDefaultPolicyVersionResponse> IamService::set_default_policy_version(
    Info info, aws::iam::SetDefaultPolicyVersionRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const std::shared_ptr<ManagedPolicy> policy, iam_policies::editable(call, *request.policy_arn));
  if (policy->find_version(*request.version_id) == nullptr) {
    co_return fail(iam_policies::no_version(*policy, *request.version_id));
  }
  policy->default_version = *request.version_id;
  policy->updated = call.now;
  call.directory.changed();
  co_return aws::iam::SetDefaultPolicyVersionResponse();
}

// ---- tags and users of a policy ----

IamService::Answer<aws::iam::TagPolicyResponse> IamService::tag_policy(Info info, aws::iam::TagPolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const Tags tags, check_tags(request.tags));
  Access access;
  access.tagging(tags);
  CO_TRY(const std::shared_ptr<ManagedPolicy> policy, iam_policies::editable(call, *request.policy_arn, access));
  CO_TRY_VOID(add_tags(policy->tags, request.tags));
  co_return aws::iam::TagPolicyResponse();
}

IamService::Answer<aws::iam::UntagPolicyResponse> IamService::untag_policy(Info info,
                                                                           aws::iam::UntagPolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  Access access;
  access.untagging(request.tag_keys);
  CO_TRY(const std::shared_ptr<ManagedPolicy> policy, iam_policies::editable(call, *request.policy_arn, access));
  for (const std::string& key : request.tag_keys) policy->tags.erase(key);
  co_return aws::iam::UntagPolicyResponse();
}

IamService::Answer<aws::iam::ListPolicyTagsResponse> IamService::list_policy_tags(
    Info info, aws::iam::ListPolicyTagsRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const ManagedPolicyPtr policy, policy_of(call, *request.policy_arn, PolicyUse::read));
  std::vector<aws::iam::Tag> all = to_tags(policy->tags);
  const auto key = [&](std::size_t i) -> std::string_view { return *all[i].key; };
  aws::iam::ListPolicyTagsResponse response;
  CO_TRY_VOID(fill_page(call, request, policy->arn, all, response.tags, response, key));
  co_return response;
}

IamService::Answer<aws::iam::ListEntitiesForPolicyResponse> IamService::list_entities_for_policy(
    Info info, aws::iam::ListEntitiesForPolicyRequest request) {
  using namespace iam_call;
  CO_TRY(const Call call, begin(info, cloud_));
  CO_TRY(const ManagedPolicyPtr policy, policy_of(call, *request.policy_arn, PolicyUse::read));
  const auto uses = [&](const Entity& entity) {
    const bool attached =
        std::find(entity.attached.begin(), entity.attached.end(), policy->arn) != entity.attached.end();
    const bool boundary = entity.boundary == policy->arn;
    if (!has_prefix(entity.path, request.path_prefix)) return false;
    if (!request.policy_usage_filter) return attached || boundary;
    return *request.policy_usage_filter == aws::iam::PolicyUsageType::permissions_boundary ? boundary : attached;
  };
  const auto wanted = [&](aws::iam::EntityType::Value type) {
    return !request.entity_filter || *request.entity_filter == type;
  };
  std::vector<const Entity*> all;
  for (const auto& [name, user] : call.account.users) {
    if (wanted(aws::iam::EntityType::user) && uses(*user)) all.push_back(user.get());
  }
  for (const auto& [name, role] : call.account.roles) {
    if (wanted(aws::iam::EntityType::role) && uses(*role)) all.push_back(role.get());
  }
  const auto key = [&](std::size_t i) -> std::string_view { return all[i]->arn; };
  std::vector<const Entity*> shown;
  aws::iam::ListEntitiesForPolicyResponse response;
  CO_TRY_VOID(fill_page(call, request, policy->arn, all, shown, response, key));
  for (const Entity* entity : shown) {
    if (entity->id.starts_with("AIDA")) {
      aws::iam::PolicyUser& user = response.policy_users.emplace_back();
      user.user_name = entity->name;
      user.user_id = entity->id;
    } else {
      aws::iam::PolicyRole& role = response.policy_roles.emplace_back();
      role.role_name = entity->name;
      role.role_id = entity->id;
    }
  }
  co_return response;
}

}  // namespace postern::sim
