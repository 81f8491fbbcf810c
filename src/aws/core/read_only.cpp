#include "aws/core/read_only.hpp"

namespace postern::aws {
namespace {

// Sorted by service and operation. GetCallerIdentity needs no permission; AssumeRole* only yields credentials, which
// the session policy below then narrows. GetDocument and GetParameter are reads, but can hold secrets: only GetDocument
// is here.
constexpr ReadOperation kReads[] = {
    {"drs", "DescribeLaunchConfigurationTemplates", "drs:DescribeLaunchConfigurationTemplates"},
    {"drs", "DescribeReplicationConfigurationTemplates", "drs:DescribeReplicationConfigurationTemplates"},
    {"drs", "DescribeSourceServers", "drs:DescribeSourceServers"},
    {"drs", "GetLaunchConfiguration", "drs:GetLaunchConfiguration"},
    {"drs", "GetReplicationConfiguration", "drs:GetReplicationConfiguration"},
    {"cloudtrail", "LookupEvents", "cloudtrail:LookupEvents"},
    {"ec2", "DescribeInstances", "ec2:DescribeInstances"},
    {"ec2", "DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplateVersions"},
    {"ec2", "DescribeRegions", "ec2:DescribeRegions"},
    {"ec2", "DescribeSecurityGroups", "ec2:DescribeSecurityGroups"},
    {"ec2", "DescribeSubnets", "ec2:DescribeSubnets"},
    {"ec2", "DescribeTags", "ec2:DescribeTags"},
    {"ec2", "DescribeVpcs", "ec2:DescribeVpcs"},
    {"iam", "GetInstanceProfile", "iam:GetInstanceProfile"},
    {"iam", "GetPolicy", "iam:GetPolicy"},
    {"iam", "GetPolicyVersion", "iam:GetPolicyVersion"},
    {"iam", "GetRole", "iam:GetRole"},
    {"iam", "GetRolePolicy", "iam:GetRolePolicy"},
    {"iam", "ListAccountAliases", "iam:ListAccountAliases"},
    {"iam", "ListAttachedRolePolicies", "iam:ListAttachedRolePolicies"},
    {"iam", "ListInstanceProfilesForRole", "iam:ListInstanceProfilesForRole"},
    {"iam", "ListRolePolicies", "iam:ListRolePolicies"},
    {"organizations", "ListAccounts", "organizations:ListAccounts"},
    {"organizations", "ListAccountsForParent", "organizations:ListAccountsForParent"},
    {"organizations", "ListOrganizationalUnitsForParent", "organizations:ListOrganizationalUnitsForParent"},
    {"organizations", "ListRoots", "organizations:ListRoots"},
    {"organizations", "ListTagsForResource", "organizations:ListTagsForResource"},
    {"ssm", "DescribeDocument", "ssm:DescribeDocument"},
    {"ssm", "DescribeInstanceInformation", "ssm:DescribeInstanceInformation"},
    {"ssm", "DescribeInstanceProperties", "ssm:DescribeInstanceProperties"},
    {"ssm", "DescribeSessions", "ssm:DescribeSessions"},
    {"ssm", "GetCommandInvocation", "ssm:GetCommandInvocation"},
    {"ssm", "GetConnectionStatus", "ssm:GetConnectionStatus"},
    {"ssm", "GetDocument", "ssm:GetDocument"},
    {"ssm", "ListCommandInvocations", "ssm:ListCommandInvocations"},
    {"ssm", "ListCommands", "ssm:ListCommands"},
    {"sso", "GetRoleCredentials", ""},
    {"sts", "AssumeRole", ""},
    {"sts", "AssumeRoleWithWebIdentity", ""},
    {"sts", "DecodeAuthorizationMessage", "sts:DecodeAuthorizationMessage"},
    {"sts", "GetCallerIdentity", ""},
};

}  // namespace

std::span<const ReadOperation> read_operations() {
  return kReads;
}

bool is_reviewed_read(const OperationSpec& operation) {
  for (const ReadOperation& read : kReads) {
    if (read.service == operation.service->id && read.operation == operation.name) return true;
  }
  return false;
}

std::string read_only_session_policy() {
  std::string policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[)";
  const char* separator = "\"";
  for (const ReadOperation& read : kReads) {
    if (read.action.empty()) continue;
    policy.append(separator).append(read.action).append("\"");
    separator = ",\"";
  }
  policy += R"(],"Resource":"*"}]})";
  return policy;
}

}  // namespace postern::aws
