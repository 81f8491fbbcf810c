#pragma once

/// AssumeRole and its relatives as authorisation sees them: the caller's side and the role's trust policy together.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iam/evaluate.hpp"

namespace postern::iam {

/// What STS was asked. Borrows the pointers.
struct AssumeRoleRequest {
  AssumeRoleRequest() = default;
  const Principal* caller = nullptr;
  /// sts:AssumeRole, sts:AssumeRoleWithSAML or sts:AssumeRoleWithWebIdentity.
  std::string action = "sts:AssumeRole";
  std::string role_arn;                                 ///< with its path
  const AttachedPolicy* trust = nullptr;                ///< required; the role's trust policy
  const RequestContext* role_context = nullptr;         ///< the role's own tags: aws:ResourceTag/*
  const OrganizationPath* role_organization = nullptr;  ///< of the role's account
  const RequestContext* context = nullptr;  ///< further keys of the call: addresses, times, claims of a token
  std::optional<std::string> external_id;
  std::string session_name;
  std::string source_identity;
  TagList tags;
  std::vector<std::string> transitive_tag_keys;
};

/// The request's own condition keys: sts:ExternalId, sts:RoleSessionName, sts:SourceIdentity, aws:RequestTag/*,
/// aws:TagKeys, sts:TransitiveTagKeys, on top of request.context.
RequestContext assume_role_context(const AssumeRoleRequest& request);

/// Evaluates the action and what comes with it: session tags, also those inherited from the caller's session, need
/// sts:TagSession, a source identity, also an inherited one, needs sts:SetSourceIdentity - each in the caller's
/// policies and in the trust policy. The first that is denied is the answer. The root user of an account assumes no
/// roles.
Evaluation evaluate_assume_role(const AssumeRoleRequest& request, const PolicySet& caller_policies,
                                const EvaluateOptions& options = EvaluateOptions());

}  // namespace postern::iam
