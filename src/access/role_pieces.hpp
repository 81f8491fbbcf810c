#pragma once

/// What the templates of roles share.

#include <string>
#include <string_view>
#include <vector>

#include "access/roles.hpp"
#include "cfn/template.hpp"

namespace postern::access {

inline constexpr std::string_view kHasOrganization = "HasOrganization";
/// Of a parameter that is a role's ARN.
inline constexpr std::string_view kRoleArnPattern = R"(^arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+$)";

/// "ops/Posternobserve" as {path "/ops/", name}.
std::pair<std::string, std::string> path_and_name(std::string_view name);
/// A logical id from a role's name.
std::string logical_id(std::string_view name);

/// A role with MaxSessionDuration; policies are added by the caller.
cfn::Resource role(std::string id, std::string_view name, std::string description, cfn::Value trust);
/// A trust document of one statement.
cfn::Value trust(cfn::Value principal, std::string_view action, cfn::Value condition);
cfn::Value trust(cfn::Value principal, const std::vector<std::string>& actions, cfn::Value condition);
/// Trust of an AWS service; `condition` may be an empty map.
cfn::Value service_trust(std::string_view service, cfn::Value condition);

/// The parameters ExternalId (or ExternalIdPrefix) and OrganizationId with the condition HasOrganization.
void add_trust_parameters(cfn::Template& out, const RoleOrder& order);
/// {StringEquals: {sts:ExternalId, aws:PrincipalOrgID}} of those parameters.
cfn::Value trust_condition(const RoleOrder& order);

cfn::Parameter parameter(std::string name, std::string description, std::string pattern, std::string constraint);
cfn::Output output(std::string name, std::string description, cfn::Value value);

}  // namespace postern::access
